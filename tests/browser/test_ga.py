"""Rules GA-01 … GA-11, in a real browser on the running site."""

import pytest

from tests.browser.checks import CHECKS
from tests.browser.visit import Visit


@pytest.mark.rule("GA-01")
def test_ga_01(visit: Visit) -> None:
    CHECKS["ga_01"](visit)


@pytest.mark.rule("GA-02")
def test_ga_02(visit: Visit) -> None:
    CHECKS["ga_02"](visit)


@pytest.mark.rule("GA-03")
def test_ga_03(visit: Visit) -> None:
    CHECKS["ga_03"](visit)


@pytest.mark.rule("GA-04")
def test_ga_04(visit: Visit) -> None:
    CHECKS["ga_04"](visit)


@pytest.mark.rule("GA-05")
def test_ga_05(visit: Visit) -> None:
    CHECKS["ga_05"](visit)


@pytest.mark.rule("GA-06")
def test_ga_06(visit: Visit) -> None:
    CHECKS["ga_06"](visit)


@pytest.mark.rule("GA-07")
def test_ga_07(visit: Visit) -> None:
    CHECKS["ga_07"](visit)


@pytest.mark.rule("GA-08")
def test_ga_08(visit: Visit) -> None:
    CHECKS["ga_08"](visit)


@pytest.mark.rule("GA-09")
def test_ga_09(visit: Visit) -> None:
    CHECKS["ga_09"](visit)


@pytest.mark.rule("GA-10")
def test_ga_10(visit: Visit) -> None:
    CHECKS["ga_10"](visit)


@pytest.mark.rule("GA-11")
def test_ga_11(visit: Visit) -> None:
    CHECKS["ga_11"](visit)
