"""How often the banner was on a page, counted without anything of who looked.

A page adds one in the memory of its process: no query, no cookie, no address. The process's
listener (consent.snapshots) writes the counts every few seconds, as it does for consent.unrecorded.

What the number is: pages that this server rendered with the banner. It is not a number of people
(who looks at three pages before answering is counted three times), and pages that a shared cache
answered for us, for up to a minute each, are not in it: it is the least that was shown.
"""

import threading
from collections import Counter
from datetime import date

from django.db import DatabaseError, connection
from django.http import HttpRequest

from clicknconnect.logs import logger

# Days × notices × languages × signal: months of counts that could not be written.
MOST_KEYS = 4096
_ADD = """
INSERT INTO consent_showing (day, notice, language, gpc, count)
SELECT * FROM unnest(%s::date[], %s::int[], %s::text[], %s::bool[], %s::bigint[])
ON CONFLICT ON CONSTRAINT consent_showing_one_a_day
DO UPDATE SET count = consent_showing.count + excluded.count
"""

type Key = tuple[date, int, str, bool]
_lock = threading.Lock()
_counts: Counter[Key] = Counter()


def note(request: HttpRequest, *, day: date, notice: int, language: str, gpc: bool) -> None:
    """One page with the banner; with `gpc`, one whose browser said no, so that it did not ask.

    What nobody looks at is not counted: HEAD, and pages fetched in advance (their headers say so).
    """
    meta = request.META
    if request.method == "HEAD" or "HTTP_SEC_PURPOSE" in meta or "HTTP_PURPOSE" in meta:
        return
    with _lock:
        _counts[day, notice, language, gpc] += 1


def flush() -> None:
    """Write what was counted, in one statement; what cannot be written is kept for the next time.

    Sorted, so that processes that write at once take the rows' locks in the same order.
    """
    if not _counts:
        return
    with _lock:
        counts = sorted(_counts.items())
        _counts.clear()
    columns = zip(*((*key, count) for key, count in counts), strict=True)
    try:
        with connection.cursor() as cursor:
            cursor.execute(_ADD, [list(column) for column in columns])
    except DatabaseError:
        _keep(counts)


def _keep(counts: list[tuple[Key, int]]) -> None:
    with _lock:
        for key, count in counts:
            if key in _counts or len(_counts) < MOST_KEYS:
                _counts[key] += count
            else:
                logger.error("showings_dropped", count=count)


def forget() -> None:
    """For tests: nothing was counted yet."""
    with _lock:
        _counts.clear()
