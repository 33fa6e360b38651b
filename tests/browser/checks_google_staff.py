"""Google Analytics: staff decisions, no personal data, browsers that say no (GA-07 … 11)."""

import json
import re
from urllib.parse import parse_qs, urlsplit

from tests.browser.visit import STATUS, Visit

CONTROL = "/admin/consent/control/1/change/"
NEW_CONTROL = "/admin/consent/control/add/"
CANARY = "canary@example.org"


def check_ga_07(visit: Visit) -> None:
    """Audience measurement is never strictly necessary: on no layer, and in no register."""
    visit.goto("/privacy/cookies/")
    groups = visit.panel().locator("fieldset")
    measured = groups.filter(has_text="Google Analytics")
    assert measured.count() == 1
    assert measured.locator("input[name=analytics]:enabled").count() == 1
    assert "toujours actifs" not in measured.inner_text().lower()
    assert "_ga" not in groups.filter(has_text=re.compile("toujours actifs", re.I)).inner_text()
    notice = json.loads(visit.get("/api/v1/consent/notice/").text)
    required = {row["key"] for row in notice["categories"] if row["required"]}
    assert required == {"necessary"}
    for service in notice["services"]:
        assert ("google" in service["key"]) == (service["category"] not in required)


def open_control(visit: Visit) -> None:
    """The one row of settings, which the first to switch makes."""
    visit.log_in("privacy@demo.test")
    visit.goto(CONTROL)
    if visit.page.locator("input[name=analytics_enabled]").count() == 0:
        visit.goto(NEW_CONTROL)


def check_ga_08(visit: Visit) -> None:
    """Staff record what the property at Google keeps, and when they looked."""
    open_control(visit)
    months = visit.page.locator("input[name=analytics_property_retention_months]")
    assert months.is_visible()
    day = visit.page.locator("input[name=analytics_property_checked_on]")
    assert day.is_visible()


def check_ga_09(visit: Visit) -> None:
    """Nothing of the person reaches Google: not by address, title or page."""
    visit.accept_with_tag()
    visit.log_in()
    visit.until(lambda: "/account/" in visit.page.url, "not logged in")
    sent = visit.leave()
    for path in visit.walk(("/account/", "/account/login/", "/account/password/reset/", "/admin/")):
        assert not visit.evaluate("'googleTagRuns' in window || 'gtag' in window"), path
        policy = visit.get(path, cookie=f"{STATUS}={visit.value()}")
        assert "google" not in policy.header("content-security-policy"), path
    visit.wait(350)
    assert visit.google.attempts[sent:] == []
    visit.goto(f"/contact/?email={CANARY}&ref=DSR-2026-7K3QF2#{CANARY}")
    visit.until(lambda: visit.google.attempts[sent:], "the tag never ran")
    visit.wait(350)
    visit.page.goto("/privacy/", referer=f"{visit.site.url}/account/?email={CANARY}")
    visit.until(lambda: visit.evaluate("'googleTagRuns' in window"), "the tag never ran")
    for attempt in visit.google.attempts[sent:]:
        assert "canary" not in attempt.url
        assert "canary" not in attempt.referer
        assert "DSR-2026" not in attempt.url
        for name in ("dl", "dr"):
            for address in parse_qs(urlsplit(attempt.url).query).get(name, []):
                assert "?" not in address
                assert "marie" not in attempt.url


def check_ga_10(visit: Visit) -> None:
    """Global Privacy Control counts as no, quietly; an explicit yes that comes later wins."""
    gpc = visit.another(extra_http_headers={"Sec-GPC": "1"})
    gpc.goto("/")
    assert not gpc.banner_is_shown()
    assert gpc.page.locator("[data-consent-gpc]").is_visible()
    assert gpc.page.evaluate("cookieConsent.status") == "gpc"
    assert gpc.is_disabled()
    gpc.wait(350)
    assert gpc.jar() == set()
    gpc.assert_silent()
    gpc.open_choices()
    gpc.page.check("dialog input[name=analytics]")
    gpc.press(gpc.panel().locator("[data-consent-action='save']"))
    gpc.until(lambda: bool(gpc.google.hits), "the explicit choice does not win")
    (recorded,) = gpc.site.query("SELECT gpc FROM consent_record ORDER BY id DESC LIMIT 1")
    assert recorded == (True,)
    gpc.goto("/contact/")
    assert gpc.page.locator("[data-consent-gpc]").count() == 0
    for value in ("0", "true", "01"):
        other = visit.another(extra_http_headers={"Sec-GPC": value})
        other.goto("/")
        assert other.banner_is_shown(), value
        assert other.page.locator("[data-consent-gpc]").count() == 0, value
    document = json.loads(visit.get("/.well-known/gpc.json").text)
    assert document["gpc"] is True
    assert re.fullmatch(r"\d{4}-\d\d-\d\d", document["lastUpdate"])


def switch_analytics(visit: Visit, *, on: bool) -> None:
    """As a privacy manager does it: one tick in the admin."""
    staff = visit.another()
    open_control(staff)
    tick = staff.page.locator("input[name=analytics_enabled]")
    assert tick.count() == 1, "no kill switch"
    tick.set_checked(on)
    staff.press(staff.page.locator("input[name=_save]"))
    staff.arrive("/admin/consent/control/")


def check_ga_11(visit: Visit) -> None:
    """The transfer is on record; one tick takes Google away from everybody."""
    google = next(
        row
        for row in json.loads(visit.get("/api/v1/consent/notice/").text)["services"]
        if row["key"] == "google-analytics"
    )
    assert "Data Privacy Framework" in google["transfer"]
    assert re.fullmatch(r"\d{4}-\d\d-\d\d", google["transfer_reviewed_on"])
    visit.accept_with_tag()
    accepted = f"{STATUS}={visit.value()}"
    try:
        switch_analytics(visit, on=False)
        visit.until(
            lambda: "google" not in visit.site_policy(accepted), "the switch is not followed"
        )
        sent = visit.leave()
        for path in visit.walk(("/", "/contact/", "/privacy/")):
            assert visit.is_disabled(), path
            policy = visit.get(path, cookie=accepted).header("content-security-policy")
            assert "google" not in policy, path
        visit.wait(350)
        assert visit.google.attempts[sent:] == []
        assert visit.jar() == {STATUS}
    finally:
        switch_analytics(visit, on=True)
    visit.until(lambda: "google" in visit.site_policy(accepted), "the switch stays off")
