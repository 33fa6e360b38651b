"""Every check by its name: it takes a visit, and raises AssertionError where its rule is broken."""

from collections.abc import Callable

from tests.browser import (
    checks_after,
    checks_banner,
    checks_before,
    checks_google,
    checks_google_staff,
    checks_jar,
)
from tests.browser.visit import Visit

MODULES = (
    checks_before,
    checks_banner,
    checks_after,
    checks_google,
    checks_google_staff,
    checks_jar,
)
CHECKS: dict[str, Callable[[Visit], None]] = {
    name.removeprefix("check_"): function
    for module in MODULES
    for name, function in vars(module).items()
    if name.startswith("check_")
}
