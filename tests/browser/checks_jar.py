"""The jar, exactly: which cookies this site may set, in each state, on each page and form."""

from tests.browser.pages import DOCUMENTATION, EVERYWHERE, OWN_SPACE, PATHS, PREFIXES, STAFF
from tests.browser.visit import GOOGLE_COOKIES, LOGIN_COOKIES, STATUS, Visit

ACCEPTED = {STATUS, "_ga", "_ga_C7V9QNLBQD"}
# Pages of somebody who is logged in; the login page sends them on.
INSIDE = (
    *(prefix + path for prefix in PREFIXES.values() for path in (*PATHS, *OWN_SPACE)),
    *STAFF,
    *DOCUMENTATION,
)

MIXED = ("/", "/nl/contact/", "/privacy/cookies/", *OWN_SPACE, "/de/no-such-page/")


def _fill_and_send(visit: Visit, path: str, **values: str) -> None:
    visit.goto(path)
    for name, value in values.items():
        visit.page.fill(f"main input[name={name}]", value)
    visit.press(visit.page.locator("main form button").first)
    visit.page.wait_for_load_state()


def send_forms(visit: Visit) -> None:
    """What a stranger may send: a wrong login, and a new password."""
    _fill_and_send(visit, "/account/login/", username="nobody@example.org", password="wrong-wrong")
    _fill_and_send(visit, "/account/password/reset/", email="nobody@example.org")


def _everywhere(visit: Visit, jar: set[str]) -> None:
    for path in visit.walk(EVERYWHERE):
        assert visit.jar() == jar, path


def check_jar_undecided(visit: Visit) -> None:
    """Anonymous, undecided: empty, on every page, every form, the login page."""
    send_forms(visit)
    assert visit.jar() == set()
    _everywhere(visit, set())


def check_jar_refused(visit: Visit) -> None:
    """Anonymous, refused: the choice alone."""
    visit.goto("/")
    visit.refuse()
    _everywhere(visit, {STATUS})
    send_forms(visit)
    assert visit.jar() == {STATUS}


def check_jar_accepted(visit: Visit) -> None:
    """Anonymous, accepted: the choice, and Google's two (and `_gat`)."""
    visit.accept_with_tag()
    for path in visit.walk(EVERYWHERE):
        assert ACCEPTED <= visit.jar() <= ACCEPTED | GOOGLE_COOKIES, path
    send_forms(visit)
    assert ACCEPTED <= visit.jar() <= ACCEPTED | GOOGLE_COOKIES


def check_jar_logged_in(visit: Visit) -> None:
    """Logged in: the session and its token, and what the choice adds."""
    visit.log_in()
    for path in visit.walk(INSIDE):
        assert visit.jar() == LOGIN_COOKIES, path
    refused = visit.another()
    refused.goto("/")
    refused.refuse()
    refused.log_in()
    for path in refused.walk(MIXED):
        assert refused.jar() == LOGIN_COOKIES | {STATUS}, path
    accepted = visit.another()
    accepted.accept_with_tag()
    accepted.log_in()
    for path in accepted.walk(MIXED):
        jar = accepted.jar()
        assert LOGIN_COOKIES | ACCEPTED <= jar <= LOGIN_COOKIES | ACCEPTED | GOOGLE_COOKIES, path


def log_out(visit: Visit) -> None:
    visit.goto("/account/logout/")
    visit.press(visit.page.locator("main form button").first)
    visit.arrive("/account/login/")


def check_jar_after_logout(visit: Visit) -> None:
    """After logout: the anonymous row, on the page that says so and on all others."""
    for choose, left in ((None, set()), ("refuse", {STATUS})):
        visitor = visit.another()
        visitor.goto("/")
        if choose:
            visitor.refuse()
        visitor.log_in()
        log_out(visitor)
        assert visitor.jar() == left
        for path in visitor.walk(PATHS):
            assert visitor.jar() == left, path


def check_jar_after_session_ended(visit: Visit) -> None:
    """The first page after the session ended: the anonymous row."""
    for path in ("/en/contact/", "/account/", "/admin/"):
        visitor = visit.another()
        visitor.log_in()
        key = visitor.value("sessionid")
        visitor.site.query("DELETE FROM django_session WHERE session_key = %s", key)
        visitor.goto(path)
        assert visitor.jar() == set(), path
        visitor.close()
