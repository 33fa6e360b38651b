"""The letter that says exactly what was done, and the end of a request when every right is done."""

from datetime import datetime
from typing import Any

from privacy.models import RequestEvent, RequestEventKind, Right, RightsRequest, User
from privacy.requests import states, timeline
from privacy.requests.moves import (
    clear_flag,
    decided,
    followed_up,
    locked,
    moved,
    note_act,
    note_answered,
    write,
)  # fmt: skip
from privacy.requests.states import Status

# The step that says that staff did what a right asks.
DONE = {
    Right.ERASURE: RequestEventKind.ERASED,
    Right.RECTIFICATION: RequestEventKind.RECTIFIED,
    Right.RESTRICTION: RequestEventKind.RESTRICTED,
    Right.OBJECTION: RequestEventKind.OBJECTED,
    Right.WITHDRAWAL: RequestEventKind.WITHDRAWN,
}


def left(request: RightsRequest) -> list[str]:
    """The rights that nobody has done yet. What the program did at once still wants an answer."""
    kinds = set(
        RequestEvent.objects.filter(
            request=request.pseudonym, kind__in=DONE.values(), actor__isnull=False
        ).values_list("kind", flat=True)
    )
    done = {right for right, kind in DONE.items() if kind in kinds}
    return [right for right in request.rights if right not in done]


def answer(
    request: RightsRequest,
    *,
    right: Right,
    by: User,
    subject: str,
    body: str,
    now: datetime,
    details: dict[str, Any] | None = None,
    ends: bool = False,
) -> RightsRequest:
    """Write the letter and the step; the request is answered when it was the last right.

    `ends`: whatever else was asked, nothing is left to do it with. The caller's transaction has
    locked the row.
    """
    write(request, by=by, subject=subject, body=body, now=now)
    timeline.record(request, DONE[right], by=by.pk, now=now, text=body, details=details or {})
    note_act(request, f"request.{DONE[right]}", by=by, now=now, **(details or {}))
    if request.status in states.COMPLETE.sources and (ends or not left(request)):
        request = decided(request, states.COMPLETE, by=by, now=now)
        note_answered(request, by=by, body=body, now=now)
    else:
        RightsRequest.objects.filter(pk=request.pk).update(followed_up_at=followed_up(now))
        if request.status == Status.RECEIVED:
            request = moved(request, states.START)
    clear_flag(request, by=by, now=now)
    return locked(request)
