"""Ends of retention: the vectors of CONFORMITY § 6.4 and 6.5, and what holds for every date."""

from datetime import date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consent.periods import BRUSSELS
from privacy.periods import fiscal_end, fiscal_years_later, last_day_years, latest_due, purge_from

DAY = timedelta(days=1)
DATES = st.dates(date(1950, 1, 1), date(2120, 1, 1))
JUNE = [(date(2025, 7, 1), date(2026, 6, 30)), (date(2026, 7, 1), date(2027, 6, 30))]
FEBRUARY = [(date(2028, 3, 1), date(2029, 2, 28))]


@pytest.mark.parametrize(
    ("expired_on", "last_day"),
    [
        ("2024-02-29", "2029-02-28"),
        ("2028-02-29", "2033-02-28"),
        ("2027-02-28", "2032-02-28"),
        ("2026-11-22", "2031-11-22"),
        ("2025-12-31", "2030-12-31"),
        ("2027-06-30", "2032-06-30"),
    ],
)
def test_rt_01_five_years_after_the_account(expired_on: str, last_day: str) -> None:
    assert last_day_years(date.fromisoformat(expired_on), 5).isoformat() == last_day


@pytest.mark.parametrize(
    ("last_day", "moment"),
    [
        ("2029-02-28", "2029-03-01T00:00:00+01:00"),
        ("2032-02-28", "2032-02-29T00:00:00+01:00"),
        ("2031-11-22", "2031-11-23T00:00:00+01:00"),
        ("2032-06-30", "2032-07-01T00:00:00+02:00"),
        ("2033-12-31", "2034-01-01T00:00:00+01:00"),
    ],
)
def test_rt_09_gone_from_the_next_midnight_also_on_a_sunday(last_day: str, moment: str) -> None:
    found = purge_from(date.fromisoformat(last_day))
    assert found.isoformat() == moment
    assert found == datetime.fromisoformat(moment)


@pytest.mark.parametrize(
    ("document", "last_day"),
    [
        ("2026-01-01", "2033-12-31"),
        ("2026-11-22", "2033-12-31"),
        ("2026-12-31", "2033-12-31"),
        ("2018-06-15", "2025-12-31"),
        ("2019-06-15", "2026-12-31"),
    ],
)
def test_rt_02_seven_calendar_years(document: str, last_day: str) -> None:
    assert fiscal_end(date.fromisoformat(document), []).isoformat() == last_day


def test_rt_02_ten_years_where_the_statutory_table_says_so() -> None:
    assert fiscal_end(date(2026, 11, 22), [], years=10) == date(2036, 12, 31)


@pytest.mark.parametrize(
    ("document", "rows", "end", "hold"),
    [
        ("2026-06-30", JUNE, "2033-06-30", "2033-12-31"),
        ("2026-07-01", JUNE, "2034-06-30", "2034-12-31"),
        ("2028-03-01", FEBRUARY, "2036-02-29", "2036-12-31"),
    ],
)
def test_rt_02_years_that_end_in_another_month(
    document: str, rows: list[tuple[date, date]], end: str, hold: str
) -> None:
    day = date.fromisoformat(document)
    assert fiscal_years_later(day, rows).isoformat() == end
    assert fiscal_end(day, rows).isoformat() == hold


def test_rt_02_a_long_first_year_is_a_row_like_any_other() -> None:
    long = [(date(2024, 10, 1), date(2025, 12, 31))]
    assert fiscal_end(date(2024, 11, 5), long) == date(2032, 12, 31)
    # Nobody wrote down the years before it: the calendar's, up to the day it begins.
    assert fiscal_years_later(date(2024, 9, 30), long, 1) == date(2025, 12, 31)


def test_rt_02_a_short_year_that_is_known_counts_as_one() -> None:
    rows = [(date(2026, 1, 1), date(2026, 12, 31)), (date(2027, 1, 1), date(2027, 6, 30))]
    assert fiscal_years_later(date(2026, 5, 1), rows) == date(2033, 6, 30)
    assert fiscal_end(date(2026, 5, 1), rows) == date(2033, 12, 31)


@st.composite
def years_of_accounts(draw: st.DrawFn) -> list[tuple[date, date]]:
    """Rows without overlap, short and long ones, with gaps."""
    rows, day = [], draw(st.dates(date(1990, 1, 1), date(2030, 1, 1)))
    for _ in range(draw(st.integers(0, 12))):
        start = day + timedelta(days=draw(st.sampled_from([0, 0, 0, 1, 40, 400])))
        day = start + timedelta(days=draw(st.integers(1, 730)))
        rows.append((start, day))
        day += DAY
    return rows


@given(DATES, DATES, st.integers(0, 30))
def test_rt_01_monotone_and_clamped(one: date, other: date, years: int) -> None:
    early, late = sorted((one, other))
    assert last_day_years(early, years) <= last_day_years(late, years)
    last = last_day_years(early, years)
    assert (last.year, last.month) == (early.year + years, early.month)
    assert last.day == early.day or (early.day == 29 and last.day == 28)


@given(DATES, DATES, years_of_accounts(), st.integers(0, 12))
def test_rt_02_monotone_and_never_before_the_calendar_years_are_over(
    one: date, other: date, rows: list[tuple[date, date]], years: int
) -> None:
    early, late = sorted((one, other))
    assert fiscal_end(early, rows, years) <= fiscal_end(late, rows, years)
    assert fiscal_end(early, rows, years) >= date(early.year + years, 12, 31) or any(
        # A year ends inside a calendar year: then it is that calendar year which is over.
        fiscal_end(early, rows, years) >= date(end.year + years, 12, 31)
        for _, end in rows
    )
    assert fiscal_end(early, rows, years) >= last_day_years(early, years)
    assert fiscal_end(early, rows, years) <= fiscal_end(early, rows, years + 1)


@given(DATES, years_of_accounts())
def test_rt_09_the_cut_of_a_day_is_exact(today: date, rows: list[tuple[date, date]]) -> None:
    for last_day in (
        lambda start: last_day_years(start, 5),
        lambda start: fiscal_end(start, rows),
    ):
        cut = latest_due(today, last_day)
        assert last_day(cut) < today
        assert last_day(cut + DAY) >= today


@given(DATES)
def test_rt_09_present_a_second_before_its_end(last_day: date) -> None:
    moment = purge_from(last_day)
    assert (moment - timedelta(seconds=1)).astimezone(BRUSSELS).date() <= last_day
    assert moment.astimezone(BRUSSELS).date() == last_day + DAY
