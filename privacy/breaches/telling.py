"""Telling the people concerned (art. 34): chosen by what is held about them, each told once.

Restricted people, too: their data is stored and not used, but a breach of it is theirs to know
(art. 34 has no exception for art. 18, and telling somebody of their own danger is the protection
of their rights that art. 18(2) allows).
"""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core.mail import EmailMessage
from django.db import connection, models, transaction
from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from django.db.models.functions import Length
from django.db.models.lookups import GreaterThan
from django.utils.translation import gettext as _

from consent.enums import LANGUAGES
from privacy import restriction
from privacy.breaches import letters
from privacy.breaches.acts import NotPossible, step
from privacy.models import Breach, BreachEventKind, BreachNotice, DataSubject
from privacy.sending import Mailing, State
from privacy.sources.base import Source, about_people, source_of

WAITING = (State.PLANNED, State.SENDING)


@dataclass(frozen=True, slots=True)
class Choice:
    """Who is concerned: everybody, or who is in all that is given.

    `category`: a key of the register's categories of data; `source`: the label of a table;
    `references`: people by name.
    """

    category: str = ""
    source: str = ""
    references: tuple[str, ...] = ()

    def details(self) -> dict[str, Any]:
        """For the timeline: no reference, only how many."""
        return {
            "category": self.category, "source": self.source, "references": len(self.references),
        }  # fmt: skip


def concerned(choice: Choice) -> QuerySet[DataSubject]:
    """People still known, archived ones too. Inside `restriction.seeing()` restricted ones too."""
    found = DataSubject.objects.filter(anonymised_at__isnull=True)
    if choice.category:
        found = found.filter(_with_category(choice.category))
    if choice.source:
        found = found.filter(_with_rows(source_of(choice.source)))
    if choice.references:
        found = found.filter(reference__in=choice.references)
    return found


def sources() -> list[type[Source]]:
    """The tables by which people can be chosen."""
    return [one for one in about_people() if one.path is not None]


def _with_category(category: str) -> Q:
    """Of whom a table holds something of this category: own fields that are filled, other rows."""
    wanted = Q(pk__in=[])
    for source in sources():
        names = [name for name, one in source.personal().items() if one.category == category]
        if source.path:
            wanted |= _with_rows(source) if names else Q(pk__in=[])
            continue
        for name in names:
            wanted |= _filled(source.model._meta.get_field(name))
    return wanted


def _with_rows(source: type[Source]) -> Q:
    if not source.path:
        return Q()
    rows = source.model._base_manager.filter(**{source.path: OuterRef("pk")})
    return Q(Exists(rows))


def _filled(field: Any) -> Q:
    """Encrypted texts cannot be compared, but an empty one stays empty."""
    if isinstance(field, (models.CharField, models.TextField)):
        return Q(GreaterThan(Length(field.name), 0))
    return Q(**{f"{field.name}__isnull": False})


@dataclass(frozen=True, slots=True)
class Reach:
    """How many people a choice finds; of these how many have no address, and were told already."""

    people: int
    without_address: int
    told: int


@transaction.atomic
def reach(breach: Breach, choice: Choice) -> Reach:
    """One query."""
    already = BreachNotice.objects.filter(breach=breach, person=OuterRef("pk"))
    with restriction.seeing():
        counted = (
            concerned(choice)
            .annotate(told=Exists(already))
            .aggregate(
                people=Count("pk"),
                without=Count("pk", filter=Q(email="", told=False)),
                known=Count("pk", filter=Q(told=True)),
            )
        )
    return Reach(counted["people"], counted["without"], counted["known"])


def unknown_references(choice: Choice) -> list[str]:
    """References that lead to nobody; call it in a transaction."""
    with restriction.seeing():
        known = set(
            DataSubject.objects.filter(reference__in=choice.references).values_list(
                "reference", flat=True
            )
        )
    return [one for one in choice.references if one not in known]


def is_written(breach: Breach) -> bool:
    return all(breach.notice.get(code, "").strip() for code in LANGUAGES)


@transaction.atomic
def order(breach: Breach, choice: Choice, *, by: Any, now: datetime) -> int:
    """Plan one letter for each person of `choice` who has none about this breach; how many.

    One statement, whatever the number of people; the worker sends them. Raises NotPossible.
    """
    fresh = Breach.objects.select_for_update().get(pk=breach.pk)
    if fresh.closed_at is not None:
        raise NotPossible(_("Cette violation est close : rouvrez-la d'abord."))
    if not is_written(fresh):
        raise NotPossible(_("Écrivez d'abord le texte aux personnes, dans les quatre langues."))
    with restriction.seeing(), connection.cursor() as cursor:
        query, values = concerned(choice).order_by().values("pk").query.sql_with_params()
        cursor.execute(
            "INSERT INTO privacy_breachnotice (id, breach_id, person_id, state, at)"  # noqa: S608  the query is Django's own
            f" SELECT gen_random_uuid(), %s, p.id, %s, %s FROM ({query}) p (id)"
            " ON CONFLICT (breach_id, person_id) DO NOTHING",
            [fresh.pk, State.PLANNED, now, *values],
        )
        planned = int(cursor.rowcount)
    if not planned:
        raise NotPossible(_("Personne d'autre n'est à prévenir : chacun a déjà sa lettre."))
    fresh.is_telling = True
    fresh.save(update_fields=["is_telling"])
    step(
        fresh, BreachEventKind.NOTICES_ORDERED, by=by, now=now,
        text="\n".join(fresh.notice[code] for code in LANGUAGES),
        planned=planned, **choice.details(),
    )  # fmt: skip
    return planned


def rows() -> QuerySet[BreachNotice]:
    return BreachNotice.objects.all()


def letter_of(row: BreachNotice, now: datetime) -> EmailMessage | None:
    """In the person's language; None for who has no address: they are listed for staff. In the
    transaction of `sending`."""
    with restriction.seeing():
        people = DataSubject.objects.filter(pk=row.person_id, anonymised_at__isnull=True)
        person = people.exclude(email="").first()
    return None if person is None else letters.notice_to(row.breach, person)


def finish(now: datetime) -> None:
    """Where no letter waits any more, that they left is a step of the timeline."""
    waiting = BreachNotice.objects.filter(breach=OuterRef("pk"), state__in=WAITING)
    for breach in Breach.objects.filter(~Exists(waiting), is_telling=True):
        _note_sent(breach, now)


@transaction.atomic
def _note_sent(breach: Breach, now: datetime) -> None:
    fresh = Breach.objects.select_for_update().get(pk=breach.pk)
    left = BreachNotice.objects.filter(breach=fresh)
    if not fresh.is_telling or left.filter(state__in=WAITING).exists():
        return
    counts = Counter(dict(left.order_by().values_list("state").annotate(Count("pk"))))
    fresh.is_telling = False
    if counts[State.SENT] and fresh.people_told_at is None:
        # Whole minutes, as staff write them.
        fresh.people_told_at = max(fresh.aware_at, now.replace(second=0, microsecond=0))
    fresh.save(update_fields=["is_telling", "people_told_at"])
    step(fresh, BreachEventKind.NOTICES_SENT, by=None, now=now, **dict(counts))


MAILING = Mailing(rows=rows, letter=letter_of, finish=finish)
