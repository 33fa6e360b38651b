"""The journal of erasures, outside the database: a backup that is restored does not undo it.

One entry for each person, on disk before the deed. `ERASURE_JOURNAL_URL` says where: a folder, or
a second PostgreSQL.
"""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Protocol
from uuid import UUID

from django.conf import settings

from privacy.encryption import hasher
from privacy.journal.entries import Draft, Entry, JournalError

__all__ = ["Draft", "Entry", "JournalError", "append", "journal"]


class Journal(Protocol):
    def append(self, drafts: list[Draft]) -> int: ...

    def last(self) -> Entry | None: ...

    def read(self) -> Iterator[Entry]: ...


def journal() -> Journal:
    """The journal of the settings."""
    url = settings.ERASURE_JOURNAL_URL
    if url.startswith(("postgres://", "postgresql://")):
        from privacy.journal.database import DatabaseJournal

        return DatabaseJournal(url)
    from privacy.journal.folder import FolderJournal

    return FolderJournal(Path(url.removeprefix("file://")))


def append(
    people: dict[UUID, datetime], *, batch: UUID, run: UUID, rule: str, now: datetime
) -> int:
    """Write that these people (key → created at) are about to be erased; on disk when it returns.

    Answers the sequence number of the last entry. Raises JournalError: then nothing may be erased.
    """
    mac = hasher("journal")
    return journal().append(
        [
            Draft(
                at=now,
                batch=batch,
                run=run,
                rule=rule,
                person=person,
                created_at=created_at,
                mac=mac(str(person)),
            )
            for person, created_at in people.items()
        ]
    )
