"""What waits in the queue of contact messages: the alerts of § 6.6, one message's and all counted.

The SQL says what contact_clock says; a test holds the two together.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from django.db import connection

from privacy import contact_clock as clock
from privacy.contact_clock import IDLE_DAYS, LONG_DAYS, REASON_DAYS, SILENCE_DAYS, Life


class Alert(StrEnum):
    """The most pressing first."""

    REASON = "reason"
    REPLY = "reply"
    IDLE = "idle"


def alerts_of(life: Life, now: datetime) -> list[Alert]:
    if clock.is_closed(life, now):
        return []
    found = {
        Alert.REASON: clock.needs_reason(life, now),
        Alert.REPLY: life.is_reply_unsettled and _is_old(life, now),
        Alert.IDLE: clock.is_idle(life, now),
    }
    return [alert for alert, is_so in found.items() if is_so]


def _is_old(life: Life, now: datetime) -> bool:
    """A reply leaves within seconds; ten minutes later somebody looks."""
    return life.acted_at is not None and (now - life.acted_at).total_seconds() > 600


# Days of Brussels between a moment and now.
_DAYS = (
    "((%(now)s AT TIME ZONE 'Europe/Brussels')::date - ({} AT TIME ZONE 'Europe/Brussels')::date)"
)
_UNSETTLED = """EXISTS (SELECT FROM privacy_contactreply r
    WHERE r.message_id = m.id AND r.state <> 'sent')"""
_SILENCE = f"""(m.last_reply_at IS NOT NULL
    AND (m.last_answer_at IS NULL OR m.last_answer_at < m.last_reply_at)
    AND NOT {_UNSETTLED})"""
_OPEN = f"""m.outcome = '' AND NOT ({_SILENCE}
    AND {_DAYS.format("m.last_reply_at")} > {SILENCE_DAYS})"""
CONDITIONS = {
    Alert.REASON: f"""{_DAYS.format("m.received_at")} > {LONG_DAYS} AND NOT EXISTS (
        SELECT FROM privacy_contactreason w WHERE w.message_id = m.id
        AND {_DAYS.format("w.given_at")} < {REASON_DAYS})""",
    Alert.REPLY: f"{_UNSETTLED} AND m.last_staff_act_at < %(now)s - interval '10 minutes'",
    Alert.IDLE: f"{_DAYS.format('coalesce(m.last_staff_act_at, m.received_at)')} >= {IDLE_DAYS}",
}
_COUNTS = f"""
SELECT count(*), count(*) FILTER (WHERE NOT {_SILENCE} AND NOT {_UNSETTLED}),
       count(*) FILTER (WHERE {CONDITIONS[Alert.REASON]}),
       (SELECT count(*) FROM privacy_contactmessage m
        WHERE m.purged_at IS NULL AND {CONDITIONS[Alert.REPLY]}),
       count(*) FILTER (WHERE {CONDITIONS[Alert.IDLE]}),
       (SELECT count(*) FROM privacy_contactmessage c
        WHERE c.purged_at IS NULL AND c.closed_at < %(now)s - interval '24 hours'
          AND NOT EXISTS (SELECT FROM privacy_legalhold h
                          WHERE h.person_id = c.person_id AND h.released_at IS NULL)
          AND NOT EXISTS (SELECT FROM privacy_restriction x
                          WHERE x.person_id = c.person_id AND x.lifted_at IS NULL))
FROM privacy_contactmessage m WHERE {_OPEN}"""  # noqa: S608  made of constants
_WITH = "SELECT m.id FROM privacy_contactmessage m WHERE {open} AND {condition}"


@dataclass(frozen=True, slots=True)
class Counts:
    """`new` waits for us; `late` should have been emptied and is not protected."""

    open: int
    new: int
    reasons: int
    replies: int
    idle: int
    late: int


def counts(now: datetime) -> Counts:
    """One query."""
    with connection.cursor() as cursor:
        cursor.execute(_COUNTS, {"now": now})
        return Counts(*cursor.fetchone())


def with_alert(alert: Alert, now: datetime) -> list[object]:
    """Keys of the messages with this alert."""
    # A reply is looked after until its message is emptied.
    rows = "m.purged_at IS NULL" if alert == Alert.REPLY else _OPEN
    statement = _WITH.format(open=rows, condition=CONDITIONS[alert])
    with connection.cursor() as cursor:
        cursor.execute(statement, {"now": now})
        return [key for (key,) in cursor.fetchall()]
