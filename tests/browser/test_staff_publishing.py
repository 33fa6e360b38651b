"""Staff edit, look, publish and answer warnings, in a real browser on the running site."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from tests.browser.checks_after import REGISTER, publish
from tests.browser.checks_ax import violations
from tests.browser.site import Site
from tests.browser.visit import Visit

PUBLISH = "/admin/consent/publication/publish/"
PREVIEW = "/admin/consent/publication/preview"
SCREENS = (
    PUBLISH, "/admin/consent/publication/discard/", "/admin/consent/publication/preset/",
    "/admin/consent/publication/", "/admin/consent/acknowledgement/",
    "/admin/consent/acknowledgement/T-14/", "/admin/consent/policyblock/",
    f"{PREVIEW}/policy/fr/", f"{PREVIEW}/banner/de/", f"{PREVIEW}/choices/nl/",
)  # fmt: skip
EDITED = ("service", "policyblock", "presetrule", "cookie")


@pytest.fixture
def staff(site: Site, chromium: Browser) -> Iterator[Visit]:
    visit = Visit(site, chromium)
    visit.log_in("privacy@demo.test")
    yield visit
    visit.close()


def row(staff: Visit, table: str, condition: str = "true") -> str:
    (pk,) = staff.site.query(f"SELECT id FROM consent_{table} WHERE {condition} LIMIT 1")[0]
    return f"/admin/consent/{table}/{pk}/change/"


def number(staff: Visit) -> int:
    return int(staff.site.query("SELECT max(number) FROM consent_publication")[0][0])


def publish_by_hand(staff: Visit) -> None:
    before = number(staff)
    staff.goto(PUBLISH)
    staff.page.locator("[name=confirm]").check()
    staff.press(staff.page.get_by_role("button", name="Publier maintenant"))
    staff.page.wait_for_url(f"**/publication/{before + 1}/change/")
    assert number(staff) == before + 1


def test_ck_16_staff_publish_a_spelling_then_another_meaning(staff: Visit, visit: Visit) -> None:
    """A visitor who accepted is not asked for the first, and asked for the second."""
    visit.goto("/")
    visit.accept()
    page = staff.page
    banner = row(staff, "bannertext", "key = 'title'")
    service = row(staff, "service", "key = 'google-analytics'")
    try:
        staff.goto(banner)
        page.get_by_label("Nederlands").fill("")
        page.get_by_label("Français").fill("Vos cookies et votre choix")
        staff.press(page.get_by_role("button", name="Enregistrer", exact=True))
        page.get_by_text("Il manque ce texte en : néerlandais.").wait_for()
        page.get_by_label("Nederlands").fill("Uw cookies en uw keuze")
        staff.press(page.get_by_role("button", name="Enregistrer", exact=True))
        page.wait_for_url("**/bannertext/")
        staff.goto(PUBLISH)
        assert page.get_by_text("Ce à quoi chacun a dit oui ou non ne change pas").is_visible()
        publish_by_hand(staff)
        visit.until(lambda: "Vos cookies et votre choix" in visit.get("/").text, "late")
        visit.goto("/contact/")
        assert not visit.banner_is_shown()
        assert visit.allows()

        staff.goto(service)
        page.locator("[name=purpose_fr]").fill("Mesurer les visites et les vendre.")
        staff.press(page.get_by_role("button", name="Enregistrer", exact=True))
        page.wait_for_url("**/service/")
        publish_by_hand(staff)
        visit.until(lambda: "et les vendre" in visit.get("/api/v1/consent/notice/").text, "late")
        visit.goto("/contact/")
        assert visit.banner_is_shown()
        assert not visit.allows()
    finally:
        publish(staff, REGISTER.read_text("utf-8"))


def test_preview_can_choose_nothing(staff: Visit) -> None:
    before = staff.jar()
    staff.goto(f"{PREVIEW}/banner/fr/")
    posts: list[str] = []
    staff.page.on("request", lambda r: posts.append(r.url) if r.method != "GET" else None)
    for action in ("accept-all", "refuse-all", "customise"):
        staff.page.locator(f"[data-consent-action={action}]").click()
    staff.goto(f"{PREVIEW}/choices/fr/")
    staff.page.get_by_role("checkbox").check()
    staff.page.locator("[data-consent-action=save]").click()
    staff.wait(300)
    assert posts == []
    assert staff.page.url.endswith(f"{PREVIEW}/choices/fr/")
    assert staff.jar() == before


def test_a_warning_is_accepted_by_keyboard(staff: Visit) -> None:
    staff.goto("/admin/consent/acknowledgement/")
    link = staff.page.get_by_role("link", name=re.compile("Une demande écrite"))
    link.focus()
    staff.page.keyboard.press("Enter")
    staff.page.get_by_label(re.compile("Motif")).focus()
    staff.page.keyboard.type("Les demandes orales sont reçues et notées.")
    staff.page.keyboard.press("Tab")
    staff.page.keyboard.press("Enter")
    staff.page.get_by_text("accepté avec motif").wait_for()
    assert staff.page.get_by_text("Les demandes orales sont reçues").is_visible()


@pytest.mark.parametrize(("width", "scheme"), [(320, "dark"), (1440, "light")])
def test_ax_staff_screens(site: Site, chromium: Browser, width: int, scheme: str) -> None:
    """axe finds nothing, no policy is violated, nothing scrolls in two directions."""
    options = {"viewport": {"width": width, "height": 900}, "color_scheme": scheme}
    staff = Visit(site, chromium, options=options)
    said: list[str] = []
    staff.page.on("console", lambda m: said.append(m.text) if m.type == "error" else None)
    try:
        staff.log_in("privacy@demo.test")
        found = []
        for path in (*SCREENS, *(row(staff, table) for table in EDITED)):
            assert staff.goto(path).status == 200, path
            found += [f"{path} {line}" for line in violations(staff)]
            wide = staff.page.evaluate("document.documentElement.scrollWidth - innerWidth")
            assert wide <= 0, (path, wide)
        assert not found, "\n".join(found)
        assert said == []
    finally:
        staff.close()
