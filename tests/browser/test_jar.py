"""Each row of the table of cookies, in a real browser on the running site."""

from tests.browser.checks import CHECKS
from tests.browser.visit import Visit


def test_jar_undecided(visit: Visit) -> None:
    CHECKS["jar_undecided"](visit)


def test_jar_refused(visit: Visit) -> None:
    CHECKS["jar_refused"](visit)


def test_jar_accepted(visit: Visit) -> None:
    CHECKS["jar_accepted"](visit)


def test_jar_logged_in(visit: Visit) -> None:
    CHECKS["jar_logged_in"](visit)


def test_jar_after_logout(visit: Visit) -> None:
    CHECKS["jar_after_logout"](visit)


def test_jar_after_session_ended(visit: Visit) -> None:
    CHECKS["jar_after_session_ended"](visit)
