"""Holds, restrictions and disclosures. Each act is in the journal, in its transaction (DR-21).

They are placed on whoever is there, restricted people too: a restriction keeps from use, not from
protection. The reason stays with the row; the journal names the row.
"""

from collections.abc import Collection
from datetime import date, datetime
from typing import Any

from django.db import transaction

from clicknconnect.audited import target_of
from consent import audit
from consent.audit import Actor
from consent.periods import add_months, local_day
from privacy import restriction
from privacy.models import (
    DataSubject,
    Disclosure,
    DisclosureProposal,
    LegalHold,
    Restriction,
)

# RT-06.
REVIEW_MONTHS = 12
COMPLAINANT = "third_party_complainant"


class ReviewTooFar(Exception):
    """A hold is looked at again within twelve months, and not in the past."""


class NotOpen(Exception):
    """It ended already, or another one of the kind is open."""


class NotTold(Exception):
    """The person must be told before the restriction is lifted (art. 18(3))."""


class SamePerson(Exception):
    """Whoever weighed the interests does not approve the disclosure."""


@transaction.atomic
def place_hold(*, person: Any, reason: str, review_on: date, by: Actor, now: datetime) -> LegalHold:
    """Keep everything about the person from destruction. Raises ReviewTooFar."""
    today = local_day(now)
    if not today <= review_on <= add_months(today, REVIEW_MONTHS):
        raise ReviewTooFar
    hold = LegalHold.objects.create(
        person_id=person, reason=reason, review_on=review_on, placed_at=now, placed_by_id=by.pk
    )
    _note("person.hold_placed", person, by, now, hold=str(hold.pk))
    return hold


@transaction.atomic
def release_hold(*, hold: Any, person: Any, reason: str, by: Actor, now: datetime) -> None:
    """Raises NotOpen."""
    found = LegalHold.objects.filter(pk=hold, person=person, released_at__isnull=True)
    if not found.update(released_at=now):
        raise NotOpen
    _note("person.hold_released", person, by, now, hold=str(hold), reason=reason)


@transaction.atomic
def restrict(*, person: Any, ground: str, reason: str, by: Actor, now: datetime) -> Restriction:
    """From now on the database hides the person. Raises NotOpen when it is so on that ground."""
    _lock(person)
    if Restriction.objects.filter(person=person, ground=ground, lifted_at__isnull=True).exists():
        raise NotOpen
    made = Restriction.objects.create(
        person_id=person, ground=ground, reason=reason, placed_at=now, placed_by_id=by.pk
    )
    _note("person.restricted", person, by, now, restriction=str(made.pk), ground=ground)
    return made


@transaction.atomic
def note_told(*, placed: Any, person: Any, told_at: datetime, by: Actor, now: datetime) -> None:
    """The person knows that the restriction will be lifted. Raises NotOpen."""
    found = Restriction.objects.filter(
        pk=placed, person=person, lifted_at__isnull=True, told_at__isnull=True
    )
    if not found.update(told_at=told_at):
        raise NotOpen
    _note("person.told_of_lift", person, by, now, restriction=str(placed))


@transaction.atomic
def lift(*, placed: Any, person: Any, reason: str, by: Actor, now: datetime) -> None:
    """Raises NotTold, NotOpen."""
    found = Restriction.objects.filter(pk=placed, person=person, lifted_at__isnull=True)
    if found.filter(told_at__isnull=True).exists():
        raise NotTold
    if not found.update(lifted_at=now, lifted_by=by.pk):
        raise NotOpen
    _note("person.restriction_lifted", person, by, now, restriction=str(placed), reason=reason)


@transaction.atomic
def disclose(
    *,
    person: Any,
    recipient: str,
    recipient_name: str,
    purpose: str,
    categories: Collection[str],
    at: datetime,
    by: Actor,
    now: datetime,
) -> Disclosure:
    """Note to whom data went. To a complaining third party see `propose` and `approve`."""
    if recipient == COMPLAINANT:
        raise SamePerson
    with restriction.handling():
        made = Disclosure.objects.create(
            person_id=person,
            recipient=recipient,
            recipient_name=recipient_name,
            purpose=purpose,
            categories=sorted(categories),
            at=at,
            by_id=by.pk,
        )
    _note("person.disclosed", person, by, now, recipient=recipient, categories=sorted(categories))
    return made


@transaction.atomic
def propose(
    *,
    person: Any,
    recipient_name: str,
    purpose: str,
    categories: Collection[str],
    balancing: str,
    by: Actor,
    now: datetime,
) -> DisclosureProposal:
    """Weigh in writing whether a complaining third party gets data (T-10); nothing is given yet."""
    with restriction.handling():
        made = DisclosureProposal.objects.create(
            person_id=person,
            recipient_name=recipient_name,
            purpose=purpose,
            categories=sorted(categories),
            balancing=balancing,
            proposed_at=now,
            proposed_by_id=by.pk,
        )
    _note("person.disclosure_proposed", person, by, now, proposal=str(made.pk))
    return made


@transaction.atomic
def approve(*, proposal: Any, person: Any, by: Actor, now: datetime) -> Disclosure:
    """A second manager agrees: it may be given now. Raises NotOpen, SamePerson."""
    with restriction.handling():
        found = _proposal(proposal, person)
        if found.proposed_by_id == by.pk:
            raise SamePerson
        made = Disclosure.objects.create(
            person_id=person,
            recipient=COMPLAINANT,
            recipient_name=found.recipient_name,
            purpose=found.purpose,
            categories=found.categories,
            at=now,
            by_id=found.proposed_by_id,
            approved_by_id=by.pk,
            balancing=found.balancing,
        )
        found.delete()
    _note("person.disclosure_approved", person, by, now, disclosure=str(made.pk))
    return made


@transaction.atomic
def decline(*, proposal: Any, person: Any, reason: str, by: Actor, now: datetime) -> None:
    """Raises NotOpen."""
    with restriction.handling():
        _proposal(proposal, person).delete()
    _note("person.disclosure_declined", person, by, now, proposal=str(proposal), reason=reason)


def _proposal(proposal: Any, person: Any) -> DisclosureProposal:
    found = DisclosureProposal.objects.select_for_update().filter(pk=proposal, person=person)
    try:
        return found.get()
    except DisclosureProposal.DoesNotExist as error:
        raise NotOpen from error


def _lock(person: Any) -> None:
    """Two at once on one person wait for one another."""
    with restriction.handling():
        found = DataSubject.objects.select_for_update().filter(pk=person).values("pk")
        if not list(found):
            raise NotOpen


def _note(act: str, person: Any, by: Actor, now: datetime, **details: Any) -> None:
    target = target_of(DataSubject(pk=person))
    audit.record(by=by, act=act, now=now, target=target, details=details)
