"""When a contact message ends, and what it asks of staff meanwhile (CONFORMITY § 6.6).

Pure: moments come in, nothing is read. Days are those of Brussels and end at 24:00.
`actions/contact_purge.py` says the same in SQL; a test holds the two together.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from consent.periods import ends_at, local_day

SILENCE_DAYS = 14
IDLE_DAYS = 60
LONG_DAYS = 90
REASON_DAYS = 30
PURGE_WITHIN = timedelta(hours=24)


@dataclass(frozen=True, slots=True, kw_only=True)
class Life:
    """What happened to a message; None where it did not happen.

    `closed_at` is an explicit act. A reply of which nobody knows yet whether it left
    (`is_reply_unsettled`) lets no silence end: the person may not have got it.
    """

    received_at: datetime
    acted_at: datetime | None = None
    replied_at: datetime | None = None
    answered_at: datetime | None = None
    reasoned_at: datetime | None = None
    closed_at: datetime | None = None
    is_reply_unsettled: bool = False


def silence_at(life: Life) -> datetime | None:
    """The end of the fourteenth day after the last reply; None while an answer waits for us."""
    if life.replied_at is None or life.is_reply_unsettled:
        return None
    if life.answered_at is not None and life.answered_at >= life.replied_at:
        return None
    return ends_at(local_day(life.replied_at) + timedelta(days=SILENCE_DAYS))


def closes_at(life: Life) -> datetime | None:
    """The earliest of the explicit act and the silence; None when neither is in sight."""
    return min((at for at in (life.closed_at, silence_at(life)) if at is not None), default=None)


def is_closed(life: Life, now: datetime) -> bool:
    at = closes_at(life)
    return at is not None and at <= now


def purged_by(life: Life) -> datetime | None:
    """The latest moment at which content and contact data may still be there."""
    at = closes_at(life)
    return at + PURGE_WITHIN if at is not None else None


def days_open(life: Life, now: datetime) -> int:
    return (local_day(now) - local_day(life.received_at)).days


def days_idle(life: Life, now: datetime) -> int:
    """Days since staff last did something with it."""
    return (local_day(now) - local_day(life.acted_at or life.received_at)).days


def is_idle(life: Life, now: datetime) -> bool:
    return not is_closed(life, now) and days_idle(life, now) >= IDLE_DAYS


def may_give_reason(life: Life, now: datetime) -> bool:
    return not is_closed(life, now) and days_open(life, now) > LONG_DAYS


def needs_reason(life: Life, now: datetime) -> bool:
    """Open for more than 90 days, and no reason was written in the last 30."""
    if not may_give_reason(life, now):
        return False
    if life.reasoned_at is None:
        return True
    return (local_day(now) - local_day(life.reasoned_at)).days >= REASON_DAYS
