"""A choice becomes a record: one statement, one round trip."""

import hashlib
import json
import uuid
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import DatabaseError, connection, transaction

from clicknconnect import metrics
from clicknconnect.logs import logger
from consent.cookies import Choice
from consent.enums import Event, Source
from consent.log.ids import uuid7
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


_COLUMNS = (
    "id, recorded_at, event, categories, notice, publication, revision, language, preset, source,"
    " gpc, decided_on, expires_on, previous"
)
_VALUES = (
    "%(id)s::uuid, %(now)s::timestamptz, %(event)s, %(categories)s::jsonb, %(notice)s,"
    " %(publication)s, %(revision)s, %(language)s, %(preset)s, %(source)s, %(gpc)s,"
    " %(day)s::date, %(until)s::date, %(previous)s::uuid"
)
# All parts are constants of this file; values are always parameters.
_PLAIN = f"INSERT INTO consent_record ({_COLUMNS}) VALUES ({_VALUES})"  # noqa: S608
_LINKED = f"""
WITH link AS (INSERT INTO consent_accountlink (record, account_id)
              VALUES (%(id)s, %(account)s))
{_PLAIN}"""  # noqa: S608
# The key is claimed first; a key that was used before claims nothing, and nothing is inserted.
_KEYED = f"""
WITH claim AS (INSERT INTO consent_idempotencykey (key_hash, record, created_at)
               VALUES (%(key)s, %(id)s, %(now)s) ON CONFLICT (key_hash) DO NOTHING
               RETURNING record),
     link AS (INSERT INTO consent_accountlink (record, account_id)
              SELECT record, %(account)s::uuid FROM claim WHERE %(account)s::uuid IS NOT NULL)
INSERT INTO consent_record ({_COLUMNS}) SELECT {_VALUES} FROM claim"""  # noqa: S608
_CLAIMED = """
SELECT r.id, r.decided_on FROM consent_idempotencykey k JOIN consent_record r ON r.id = k.record
WHERE k.key_hash = %(key)s"""


def record_choice(*, decision: Decision, snapshot: Snapshot, now: datetime) -> Choice:
    """Store `decision` and return the choice for the cookie. Raises RecordNotWritten.

    A repeated click (same key) and a repeated state (same categories and notice as the cookie)
    are the choice that is already stored.
    """
    repeated = decision.previous
    if (
        repeated is not None
        and repeated.categories == decision.categories
        and repeated.notice == snapshot.notice
    ):
        return repeated
    day = local_day(now)
    key = uuid7(now)
    accepted = bool(decision.categories)
    values = {
        "id": key,
        "now": now,
        "event": decision.event.value,
        "categories": json.dumps(decision.categories),
        "notice": snapshot.notice,
        "publication": snapshot.publication,
        "revision": snapshot.views[decision.language].revision,
        "language": decision.language,
        "preset": snapshot.preset,
        "source": decision.source.value,
        "gpc": decision.gpc,
        "day": day,
        "until": snapshot.period.last_day(day),
        # Only an acceptance has an id; what it replaces or what is withdrawn is one (CP-05, CP-07).
        "previous": decision.previous.record if decision.previous else None,
        "account": decision.account if accepted else None,
        "key": _key_hash(decision),
    }
    try:
        stored = _write(values)
    except DatabaseError as error:
        logger.error("choice_not_recorded", decision=decision.event.value)
        raise RecordNotWritten from error
    if stored is not None:
        key, day = stored
    else:
        metrics.CHOICES.labels(decision.event.value, decision.source.value).inc()
    return Choice(snapshot.notice, decision.categories, day, key if accepted else None)


def _key_hash(decision: Decision) -> bytes | None:
    """Of the key and what was decided: a key used for another answer is another click."""
    if not decision.key:
        return None
    text = f"{decision.key}|{'+'.join(decision.categories)}"
    return hashlib.sha256(text.encode()).digest()


def _write(values: dict[str, Any]) -> tuple[uuid.UUID, date] | None:
    """Run the one statement; the stored record when this click was stored before."""
    statement = _KEYED if values["key"] else _LINKED if values["account"] else _PLAIN
    try:
        return _execute(statement, values)
    except DatabaseError as error:
        if not _lacks_partition(error):
            raise
    # The worker makes months ahead; where none ran for long, the first choice of a month does.
    with connection.cursor() as cursor:
        cursor.execute("SELECT consent_record_partition(%s)", [values["now"]])
    return _execute(statement, values)


def _execute(statement: str, values: dict[str, Any]) -> tuple[uuid.UUID, date] | None:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        if cursor.rowcount:
            return None
        cursor.execute(_CLAIMED, values)
        row = cursor.fetchone()
    if row is None:
        raise DatabaseError("The key is claimed and its record is gone.")
    return row  # type: ignore[no-any-return]


def _lacks_partition(error: DatabaseError) -> bool:
    cause = error.__cause__
    return (
        getattr(cause, "sqlstate", None) == "23514"
        and "no partition" in str(cause)
        and not transaction.get_connection().in_atomic_block
    )
