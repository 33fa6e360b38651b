"""From counts to what staff read: per day or week, per notice, per language. Pure functions."""

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta

from consent.enums import Event, Source
from consent.figures import Row

# Where the answer to a banner comes from; elsewhere people come back to their choice.
ASKED = (Source.BANNER, Source.PREFERENCES)
# Longer periods are drawn by week: a year of days would be too fine to see.
MOST_DAYS_BY_DAY = 92


@dataclass(frozen=True, slots=True)
class Shown:
    """So many pages with the banner; `gpc`: pages that did not ask, for the browser said no."""

    day: date
    notice: int
    language: str
    gpc: bool
    count: int


@dataclass(slots=True)
class Tally:
    """Sums over some days, notices or languages."""

    shown: int = 0
    signalled: int = 0
    given: int = 0
    refused: int = 0
    withdrawn: int = 0
    asked_given: int = 0
    asked_refused: int = 0

    @property
    def answers(self) -> int:
        return self.given + self.refused

    @property
    def rate(self) -> float | None:
        """Acceptances among answers, in percent; None without an answer."""
        return 100 * self.given / self.answers if self.answers else None

    @property
    def unanswered(self) -> int:
        """Pages with the banner that no answer from it followed; the least, see consent.showings"""
        return max(0, self.shown - self.asked_given - self.asked_refused)

    @property
    def shown_rate(self) -> float | None:
        """Acceptances from the banner among pages that showed it, in percent."""
        if self.shown < self.asked_given or not self.shown:
            return None
        return 100 * self.asked_given / self.shown

    def add(self, row: Row | Shown) -> None:
        if isinstance(row, Shown):
            if row.gpc:
                self.signalled += row.count
            else:
                self.shown += row.count
            return
        if row.event == Event.GIVEN:
            self.given += row.count
            self.asked_given += row.count if row.source in ASKED else 0
        elif row.event == Event.REFUSED:
            self.refused += row.count
            self.asked_refused += row.count if row.source in ASKED else 0
        else:
            self.withdrawn += row.count


@dataclass(frozen=True, slots=True)
class Bucket:
    """A day, or the part of a week that is in the period."""

    first: date
    last: date
    tally: Tally = field(default_factory=Tally)

    @property
    def is_day(self) -> bool:
        return self.first == self.last


def period(last: date, days: int) -> tuple[date, date]:
    """The `days` days that end with `last`."""
    return last - timedelta(days=days - 1), last


def buckets(rows: Iterable[Row | Shown], first: date, last: date) -> list[Bucket]:
    """Days, or weeks from Monday when there are many days; those without a choice too."""
    weekly = (last - first).days >= MOST_DAYS_BY_DAY
    made: dict[date, Bucket] = {}
    day = first
    while day <= last:
        end = min(last, day + timedelta(days=6 - day.weekday())) if weekly else day
        made[day] = Bucket(day, end)
        day = end + timedelta(days=1)
    for row in rows:
        start = max(first, row.day - timedelta(days=row.day.weekday())) if weekly else row.day
        made[start].tally.add(row)
    return list(made.values())


def by[K: Hashable](rows: Iterable[Row | Shown], key: Callable[[Row | Shown], K]) -> dict[K, Tally]:
    """A tally for each value of `key`."""
    found: dict[K, Tally] = defaultdict(Tally)
    for row in rows:
        found[key(row)].add(row)
    return dict(found)


def total(rows: Iterable[Row | Shown]) -> Tally:
    return by(rows, lambda _: None).get(None, Tally())
