"""Steps chained by hashes: written in the transaction of the act, none left out, none put in.

The same for requests and for breaches: a table of evidence with the columns id, number, at, kind,
actor, content_hash, details, previous_hash, hash, and one that names the subject of the chain.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from consent.log.canonical import dumps, instant, sha256
from consent.log.ids import uuid7


@dataclass(frozen=True, slots=True)
class Chain[Event: Any]:
    """`subject` is the column that says whose step it is; `format` is part of each hash."""

    model: type[Event]
    subject: str
    format: str

    def record(
        self,
        subject: UUID,
        kind: str,
        *,
        by: UUID | None,
        now: datetime,
        text: str = "",
        details: dict[str, Any] | None = None,
    ) -> Event:
        """Write the next step; the caller's transaction has locked the row that it is about.

        `text` is what was sent, written or received: only its hash is kept. `details` name nobody.
        """
        last = self._steps(subject).order_by("-number").first()
        event = self.after(last, subject, kind, by=by, now=now, text=text, details=details)
        event.save()
        return event

    def after(
        self,
        last: Event | None,
        subject: UUID,
        kind: str,
        *,
        by: UUID | None,
        now: datetime,
        text: str = "",
        details: dict[str, Any] | None = None,
    ) -> Event:
        """The step that follows `last`, not saved yet."""
        event: Event = self.model(
            id=uuid7(now),
            number=last.number + 1 if last else 1,
            at=now,
            kind=kind,
            actor=by,
            content_hash=sha256(text.encode()) if text else "",
            details=details or {},
            previous_hash=last.hash if last else "",
            **{self.subject: subject},
        )
        event.hash = self.hash_of(event)
        return event

    def hash_of(self, event: Event) -> str:
        """SHA-256 (hex) of what the step states, the hash of the one before it among it."""
        return sha256(
            dumps(
                {
                    "format": self.format,
                    "id": str(event.id),
                    self.subject: str(getattr(event, self.subject)),
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

    def of(self, subject: UUID) -> list[Event]:
        """In order."""
        return list(self._steps(subject).order_by("number"))

    def first_broken(self, events: Iterable[Event]) -> int | None:
        """The number of the first step that does not follow from the one before; None: all do."""
        previous = ""
        for number, event in enumerate(events, 1):
            if (event.number, event.previous_hash) != (number, previous):
                return number
            if event.hash != self.hash_of(event):
                return number
            previous = event.hash
        return None

    def _steps(self, subject: UUID) -> Any:
        return self.model.objects.filter(**{self.subject: subject})
