"""The clock of requests: CONFORMITY § 6.3, its vectors and every day of forty years."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from privacy import deadlines
from privacy.holidays import add_working_days, is_working_day, public_holidays

DAYS = st.dates(date(2000, 1, 1), date(2090, 12, 31))

# receipt, D+30, end of the month, legal due, with extension
VECTORS = [
    ("2026-11-22", "2026-12-22", "2026-12-22", "2026-12-22", "2027-02-22"),
    ("2026-03-05", "2026-04-04", "2026-04-05", "2026-04-07", "2026-06-05"),
    ("2026-08-31", "2026-09-30", "2026-09-30", "2026-09-30", "2026-11-30"),
    ("2026-01-31", "2026-03-02", "2026-02-28", "2026-03-02", "2026-04-30"),
    ("2026-02-10", "2026-03-12", "2026-03-10", "2026-03-10", "2026-05-11"),
    ("2028-01-31", "2028-03-01", "2028-02-29", "2028-02-29", "2028-05-02"),
    ("2026-04-25", "2026-05-25", "2026-05-25", "2026-05-26", "2026-07-27"),
    ("2026-10-11", "2026-11-10", "2026-11-11", "2026-11-12", "2027-01-11"),
    ("2026-11-25", "2026-12-25", "2026-12-25", "2026-12-28", "2027-02-25"),
    ("2026-12-01", "2026-12-31", "2027-01-01", "2027-01-04", "2027-03-01"),
    ("2026-07-15", "2026-08-14", "2026-08-15", "2026-08-17", "2026-10-15"),
    ("2027-02-28", "2027-03-30", "2027-03-28", "2027-03-30", "2027-05-28"),
]


def day(text: str) -> date:
    return date.fromisoformat(text)


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector[0])
def test_tl_01_vectors(vector: tuple[str, ...]) -> None:
    received, limit, month, due, extended = map(day, vector)
    assert deadlines.policy_limit(received) == limit
    assert deadlines.month_end(received) == month
    assert deadlines.legal_due(received) == due
    assert deadlines.extended_due(received) == extended
    assert deadlines.target(received) == min(limit, month)


def test_tl_05_deemed_refused_at_midnight_in_brussels() -> None:
    """Across a change of clocks: the offset is that of the day itself."""
    winter = deadlines.deemed_refused_from(day("2026-11-22"))
    assert winter == datetime(2026, 12, 22, 23, 0, tzinfo=UTC)
    summer = deadlines.deemed_refused_from(day("2026-03-05"))
    assert summer == datetime(2026, 4, 4, 22, 0, tzinfo=UTC)


def test_tl_01_how_often_thirty_days_end_after_the_month() -> None:
    """§ 6.3: 841 before, 500 equal, 120 after; 96 after the shifted end."""
    days = [day("2025-01-01") + timedelta(days=n) for n in range(1461)]
    after = [(deadlines.policy_limit(d) - deadlines.month_end(d)).days for d in days]
    assert (sum(n < 0 for n in after), after.count(0)) == (841, 500)
    assert (after.count(1), after.count(2), max(after)) == (33, 87, 2)
    assert sum(deadlines.policy_limit(d) > deadlines.legal_due(d) for d in days) == 96
    lengths = {(deadlines.legal_due(d) - d).days for d in days}
    assert (min(lengths), max(lengths)) == (28, 34)


def test_tl_01_every_day_of_forty_years() -> None:
    """Never later than the law allows, never on a day nobody works, never before the target."""
    received = day("2015-01-01")
    before = received
    while received < day("2055-01-01"):
        due = deadlines.legal_due(received)
        month = deadlines.month_end(received)
        assert is_working_day(due)
        assert month <= due <= month + timedelta(days=4)
        assert not any(is_working_day(month + timedelta(days=n)) for n in range((due - month).days))
        assert month.day == received.day or (month + timedelta(days=1)).day == 1
        assert deadlines.target(received) <= due
        assert deadlines.target(received) <= deadlines.policy_limit(received)
        assert deadlines.extended_due(received) > due
        assert due >= before
        moments = [alert.at.date() for alert in deadlines.alerts(received, due)]
        assert len(moments) == 4
        assert moments == sorted(moments)
        assert received < moments[0] <= moments[-1] < due
        before = due
        received += timedelta(days=1)


def test_tl_01_ten_public_holidays_a_year() -> None:
    """E+1, E+39, E+50 and seven fixed ones, which may fall on one day (Ascension on 1 May)."""
    for year in range(2015, 2055):
        easter = _easter(year)
        moving = {easter + timedelta(days=n) for n in (1, 39, 50)}
        fixed = {(1, 1), (5, 1), (7, 21), (8, 15), (11, 1), (11, 11), (12, 25)}
        expected = moving | {date(year, month, number) for month, number in fixed}
        assert public_holidays(year) == expected


def _easter(year: int) -> date:
    """Butcher's algorithm, so that the package is compared with something else."""
    a, (b, c) = year % 19, divmod(year, 100)
    (d, e), g = divmod(b, 4), (8 * b + 13) // 25
    h = (19 * a + b - d - g + 15) % 30
    i, k = divmod(c, 4)
    m = (32 + 2 * e + 2 * i - h - k) % 7
    n = (a + 11 * h + 22 * m) // 451
    month, number = divmod(h + m - 7 * n + 114, 31)
    return date(year, month, number + 1)


@given(DAYS)
def test_tl_01_limits_keep_their_order(received: date) -> None:
    assert received < deadlines.target(received) <= deadlines.legal_due(received)
    assert deadlines.legal_due(received) < deadlines.extended_due(received)
    assert deadlines.legal_due(received) <= deadlines.legal_due(received + timedelta(days=1))


@given(DAYS, st.integers(0, 15), st.integers(0, 90))
def test_tl_04_only_a_prompt_question_stops_the_clock(
    received: date, asked_after: int, waited: int
) -> None:
    asked = received + timedelta(days=asked_after)
    due = deadlines.legal_due(received)
    pause = deadlines.Pause(asked=asked, came=asked + timedelta(days=waited))
    moved = deadlines.suspended_due(due, received=received, pause=pause, today=due)
    prompt = asked <= add_working_days(received, 3)
    assert moved >= due
    if prompt and waited:
        assert due + timedelta(days=waited) <= moved <= due + timedelta(days=waited + 4)
        assert is_working_day(moved)
    else:
        assert moved == due


def test_tl_04_three_working_days() -> None:
    received = day("2026-11-20")  # a Friday
    assert deadlines.may_pause(received, asked=day("2026-11-25"))
    assert not deadlines.may_pause(received, asked=day("2026-11-26"))
    assert not deadlines.may_pause(received, asked=day("2026-11-19"))


def test_tl_04_an_open_pause_grows_with_the_day() -> None:
    received, due = day("2026-11-23"), day("2026-12-23")
    pause = deadlines.Pause(asked=day("2026-11-24"))
    for today, expected in (("2026-11-24", due), ("2026-12-01", day("2026-12-30"))):
        assert (
            deadlines.suspended_due(due, received=received, pause=pause, today=day(today))
            == expected
        )


def test_tl_02_told_within_the_first_month() -> None:
    received = day("2026-01-31")
    assert deadlines.may_extend(received, now=datetime(2026, 2, 28, 22, 59, tzinfo=UTC))
    assert not deadlines.may_extend(received, now=datetime(2026, 2, 28, 23, 0, tzinfo=UTC))


def test_tl_03_alerts() -> None:
    received, due = day("2026-11-22"), day("2026-12-22")
    found = {a.name: a.at.date() for a in deadlines.alerts(received, due)}
    assert found == {
        "half": day("2026-12-07"),
        "three_quarters": day("2026-12-15"),
        "five_days": day("2026-12-15"),
        "one_day": day("2026-12-21"),
    }
