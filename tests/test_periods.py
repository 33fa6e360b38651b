"""CK-11, CK-12: how long a choice lasts."""

from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consent.periods import Period, add_months, local_day

YEAR = Period(31_536_000)
HALF = Period(15_638_400, months=6)
DAYS = st.dates(date(2020, 1, 1), date(2060, 12, 31))


@pytest.mark.parametrize(
    ("decided", "last"),
    [
        (date(2026, 11, 22), date(2027, 11, 22)),
        (date(2027, 3, 1), date(2028, 2, 29)),
        (date(2028, 2, 29), date(2029, 2, 28)),
    ],
)
def test_ck_11_last_day_of_one_year(decided: date, last: date) -> None:
    assert YEAR.last_day(decided) == last


@pytest.mark.parametrize(
    ("decided", "last"),
    [
        (date(2026, 8, 31), date(2027, 2, 28)),
        (date(2026, 11, 22), date(2027, 5, 22)),
    ],
)
def test_ck_11_last_day_of_six_months(decided: date, last: date) -> None:
    assert HALF.last_day(decided) == last


@given(DAYS, st.sampled_from([YEAR, HALF]))
def test_ck_11_since_is_the_earliest_day_that_holds(today: date, period: Period) -> None:
    since = period.since(today)
    assert period.last_day(since) >= today
    assert period.last_day(since - timedelta(days=1)) < today


@given(DAYS, st.times(), st.integers(0, 400))
def test_ck_12_a_repetition_never_prolongs(day: date, hour: time, days: int) -> None:
    chosen = datetime.combine(day, hour, UTC)
    now = chosen + timedelta(days=days)
    for since in (None, chosen):
        left = YEAR.remaining(local_day(chosen), now, since=since)
        assert 0 <= left <= max(0, YEAR.whole(chosen) - (now - chosen).total_seconds())


def test_ck_11_max_age_is_exact_to_the_second() -> None:
    assert YEAR.whole(datetime(2026, 11, 22, 22, 30, tzinfo=UTC)) == 31_536_000


@given(DAYS, st.integers(1, 120))
def test_add_months_keeps_or_clamps_the_day(day: date, months: int) -> None:
    later = add_months(day, months)
    assert later.day == day.day or (later + timedelta(days=1)).month != later.month
