"""What falls due today, in 30 and in 90 days, before anything happens: counts, then each record.

References, dates and reasons; no name ever.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from consent.periods import local_day
from privacy.models import DataSubject
from privacy.retention import due
from privacy.retention.rules import Rule
from privacy.sources.base import Source, about_people

# Days ahead of the day of the preview; each record is under the first that it falls in.
HORIZONS = (0, 30, 90)
TITLES = {
    "account": _("Comptes et contrats"),
    "accounting": _("Documents comptables"),
    "contact": _("Messages de contact"),
    "request_files": _("Demandes d'exercice de droits"),
}


@dataclass(frozen=True, slots=True)
class Section:
    """One rule: how many rows of each model go by each horizon (cumulated)."""

    rule: Rule
    title: Any
    # (days ahead, day, label → rows)
    horizons: tuple[tuple[int, date, dict[str, int]], ...]

    @property
    def first(self) -> str:
        """The label of the model whose rows are listed."""
        return _FIRST[self.rule.key]

    def count(self, ahead: int) -> int:
        return next(counts[self.first] for days, _day, counts in self.horizons if days == ahead)


_FIRST = {
    "account": "privacy.datasubject",
    "accounting": "privacy.invoice",
    "contact": "privacy.contactmessage",
    "request_files": "privacy.rightsrequest",
}


def sections(*, rules: dict[str, Rule], now: datetime, models: bool = True) -> list[Section]:
    """Every rule that erases. With `models` every source that goes along is counted, too."""
    at = {0: due.cuts(rules=rules, now=now)}
    years = at[0].fiscal_years
    for ahead in HORIZONS[1:]:
        at[ahead] = due.cuts(rules=rules, now=now, ahead=ahead, fiscal_years=years)
    return [
        Section(
            rules[key],
            TITLES[key],
            tuple(
                (ahead, at[ahead].today, _counts(key, at[ahead], models=models))
                for ahead in HORIZONS
            ),
        )
        for key in due.RULES
    ]


def records(
    rule: str, *, rules: dict[str, Rule], now: datetime, limit: int | None = None
) -> Iterator[due.Item]:
    """Each record that `rule` finds due within the last horizon, streamed; `limit` of them."""
    at = due.cuts(rules=rules, now=now, ahead=HORIZONS[-1])
    yield from due.items(rule, at, limit=limit)


def horizon(item: due.Item, today: date) -> int:
    """The first horizon that `item` falls in."""
    return next(
        (ahead for ahead in HORIZONS if item.due_on <= today + timedelta(days=ahead)),
        HORIZONS[-1],
    )


def as_data(item: due.Item, today: date) -> dict[str, Any]:
    return {
        "horizon": horizon(item, today),
        "source": item.source,
        "reference": item.reference,
        "since": item.since.isoformat(),
        "last_day": item.last_day.isoformat(),
        "due_on": item.due_on.isoformat(),
        "reason": item.reason,
    }


def moment_of(day: date, *, now: datetime) -> datetime:
    """`now`, when `day` is today; else the last moment of that day in Brussels."""
    from consent.periods import ends_at

    return now if day == local_day(now) else ends_at(day) - timedelta(seconds=1)


def _counts(rule: str, at: due.Cuts, *, models: bool) -> dict[str, int]:
    rows: QuerySet[Any] = due.ROWS[rule](at)
    first = _FIRST[rule]
    found = {first: rows.count()}
    if models:
        keys = rows.values("pk")
        for source in about_people():
            lookup = _along(rule, source)
            if lookup and source.label() != first:
                found[source.label()] = source.model._base_manager.filter(
                    **{f"{lookup}__in": keys}
                ).count()
    return {label: count for label, count in found.items() if count or label == first}


def _along(rule: str, source: type[Source]) -> str:
    """The lookup from a source of `rule` to the row with which its rows go; empty: not of it."""
    if source.rule != rule or not source.path:
        return ""
    if rule == "account":
        return source.path
    # "invoice__person" → "invoice": a line goes with its document.
    return source.path.rpartition("__")[0]


def findings() -> QuerySet[DataSubject]:
    """People for whom nothing starts a clock: staff give them a date."""
    return due.without_anchor().order_by("pk")
