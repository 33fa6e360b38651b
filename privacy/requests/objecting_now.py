"""What an objection does before anybody reads it: marketing stops (GDPR art. 21(3), DR-17).

The form asks for no words, so an objection may be about marketing: then it is absolute, and to stop
too much for some days does no harm. Staff see what was done, and answer.
"""

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction

from privacy import restriction
from privacy.actions.marketing import object_to_marketing
from privacy.marketing import suppression_hash
from privacy.models import (
    DataSubject,
    RequestEventKind,
    Right,
    RightsRequest,
    Suppression,
)
from privacy.models.marketing import Source
from privacy.requests import timeline


def at_once(request: RightsRequest, *, now: datetime) -> None:
    """For the account's own person, or for whoever has the address that was just confirmed.

    Nothing where neither proves who asks. Inside the transaction of what proved it.
    """
    if Right.OBJECTION not in request.rights:
        return
    if request.account_id is None and request.confirmed_at is None:
        return
    with transaction.atomic(), restriction.handling():
        for person in _people(request):
            object_to_marketing(person=person, now=now, source=Source.REQUEST)
        # Nobody known, yet nobody to write to either.
        Suppression.objects.bulk_create(
            [Suppression(address_hash=suppression_hash(request.email), at=now)],
            ignore_conflicts=True,
        )
    timeline.record(
        request,
        RequestEventKind.OBJECTED,
        by=None,
        now=now,
        details={"uses": ["marketing"], "at_once": True},
    )


def _people(request: RightsRequest) -> Iterable[DataSubject]:
    known = DataSubject.objects.filter(anonymised_at__isnull=True).order_by("pk")
    if request.account_id is not None:
        return list(known.filter(account=request.account_id))
    return list(known.filter(email=request.email.lower()))
