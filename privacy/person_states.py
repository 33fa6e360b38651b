"""How a person stands, in a word each: what protects them, what became of the account."""

from dataclasses import dataclass
from typing import Any

from django.db.models import Exists, OuterRef, QuerySet
from django.utils.translation import gettext_lazy as _

from privacy.models import LegalHold, Objection, Restriction

HELD = LegalHold.objects.filter(person=OuterRef("pk"), released_at__isnull=True)
OBJECTING = Objection.objects.filter(person=OuterRef("pk"), ended_at__isnull=True)
RESTRICTED = Restriction.objects.filter(person=OuterRef("pk"), lifted_at__isnull=True)


@dataclass(frozen=True, slots=True)
class Tag:
    """`level`: "bad", "warn", "calm" or "plain"; the word says it without the colour."""

    level: str
    text: str


def with_states(people: QuerySet[Any]) -> QuerySet[Any]:
    """`people` with what `tags` asks for, in the same query."""
    states: QuerySet[Any] = people.annotate(
        is_held=Exists(HELD), is_objecting=Exists(OBJECTING), is_restricted=Exists(RESTRICTED)
    )
    return states


def tags(person: Any) -> list[Tag]:
    """The states of a person out of `with_states`."""
    found = []
    if person.is_restricted:
        found.append(Tag("bad", str(_("traitement limité"))))
    if person.is_held:
        found.append(Tag("warn", str(_("suppression bloquée"))))
    if person.is_objecting:
        found.append(Tag("warn", str(_("opposition"))))
    if person.anonymised_at is not None:
        found.append(Tag("plain", str(_("anonymisé"))))
    elif person.archived_at is not None:
        found.append(Tag("plain", str(_("archivé"))))
    elif person.account_closed_on is not None:
        found.append(Tag("plain", str(_("compte expiré"))))
    elif person.account_opened_on is not None:
        found.append(Tag("calm", str(_("compte ouvert"))))
    return found
