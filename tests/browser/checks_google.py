"""Google Analytics behind its gate (GA-01 … 06)."""

import json
import re
from typing import Any

from tests.browser.checks_after import REGISTER, YEAR
from tests.browser.pages import FRENCH
from tests.browser.visit import STATUS, TAG_ID, Visit

LAYER = "dataLayer.map((entry) => Array.from(entry))"
DENIED = {
    "ad_storage": "denied",
    "ad_user_data": "denied",
    "ad_personalization": "denied",
    "analytics_storage": "denied",
}
OLD_GOOGLE_COOKIES = ("_gid", "_gat_gtag_UA_1", "_ga_OTHER1", "_gac_UA-1", "_gcl_au", "_gcl_aw")


def layer(visit: Visit) -> list[list[Any]]:
    entries: list[list[Any]] = visit.evaluate(LAYER)
    return entries


def config(visit: Visit) -> dict[str, Any]:
    found = [entry for entry in layer(visit) if entry[0] == "config"]
    assert len(found) == 1
    assert found[0][1] == TAG_ID
    settings: dict[str, Any] = found[0][2]
    return settings


def check_ga_01(visit: Visit) -> None:
    """The measurement id is the one of the cookie register; another one is an error."""
    visit.accept_with_tag()
    assert [tag.url for tag in visit.google.tags] == [
        f"https://www.googletagmanager.com/gtag/js?id={TAG_ID}"
    ]
    assert all(f"tid={TAG_ID}&" in hit.url for hit in visit.google.hits)
    notice = json.loads(visit.get("/api/v1/consent/notice/").text)
    assert "_ga_" + TAG_ID.removeprefix("G-") in {row["name"] for row in notice["cookies"]}


def check_ga_02(visit: Visit) -> None:
    """Consent Mode basic: not even a sign of life, before a choice or after a refusal."""
    for path in FRENCH:
        answer = visit.get(path)
        hints = re.findall(
            r"<link[^>]*rel=\"?[\w -]*(?:preconnect|dns-prefetch|preload)", answer.text
        )
        assert hints == [], path
        assert answer.header("link") == "", path
    visit.goto("/")
    visit.wait(350)
    visit.refuse()
    for path in visit.walk(FRENCH):
        visit.evaluate("history.pushState({}, '', '?step=1')")
        assert visit.evaluate("window.gtag === undefined && window.dataLayer === undefined")
        assert visit.google.attempts == [], path
    visit.wait(350)
    visit.assert_silent()


def check_ga_03(visit: Visit) -> None:
    """Default denied, then analytics alone granted, then the tag; never a signal for ads."""
    visit.accept_with_tag()
    entries = layer(visit)
    assert entries[0] == ["consent", "default", DENIED]
    assert entries[1] == ["consent", "update", {**DENIED, "analytics_storage": "granted"}]
    assert [entry[0] for entry in entries] == ["consent", "consent", "js", "config"]
    assert visit.evaluate("window.googleTagFound") == ["consent", "consent", "js", "config"]
    settings = config(visit)
    assert settings["allow_google_signals"] is False
    assert settings["allow_ad_personalization_signals"] is False
    assert all("gcs=G101" in hit.url for hit in visit.google.hits)


FIRST_SCRIPT = """() => {
  const first = document.querySelector("script");
  return first.dataset.notice !== undefined && !first.async && !first.defer && !first.type;
}"""


def check_ga_04(visit: Visit) -> None:
    """The tag's own switch is off, first of all, wherever there is no consent."""
    for path in visit.walk((*FRENCH, "/nl/", "/de/contact/", "/en/no-such-page/")):
        assert visit.is_disabled(), path
        assert visit.evaluate(FIRST_SCRIPT), path
    visit.goto("/")
    visit.refuse()
    assert visit.is_disabled()
    visit.goto("/contact/")
    assert visit.is_disabled()
    accepting = visit.another()
    accepting.accept_with_tag()
    assert not accepting.is_disabled()
    accepting.withdraw()
    assert accepting.is_disabled()
    accepting.wait(50)
    sent = len(accepting.google.attempts)
    accepting.page.evaluate("gtag('event', 'page_view')")
    accepting.wait(350)
    assert accepting.google.attempts[sent:] == []


def check_ga_05(visit: Visit) -> None:
    """Two years, as declared, and from the first visit only."""
    visit.accept_with_tag()
    settings = config(visit)
    assert settings["cookie_expires"] == 2 * YEAR
    assert settings["cookie_update"] is False
    assert "cookie_domain" not in settings
    before = {row["name"]: row["expires"] for row in visit.cookies()}
    visit.wait(1100)
    visit.goto("/contact/")
    visit.until(lambda: visit.evaluate("window.googleTagRuns !== undefined"), "no tag")
    after = {row["name"]: row["expires"] for row in visit.cookies()}
    for name in ("_ga", "_ga_C7V9QNLBQD"):
        assert abs(before[name] - after[name]) < 0.5, name


def check_ga_06(visit: Visit) -> None:
    """`_gat` is declared though GA4 does not set it; old cookies of Google go with the others."""
    policy = visit.get("/privacy/").text
    for name in ("_ga", "_ga_C7V9QNLBQD", "_gat"):
        assert re.search(rf">\W*{name}\W*<", policy), name
    assert "name: _gat\n" in REGISTER.read_text("utf-8")
    visit.accept_with_tag()
    visit.put_google_cookies(*OLD_GOOGLE_COOKIES)
    visit.evaluate("document.cookie = '_gat_host_only=1;path=/'")
    visit.withdraw()
    visit.until(lambda: visit.jar() == {STATUS}, f"left: {visit.jar()}", within=1.0)
