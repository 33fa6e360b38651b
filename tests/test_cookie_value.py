"""The value of `cookieconsent_status`: what is read, what is not."""

import uuid
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consent.cookies import CACHE_KEY, Choice, parse, serialise
from consent.log.ids import uuid7

KEY, OTHER = b"k" * 32, b"o" * 32
KEYS = (KEY,)
TODAY = date(2026, 11, 22)
RECORD = uuid7(datetime(2026, 11, 22, 12, tzinfo=UTC))
REFUSAL = Choice(3, (), TODAY)
ACCEPTANCE = Choice(3, ("analytics",), TODAY, RECORD)


def test_ck_10_two_refusals_are_byte_identical() -> None:
    assert serialise(REFUSAL, KEY) == serialise(REFUSAL, OTHER) == "r1.3.20261122"


@pytest.mark.parametrize(
    "choice", [REFUSAL, ACCEPTANCE, replace(ACCEPTANCE, categories=("a", "b"))]
)
def test_what_is_written_is_read(choice: Choice) -> None:
    value = serialise(choice, KEY)
    assert parse(value, KEYS) == choice
    assert CACHE_KEY.match(value)


def test_a_rotated_key_still_reads() -> None:
    assert parse(serialise(ACCEPTANCE, OTHER), (KEY, OTHER)) == ACCEPTANCE


def test_forged_acceptance_is_no_consent() -> None:
    value = serialise(ACCEPTANCE, KEY)
    assert parse(value, (OTHER,)) is None
    assert parse(value.replace("a1.3.", "a1.4."), KEYS) is None
    assert parse(value.replace(".analytics.", ".marketing."), KEYS) is None


def test_ck_12_an_acceptance_may_be_shortened_never_prolonged() -> None:
    value = serialise(ACCEPTANCE, KEY)
    assert parse(value.replace("20261122", "20261101"), KEYS) is not None
    assert parse(value.replace("20261122", "20261123"), KEYS) is None


@pytest.mark.parametrize(
    "value",
    [
        "allow", "deny", "dismiss", "allow;x", "", "r1", "r1..", "r1.0.20261122", "r1.1.20261322",
        "r2.1.20261122", "R1.1.20261122", "r1.1.20261122 ", "r1.1.2026112", "r1.01.20261122",
        "r1.1.20261122.x", "a1.1..20261122." + "A" * 32, "a1.1.analytics.20261122.", "\x00",
        "a1.1.analytics.20261122." + "A" * 32, "a1.1.analytics+.20261122." + "A" * 32,
        "r1.1.٢٠٢٦١١٢٢", "a" * 5000, "r1." + "9" * 300 + ".20261122",
    ],
)  # fmt: skip
def test_ck_02_anything_else_is_no_consent(value: str) -> None:
    assert parse(value, KEYS) is None


@given(st.text(max_size=300))
def test_parse_never_raises(value: str) -> None:
    parse(value, KEYS)


@given(
    st.from_regex(r"[ra]1\.\d{1,9}\.([a-z+]{1,12}\.)?\d{8}(\.[A-Za-z0-9_-]{32})?", fullmatch=True)
)
def test_parse_reads_only_refusals_without_a_key(value: str) -> None:
    choice = parse(value, KEYS)
    assert choice is None or choice.record is None


@given(
    st.integers(1, 10**8),
    st.lists(st.from_regex(r"[a-z]{1,12}", fullmatch=True), min_size=1, max_size=4, unique=True),
    st.integers(0, 700),
)
def test_round_trip(notice: int, categories: list[str], age: int) -> None:
    choice = Choice(notice, tuple(sorted(categories)), TODAY - timedelta(days=age), RECORD)
    assert parse(serialise(choice, KEY), KEYS) == choice


def test_uuid7_orders_by_time() -> None:
    early, late = (uuid7(datetime(2026, 1, day, tzinfo=UTC)) for day in (1, 2))
    assert early < late
    assert early.version == late.version == 7
    assert uuid.UUID(int=early.int).variant == uuid.RFC_4122
