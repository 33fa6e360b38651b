"""Embedded content behind its placeholder, and what scripts are told (docs/gate.md)."""

from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from tests.browser.planting import html
from tests.browser.site import Site
from tests.browser.visit import Visit

# As {% gated_iframe %} writes it (tests/test_gated_content.py).
EMBEDDED = (
    '<div class="consent-placeholder" data-consent-placeholder><p>Une carte.</p>'
    '<form action="/privacy/cookies/"><button data-consent-open>Choisir</button></form></div>'
    '<iframe data-consent-category="analytics" data-src="/carte" title="Carte" hidden></iframe>'
    '<script type="module" src="/static/consent/gate.js"></script></main>'
)
PAGE = html("embedded", "</main>", EMBEDDED)
LISTEN = """for (const name of ["ready", "change", "error"])
  document.addEventListener("consent:" + name, ({ detail }) =>
    (window.heard ??= []).push([name, detail instanceof Error ? "error" : detail]));"""


def test_ck_07_embedded_content_waits_behind_a_button(site: Site, chromium: Browser) -> None:
    visit = Visit(site, chromium, defect=PAGE)
    try:
        visit.goto("/")
        frame = visit.page.locator("iframe[data-consent-category]")
        button = visit.page.get_by_role("button", name="Choisir")
        assert frame.get_attribute("src") is None
        assert button.is_visible()
        visit.press(button)
        visit.until(visit.panel().is_visible, "the choices do not open")
        visit.page.keyboard.press("Escape")
        visit.accept()
        visit.until(lambda: frame.get_attribute("src") == "/carte", "it is not shown")
        assert button.is_hidden()
    finally:
        visit.close()


def test_ck_18_without_scripts_the_button_leads_to_the_choices(
    site: Site, chromium: Browser
) -> None:
    visit = Visit(site, chromium, defect=PAGE, options={"java_script_enabled": False})
    try:
        visit.page.goto("/")
        visit.page.get_by_role("button", name="Choisir").click()
        visit.page.wait_for_url("**/privacy/cookies/*")
        assert visit.page.locator("main [data-consent-preferences]").is_visible()
    finally:
        visit.close()


def heard(page: Page) -> Any:
    return page.evaluate("window.heard ?? []")


def test_events_say_what_is_documented_and_no_more(visit: Visit) -> None:
    visit.context.add_init_script(LISTEN)
    visit.goto("/")
    visit.refuse()
    visit.until(lambda: len(heard(visit.page)) == 2, "the change is not told")
    assert heard(visit.page) == [
        ["ready", {"status": "undecided", "categories": []}],
        [
            "change",
            {"status": "decided", "categories": [], "previous": [], "source": "banner"},
        ],
    ]


@pytest.mark.parametrize("blocked", ["**/choose*.js", "**/api/v1/consent/"])
def test_a_first_acceptance_that_fails_is_an_error_event(visit: Visit, blocked: str) -> None:
    """Offline before anything of it was loaded, and offline after."""
    visit.context.add_init_script(LISTEN)
    visit.goto("/")
    visit.context.route(blocked, lambda route: route.abort())
    visit.press(visit.button("accept-all"))
    visit.until(lambda: ["error", "error"] in heard(visit.page), "no consent:error")
    assert visit.banner_is_shown()
    assert visit.jar() == set()


def test_a_blocked_consent_js_leaves_the_form(visit: Visit) -> None:
    """Where consent.js was blocked, the banner's button is the form's button."""
    visit.context.route("**/static/consent/consent*.js", lambda route: route.abort())
    visit.page.goto("/")
    visit.button("refuse-all").click()
    visit.until(lambda: visit.value().startswith("r1."), "the form was not sent")
    assert not visit.banner_is_shown()
