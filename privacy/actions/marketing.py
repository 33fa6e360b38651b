"""What changes who may be written to: choices for each channel, and objections."""

from collections.abc import Mapping
from datetime import datetime

from django.db import transaction

from consent.log.ids import uuid7
from privacy.jobs import send_objection_letter
from privacy.marketing import suppression_hash
from privacy.models import (
    Channel,
    DataSubject,
    MarketingChoice,
    Objection,
    ObjectionKind,
    Suppression,
)
from privacy.models.marketing import Source


def choices_of(person: DataSubject) -> dict[str, bool]:
    """Channel → the newest choice; no choice is a no."""
    newest = (
        MarketingChoice.objects.filter(person=person)
        .order_by("channel", "-at", "-id")
        .distinct("channel")
        .values_list("channel", "given")
    )
    return dict.fromkeys(Channel.values, False) | dict(newest)


@transaction.atomic
def choose(
    *,
    person: DataSubject,
    wanted: Mapping[str, bool],
    shown: Mapping[str, str],
    now: datetime,
    source: Source = Source.ACCOUNT,
) -> list[str]:
    """Write one event for each channel of `wanted` that differs from what holds; those channels.

    `shown` is the SHA-256 of the text beside each. A yes of the person ends their own objection to
    marketing, and their address leaves the list: nobody else can end it (DR-17).
    """
    DataSubject.objects.select_for_update(no_key=True).get(pk=person.pk)
    holds = choices_of(person)
    changed = [channel for channel, given in wanted.items() if holds[channel] != given]
    MarketingChoice.objects.bulk_create(
        [
            MarketingChoice(
                id=uuid7(now),
                person=person,
                channel=channel,
                given=wanted[channel],
                at=now,
                source=source,
                shown=shown.get(channel, ""),
            )
            for channel in changed
        ]
    )
    if any(wanted[channel] for channel in changed):
        Objection.objects.filter(
            person=person, kind=ObjectionKind.MARKETING, ended_at__isnull=True
        ).update(ended_at=now, ended_because="La personne a de nouveau choisi elle-même.")
        if person.email:
            Suppression.objects.filter(pk=suppression_hash(person.email)).delete()
    return changed


@transaction.atomic
def object_to_marketing(*, person: DataSubject, now: datetime, source: Source) -> bool:
    """No marketing from this moment on, in any way; whether it is new.

    All four choices are withdrawn, the address goes on the list, and one letter confirms.
    """
    DataSubject.objects.select_for_update(no_key=True).get(pk=person.pk)
    is_new = _object(person, ObjectionKind.MARKETING, now=now, source=source)
    choose(
        person=person,
        wanted=dict.fromkeys(Channel.values, False),
        shown={},
        now=now,
        source=source,
    )
    if person.email:
        Suppression.objects.bulk_create(
            [Suppression(address_hash=suppression_hash(person.email), at=now)],
            ignore_conflicts=True,
        )
    if is_new and person.email:
        send_objection_letter.defer(person=str(person.pk))
    return is_new


@transaction.atomic
def object_to_promotion(*, person: DataSubject, now: datetime, source: Source) -> bool:
    """No use for promotion on the ground of legitimate interest, at once (DR-16)."""
    DataSubject.objects.select_for_update(no_key=True).get(pk=person.pk)
    return _object(person, ObjectionKind.LEGITIMATE_INTEREST, now=now, source=source)


def _object(person: DataSubject, kind: ObjectionKind, *, now: datetime, source: Source) -> bool:
    _row, is_new = Objection.objects.get_or_create(
        person=person, kind=kind, ended_at=None, defaults={"at": now, "source": source}
    )
    return is_new
