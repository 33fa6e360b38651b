"""Each check is run on a site with a mistake in it, and must find it."""

import pytest
from playwright.sync_api import Browser

from tests.browser.checks import CHECKS
from tests.browser.defects import DEFECTS
from tests.browser.planting import Defect
from tests.browser.site import Site
from tests.browser.visit import Visit

PLANTED = [
    pytest.param(rule, defect, id=f"{rule}-{defect}")
    for rule, defects in DEFECTS.items()
    for defect in defects
]


@pytest.mark.parametrize(("rule", "defect"), PLANTED)
def test_planted_defect(rule: str, defect: Defect, site: Site, chromium: Browser) -> None:
    visit = Visit(site, chromium, defect=defect)
    try:
        with pytest.raises(AssertionError) as found:
            CHECKS[rule](visit)
        assert visit.was_planted(), f"it failed before the defect: {found.getrepr()}"
    finally:
        visit.close()


def test_every_check_can_fail() -> None:
    """No check without a mistake that turns it red, and none is forgotten."""
    assert CHECKS.keys() == DEFECTS.keys()
    assert all(DEFECTS.values())
    rules = {f"ck_{n:02}" for n in range(1, 22)} | {f"ga_{n:02}" for n in range(1, 12)}
    assert rules <= CHECKS.keys()
