"""Rules AX-01 … AX-11, in a real browser on the running site, each with its planted defects."""

import pytest
from playwright.sync_api import Browser

from tests.browser import checks_ax
from tests.browser.defects_ax import AX
from tests.browser.planting import Defect
from tests.browser.site import Site
from tests.browser.visit import Visit

CHECKS = {
    name.removeprefix("check_"): function
    for name, function in vars(checks_ax).items()
    if name.startswith("check_")
}
# Light, dark, and a phone: the pages are checked by axe in each.
SCREENS = {
    "light": {"color_scheme": "light", "viewport": {"width": 1280, "height": 900}},
    "dark": {"color_scheme": "dark", "viewport": {"width": 1280, "height": 900}},
    "phone": {"color_scheme": "light", "viewport": {"width": 320, "height": 640}},
}
PLANTED = [
    pytest.param(rule, defect, id=f"{rule}-{defect}")
    for rule, defects in AX.items()
    for defect in defects
]


@pytest.mark.parametrize("rule", [rule for rule in CHECKS if "axe" not in rule])
def test_ax(rule: str, visit: Visit) -> None:
    """AX-01, AX-02, AX-03, AX-04, AX-05, AX-06, AX-07, AX-08, AX-09, AX-10, AX-11."""
    CHECKS[rule](visit)


@pytest.mark.parametrize("screen", SCREENS)
@pytest.mark.parametrize("rule", [rule for rule in CHECKS if "axe" in rule])
def test_ax_axe(rule: str, screen: str, site: Site, chromium: Browser) -> None:
    visit = Visit(site, chromium, options=SCREENS[screen])
    try:
        CHECKS[rule](visit)
    finally:
        visit.close()


@pytest.mark.parametrize(("rule", "defect"), PLANTED)
def test_ax_planted_defect(rule: str, defect: Defect, site: Site, chromium: Browser) -> None:
    visit = Visit(site, chromium, defect=defect)
    try:
        with pytest.raises(AssertionError):
            CHECKS[rule](visit)
        assert visit.was_planted()
    finally:
        visit.close()


def test_every_ax_check_can_fail() -> None:
    assert CHECKS.keys() == AX.keys()
