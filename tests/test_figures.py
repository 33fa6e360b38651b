"""Choices per day: the counts are what the records say, whatever was counted before."""

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.db import connection

from consent import chart, figures, statistics
from consent.figures import Row
from consent.models import DayCount, Record
from consent.periods import BRUSSELS, local_day
from consent.statistics import Shown
from tests import records

pytestmark = pytest.mark.django_db
# Both changes of clocks are in it.
FIRST, LAST = date(2026, 3, 20), date(2026, 11, 3)
NOW = datetime(2026, 11, 3, 12, 0, tzinfo=BRUSSELS)


def expected(made: list[Record], first: date, last: date) -> Counter[tuple[Any, ...]]:
    return Counter(
        (local_day(r.recorded_at), r.notice, r.event, r.source, r.language)
        for r in made
        if first <= local_day(r.recorded_at) <= last
    )


def found(first: date, last: date) -> Counter[tuple[Any, ...]]:
    rows = figures.between(first, last)
    assert len({(r.day, r.notice, r.event, r.source, r.language) for r in rows}) == len(rows)
    return Counter({(r.day, r.notice, r.event, r.source, r.language): r.count for r in rows})


@pytest.mark.parametrize("counted_until", [None, date(2026, 3, 29), date(2026, 10, 25), LAST])
def test_figures_equal_the_records_however_far_the_job_came(counted_until: date | None) -> None:
    made = records.some(1500, first=FIRST, last=LAST)
    if counted_until is not None:
        midnight = datetime(*counted_until.timetuple()[:3], tzinfo=BRUSSELS)
        figures.count_days(now=midnight)
    for first, last in ((FIRST, LAST), (date(2026, 3, 28), date(2026, 3, 30)), (LAST, LAST)):
        assert found(first, last) == expected(made, first, last)


def test_day_counts_equal_the_records_and_hold_no_day_that_runs() -> None:
    made = records.some(800, first=FIRST, last=LAST)
    figures.count_days(now=NOW)
    counted = Counter(
        {(r.day, r.notice, r.event, r.source, r.language): r.count for r in DayCount.objects.all()}
    )
    assert counted == expected(made, FIRST, LAST - timedelta(days=1))
    assert figures.counted_through() < LAST


def test_counting_again_changes_nothing_and_takes_what_came_late() -> None:
    made = records.some(300, first=FIRST, last=LAST)
    figures.count_days(now=NOW)
    before = list(DayCount.objects.order_by("pk").values())
    assert figures.count_days(now=NOW) < 10
    assert list(DayCount.objects.order_by("pk").values()) == before
    # A transaction that began yesterday and ended after the count.
    yesterday = LAST - timedelta(days=1)
    made += records.some(20, first=yesterday, last=yesterday, seed=7)
    figures.count_days(now=NOW)
    assert found(FIRST, LAST) == expected(made, FIRST, LAST)


def test_counts_stay_when_the_records_of_a_month_left() -> None:
    made = records.some(300, first=FIRST, last=FIRST + timedelta(days=2))
    figures.count_days(now=NOW)
    DayCount.objects.filter(count__gt=1).update(count=1)
    figures.count_days(now=NOW, everything=True)
    # What is higher in the records is set right; what is lower there has left, and stays.
    assert found(FIRST, LAST) == expected(made, FIRST, LAST)
    DayCount.objects.update(count=1000)
    figures.count_days(now=NOW, everything=True)
    assert set(DayCount.objects.values_list("count", flat=True)) == {1000}


def test_nothing_recorded_is_nothing_counted() -> None:
    assert figures.count_days(now=NOW) == 0
    assert figures.between(FIRST, LAST) == []


def test_only_the_months_of_the_days_are_read() -> None:
    records.some(50, first=FIRST, last=LAST)
    with connection.cursor() as cursor:
        cursor.execute(
            f"EXPLAIN {figures._FROM_RECORDS}",
            figures._keys(date(2026, 6, 1), date(2026, 6, 10)),
        )
        plan = "\n".join(row for (row,) in cursor.fetchall())
    assert "consent_record_202606" in plan
    assert "consent_record_202604" not in plan
    assert "consent_record_202608" not in plan


def test_two_queries_whatever_the_period(django_assert_num_queries: Any) -> None:
    records.some(100, first=FIRST, last=LAST)
    with django_assert_num_queries(2):
        figures.between(FIRST, LAST)


# Pure functions


def row(day: date, event: str = "given", source: str = "banner", count: int = 1) -> Row:
    return Row(day, 1, event, source, "fr", count)


def shown(day: date, count: int, *, gpc: bool = False) -> Shown:
    return Shown(day, 1, "fr", gpc, count)


def test_tally_says_what_was_answered_and_what_was_not() -> None:
    tally = statistics.total(
        [
            row(FIRST, count=6),
            row(FIRST, "refused", "preferences", 2),
            row(FIRST, "given", "page", 1),
            row(FIRST, "refused", "account", 1),
            row(FIRST, "withdrawn", "page", 3),
            shown(FIRST, 20),
            shown(FIRST, 4, gpc=True),
        ]
    )
    assert (tally.given, tally.refused, tally.withdrawn) == (7, 3, 3)
    assert (tally.shown, tally.signalled, tally.unanswered) == (20, 4, 12)
    assert tally.rate == 70
    assert tally.shown_rate == 30


def test_no_answer_has_no_rate_and_a_cache_makes_no_negative_figure() -> None:
    assert statistics.total([]).rate is None
    # A shared cache showed the banner for us: more answers than pages.
    tally = statistics.total([row(FIRST, count=9), shown(FIRST, 2)])
    assert tally.unanswered == 0
    assert tally.shown_rate is None


@pytest.mark.parametrize("days", [1, 30, 90, 365])
def test_buckets_hold_each_day_once(days: int) -> None:
    first, last = statistics.period(LAST, days)
    every = [row(first + timedelta(days=n), count=n + 1) for n in range(days)]
    made = statistics.buckets(every, first, last)
    assert (made[0].first, made[-1].last) == (first, last)
    assert all(a.last + timedelta(days=1) == b.first for a, b in zip(made, made[1:], strict=False))
    assert sum(bucket.tally.given for bucket in made) == days * (days + 1) // 2
    assert len(made) == (days if days <= 92 else 53)


def test_chart_draws_each_value_to_its_height() -> None:
    drawn = chart.stacked([[30, 10, 0], [0, 0, 0], [50, 0, 50]])
    assert (drawn.width, drawn.ceiling) == (30, 100)
    assert drawn.paths == ("M1 100V70h8V100zM21 100V50h8V100z", "M1 70V60h8V70z", "M21 50V0h8V50z")
    assert chart.line([50, None, 100, 0], top=100).paths == ("M4 50h1M24 0h1L35 100",)
    assert [chart.ceiling(n) for n in (0, 1, 3, 11, 26, 99, 101)] == [1, 1, 5, 20, 50, 100, 200]


def test_days_are_those_of_brussels() -> None:
    late = datetime(2026, 3, 28, 23, 30, tzinfo=UTC)
    assert local_day(late) == date(2026, 3, 29)
    assert figures.key_from(date(2026, 3, 29)).int >> 80 == int(
        datetime(2026, 3, 28, 23, 0, tzinfo=UTC).timestamp() * 1000
    )
