"""The banner itself: saying no is as easy as saying yes (CK-03 … 08)."""

import re
from collections.abc import Iterator
from typing import Any

from tests.browser.pages import ERRORS, FRENCH, PREFIXES, READABLE
from tests.browser.visit import STATUS, Visit

SIZES = ((320, 568), (768, 1024), (1440, 900))
STYLE = """(button) => {
  const style = getComputedStyle(button);
  const names = ["backgroundColor", "backgroundImage", "color", "borderTopColor", "borderTopWidth",
    "borderTopStyle", "borderRadius", "fontSize", "fontWeight", "fontFamily", "paddingTop",
    "paddingLeft", "minHeight", "opacity", "cursor", "boxShadow", "outlineStyle", "outlineWidth",
    "outlineColor", "textDecorationLine", "textTransform", "transform", "animationName", "order"];
  return Object.fromEntries(names.map((name) => [name, style[name]]));
}"""
# Contrast of the text with what is painted under it, as WCAG 2.2 computes it.
CONTRAST = """(button) => {
  const paint = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  const rgba = (color) => {
    paint.clearRect(0, 0, 1, 1);
    paint.fillStyle = color;
    paint.fillRect(0, 0, 1, 1);
    return [...paint.getImageData(0, 0, 1, 1).data];
  };
  const light = (color) => rgba(color).slice(0, 3)
    .map((part) => part / 255)
    .map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4))
    .reduce((sum, part, index) => sum + part * [0.2126, 0.7152, 0.0722][index], 0);
  let under = button;
  while (under.parentElement && rgba(getComputedStyle(under).backgroundColor)[3] === 0) {
    under = under.parentElement;
  }
  const [a, b] = [light(getComputedStyle(button).color),
                  light(getComputedStyle(under).backgroundColor)].sort();
  return (b + 0.05) / (a + 0.05);
}"""
# Whether the banner lies over the top of the page.
COVERED = "!!document.elementFromPoint(640, 100).closest('[data-consent-banner]')"
NAMES = "(button) => [button.className, button.hasAttribute('autofocus'), button.disabled]"


def check_ck_03(visit: Visit) -> None:
    """« Tout refuser » stands beside « Tout accepter », in view, one press away."""
    for width, height in SIZES:
        visit.page.set_viewport_size({"width": width, "height": height})
        visit.goto("/")
        for action in ("accept-all", "refuse-all"):
            assert visit.button(action).count() == 1, (action, width)
            assert visit.button(action).evaluate("b => b.tagName") == "BUTTON"
            box = visit.button(action).bounding_box()
            assert box is not None, (action, width)
            assert box["x"] >= 0, (action, width)
            assert box["x"] + box["width"] <= width, (action, width)
            assert box["y"] >= 0, (action, width)
            assert box["y"] + box["height"] <= height, (action, width)
        assert visit.button("refuse-all").evaluate(
            "b => b.parentElement === document.querySelector('[data-consent-banner]"
            " [data-consent-action=accept-all]').parentElement"
        )
        visit.button("accept-all").focus()
        visit.page.keyboard.press("Tab")
        focused = visit.evaluate("document.activeElement.dataset.consentAction")
        assert focused == "refuse-all", width
    assert visit.button("accept-all").inner_text() == "Tout accepter"
    assert visit.button("refuse-all").inner_text() == "Tout refuser"
    visit.refuse()


def _looks(visit: Visit, state: str) -> Iterator[dict[str, Any]]:
    for action in ("accept-all", "refuse-all"):
        button = visit.button(action)
        visit.page.mouse.move(1, 1)
        if state == "hover":
            button.hover()
        elif state == "focus":
            button.focus()
            visit.page.keyboard.press("Shift+Tab")
            visit.page.keyboard.press("Tab")
        yield button.evaluate(STYLE)


def check_ck_04(visit: Visit) -> None:
    """The two buttons look the same, at rest, pointed at and focused, by day and by night."""
    for scheme in ("light", "dark"):
        visit.page.emulate_media(color_scheme=scheme)
        visit.goto("/")
        assert visit.button("accept-all").evaluate(NAMES) == ["", False, False]
        assert visit.button("refuse-all").evaluate(NAMES) == ["", False, False]
        assert not visit.evaluate("document.activeElement.matches('[data-consent-banner] *')")
        for state in ("rest", "hover", "focus"):
            accept, refuse = _looks(visit, state)
            assert accept == refuse, (scheme, state)
        areas = []
        for action in ("accept-all", "refuse-all"):
            assert visit.button(action).evaluate(CONTRAST) >= 4.5, (scheme, action)
            box = visit.button(action).bounding_box()
            assert box is not None
            areas.append(box["width"] * box["height"])
        assert 0.8 <= areas[0] / areas[1] <= 1.25, scheme


def check_ck_05(visit: Visit) -> None:
    """Nothing is ticked beforehand; choices saved untouched are a refusal."""
    before = visit.records()
    for prefix in PREFIXES.values():
        visit.goto(f"{prefix}/privacy/cookies/")
        assert not visit.panel().locator("input[name=analytics]").is_checked(), prefix
        assert visit.panel().locator("input:checked").count() == 0, prefix
    on_page = visit.another()
    on_page.goto("/privacy/cookies/")
    on_page.press(on_page.panel().locator("[data-consent-action='save']"))
    on_page.until(lambda: STATUS in on_page.jar(), "nothing is kept")
    assert on_page.value().startswith("r1.")
    visit.goto("/")
    visit.press(visit.button("customise"))
    visit.until(visit.panel().is_visible, "the choices do not open")
    assert visit.panel().locator("input:checked").count() == 0
    visit.press(visit.panel().locator("[data-consent-action='save']"))
    visit.until(lambda: STATUS in visit.jar(), "nothing is kept")
    assert visit.value().startswith("r1.")
    visit.until(lambda: visit.records() == [*before, "refused", "refused"], "no record")
    visit.assert_silent()


def _main(html: str) -> str:
    found = re.search(r"<main.*?</main>", html, re.DOTALL)
    return found[0] if found else ""


def check_ck_06(visit: Visit) -> None:
    """No wall: who refuses reads the same pages, and is not asked again."""
    visit.goto("/")
    assert not visit.evaluate(COVERED)
    assert visit.evaluate("getComputedStyle(document.body).overflow") != "hidden"
    visit.press(visit.page.locator("header a[href='/contact/']").first)
    visit.arrive("/contact/")
    accepting = visit.another()
    for visitor, choose in ((visit, visit.refuse), (accepting, accepting.accept)):
        visitor.goto("/contact/")
        choose()
    refused, accepted = (f"{STATUS}={one.value()}" for one in (visit, accepting))
    for path in (*READABLE, *ERRORS):
        no, yes = visit.get(path, cookie=refused), visit.get(path, cookie=accepted)
        assert no.status == yes.status, path
        if path != "/privacy/cookies/":  # it shows the choice itself
            assert _main(no.text) == _main(yes.text) != "", path
        assert "data-consent-banner" not in no.text, path
    for path in visit.walk(READABLE):
        assert not visit.banner_is_shown(), path
        assert visit.page.locator("dialog[open]").count() == 0, path


EXPLAINED = {"_ga": "2 ans", "_ga_C7V9QNLBQD": "2 ans", "_gat": "1 minute"}


def check_ck_07(visit: Visit) -> None:
    """Before the choice: who, Google, what for, each cookie, how long, how to change one's mind."""
    visit.goto("/")
    text = visit.page.locator("[data-consent-banner]").inner_text()
    for words in (
        "Click'n CoNNect",
        "SRL HA.I",
        "Google",
        "mesure",
        "à tout moment",
        "Gérer mes cookies",
    ):
        assert words in text, words
    link = visit.page.locator("[data-consent-banner] a[href='/privacy/#cookies']")
    assert link.is_visible()
    for prefix in PREFIXES.values():
        banner = re.search(r"data-consent-banner.*?</section>", visit.get(f"{prefix}/").text, re.S)
        assert banner is not None, prefix
        assert "Google" in banner[0], prefix
        assert f"{prefix}/privacy/#cookies" in banner[0], prefix
        assert 'id="cookies"' in visit.get(f"{prefix}/privacy/").text, prefix
    visit.press(visit.button("customise"))
    visit.until(visit.panel().is_visible, "the choices do not open")
    panel = visit.panel()
    assert "États-Unis" in panel.inner_text()
    assert "Google Ireland Limited" in panel.inner_text()
    for name, lifetime in EXPLAINED.items():
        row = panel.locator(
            "li", has=visit.page.locator("strong", has_text=re.compile(f"^{name}$"))
        )
        assert row.count() == 1, name
        text = row.inner_text()
        assert lifetime in text, name
        assert "Finalité" in text, name
        assert "Provenance" in text, name


def check_ck_08(visit: Visit) -> None:
    """Each page has the control; withdrawing takes two presses, a keyboard will do."""
    for path in visit.walk(FRENCH):
        control = visit.page.locator("[data-consent-open]").last
        visit.until(lambda control=control: control.count() == 1, path)  # /admin/ leads elsewhere
        assert control.is_visible(), path
        assert control.inner_text().strip() == "Gérer mes cookies", path
    staff = visit.another()
    staff.log_in("privacy@demo.test")
    for path in staff.walk(("/account/", "/account/logout/", "/no-such-page/")):
        assert staff.page.locator("[data-consent-open]").last.is_visible(), path
    visit.goto("/contact/")
    visit.accept()
    visit.withdraw()
    visit.goto("/privacy/cookies/")
    visit.press(visit.panel().locator("[data-consent-action='accept-all']"))
    visit.until(lambda: visit.value().startswith("a1."), "not accepted again")
    visit.goto("/no-such-page/")
    visit.until(lambda: visit.is_ready() and visit.allows(), "the acceptance is not in force")
    visit.page.locator("[data-consent-open]").last.focus()
    visit.page.keyboard.press("Enter")
    visit.until(visit.panel().is_visible, "the choices do not open by keyboard")
    for _ in range(30):
        visit.page.keyboard.press("Tab")
        if visit.evaluate("document.activeElement.dataset.consentAction") == "refuse-all":
            break
    visit.page.keyboard.press("Enter")
    visit.until(lambda: visit.value().startswith("r1."), "not withdrawn by keyboard")
