"""The timeline of a request: written in the transaction of the act, chained by hashes."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from consent.log.canonical import dumps, instant, sha256
from consent.log.ids import uuid7
from privacy.models import RequestEvent, RequestEventKind, RightsRequest

FORMAT = "clicknconnect/request-timeline/1"


def record(
    request: RightsRequest,
    kind: RequestEventKind,
    *,
    by: UUID | None,
    now: datetime,
    text: str = "",
    details: dict[str, Any] | None = None,
) -> RequestEvent:
    """Write the next step; the caller's transaction has locked the row of `request`.

    `text` is what was sent, written or received: only its hash is kept. `details` name nobody.
    """
    last = RequestEvent.objects.filter(request=request.pseudonym).order_by("-number").first()
    event = RequestEvent(
        id=uuid7(now),
        request=request.pseudonym,
        number=last.number + 1 if last else 1,
        at=now,
        kind=kind,
        actor=by,
        content_hash=sha256(text.encode()) if text else "",
        details=details or {},
        previous_hash=last.hash if last else "",
    )
    event.hash = hash_of(event)
    event.save()
    return event


def hash_of(event: RequestEvent) -> str:
    """SHA-256 (hex) of what the step states, the hash of the one before it among it."""
    return sha256(
        dumps(
            {
                "format": FORMAT,
                "id": str(event.id),
                "request": str(event.request),
                "number": event.number,
                "at": instant(event.at),
                "kind": str(event.kind),
                "actor": str(event.actor) if event.actor else None,
                "content_hash": event.content_hash,
                "details": event.details,
                "previous_hash": event.previous_hash,
            }
        )
    )


def of(request: RightsRequest) -> list[RequestEvent]:
    """In order."""
    return list(RequestEvent.objects.filter(request=request.pseudonym).order_by("number"))


def first_broken(events: Iterable[RequestEvent]) -> int | None:
    """The number of the first step that does not follow from the one before; None: all do."""
    previous = ""
    for number, event in enumerate(events, 1):
        if (event.number, event.previous_hash) != (number, previous) or event.hash != hash_of(
            event
        ):
            return number
        previous = event.hash
    return None
