"""Before a choice: nothing is stored, read or sent (CK-01, 02, 14 … 18, 20, 21)."""

import re

from playwright.sync_api import Page

from tests.browser.pages import DOCUMENTATION, EVERYWHERE, FRENCH, PATHS, PREFIXES
from tests.browser.site import Question
from tests.browser.visit import LOGIN_COOKIES, STATUS, TAG_ID, Visit

GOOGLE_HOSTS = ("google-analytics.com", "googletagmanager.com", "analytics.google.com")
OLD_AND_BROKEN = (
    "dismiss",
    "allow",
    "deny",
    "allow,x",
    "a1.1.analytics.20260101",
    "a1.1.analytics.20260101." + "A" * 32,
    "a2.1.analytics.20260101.x",
    "r1.999999.20260101",
    "x" * 3900,
)


def check_ck_01(visit: Visit) -> None:
    """No page stores, reads or sends anything before consent; ten seconds change nothing."""
    for path in visit.walk(EVERYWHERE):
        visit.page.mouse.move(200, 200)
        visit.page.mouse.wheel(0, 4000)
        assert visit.jar() == set(), path
        assert visit.storage() == [], path
        visit.assert_silent()
    visit.page.clock.install()
    visit.goto("/")
    visit.page.clock.fast_forward(10_000)
    visit.wait(300)
    assert visit.jar() == set()
    visit.assert_silent()


def _still_undecided(visit: Visit, after: str) -> None:
    assert visit.jar() == set(), after
    assert not visit.allows(), after
    assert visit.is_disabled(), after
    visit.assert_silent()


def check_ck_02(visit: Visit) -> None:
    """Silence, scrolling, browsing on, Escape and time are not consent; unknown values are none."""
    before = visit.records()
    visit.page.clock.install()
    visit.goto("/")
    visit.page.mouse.wheel(0, 20_000)
    visit.wait(150)
    _still_undecided(visit, "scrolling")
    visit.page.keyboard.press("Escape")
    visit.wait(150)
    _still_undecided(visit, "Escape")
    visit.page.clock.fast_forward(60_000)
    visit.wait(150)
    _still_undecided(visit, "a minute")
    visit.press(visit.page.locator("main a[href='/contact/']").first)
    visit.arrive("/contact/")
    visit.until(visit.is_ready, "the next page has no consent script")
    _still_undecided(visit, "an internal link")
    assert visit.banner_is_shown()
    assert visit.records() == before
    for value in OLD_AND_BROKEN:
        visit.put(value)
        assert visit.goto("/").status == 200, value
        assert visit.banner_is_shown(), value
        assert not visit.allows(), value
        assert visit.is_disabled(), value
    oversized = visit.get("/", cookie=f"{STATUS}=allow;x={'y' * 5000}")
    assert oversized.status == 200
    assert "data-consent-banner" in oversized.text
    visit.assert_silent()


FORMS_AND_BODIES = {
    "/account/login/": b"username=nobody%40example.org&password=wrong-wrong-wrong",
    "/account/password/reset/": b"email=nobody%40example.org",
    "/account/register/": b"email=",
}


def _post(visit: Visit, path: str, body: bytes, **headers: str) -> list[str]:
    sent = {"Content-Type": "application/x-www-form-urlencoded", **headers}
    return visit.ask(Question(path, "POST", sent, body)).set_cookies


def check_ck_14(visit: Visit) -> None:
    """A session's cookies are there while somebody is logged in, and only then."""
    for path in EVERYWHERE:
        assert visit.get(path).set_cookies == [], path
    for path, body in FORMS_AND_BODIES.items():
        for prefix in PREFIXES.values():
            cookies = _post(visit, prefix + path, body, Origin=visit.site.url)
            assert cookies == [], prefix + path
    foreign = Question("/account/login/", "POST", {"Origin": "https://evil.example"}, b"")
    assert visit.ask(foreign).status == 403
    visit.log_in()
    assert visit.jar() == LOGIN_COOKIES
    visit.goto("/account/logout/")
    visit.press(visit.page.locator("main form button"))
    visit.until(lambda: visit.jar() == set(), "cookies stay after logout")
    ended = visit.another()
    ended.log_in()
    ended.site.query("DELETE FROM django_session WHERE session_key = %s", ended.value("sessionid"))
    ended.goto("/contact/")
    assert ended.jar() == set()


LINKS = "[...document.querySelectorAll('[href],[src],[action]')].map(e => e.outerHTML).join(' ')"


def check_ck_15(visit: Visit) -> None:
    """Cookies are not the only place: no storage, pixel, beacon or decorated link, ever."""
    for path in visit.walk(FRENCH):
        assert visit.storage() == [], path
        assert not re.search(r"[?&](_gl|gclid|_ga)=", visit.evaluate(LINKS)), path
        visit.assert_silent()
    visit.goto("/")
    visit.open_choices()
    visit.press(visit.panel().locator("[data-consent-action='refuse-all']"))
    visit.until(lambda: STATUS in visit.jar(), "the refusal is not kept")
    visit.goto("/contact/")
    assert visit.storage() == []
    visit.assert_silent()
    accepting = visit.another()
    accepting.accept_with_tag()
    assert accepting.storage() == []


def _policy_names_google(policy: str) -> bool:
    return any(host in policy for host in GOOGLE_HOSTS)


def check_ck_17(visit: Visit) -> None:
    """Off by default on the server too, and no cache carries one visitor's page to another."""
    visit.goto("/")
    visit.accept()
    accepted = f"{STATUS}={visit.value()}"
    forged = accepted[:-4] + "AAAA"
    for path in FRENCH:
        for cookie in ("", f"{STATUS}=r1.1.20260101", f"{STATUS}=allow", forged):
            answer = visit.get(path, cookie=cookie)
            policy = answer.header("content-security-policy")
            if answer.status == 302:
                continue
            assert "script-src 'self'" in policy, path
            assert "unsafe" not in policy, path
            assert not _policy_names_google(policy), path
            assert TAG_ID not in answer.text, path
            assert "googletagmanager" not in answer.text, path
            assert "analytics." not in re.sub(r"<main.*?</main>", "", answer.text, flags=re.S)
    for path in ("/", "/nl/contact/", "/privacy/"):
        answer = visit.get(path, cookie=accepted)
        assert _policy_names_google(answer.header("content-security-policy")), path
        assert "consent/analytics" in answer.text, path
        for cookie in ("", accepted):
            headers = visit.get(path, cookie=cookie)
            assert headers.header("vary") == "Cookie, Sec-GPC", path
            assert re.search(r"s-maxage=(\d|[1-5]\d|60)\b", headers.header("cache-control")), path
        assert "no-store" in visit.get(path, cookie=forged).header("cache-control")


def check_ck_20(visit: Visit) -> None:
    """What is strictly necessary is shown as always active, and cannot be switched."""
    for prefix, words in (("", "toujours actifs"), ("/en", "always active")):
        visit.goto(f"{prefix}/privacy/cookies/")
        group = visit.panel().locator("fieldset").first
        assert words in group.inner_text().lower()
        assert group.locator("input:enabled").count() == 0
        assert visit.panel().locator("input[type=checkbox]:enabled").count() == 1


def _choose_language(page: Page, code: str) -> None:
    page.locator(f".languages a[hreflang={code}]").click()
    page.wait_for_function("(code) => document.documentElement.lang === code", arg=code)


def check_ck_21(visit: Visit) -> None:
    """The language is in the address: choosing one leaves nothing behind."""
    visit.goto("/contact/")
    for code in ("nl", "de", "en", "fr"):
        _choose_language(visit.page, code)
        visit.until(visit.is_ready, "the page is not ready")
        assert visit.page.url.endswith(f"{PREFIXES[code]}/contact/")
        assert visit.jar() == set(), code
        assert visit.storage() == [], code
    for path in (*PATHS, *DOCUMENTATION):
        answer = visit.get(path, Accept_Language="nl")
        assert answer.set_cookies == [], path
        if path not in DOCUMENTATION:
            assert '<html lang="fr">' in answer.text, path
