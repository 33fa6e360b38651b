"""What an erasure takes, and what it leaves, why and until when: before it, and of it afterwards.

The same words for the preview that staff see and for the certificate that the person gets.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.db.models import Count, Max
from django.utils.formats import date_format
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from consent.periods import local_day
from privacy import held, restriction
from privacy.models import ErasureEvidence, Invoice, LegalHold, RightsRequest
from privacy.periods import last_day_years
from privacy.plans import execute as deed
from privacy.plans.plan import described
from privacy.retention.rules import published
from privacy.sources.base import AtEnd, source_of

# Tables of others, whose own names are not for people.
_OTHERS = {
    "procrastinate.procrastinatejob": gettext_lazy("Tâches du site à votre sujet"),
    "sessions.session": gettext_lazy("Connexions"),
}


@dataclass(frozen=True, slots=True)
class Line:
    title: str
    rows: int


@dataclass(frozen=True, slots=True)
class Stays:
    """`why` is a sentence with the day on which it goes, where a day is known."""

    title: str
    why: str


@dataclass(frozen=True, slots=True)
class Effect:
    """`gone`: rows that are deleted; `emptied`: rows that stay without anything of the person.

    `kept`: nothing can go now, and why.
    """

    gone: list[Line]
    emptied: list[Line]
    stays: list[Stays]
    kept: str = ""


def preview(person: Any, *, now: datetime) -> Effect:
    """What an erasure would do now. Nothing changes."""
    with transaction.atomic():
        kept = deed.kept([person]).people.get(person, "")
        _hashes, counts = described([person])
        return _effect(counts, person, kept=_kept_words(kept), now=now)


def done(plan: Any, person: Any, *, now: datetime) -> Effect:
    """What the erasure of this plan did, from the evidence of it."""
    rows = ErasureEvidence.objects.filter(run=plan).values_list("source", "action", "rows")
    gone: dict[str, int] = {}
    emptied: dict[str, int] = {}
    for label, action, count in rows:
        into = gone if action == AtEnd.DELETE else emptied
        into[label] = into.get(label, 0) + count
    with transaction.atomic():
        return Effect(_lines(gone), _lines(emptied), stays(person, now=now))


def _effect(counts: Mapping[str, int], person: Any, *, kept: str, now: datetime) -> Effect:
    gone: dict[str, int] = {}
    emptied: dict[str, int] = {}
    for label, count in counts.items():
        into = gone if source_of(label).at_end is AtEnd.DELETE else emptied
        into[label] = count
    return Effect(_lines(gone), _lines(emptied), stays(person, now=now), kept)


def _lines(counts: Mapping[str, int]) -> list[Line]:
    """In the order of their words; what holds nothing of a person is not told."""
    found = [
        Line(_title(label), count)
        for label, count in counts.items()
        if count and source_of(label).personal()
    ]
    return sorted(found, key=lambda line: line.title)


def _title(label: str) -> str:
    words = _OTHERS.get(label) or source_of(label).model._meta.verbose_name_plural
    return str(capfirst(str(words)))


def stays(person: Any, *, now: datetime) -> list[Stays]:
    """What a claim keeps. Inside a transaction."""
    found = []
    with restriction.seeing():
        invoices = Invoice.objects.filter(person=person).aggregate(
            newest=Max("issued_on"), rows=Count("pk")
        )
        requests = RightsRequest.objects.filter(person=person).count()
        holds = list(LegalHold.objects.filter(person=person, released_at__isnull=True))
    if invoices["rows"]:
        last = held.last_day("accounting", invoices["newest"], held.fiscal_years())
        why = _("documents comptables que la loi fait garder ; le dernier part après le %(day)s")
        found.append(
            Stays(f"{_title('privacy.invoice')} : {invoices['rows']}", why % {"day": _day(last)})
        )
    if requests:
        last = last_day_years(local_day(now), published()["request_files"].amount)
        why = _("pour prouver que nous vous avons répondu ; part au plus tard le %(day)s")
        found.append(
            Stays(f"{_title('privacy.rightsrequest')} : {requests}", why % {"day": _day(last)})
        )
    for hold in holds:
        title = _title(hold.source) if hold.source else _("Tout ce que nous avons sur vous")
        why = _("dont un droit en justice peut dépendre ; réexaminé le %(day)s")
        found.append(Stays(str(title), why % {"day": _day(hold.review_on)}))
    return found


def _kept_words(why: str) -> str:
    return {
        "hold": _("La suppression est bloquée pour toute la personne : levez le blocage d'abord."),
        "restriction": _(
            "Le traitement est limité (art. 18, § 1, b ou c) : rien ne peut être effacé avant la "
            "levée."
        ),
    }.get(why, "")


def _day(day: date) -> str:
    return date_format(day, "DATE_FORMAT")
