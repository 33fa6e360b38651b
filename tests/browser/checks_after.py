"""After a choice: it holds, as long as it was said to and no longer (CK-09 … 13, 16, 18, 19)."""

import json
import re
from datetime import date, datetime
from http.cookies import SimpleCookie
from tempfile import NamedTemporaryFile
from time import time
from zoneinfo import ZoneInfo

from playwright.sync_api import Page

from tests.browser.pages import READABLE
from tests.browser.site import PASSWORD, Answer, Question
from tests.browser.visit import STATUS, Visit
from tests.environment import ROOT

YEAR = 31_536_000
API = "/api/v1/consent/"
REGISTER = ROOT / "clicknconnect/register.yaml"


def post_choice(visit: Visit, *, analytics: bool, cookie: str = "") -> Answer:
    """A choice by the API, as a script of the site makes it."""
    notice = json.loads(visit.get(API).text)["notice"]
    body = json.dumps({"categories": {"analytics": analytics}, "notice": notice}).encode()
    headers = {"Origin": visit.site.url, "Content-Type": "application/json"}
    return visit.ask(Question(API, "POST", headers | ({"Cookie": cookie} if cookie else {}), body))


def max_age(answer: Answer, name: str = STATUS) -> int | None:
    for line in answer.set_cookies:
        jar = SimpleCookie(line)
        if name in jar and jar[name]["max-age"] != "":
            return int(jar[name]["max-age"])
    return None


def _wander(page: Page) -> None:
    """Move about in the page as a single-page application does."""
    page.evaluate("history.pushState({}, '', '?step=' + Math.random())")
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")


def check_ck_09(visit: Visit) -> None:
    """A withdrawal stops everything: in a second, in this tab, in the others, for good."""
    visit.accept_with_tag()
    second = visit.context.new_page()
    second.goto("/contact/")
    visit.until(lambda: second.evaluate("window.googleTagRuns !== undefined"), "no tag in tab two")
    visit.page.bring_to_front()
    visit.withdraw()
    visit.until(lambda: visit.jar() == {STATUS}, "Google's cookies stay", within=1.0)
    assert visit.is_disabled()
    visit.until(lambda: visit.is_disabled(second), "the second tab goes on", within=5.0)
    visit.wait(100)
    sent = len(visit.google.attempts)
    # The minute of the rule, shortened: the tag reports every 300 ms and on each step.
    for _ in range(4):
        for page in (visit.page, second):
            _wander(page)
        visit.wait(350)
        assert visit.jar() == {STATUS}
    assert visit.google.attempts[sent:] == []
    for page in (visit.page, second):
        page.reload()
    visit.wait(400)
    assert visit.google.attempts[sent:] == []
    assert visit.jar() == {STATUS}


def check_ck_10(visit: Visit) -> None:
    """A refusal leaves one cookie, the same for everybody."""
    other = visit.another()
    for visitor in (visit, other):
        visitor.goto("/privacy/")
        visitor.refuse()
        visitor.goto("/contact/")
        assert visitor.jar() == {STATUS}
    assert visit.value() == other.value()
    assert re.fullmatch(r"r1\.\d+\.\d{8}", visit.value())
    first, second = (post_choice(visit, analytics=False) for _ in range(2))
    assert [line.split(";")[0] for line in first.set_cookies] == [f"{STATUS}={visit.value()}"]
    assert [line.split(";")[0] for line in second.set_cookies] == [f"{STATUS}={visit.value()}"]
    assert json.loads(first.text)["record"] is None
    visit.assert_silent()


def _brussels_today() -> date:
    return datetime.now(ZoneInfo("Europe/Brussels")).date()


def check_ck_11(visit: Visit) -> None:
    """Yes and no are both remembered for a year, and no longer; nobody is asked sooner."""
    for analytics in (False, True):
        assert max_age(post_choice(visit, analytics=analytics)) == YEAR
    accepting = visit.another()
    visit.goto("/")
    visit.refuse()
    accepting.goto("/")
    accepting.accept()
    for visitor in (visit, accepting):
        expires = next(row["expires"] for row in visitor.cookies() if row["name"] == STATUS)
        assert abs(expires - time() - YEAR) < 60
        made = visitor.value()
        for days in (1, 183, 365):
            visitor.put(made)
            visitor.age(days)
            visitor.goto("/")
            assert not visitor.banner_is_shown(), days
        visitor.put(made)
        visitor.age(366)
        sent = visitor.leave()
        visitor.goto("/")
        assert visitor.banner_is_shown()
        assert not visitor.allows()
        assert visitor.is_disabled()
        visitor.wait(350)
        assert visitor.google.attempts[sent:] == []
        assert visitor.page.evaluate("cookieConsent.status") == "expired"


def check_ck_12(visit: Visit) -> None:
    """A life runs from the choice: no visit prolongs it, nor does the same answer again."""
    accepting = visit.another()
    visit.goto("/")
    visit.refuse()
    accepting.goto("/")
    accepting.accept()
    for visitor in (visit, accepting):
        visitor.wait(150)  # the answer of the server sets it once more
        before = next(row["expires"] for row in visitor.cookies() if row["name"] == STATUS)
        for _ in visitor.walk(READABLE):
            pass
        after = next(row["expires"] for row in visitor.cookies() if row["name"] == STATUS)
        assert abs(after - before) < 0.1
        for days in range(1, 11):
            visitor.age(1)
            cookie = f"{STATUS}={visitor.value()}"
            for path in ("/", "/privacy/cookies/", "/account/login/", API):
                assert visitor.get(path, cookie=cookie).set_cookies == [], path
            again = post_choice(visitor, analytics=visitor is accepting, cookie=cookie)
            left = max_age(again)
            assert left is not None
            assert YEAR - (days + 1) * 86_400 <= left <= YEAR - (days - 1) * 86_400


def check_ck_13(visit: Visit) -> None:
    """Each cookie is declared, and lives as long as declared."""
    notice = json.loads(visit.get(f"{API}notice/").text)
    declared = {row["name"]: row["lifetime_seconds"] for row in notice["cookies"]}
    visit.accept_with_tag()
    visit.log_in()
    visit.wait(400)
    assert visit.jar() <= set(declared)
    for cookie in visit.cookies():
        assert cookie["expires"] - time() <= declared[cookie["name"]] + 60, cookie["name"]
    login = Question(
        "/account/login/",
        "POST",
        {"Origin": visit.site.url, "Content-Type": "application/x-www-form-urlencoded"},
        f"username=marie%40demo.test&password={PASSWORD}".encode(),
    )
    answer = visit.ask(login)
    assert answer.status == 302
    for name in ("sessionid", "Csrf-token"):
        assert max_age(answer, name) == declared[name], name
    for analytics in (False, True):
        assert max_age(post_choice(visit, analytics=analytics)) == declared[STATUS]


def publish(visit: Visit, text: str) -> None:
    """Publish another register, and wait until the running site shows it."""
    (last,) = visit.site.query("SELECT max(number) FROM consent_publication")[0]
    with NamedTemporaryFile("w", suffix=".yaml", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        visit.site.manage("register", "load", file.name, "--publish")
    (number,) = visit.site.query("SELECT max(number) FROM consent_publication")[0]
    assert number > last
    path = f"/privacy/versions/{number}/"
    visit.until(lambda: visit.site.ask(Question(path)).status == 200, "not published")
    visit.until(lambda: _version_in_force(visit) == number, "not in force", within=8.0)


def _version_in_force(visit: Visit) -> int:
    return int(json.loads(visit.site.ask(Question(f"{API}notice/")).text)["version"])


def check_ck_16(visit: Visit) -> None:
    """Something else to agree to asks again; a correction of words does not."""
    original = REGISTER.read_text("utf-8")
    reworded = original.replace("Vos cookies, votre choix", "Vos cookies et votre choix")
    shorter = original.replace("lifetime_seconds: 63072000", "lifetime_seconds: 33955200")
    assert len({original, reworded, shorter}) == 3
    visit.goto("/")
    visit.accept()
    try:
        publish(visit, reworded)
        visit.goto("/contact/")
        assert not visit.banner_is_shown()
        assert visit.allows()
        publish(visit, shorter)
        sent = visit.leave()
        visit.goto("/contact/")
        assert visit.banner_is_shown()
        assert not visit.allows()
        assert visit.is_disabled()
        visit.wait(350)
        assert visit.google.attempts[sent:] == []
        assert visit.jar() == {STATUS}
    finally:
        publish(visit, original)


def check_ck_18(visit: Visit) -> None:
    """Without scripts: no tracking, and every choice by its form."""
    before = visit.records()
    plain = visit.another(java_script_enabled=False)
    for path in plain.walk(READABLE):
        assert plain.banner_is_shown(), path
        assert plain.jar() == set(), path
    plain.goto("/contact/")
    plain.press(plain.button("accept-all"))
    plain.arrive("/contact/")
    assert plain.value().startswith("a1.")
    assert not plain.banner_is_shown()
    # Cookies of a visit with scripts: a withdrawal by form takes them away too.
    plain.put_google_cookies()
    plain.press(plain.page.locator("[data-consent-open]").last)
    plain.arrive("/privacy/cookies/")
    plain.press(plain.panel().locator("[data-consent-action='refuse-all']"))
    assert plain.value().startswith("r1.")
    assert plain.jar() == {STATUS}
    assert "retiré" in plain.page.locator("main [role=status]").first.inner_text()
    other = visit.another(java_script_enabled=False)
    other.goto("/nl/")
    other.press(other.button("customise"))
    other.arrive("/nl/privacy/cookies/")
    other.page.check("input[name=analytics]")
    other.press(other.panel().locator("[data-consent-action='save']"))
    assert other.value().startswith("a1.")
    refusing = visit.another(java_script_enabled=False)
    refusing.goto("/privacy/")
    refusing.press(refusing.button("refuse-all"))
    assert refusing.value().startswith("r1.")
    assert not refusing.banner_is_shown()
    for visitor in (plain, other, refusing):
        visitor.assert_silent()
    assert visit.records()[len(before) :] == ["given", "withdrawn", "given", "refused"]


def check_ck_19(visit: Visit) -> None:
    """Accepting the general terms is no consent."""
    before = visit.records()
    visit.goto("/account/register/")
    visit.page.fill("input[name=email]", "nouvelle@example.org")
    visit.page.check("input[name=terms]")
    visit.press(visit.page.locator("main form button"))
    visit.until(lambda: visit.page.locator("input[name=terms]").count() == 0, "not sent")
    assert visit.records() == before
    assert visit.jar() == set()
    visit.goto("/")
    assert visit.banner_is_shown()
    assert visit.is_disabled()
    visit.assert_silent()
