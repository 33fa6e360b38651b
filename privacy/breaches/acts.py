"""What staff do with a breach: each act in one transaction, with its step and the journal."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from consent import audit
from consent.audit import Actor
from privacy.breaches.timeline import CHAIN
from privacy.models import Breach, BreachEventKind
from privacy.models.breach import new_breach_reference

# Art. 33(1). Hours, not days: weekends and holidays count.
WITHIN = timedelta(hours=72)
# A change of one of these is a step of its own; of any other, « changed ».
_STEPS = {
    "risk": BreachEventKind.ASSESSED,
    "authority_told_at": BreachEventKind.AUTHORITY_TOLD,
    "people_told_at": BreachEventKind.PEOPLE_TOLD,
}


class NotPossible(Exception):
    """The act does not fit the breach as it stands; the sentence says why."""


def target_of(breach: Breach) -> str:
    return f"privacy.breach:{breach.pk}"


def step(
    breach: Breach, kind: BreachEventKind, *, by: Actor | None, now: datetime, text: str = "",
    **details: Any,
) -> None:  # fmt: skip
    """The step, and the journal's entry; the caller has locked the breach, or just made it."""
    actor: UUID | None = getattr(by, "pk", None)
    CHAIN.record(breach.pk, kind, by=actor, now=now, text=text, details=details)
    audit.record(by=by, act=f"breach.{kind}", now=now, target=target_of(breach), details=details)


def due_of(aware_at: datetime) -> datetime:
    """In UTC: adding to a local time would give an hour more or less when the clocks change."""
    return aware_at.astimezone(UTC) + WITHIN


def start(breach: Breach, *, by: Any, now: datetime) -> Breach:
    """Complete a breach that is about to be recorded: its clock, who, when. Does not save."""
    breach.reference = new_breach_reference(now.year)
    breach.due_at = due_of(breach.aware_at)
    breach.recorded_at, breach.recorded_by = now, by.pk
    return breach


@transaction.atomic
def record(breach: Breach, *, by: Any, now: datetime) -> Breach:
    """Save a new one; `start` completed it."""
    breach.save(force_insert=True)
    step(
        breach, BreachEventKind.RECORDED, by=by, now=now, text=breach.happened,
        aware_at=breach.aware_at.isoformat(), due_at=breach.due_at.isoformat(),
    )  # fmt: skip
    _told(breach, {name for name in _STEPS if getattr(breach, name)}, by=by, now=now)
    return breach


@transaction.atomic
def change(breach: Breach, fields: set[str], *, by: Any, now: datetime) -> Breach:
    """Save these fields, with a step for each that decides, and one for the rest by name.

    Raises NotPossible for a breach that was closed meanwhile.
    """
    kept = Breach.objects.select_for_update().get(pk=breach.pk)
    if kept.closed_at is not None:
        raise NotPossible(_("Cette violation est close : rouvrez-la d'abord."))
    breach.save(update_fields=sorted(fields))
    _told(breach, fields, by=by, now=now)
    if rest := sorted(fields - set(_STEPS)):
        step(breach, BreachEventKind.CHANGED, by=by, now=now, fields=rest)
    return breach


def _told(breach: Breach, fields: set[str], *, by: Any, now: datetime) -> None:
    """A step for each of these that decides something; taken back, it is one too."""
    for name in sorted(fields & set(_STEPS)):
        value = getattr(breach, name)
        details: dict[str, Any] = {"risk": value} if name == "risk" else {}
        if name != "risk":
            details["at"] = value.isoformat() if value else None
        if name == "authority_told_at":
            details["is_late"] = breach.was_late
        step(breach, _STEPS[name], by=by, now=now, **details)


@transaction.atomic
def close(breach: Breach, *, by: Any, now: datetime) -> Breach:
    """Raises NotPossible while letters are under way, and for what is closed, and ValidationError
    for what is not done yet, as the database would."""
    kept = Breach.objects.select_for_update().get(pk=breach.pk)
    if kept.closed_at is not None:
        raise NotPossible(_("Cette violation est déjà close."))
    if kept.is_telling:
        raise NotPossible(_("Des lettres aux personnes sont encore en route."))
    kept.closed_at = now
    kept.validate_constraints()
    kept.save(update_fields=["closed_at"])
    step(kept, BreachEventKind.CLOSED, by=by, now=now)
    return kept


@transaction.atomic
def reopen(breach: Breach, *, by: Any, now: datetime) -> Breach:
    """Something more came to light; its clock stays as it was. Raises NotPossible."""
    kept = Breach.objects.select_for_update().get(pk=breach.pk)
    if kept.closed_at is None:
        raise NotPossible(_("Cette violation est ouverte."))
    kept.closed_at = None
    kept.save(update_fields=["closed_at"])
    step(kept, BreachEventKind.REOPENED, by=by, now=now)
    return kept


@transaction.atomic
def exported(breach: Breach, *, by: Any, now: datetime, text: str) -> None:
    Breach.objects.select_for_update().get(pk=breach.pk)
    step(breach, BreachEventKind.EXPORTED, by=by, now=now, text=text)
