"""Choices per Brussels day, from counts of whole days and from the records since.

Days that are over are counted once, by a job, into `DayCount`; what no day has yet is counted from
the records, in the range of their keys. So a figure never waits for the job, and never reads more
of the log than the days that the job has not come to. Each is exactly what the records say.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Max

from consent.models import DayCount
from consent.periods import BRUSSELS, local_day

# A record's moment is its transaction's; none stays open that long after midnight.
RECOUNTED_DAYS = 2
# Days in one transaction of a first count.
BATCH_DAYS = 31
_FROM_RECORDS = """
SELECT (recorded_at AT TIME ZONE 'Europe/Brussels')::date AS day, notice, event, source, language,
       count(*) AS count
FROM consent_record WHERE id >= %(start)s AND id < %(before)s
  -- Ends that time or a new notice brought are nobody's choice.
  AND event IN ('given', 'refused', 'withdrawn')
GROUP BY 1, 2, 3, 4, 5"""
_COUNT = f"""
INSERT INTO consent_daycount (day, notice, event, source, language, count) {_FROM_RECORDS}
ON CONFLICT ON CONSTRAINT consent_daycount_one_a_day DO UPDATE SET count = excluded.count
WHERE consent_daycount.count < excluded.count"""
_READ = f"""
SELECT day, notice, event, source, language, count FROM consent_daycount
WHERE day >= %(first)s AND day <= %(counted)s AND day <= %(last)s
UNION ALL {_FROM_RECORDS}"""  # noqa: S608


@dataclass(frozen=True, slots=True)
class Row:
    """So many choices of one kind on one day."""

    day: date
    notice: int
    event: str
    source: str
    language: str
    count: int


def between(first: date, last: date) -> list[Row]:
    """Choices of the days `first` to `last`, both in; two queries."""
    counted = counted_through() or date.min
    with connection.cursor() as cursor:
        cursor.execute(
            _READ,
            {
                **_keys(max(first, counted + timedelta(days=1)), last),
                "first": first,
                "last": last,
                "counted": counted,
            },
        )
        return [Row(*values) for values in cursor.fetchall()]


def counted_through() -> date | None:
    """The last day in `DayCount`; choices of later days are counted from the records."""
    found: date | None = DayCount.objects.aggregate(last=Max("day"))["last"]
    return found


def count_days(*, now: datetime, everything: bool = False) -> int:
    """Count the days that are over and were not counted yet, and the newest ones once more.

    With `everything`, all days of the log. The number of days. Run again, or twice at once, it
    changes nothing: a count is replaced by one that is higher (a record came late), never added
    to, and never lowered when records leave.
    """
    yesterday = local_day(now) - timedelta(days=1)
    counted = None if everything else counted_through()
    first = counted - timedelta(days=RECOUNTED_DAYS - 1) if counted else _first_day()
    if first is None:
        return 0
    for start, last in _batches(first, yesterday):
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(_COUNT, _keys(start, last))
    return max(0, (yesterday - first).days + 1)


def _batches(first: date, last: date) -> Iterator[tuple[date, date]]:
    while first <= last:
        end = min(last, first + timedelta(days=BATCH_DAYS - 1))
        yield first, end
        first = end + timedelta(days=1)


def _first_day() -> date | None:
    """The day of the oldest record."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT recorded_at FROM consent_record ORDER BY id LIMIT 1")
        row = cursor.fetchone()
    return local_day(row[0]) if row else None


def _keys(first: date, last: date) -> dict[str, Any]:
    """The keys of all records of these days (UUIDv7: the first 48 bits are milliseconds)."""
    return {"start": key_from(first), "before": key_from(last + timedelta(days=1))}


def key_from(day: date) -> UUID:
    """The least key of a record of the Brussels day `day` or later."""
    midnight = datetime(day.year, day.month, day.day, tzinfo=BRUSSELS).astimezone(UTC)
    return UUID(int=max(0, int(midnight.timestamp() * 1000)) << 80)
