"""Acceptances that end although nobody clicks: by time, or because a new notice is in force.

Each gets one record (CP-01, CK-16), a batch and a transaction at a time under one lock. A batch
writes its guard rows (consent_ended) and its records in one statement, so a worker that is killed
anywhere leaves no half of either, and the next run goes on with what has no end yet. How far the
runs have come is one row: what is looked through is what became due since, by ranges of keys.
"""

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection, transaction

from consent.enums import Event
from consent.log.ids import uuid7
from consent.models import EndsWritten, Publication
from consent.periods import Period, local_day, midnight
from consent.register.effective import choice_period

BATCH = 1_000
LOCK = "consent.ends"
# Web processes that did not hear of a new notice may take acceptances of the old one for seconds.
SETTLED = timedelta(minutes=10)
# Clocks of web servers differ a little; a key is looked for a day around its time.
MARGIN = timedelta(days=1)
_NOBODY = UUID(int=0)
_NOT_NAMED = """NOT EXISTS (
    SELECT FROM consent_record n
    WHERE n.previous = {key} AND n.previous IS NOT NULL AND n.id > %(from)s)"""
_CONDITIONS = {
    Event.EXPIRED: "r.expires_on < %(day)s",
    # What had expired before the new notice came was not replaced by it.
    Event.SUPERSEDED: "r.notice < %(notice)s AND r.expires_on >= %(day)s",
}
_DUE = """
SELECT r.id FROM consent_record r
WHERE r.id > %(after)s AND r.id < %(before)s AND r.event = 'given' AND {condition} AND {free}
ORDER BY r.id LIMIT %(limit)s"""
_WRITE = f"""
WITH due AS (
    SELECT * FROM unnest(%(acceptances)s::uuid[], %(records)s::uuid[]) AS d (acceptance, record)
), ended AS (
    INSERT INTO consent_ended (acceptance, record, at)
    SELECT d.acceptance, d.record, %(now)s FROM due d WHERE {_NOT_NAMED.format(key="d.acceptance")}
    ORDER BY d.acceptance ON CONFLICT (acceptance) DO NOTHING RETURNING acceptance, record
)
INSERT INTO consent_record (id, recorded_at, event, categories, notice, publication, revision,
    language, preset, source, gpc, decided_on, expires_on, previous)
SELECT e.record, %(now)s, %(event)s, '[]', r.notice, r.publication, r.revision,
       r.language, r.preset, 'automatic', false, r.decided_on, r.expires_on, r.id
FROM ended e JOIN consent_record r ON r.id = e.acceptance
WHERE r.id >= %(first)s AND r.id <= %(last)s"""  # noqa: S608


@dataclass(frozen=True, slots=True)
class Done:
    """How many ends one run wrote; `busy` when another worker was at it instead."""

    expired: int = 0
    superseded: int = 0
    busy: bool = False


@dataclass(frozen=True, slots=True)
class _Search:
    """Acceptances with keys in (after, before) that end by `event` on the terms given."""

    event: Event
    after: UUID
    before: UUID
    terms: dict[str, Any]


class _Busy(Exception):
    pass


def write(*, clock: Callable[[], datetime], batch: int = BATCH) -> Done:
    """Write the end of each acceptance that ended and has none.

    `clock` is asked again for each batch: a record's key must be of the time when it is written.
    """
    now = clock()
    publication = Publication.objects.order_by("-number").first()
    if publication is None:
        return Done()
    done = EndsWritten.objects.filter(pk=1).first() or EndsWritten()
    notice, published = publication.notice_id, publication.published_at
    counts = dict.fromkeys(_CONDITIONS, 0)
    searches: list[_Search] = []
    is_settled = now - published >= SETTLED
    if done.notice < notice and is_settled:
        searches += _superseded(notice, published, now)
    today = local_day(now)
    if done.day is None or done.day < today:
        searches += _expired(done.day, today)
    if not searches:
        return Done()
    with connection.cursor() as cursor:
        cursor.execute("SELECT consent_record_partition(%s)", [now])
    try:
        for search in searches:
            counts[search.event] += _search(search, clock, batch)
    except _Busy:
        return Done(counts[Event.EXPIRED], counts[Event.SUPERSEDED], busy=True)
    _remember(today, notice if is_settled else done.notice)
    return Done(counts[Event.EXPIRED], counts[Event.SUPERSEDED])


def _periods() -> set[Period]:
    """How long choices lasted or last, by all that was ever published."""
    contents = Publication.objects.values_list("content", flat=True)
    return {choice_period(content) for content in contents.iterator(chunk_size=20)}


def _superseded(notice: int, published: datetime, now: datetime) -> list[_Search]:
    """Under an older notice, and in force when `notice` came."""
    day = local_day(published)
    oldest = min(period.since(day) for period in _periods())
    terms = {"notice": notice, "day": day}
    return [_Search(Event.SUPERSEDED, _floor(oldest), _key(now + MARGIN), terms)]


def _expired(done: date | None, today: date) -> list[_Search]:
    """Whose last day was on or after `done` and before `today`; the days of each period."""
    found = []
    for period in _periods():
        after = _NOBODY if done is None else _floor(period.since(done))
        before = _key(midnight(period.since(today)) + MARGIN)
        found.append(_Search(Event.EXPIRED, after, before, {"day": today}))
    return found


def _search(search: _Search, clock: Callable[[], datetime], batch: int) -> int:
    """Write every end that `search` finds; how many."""
    count, after = 0, search.after
    due = _DUE.format(condition=_CONDITIONS[search.event], free=_NOT_NAMED.format(key="r.id"))
    while True:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT pg_try_advisory_xact_lock(hashtext(%s))", [LOCK])
            if not cursor.fetchone()[0]:
                raise _Busy
            bounds: dict[str, Any] = {
                "after": after,
                "before": search.before,
                "limit": batch,
                "from": _before(after),
            }
            cursor.execute(due, {**search.terms, **bounds})
            keys = [key for (key,) in cursor.fetchall()]
            if keys:
                count += _end(cursor, keys, search.event, clock())
        if len(keys) < batch:
            return count
        after = keys[-1]


def _end(cursor: Any, keys: list[UUID], event: Event, now: datetime) -> int:
    cursor.execute(
        _WRITE,
        {
            "acceptances": keys,
            "records": sorted(uuid7(now) for _ in keys),
            "now": now,
            "event": event.value,
            "first": keys[0],
            "last": keys[-1],
            "from": _before(keys[0]),
        },
    )
    return int(cursor.rowcount)


def _remember(day: date, notice: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO consent_endswritten AS w (id, day, notice) VALUES (1, %s, %s)"
            " ON CONFLICT (id) DO UPDATE SET day = GREATEST(w.day, excluded.day),"
            " notice = GREATEST(w.notice, excluded.notice)",
            [day, notice],
        )


def _key(moment: datetime) -> UUID:
    """The smallest key of `moment`."""
    return uuid.UUID(int=max(0, int(moment.timestamp() * 1000)) << 80)


def _floor(day: date) -> UUID:
    return _key(midnight(day) - MARGIN)


def _before(key: UUID) -> UUID:
    """What names `key` was made after this: months before it need no look."""
    return UUID(int=max(0, key.int - (int(MARGIN.total_seconds() * 1000) << 80)))
