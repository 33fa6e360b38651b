"""What the seals of one month expect of its records."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection

from consent.log import merkle

# A record is visible at the latest this long after the time in its key, or it was added later.
GRACE = timedelta(minutes=10)
NEVER = -1
# Those of the month, and those of later months whose run looked at this month too.
_SEALS = """
SELECT number, month, count, first, last, root, sealed_at, details->>'exhausted_from',
       details->'notices', details->'publications'
FROM consent_seal
WHERE kind = 'records' AND month >= %(month)s
  AND (month = %(month)s OR details->>'exhausted_from' <= %(month)s)
  AND number <= (SELECT max(number) FROM consent_seal
                 WHERE kind = 'records' AND month = %(month)s)
ORDER BY number"""
_NEWEST_RUN = """
SELECT sealed_at FROM consent_seal
WHERE kind = 'records' AND month >= %(month)s AND details->>'exhausted_from' <= %(month)s
ORDER BY number DESC LIMIT 1"""


@dataclass(slots=True)
class Expected:
    """One seal, and the tree of its records as they come."""

    number: int
    count: int
    first: UUID
    last: UUID
    root: str
    notices: Any
    publications: Any
    # A record whose key says this many milliseconds or fewer belonged into a seal before.
    too_old: int
    # The same for keys up to the first of each pair: runs that were interrupted.
    partly: tuple[tuple[int, int], ...]
    tree: merkle.Growing = field(default_factory=merkle.Growing)

    def is_late(self, key: int) -> bool:
        """Whether an earlier run should have had the record with this key."""
        return is_late(key, self.too_old, self.partly)


def is_late(key: int, too_old: int, partly: tuple[tuple[int, int], ...]) -> bool:
    made = key >> 80
    return made <= too_old or any(key <= last and made <= limit for last, limit in partly)


def _limit(sealed_at: datetime) -> int:
    return int((sealed_at - GRACE).timestamp() * 1000)


@dataclass(slots=True)
class _Runs:
    """What the runs before have looked at; a run is known by its one moment."""

    at: datetime | None = None
    too_old: int = NEVER
    partly: tuple[tuple[int, int], ...] = ()
    _this_old: int = NEVER
    _this_partly: tuple[tuple[int, int], ...] = ()

    def begin(self, sealed_at: datetime) -> None:
        if sealed_at != self.at:
            self.at, self.too_old, self.partly = sealed_at, self._this_old, self._this_partly

    def note(self, *, last: UUID, is_whole: bool) -> None:
        assert self.at is not None
        if is_whole:
            self._this_old, self._this_partly = _limit(self.at), ()
        else:
            self._this_partly = (*self._this_partly, (last.int, _limit(self.at)))

    def end(self) -> tuple[int, tuple[tuple[int, int], ...]]:
        return self._this_old, self._this_partly


@dataclass(slots=True)
class ExpectedMonth:
    seals: dict[int, Expected]
    # For records that are in no seal.
    too_old: int
    partly: tuple[tuple[int, int], ...]


def of_month(month: str) -> ExpectedMonth:
    """The seals of `month` by number, and when a record in none of them is one too many."""
    found: dict[int, Expected] = {}
    runs = _Runs()
    with connection.cursor() as cursor:
        cursor.execute(_SEALS, {"month": month})
        for row in cursor.fetchall():
            number, of, count, first, last, root, sealed_at, exhausted_from, notices, texts = row
            runs.begin(sealed_at)
            if of == month:
                found[number] = Expected(
                    number, count, first, last, root, notices, texts, runs.too_old, runs.partly
                )
            runs.note(last=last, is_whole=exhausted_from is not None and exhausted_from <= month)
        cursor.execute(_NEWEST_RUN, {"month": month})
        newest = cursor.fetchone()
    too_old, partly = runs.end()
    return ExpectedMonth(found, max(too_old, _limit(newest[0])) if newest else too_old, partly)
