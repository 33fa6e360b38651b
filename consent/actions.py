"""A choice becomes a record: one statement, one round trip (migration 0006)."""

import hashlib
import json
import uuid
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import DatabaseError, connection, transaction
from psycopg import RawCursor
from psycopg.errors import error_from_result
from psycopg.pq import ExecStatus

from clicknconnect import metrics
from clicknconnect.logs import logger
from consent.cookies import Choice
from consent.enums import Event, Source
from consent.log.ids import uuid7
from consent.models import Record
from consent.periods import local_day
from consent.snapshots import Snapshot


class RecordNotWritten(Exception):
    """The database did not take the record: nothing was agreed to."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What somebody answered, and how."""

    categories: tuple[str, ...]
    previous: Choice | None
    source: Source
    language: str
    gpc: bool
    key: str = ""
    account: uuid.UUID | None = None

    @property
    def event(self) -> Event:
        if self.categories:
            return Event.GIVEN
        if self.previous is not None and self.previous.is_acceptance:
            return Event.WITHDRAWN
        return Event.REFUSED


# The record that an earlier click of the same key made; no row when this one made its own.
_APPEND = (
    "SELECT earlier, earlier_decided_on FROM consent_append("
    "$1, $2, $3, $4::jsonb, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)"
)


def record_choice(*, decision: Decision, snapshot: Snapshot, now: datetime) -> Choice:
    """Store `decision` and return the choice for the cookie. Raises RecordNotWritten.

    A repeated click (same key) and a repeated state (same categories and notice as the cookie)
    are the choice that is already stored; an acceptance that was withdrawn meanwhile is none.
    """
    repeated = decision.previous
    if (
        repeated is not None
        and repeated.categories == decision.categories
        and repeated.notice == snapshot.notice
        and not _has_ended(repeated)
    ):
        return repeated
    day = local_day(now)
    key = uuid7(now)
    accepted = bool(decision.categories)
    values = (
        key,
        now,
        decision.event.value,
        json.dumps(decision.categories),
        snapshot.notice,
        snapshot.publication,
        snapshot.views[decision.language].revision,
        decision.language,
        snapshot.preset,
        decision.source.value,
        decision.gpc,
        day,
        snapshot.period.last_day(day),
        # Only an acceptance has an id; what it replaces or what is withdrawn is one (CP-05, CP-07).
        decision.previous.record if decision.previous else None,
        _key_hash(decision),
        decision.account if accepted else None,
    )
    try:
        stored = _write(values, now)
    except DatabaseError as error:
        logger.error("choice_not_recorded", decision=decision.event.value)
        raise RecordNotWritten from error
    if stored is not None:
        key, day = stored
    else:
        metrics.CHOICES.labels(decision.event.value, decision.source.value).inc()
    return Choice(snapshot.notice, decision.categories, day, key if accepted else None)


def _has_ended(choice: Choice) -> bool:
    """Whether a record names this acceptance as withdrawn or replaced. Raises RecordNotWritten."""
    if choice.record is None:
        return False
    try:
        return Record.objects.filter(previous=choice.record).exists()
    except DatabaseError as error:
        raise RecordNotWritten from error


def _key_hash(decision: Decision) -> bytes | None:
    """Of the key and what was decided: a key used for another answer is another click."""
    if not decision.key:
        return None
    text = f"{decision.key}|{'+'.join(decision.categories)}"
    return hashlib.sha256(text.encode()).digest()


def _write(values: tuple[Any, ...], now: datetime) -> tuple[uuid.UUID, date] | None:
    """Run the one statement; the stored record when this click was stored before."""
    try:
        return _append(values)
    except DatabaseError as error:
        if not _lacks_partition(error):
            raise
    # The worker makes months ahead; where none ran for long, the first choice of a month does.
    with connection.cursor() as cursor:
        cursor.execute("SELECT consent_record_partition(%s)", [now])
    return _append(values)


def _append(values: tuple[Any, ...]) -> tuple[uuid.UUID, date] | None:
    """PostgreSQL binds the values: Django's own cursor would write each of them into the text."""
    if connection.connection is None and not connection.queries_logged:
        with connection.wrap_database_errors:
            return _append_from_pool(values)
    connection.ensure_connection()
    bound = RawCursor(connection.connection)
    make = connection.make_debug_cursor if connection.queries_logged else connection.make_cursor
    with make(bound) as cursor:  # type: ignore[arg-type]
        cursor.execute(_APPEND, values)
        return cursor.fetchone()  # type: ignore[no-any-return]


def _append_from_pool(values: tuple[Any, ...]) -> tuple[uuid.UUID, date] | None:
    """The same where no transaction is open: straight from the pool, and through libpq.

    Django's set-up of a connection and psycopg's cursor would serve work that does not follow here;
    they cost as much as the insert.
    """
    pool = connection.pool  # type: ignore[attr-defined]
    pool.open()
    with pool.connection() as raw:
        result = raw.pgconn.exec_params(_APPEND.encode(), [_as_text(value) for value in values])
        if result.status != ExecStatus.TUPLES_OK:
            raise error_from_result(result)
        if not result.ntuples:
            return None
        record, day = result.get_value(0, 0), result.get_value(0, 1)
        return uuid.UUID(record.decode()), date.fromisoformat(day.decode())


def _as_text(value: Any) -> bytes | None:
    """`value` as PostgreSQL reads it."""
    if value is None:
        return None
    if isinstance(value, bytes):
        return b"\\x" + value.hex().encode()
    return str(value).encode()


def _lacks_partition(error: DatabaseError) -> bool:
    cause = error.__cause__
    return (
        getattr(cause, "sqlstate", None) == "23514"
        and "no partition" in str(cause)
        and not transaction.get_connection().in_atomic_block
    )
