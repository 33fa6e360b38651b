"""Rules CK-01 … CK-21, in a real browser on the running site."""

import pytest

from tests.browser.checks import CHECKS
from tests.browser.visit import Visit


@pytest.mark.rule("CK-01")
def test_ck_01(visit: Visit) -> None:
    CHECKS["ck_01"](visit)


@pytest.mark.rule("CK-02")
def test_ck_02(visit: Visit) -> None:
    CHECKS["ck_02"](visit)


@pytest.mark.rule("CK-03")
def test_ck_03(visit: Visit) -> None:
    CHECKS["ck_03"](visit)


@pytest.mark.rule("CK-04")
def test_ck_04(visit: Visit) -> None:
    CHECKS["ck_04"](visit)


@pytest.mark.rule("CK-05")
def test_ck_05(visit: Visit) -> None:
    CHECKS["ck_05"](visit)


@pytest.mark.rule("CK-06")
def test_ck_06(visit: Visit) -> None:
    CHECKS["ck_06"](visit)


@pytest.mark.rule("CK-07")
def test_ck_07(visit: Visit) -> None:
    CHECKS["ck_07"](visit)


@pytest.mark.rule("CK-08")
def test_ck_08(visit: Visit) -> None:
    CHECKS["ck_08"](visit)


@pytest.mark.rule("CK-09")
def test_ck_09(visit: Visit) -> None:
    CHECKS["ck_09"](visit)


@pytest.mark.rule("CK-10")
def test_ck_10(visit: Visit) -> None:
    CHECKS["ck_10"](visit)


@pytest.mark.rule("CK-11")
def test_ck_11(visit: Visit) -> None:
    CHECKS["ck_11"](visit)


@pytest.mark.rule("CK-12")
def test_ck_12(visit: Visit) -> None:
    CHECKS["ck_12"](visit)


@pytest.mark.rule("CK-13")
def test_ck_13(visit: Visit) -> None:
    CHECKS["ck_13"](visit)


@pytest.mark.rule("CK-14")
def test_ck_14(visit: Visit) -> None:
    CHECKS["ck_14"](visit)


@pytest.mark.rule("CK-15")
def test_ck_15(visit: Visit) -> None:
    CHECKS["ck_15"](visit)


@pytest.mark.rule("CK-16")
def test_ck_16(visit: Visit) -> None:
    CHECKS["ck_16"](visit)


@pytest.mark.rule("CK-17")
def test_ck_17(visit: Visit) -> None:
    CHECKS["ck_17"](visit)


@pytest.mark.rule("CK-18")
def test_ck_18(visit: Visit) -> None:
    CHECKS["ck_18"](visit)


@pytest.mark.rule("CK-19")
def test_ck_19(visit: Visit) -> None:
    CHECKS["ck_19"](visit)


@pytest.mark.rule("CK-20")
def test_ck_20(visit: Visit) -> None:
    CHECKS["ck_20"](visit)


@pytest.mark.rule("CK-21")
def test_ck_21(visit: Visit) -> None:
    CHECKS["ck_21"](visit)
