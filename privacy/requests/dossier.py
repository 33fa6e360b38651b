"""The timeline of a request as one file for the authority, and the proof that it is whole (DR-20).

Each step holds the SHA-256 of the one before and of the text that was sent, written or received;
the texts that are still kept stand beside. Who has the file needs nothing else to check it.
"""

from datetime import datetime
from typing import Any
from uuid import UUID

from consent.log.canonical import instant, sha256
from privacy.models import RequestEvent, RightsRequest
from privacy.requests import timeline

FORMAT = "clicknconnect/request-dossier/1"
_DATES = (
    "received_on", "legal_due_on", "policy_limit_on", "target_on", "extended_due_on",
    "identity_asked_on", "identity_came_on",
)  # fmt: skip


def whole(request: RightsRequest, *, now: datetime) -> dict[str, Any]:
    """JSON-ready: the request, its steps in order, and every text that is kept, by its hash."""
    messages = [
        {
            "direction": message.direction,
            "written_at": instant(message.written_at),
            "mailed_at": instant(message.mailed_at) if message.mailed_at else None,
            "posted_at": instant(message.posted_at) if message.posted_at else None,
            "state": message.state,
            "acknowledges": message.is_acknowledgement,
            "subject": message.subject,
            "body": message.body,
            "content_hash": sha256(message.body.encode()),
        }
        for message in request.messages.order_by("written_at", "pk")
    ]
    return {
        "format": FORMAT,
        "made_at": instant(now),
        "reference": request.reference,
        "pseudonym": str(request.pseudonym),
        "status": request.status,
        "rights": request.rights,
        "channel": request.channel,
        "language": request.language,
        "dates": {name: _day(getattr(request, name)) for name in _DATES},
        "refusal": {
            "ground": request.refusal_ground,
            "reason": request.refusal_reason,
            "evidence": request.refusal_evidence,
        },
        "message": request.message,
        "messages": messages,
        "steps": [_step(event) for event in timeline.of(request)],
    }


def _day(day: Any) -> str | None:
    return day.isoformat() if day else None


def _step(event: RequestEvent) -> dict[str, Any]:
    return {
        "id": str(event.id),
        "number": event.number,
        "at": instant(event.at),
        "kind": event.kind,
        "actor": str(event.actor) if event.actor else None,
        "content_hash": event.content_hash,
        "details": event.details,
        "previous_hash": event.previous_hash,
        "hash": event.hash,
    }


def problems(content: dict[str, Any]) -> list[str]:
    """What does not hold in a file that `whole` made; empty: every step and text is as it was.

    Raises KeyError, TypeError or ValueError for what is no such file.
    """
    if content["format"] != FORMAT:
        raise ValueError(content["format"])
    request, found = UUID(content["pseudonym"]), []
    events = [_event(step, request) for step in content["steps"]]
    if not events:
        found.append("There is no step.")
    if (broken := timeline.first_broken(events)) is not None:
        found.append(f"Step {broken} does not follow from the one before.")
    known = {event.content_hash for event in events}
    for number, message in enumerate(content["messages"], 1):
        if sha256(message["body"].encode()) != message["content_hash"]:
            found.append(f"Text {number} is not the one that was kept.")
        elif message["content_hash"] not in known and _has_step(message):
            found.append(f"Text {number} belongs to no step.")
    return found


def _has_step(message: dict[str, Any]) -> bool:
    """An acknowledgement has its step when it has left; every other text from the beginning."""
    return not message["acknowledges"] or bool(message["mailed_at"] or message["posted_at"])


def _event(step: dict[str, Any], request: UUID) -> RequestEvent:
    return RequestEvent(
        id=UUID(step["id"]),
        request=request,
        number=step["number"],
        at=datetime.fromisoformat(step["at"]),
        kind=step["kind"],
        actor=UUID(step["actor"]) if step["actor"] else None,
        content_hash=step["content_hash"],
        details=step["details"],
        previous_hash=step["previous_hash"],
        hash=step["hash"],
    )
