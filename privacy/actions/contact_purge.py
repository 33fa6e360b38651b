"""Contact messages end by silence, and their content leaves (PF-62, CONFORMITY § 6.6).

Set-based, in bounded batches; safe with two workers and after a kill: each batch is one statement
that takes the rows it can have and leaves those another one holds.
"""

from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction

from privacy import restriction
from privacy.contact_clock import SILENCE_DAYS
from privacy.models.contact import ReplyState
from privacy.models.protection import KEEPS_FROM_PURGE

# A mail server that is away gets its reply within this, well before the 24 hours are over.
LET_REPLY_LEAVE = timedelta(hours=22)
PENDING = [ReplyState.WAITING.value, ReplyState.SENDING.value]
UNSETTLED = [*PENDING, ReplyState.UNKNOWN.value, ReplyState.REFUSED.value]

_SILENT = """
WITH due AS (
    SELECT id, ((last_reply_at AT TIME ZONE 'Europe/Brussels')::date + %(days)s + 1)::timestamp
               AT TIME ZONE 'Europe/Brussels' AS ends
    FROM privacy_contactmessage m
    WHERE outcome = '' AND last_reply_at <= %(now)s - make_interval(days => %(days)s - 1)
      AND (last_answer_at IS NULL OR last_answer_at < last_reply_at)
      AND ((last_reply_at AT TIME ZONE 'Europe/Brussels')::date + %(days)s + 1)::timestamp
          AT TIME ZONE 'Europe/Brussels' <= %(now)s
      AND NOT EXISTS (SELECT FROM privacy_contactreply r
                      WHERE r.message_id = m.id AND r.state = ANY(%(unsettled)s))
    ORDER BY last_reply_at LIMIT %(limit)s FOR UPDATE OF m SKIP LOCKED)
UPDATE privacy_contactmessage m SET outcome = 'silence', closed_at = due.ends
FROM due WHERE m.id = due.id"""

_PURGE = """
WITH due AS (
    SELECT m.id FROM privacy_contactmessage m
    WHERE m.closed_at <= %(now)s AND m.purged_at IS NULL
      AND NOT EXISTS (
          SELECT FROM privacy_legalhold h
          WHERE h.person_id = m.person_id AND h.released_at IS NULL
            AND (h.source = '' OR h.source = 'privacy.contactmessage'
                                  AND (h.record IS NULL OR h.record = m.id)))
      AND NOT EXISTS (
          SELECT FROM privacy_restriction x
          WHERE x.person_id = m.person_id AND x.lifted_at IS NULL AND x.ground = ANY(%(grounds)s))
      AND (m.closed_at <= %(late)s OR NOT EXISTS (
          SELECT FROM privacy_contactreply r
          WHERE r.message_id = m.id AND r.state = ANY(%(pending)s)))
    ORDER BY m.closed_at LIMIT %(limit)s FOR UPDATE OF m SKIP LOCKED),
replies AS (DELETE FROM privacy_contactreply r USING due WHERE r.message_id = due.id),
reasons AS (DELETE FROM privacy_contactreason r USING due WHERE r.message_id = due.id)
UPDATE privacy_contactmessage m
SET name = '', email = '', phone = '', body = '', person_id = NULL, purged_at = %(now)s
FROM due WHERE m.id = due.id"""


def close_silent(now: datetime, limit: int) -> int:
    """Close messages whose person has not answered for fourteen days; how many, at most `limit`.

    `closed_at` is when the silence ended, not when somebody noticed.
    """
    return _run(_SILENT, {"now": now, "limit": limit, "days": SILENCE_DAYS, "unsettled": UNSETTLED})


def purge_closed(now: datetime, limit: int) -> int:
    """Empty closed messages and take their replies and reasons away; how many, at most `limit`.

    Kept: what a hold or a restriction under grounds b and c protects (RT-06, DR-14), and, for some
    hours, a message whose last reply still waits for the mail server.
    """
    return _run(
        _PURGE,
        {
            "now": now,
            "limit": limit,
            "late": now - LET_REPLY_LEAVE,
            "grounds": [ground.value for ground in KEEPS_FROM_PURGE],
            "pending": PENDING,
        },
    )


def _run(statement: str, values: dict[str, Any]) -> int:
    with transaction.atomic(), restriction.purging(), connection.cursor() as cursor:
        cursor.execute(statement, values)
        return int(cursor.rowcount)
