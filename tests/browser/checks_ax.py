"""Accessible to everybody, and no tricks (AX-01 … AX-11): each function is one rule."""

import re
from typing import Any

from axe_playwright_python.sync_playwright import Axe

from tests.browser.pages import ERRORS, FORMS, READABLE
from tests.browser.visit import STATUS, Visit

AXE = Axe()
STANDARD = {
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    # The banner stands before the page's own landmarks, as it is read first.
    "rules": {"region": {"enabled": True}},
}
FOCUSED = """() => {
  const element = document.activeElement;
  const box = element.getBoundingClientRect();
  return { tag: element.tagName, action: element.dataset?.consentAction || "",
    opens: "consentOpen" in (element.dataset || {}), box: box.toJSON(),
    inBanner: !!element.closest("[data-consent-banner]"),
    inPanel: !!element.closest("[data-consent-panel]"), name: element.name || "" };
}"""
# The focused element lies wholly under the banner.
COVERED = """() => {
  const element = document.activeElement;
  const banner = document.querySelector("[data-consent-banner]");
  if (!banner || element === document.body || banner.contains(element)) return false;
  const a = element.getBoundingClientRect(), b = banner.getBoundingClientRect();
  return a.top >= b.top && a.bottom <= b.bottom && a.left >= b.left && a.right <= b.right;
}"""
# Controls smaller than 24 px; links inside a sentence are exempt (WCAG 2.5.8).
SMALL = """() => [...document.querySelectorAll("a, button, input, select, summary")]
  .filter((element) => {
    const box = element.getBoundingClientRect();
    if (!box.width || element.type === "hidden") return false;
    if (element.tagName === "A" && element.closest("p, dd, li, td")) return false;
    if (element.matches(".skip")) return false;
    return box.width < 24 || box.height < 24;
  }).map((element) => element.outerHTML.slice(0, 90))"""


def violations(visit: Visit) -> list[str]:
    """What axe-core finds on the page, a line each."""
    found = AXE.run(visit.page, options=STANDARD).response["violations"]
    return [f"{row['id']}: {node['target']}" for row in found for node in row["nodes"]]


def looks_clean(visit: Visit, what: str) -> None:
    found = violations(visit)
    assert not found, f"{what}: {found[:5]}"


def press_until(visit: Visit, wanted: Any, what: str, *, most: int = 40) -> dict[str, Any]:
    """Tab from where the focus is until `wanted` holds of the focused element."""
    for _ in range(most):
        visit.page.keyboard.press("Tab")
        focused: dict[str, Any] = visit.evaluate(FOCUSED)
        if wanted(focused):
            return focused
    raise AssertionError(f"the keyboard does not reach {what}")


def to_action(visit: Visit, action: str) -> None:
    press_until(visit, lambda focused: focused["action"] == action, action)


def check_ax_axe_pages(visit: Visit) -> None:
    """Every page, undecided with the banner, and decided."""
    for path in visit.walk((*READABLE, *FORMS, *ERRORS)):
        looks_clean(visit, path)
    visit.goto("/")
    visit.refuse()
    for path in visit.walk(("/", "/privacy/", "/privacy/cookies/", "/account/login/")):
        looks_clean(visit, f"{path} after a refusal")


def check_ax_axe_states(visit: Visit) -> None:
    """The second layer, the quiet line of GPC, after an acceptance, the own space, the admin."""
    visit.goto("/")
    visit.press(visit.button("customise"))
    visit.until(visit.panel().is_visible, "the choices do not open")
    looks_clean(visit, "second layer")
    visit.page.keyboard.press("Escape")
    visit.accept()
    visit.goto("/privacy/cookies/")
    looks_clean(visit, "choices after an acceptance")
    signalled = visit.another(extra_http_headers={"Sec-GPC": "1"})
    signalled.goto("/")
    looks_clean(signalled, "GPC")
    visit.log_in()
    looks_clean(visit, "own space")


def check_ax_axe_languages(visit: Visit) -> None:
    for prefix in ("/nl", "/de", "/en"):
        for path in visit.walk((f"{prefix}/", f"{prefix}/privacy/", f"{prefix}/privacy/cookies/")):
            looks_clean(visit, path)


def check_ax_01(visit: Visit) -> None:
    """Contrast of text and of the edges of controls, in both schemes."""
    for scheme in ("light", "dark"):
        other = visit.another(color_scheme=scheme)
        other.goto("/")
        found = [line for line in violations(other) if "contrast" in line]
        assert not found, (scheme, found)
        border, under = other.evaluate(
            """() => {
              const button = document.querySelector("[data-consent-action=refuse-all]");
              const banner = document.querySelector("[data-consent-banner]");
              return [getComputedStyle(button).borderTopColor,
                      getComputedStyle(banner).backgroundColor];
            }"""
        )
        assert border != under, scheme


def check_ax_02(visit: Visit) -> None:
    """By keyboard alone: accept, refuse, customise and save, withdraw; Esc never accepts."""
    visit.goto("/")
    to_action(visit, "refuse-all")
    visit.page.keyboard.press("Enter")
    visit.until(lambda: visit.value().startswith("r1."), "Enter does not refuse")
    press_until(visit, lambda focused: focused["opens"], "the control", most=60)
    visit.page.keyboard.press("Enter")
    visit.until(visit.panel().is_visible, "the choices do not open")
    # The focus is in the dialog and stays there.
    for _ in range(25):
        visit.page.keyboard.press("Tab")
        focused = visit.evaluate(FOCUSED)
        assert focused["inPanel"] or focused["tag"] == "BODY", focused
    visit.page.keyboard.press("Escape")
    visit.until(lambda: not visit.panel().is_visible(), "Esc does not close")
    assert visit.value().startswith("r1."), "Esc is no consent"
    assert visit.evaluate(FOCUSED)["opens"], "the focus does not come back"
    visit.page.wait_for_timeout(200)  # no hand is faster than the dialog's own "close"
    visit.page.keyboard.press("Enter")
    visit.until(visit.panel().is_visible, "the choices do not open again")
    press_until(visit, lambda focused: focused["name"] == "analytics", "the checkbox")
    visit.page.keyboard.press("Space")
    to_action(visit, "save")
    visit.page.keyboard.press("Space")
    visit.until(lambda: visit.value().startswith("a1."), "the choice is not saved")


def check_ax_03(visit: Visit) -> None:
    """The banner never wholly hides what has the focus."""
    for width, height in ((320, 568), (1280, 800)):
        visit.page.set_viewport_size({"width": width, "height": height})
        visit.goto("/contact/")
        for _ in range(30):
            visit.page.keyboard.press("Tab")
            assert not visit.evaluate(COVERED), visit.evaluate(FOCUSED)


def check_ax_04(visit: Visit) -> None:
    for width in (320, 1280):
        visit.page.set_viewport_size({"width": width, "height": 800})
        visit.goto("/")
        assert not visit.evaluate(SMALL), visit.evaluate(SMALL)
        visit.press(visit.button("customise"))
        visit.until(visit.panel().is_visible, "the choices do not open")
        assert not visit.evaluate(SMALL), visit.evaluate(SMALL)


def check_ax_05(visit: Visit) -> None:
    """Role and name; a change of state is said (role=status)."""
    visit.goto("/")
    name = visit.evaluate(
        """() => {
          const banner = document.querySelector("[data-consent-banner]");
          const label = document.getElementById(banner.getAttribute("aria-labelledby"));
          return [banner.getAttribute("role"), label?.textContent || ""];
        }"""
    )
    assert name[0] in {"region", "dialog"}, name
    assert name[1].strip(), name
    visit.context.route("**/api/v1/consent/", lambda route: route.abort())
    visit.press(visit.button("accept-all"))
    visit.until(lambda: bool(visit.message().strip()), "the failure is not said")
    status = visit.page.locator("[data-consent-banner] [data-consent-message]")
    assert status.get_attribute("role") == "status"
    visit.press(visit.button("refuse-all"))
    said = visit.page.locator("[role=status][data-consent-message]")
    visit.until(
        lambda: not visit.banner_is_shown() and "désactivés" in (said.text_content() or ""),
        "the refusal is not said",
    )


def check_ax_06(visit: Visit) -> None:
    """At 320 px (400 % zoom) and at 200 %: no sideways scroll, both buttons in sight."""
    for width, height in ((320, 568), (640, 450), (768, 1024), (1440, 900)):
        visit.page.set_viewport_size({"width": width, "height": height})
        for path in visit.walk(("/", "/privacy/", "/account/login/")):
            wide = visit.evaluate("document.documentElement.scrollWidth - innerWidth")
            assert wide <= 0, (path, width)
        visit.goto("/")
        for action in ("accept-all", "refuse-all"):
            box = visit.button(action).bounding_box()
            assert box is not None
            right, bottom = box["x"] + box["width"], box["y"] + box["height"]
            assert min(box["x"], box["y"]) >= 0, (action, width)
            assert right <= width, (action, width)
            assert bottom <= height, (action, width)


def check_ax_07(visit: Visit) -> None:
    for prefix, language in (("", "fr"), ("/nl", "nl"), ("/de", "de"), ("/en", "en")):
        visit.goto(f"{prefix}/")
        assert visit.evaluate("document.documentElement.lang") == language
        assert not visit.page.locator(f"[data-consent-banner][lang]:not([lang={language}])").count()


def check_ax_08(visit: Visit) -> None:
    """Nothing to remember or solve to log in; pasting works; help in the same place."""
    visit.goto("/account/login/")
    for name, words in (("username", "username"), ("password", "current-password")):
        field = visit.page.locator(f"main input[name={name}]")
        assert field.get_attribute("autocomplete") == words, name
        assert field.get_attribute("onpaste") is None
    visit.page.locator("main input[name=password]").focus()
    visit.evaluate(
        """() => {
          const field = document.querySelector("main input[name=password]");
          const data = new DataTransfer();
          data.setData("text", "x");
          const event = new ClipboardEvent("paste", { clipboardData: data, cancelable: true,
            bubbles: true });
          field.dataset.pasted = field.dispatchEvent(event);
        }"""
    )
    assert visit.page.locator("main input[name=password]").get_attribute("data-pasted") == "true"
    places = set()
    for _ in visit.walk(("/", "/privacy/", "/account/login/")):
        places.add(visit.page.locator("header a[href='/contact/']").count())
    assert places == {1}


def check_ax_09(visit: Visit) -> None:
    """Time decides nothing."""
    visit.page.clock.install()
    visit.goto("/")
    visit.page.clock.run_for(120_000)
    assert visit.banner_is_shown()
    assert STATUS not in visit.jar()


def check_ax_10(visit: Visit) -> None:
    """Nothing moves in the banner."""
    for motion in ("reduce", "no-preference"):
        other = visit.another(reduced_motion=motion)
        other.goto("/")
        moving = other.evaluate(
            """() => [...document.querySelectorAll(
                "[data-consent-banner], [data-consent-banner] *")]
              .map((element) => getComputedStyle(element))
              .filter((style) => style.animationName !== "none"
                || parseFloat(style.transitionDuration) > 0).length"""
        )
        assert moving == 0, motion


def check_ax_11(visit: Visit) -> None:
    """No lone « OK », no « Continuer », no guilt; saying no takes no more than saying yes."""
    visit.goto("/")
    text = visit.page.locator("[data-consent-banner]").inner_text()
    labels = visit.page.locator("[data-consent-banner] button").all_inner_texts()
    assert labels == ["Tout accepter", "Tout refuser", "Personnaliser"], labels
    for word in (r"\bOK\b", "Continuer", "dommage", "regret", "meilleure expérience", "hélas"):
        assert not re.search(word, text, re.I), word
    visit.refuse()
    assert visit.value().startswith("r1."), "one activation refuses"
    visit.open_choices()
    assert visit.panel().locator("[data-consent-open], [data-consent-banner]").count() == 0
