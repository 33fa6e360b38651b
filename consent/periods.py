"""How long a choice lasts. Pure functions of dates; days are Europe/Brussels days."""

import calendar
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

BRUSSELS = ZoneInfo("Europe/Brussels")
DAY = 86_400


def local_day(moment: datetime) -> date:
    """The Brussels day of an aware moment."""
    return moment.astimezone(BRUSSELS).date()


def add_months(day: date, months: int) -> date:
    """The same day-number `months` later, clamped to the end of the month (CONFORMITY 6.4)."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


@dataclass(frozen=True, slots=True)
class Period:
    """The life of a choice: seconds as the cookie says, or calendar months (strict preset)."""

    seconds: int
    months: int = 0

    def last_day(self, decided_on: date) -> date:
        """The last day on which a choice of `decided_on` holds; it ends at the next midnight."""
        if self.months:
            return add_months(decided_on, self.months)
        return decided_on + timedelta(days=self.seconds // DAY)

    def since(self, today: date) -> date:
        """The earliest day of a choice that still holds on `today`."""
        if not self.months:
            return today - timedelta(days=self.seconds // DAY)
        candidate = add_months(today, -self.months) - timedelta(days=3)
        while self.last_day(candidate) < today:
            candidate += timedelta(days=1)
        return candidate

    def whole(self, now: datetime) -> int:
        """Seconds for the cookie of a choice made `now` (CK-11: exact to the second)."""
        if not self.months:
            return self.seconds
        return int((ends_at(self.last_day(local_day(now))) - now).total_seconds())

    def remaining(self, decided_on: date, now: datetime, *, since: datetime | None = None) -> int:
        """Seconds left of an earlier choice; never more than it began with (CK-12).

        `since` is its moment where that is known; else the first of its day, which is the least.
        """
        left = (ends_at(self.last_day(decided_on)) - now).total_seconds()
        if not self.months:
            begin = since or midnight(decided_on)
            left = min(left, self.seconds - (now - begin).total_seconds())
        return max(0, int(left))


def midnight(day: date) -> datetime:
    """When `day` begins in Brussels, in UTC: differences count the hour of a change of clocks."""
    return datetime(day.year, day.month, day.day, tzinfo=BRUSSELS).astimezone(UTC)


def ends_at(last_day: date) -> datetime:
    """When a choice that holds through `last_day` ends."""
    return midnight(last_day + timedelta(days=1))
