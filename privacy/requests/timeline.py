"""The timeline of a request: written in the transaction of the act, chained by hashes."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from privacy.chain import Chain
from privacy.models import RequestEvent, RequestEventKind, RightsRequest

FORMAT = "clicknconnect/request-timeline/1"
CHAIN = Chain(RequestEvent, "request", FORMAT)


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
    return CHAIN.record(request.pseudonym, kind, by=by, now=now, text=text, details=details)


def hash_of(event: RequestEvent) -> str:
    """SHA-256 (hex) of what the step states, the hash of the one before it among it."""
    return CHAIN.hash_of(event)


def of(request: RightsRequest) -> list[RequestEvent]:
    """In order."""
    return CHAIN.of(request.pseudonym)


def first_broken(events: Iterable[RequestEvent]) -> int | None:
    """The number of the first step that does not follow from the one before; None: all do."""
    return CHAIN.first_broken(events)
