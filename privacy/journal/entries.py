"""An entry of the journal, and the chain that shows when one is changed or taken out."""

import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

START = "0" * 64
# Made once: `json.dumps` would make one for each entry.
_sorted = json.JSONEncoder(sort_keys=True, separators=(",", ":")).encode
_compact = json.JSONEncoder(separators=(",", ":")).encode


class JournalError(Exception):
    """The journal cannot be written or is not what was written; a sentence for staff."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """What is said of one person. `mac`: the keyed hash of the UUID, which only this site makes."""

    at: datetime
    batch: UUID
    run: UUID
    rule: str
    person: UUID
    created_at: datetime
    mac: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry(Draft):
    """A draft in its place: `hash` is SHA-256 of it and of the entry before."""

    sequence: int
    previous: str
    hash: str


def chained(drafts: Iterable[Draft], *, after: Entry | None) -> list[Entry]:
    """The drafts as entries that follow `after`."""
    entries = []
    for draft in drafts:
        sequence, previous = (after.sequence + 1, after.hash) if after else (1, START)
        fields = {name: getattr(draft, name) for name in Draft.__dataclass_fields__}
        digest = _digest(fields, sequence, previous)
        after = Entry(**fields, sequence=sequence, previous=previous, hash=digest)
        entries.append(after)
    return entries


def verified(entries: Iterable[Entry]) -> Iterator[Entry]:
    """The same entries. Raises JournalError at the first that does not follow the one before."""
    sequence, previous = 0, START
    for entry in entries:
        fields = {name: getattr(entry, name) for name in Draft.__dataclass_fields__}
        right = (
            entry.sequence == sequence + 1
            and entry.previous == previous
            and entry.hash == _digest(fields, entry.sequence, entry.previous)
        )
        if not right:
            raise JournalError(
                f"The journal of erasures was changed: after entry {sequence} comes one that does "
                "not follow it. Put the journal back from its own backup."
            )
        sequence, previous = entry.sequence, entry.hash
        yield entry


def _plain(fields: dict[str, Any], sequence: int, previous: str) -> dict[str, Any]:
    return {
        "sequence": sequence,
        "at": _moment(fields["at"]),
        "batch": str(fields["batch"]),
        "run": str(fields["run"]),
        "rule": fields["rule"],
        "person": str(fields["person"]),
        "created_at": _moment(fields["created_at"]),
        "mac": fields["mac"],
        "previous": previous,
    }


def _moment(moment: datetime) -> str:
    """In UTC, so that one moment is one text."""
    return moment.astimezone(UTC).isoformat()


def _digest(fields: dict[str, Any], sequence: int, previous: str) -> str:
    text = _sorted(_plain(fields, sequence, previous))
    return hashlib.sha256(text.encode()).hexdigest()


def to_line(entry: Entry) -> str:
    fields = {name: getattr(entry, name) for name in Draft.__dataclass_fields__}
    plain = _plain(fields, entry.sequence, entry.previous)
    return _compact({**plain, "hash": entry.hash}) + "\n"


def from_line(line: str) -> Entry:
    """Raises ValueError for what is no entry."""
    try:
        found = json.loads(line)
        return Entry(
            sequence=int(found["sequence"]),
            at=datetime.fromisoformat(found["at"]),
            batch=UUID(found["batch"]),
            run=UUID(found["run"]),
            rule=str(found["rule"]),
            person=UUID(found["person"]),
            created_at=datetime.fromisoformat(found["created_at"]),
            mac=str(found["mac"]),
            previous=str(found["previous"]),
            hash=str(found["hash"]),
        )
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"no entry: {line[:40]!r}") from error
