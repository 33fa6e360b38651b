"""The time limits of requests (GDPR art. 12(3); Reg. 1182/71; the policy's thirty days).

Pure functions of Brussels days. Two clocks run: the law's calendar month, which is shifted to a
working day, and the policy's thirty days, which are not. The target is the earlier of both, so that
neither is used up.
"""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from consent.periods import BRUSSELS, add_months, local_day
from privacy.holidays import add_working_days, working_day_from

POLICY_DAYS = 30
EXTENSION_MONTHS = 2
# "Without undue delay": who asks later for an identity stops no clock (TL-04).
PAUSE_WITHIN_WORKING_DAYS = 3


def month_end(day: date, months: int = 1) -> date:
    """The last day of so many calendar months that begin with `day`: same number, or clamped."""
    return add_months(day, months)


def legal_due(received: date) -> date:
    """The last day to answer: a month, then the next working day (TL-01)."""
    return working_day_from(month_end(received))


def extended_due(received: date) -> date:
    """The last day once extended: three months from receipt, not from the first end (TL-02)."""
    return working_day_from(month_end(received, 1 + EXTENSION_MONTHS))


def policy_limit(received: date) -> date:
    """The last of the policy's thirty days (TL-05)."""
    return received + timedelta(days=POLICY_DAYS)


def target(received: date) -> date:
    """The day to answer by, inside the company: before either limit is used up."""
    return min(policy_limit(received), month_end(received))


def deemed_refused_from(received: date) -> datetime:
    """When the policy calls silence a refusal: D+31 at 00:00 in Brussels (T-14)."""
    return datetime.combine(policy_limit(received) + timedelta(days=1), time(), tzinfo=BRUSSELS)


def may_extend(received: date, *, now: datetime) -> bool:
    """Whether the person can still be told of an extension within the first month."""
    return local_day(now) <= month_end(received)


def may_pause(received: date, *, asked: date) -> bool:
    """Whether waiting for an identity stops the clock: only if asked for at once (TL-04)."""
    return received <= asked <= add_working_days(received, PAUSE_WITHIN_WORKING_DAYS)


@dataclass(frozen=True, slots=True)
class Pause:
    """Waiting for an identity: the day it was asked for, and the day it came (None: not yet)."""

    asked: date
    came: date | None = None

    def days(self, today: date) -> int:
        """Whole days that the clock stood still."""
        return max(0, ((self.came or today) - self.asked).days)


def suspended_due(due: date, *, received: date, pause: Pause | None, today: date) -> date:
    """`due` moved by the days of the pause; unchanged when it was asked for too late.

    Both dates are shown; alarms use the earlier one.
    """
    if pause is None or not may_pause(received, asked=pause.asked):
        return due
    days = pause.days(today)
    return working_day_from(due + timedelta(days=days)) if days else due


@dataclass(frozen=True, slots=True)
class Alert:
    """A moment to remind staff (TL-03); `name` is stored."""

    name: str
    at: datetime


def alerts(received: date, due: date) -> tuple[Alert, ...]:
    """At half and three quarters of the time, five working days and one day before `due`.

    In the order of time; each at the beginning of its Brussels day.
    """
    whole = (due - received).days
    days = (
        ("half", received + timedelta(days=-(-whole // 2))),
        ("three_quarters", received + timedelta(days=-(-whole * 3 // 4))),
        ("five_days", add_working_days(due, -5)),
        ("one_day", due - timedelta(days=1)),
    )
    moments = (Alert(n, datetime.combine(day, time(), tzinfo=BRUSSELS)) for n, day in days)
    return tuple(sorted(moments, key=lambda alert: alert.at))
