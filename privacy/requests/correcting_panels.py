"""Corrections on the page of staff, old beside new, and on the page of the person."""

from datetime import datetime
from typing import Any

from django.urls import reverse

from privacy.models import Correction, RightsRequest, User
from privacy.requests import correcting, links, matching


def for_staff(*, asked: RightsRequest, who: User | None, now: datetime) -> dict[str, Any] | None:
    found = list(Correction.objects.filter(request=asked).order_by("-proposed_at", "field"))
    if who is None or not found:
        return None
    person = matching.recognised(asked)
    hidden = person is None or person.archived_at is not None
    return {
        "is_matched": person is not None,
        "lines": [
            {
                "label": correcting.label(one.field),
                "old": one.old
                if one.state != Correction.State.PROPOSED
                else ("" if hidden else getattr(person, one.field)),
                "new": one.new,
                "state": one.get_state_display(),
                "reason": one.reason,
            }
            for one in found
        ],
    }


def for_person(*, asked: RightsRequest, who: User | None, now: datetime) -> dict[str, Any] | None:
    """The form, and what became of what was proposed; of what is held nothing."""
    found = list(Correction.objects.filter(request=asked).order_by("proposed_at", "field"))
    may_propose = correcting.may_propose(asked)
    if not found and not may_propose:
        return None
    return {
        "form": correcting.ProposeForm() if may_propose else None,
        "action": reverse(
            "rights:correct", args=[asked.reference, links.token(asked, links.Purpose.FOLLOW)]
        ),
        "lines": [
            {
                "label": correcting.label(one.field),
                "new": one.new,
                "state": one.get_state_display(),
                "reason": one.reason,
            }
            for one in found
        ],
    }
