"""Refusals that are in force but whose record was not written: counted, and shown to staff.

Counted in memory first, because the database may be what failed; the process's listener
(consent.snapshots) writes the counts when it can.
"""

import threading
from collections import Counter
from datetime import UTC, datetime

from django.db import DatabaseError, connection

from clicknconnect import metrics
from consent.enums import Event
from consent.periods import local_day

_ADD = """
INSERT INTO consent_unrecorded (day, event, count) VALUES (%s, %s, %s)
ON CONFLICT ON CONSTRAINT consent_unrecorded_one_a_day
DO UPDATE SET count = consent_unrecorded.count + excluded.count
"""
_lock = threading.Lock()
_counts: Counter[tuple[str, str]] = Counter()


def note(event: Event) -> None:
    """One choice that was not recorded."""
    metrics.FAILURES.labels(event.value).inc()
    with _lock:
        _counts[local_day(datetime.now(UTC)).isoformat(), event.value] += 1


def flush() -> None:
    """Write what was counted; what cannot be written is kept for the next time."""
    with _lock:
        counts = dict(_counts)
        _counts.clear()
    for (day, event), count in sorted(counts.items()):
        try:
            with connection.cursor() as cursor:
                cursor.execute(_ADD, [day, event, count])
        except DatabaseError:
            with _lock:
                _counts[day, event] += count


def forget() -> None:
    """For tests: nothing was counted yet."""
    with _lock:
        _counts.clear()
