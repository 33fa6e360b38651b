"""Files of a request: added with it, seen by who handles requests, each look in the journal."""

import hashlib
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from consent.log.ids import uuid7
from privacy.models import FileType, RequestEventKind, RequestFile, RightsRequest, User
from privacy.models.request_file import new_stored_name
from privacy.requests import stored, timeline
from privacy.requests.uploads import Upload

HANDLE = "privacy.handle_rightsrequest"


def attach(
    request: RightsRequest,
    uploads: Iterable[Upload],
    *,
    kind: RequestFile.Kind,
    by: UUID | None,
    now: datetime,
) -> list[RequestFile]:
    """Keep them, in the caller's transaction, which has locked the request; a step for each."""
    added = []
    for upload in uploads:
        row = keep(request, upload.name, upload.data, kind=kind, filetype=upload.type, now=now)
        timeline.record(
            request,
            RequestEventKind.ATTACHED,
            by=by,
            now=now,
            details={"file": str(row.pk), "kind": str(kind), "sha256": row.sha256},
        )
        added.append(row)
    return added


def keep(
    request: RightsRequest,
    name: str,
    data: bytes,
    *,
    kind: RequestFile.Kind,
    filetype: FileType,
    now: datetime,
) -> RequestFile:
    """The file first, then the row with its key."""
    row = RequestFile(
        id=uuid7(now),
        request=request,
        kind=kind,
        name=name,
        type=filetype,
        size=len(data),
        sha256=hashlib.sha256(data).hexdigest(),
        stored=new_stored_name(),
        added_at=now,
    )
    row.key = stored.put(data, folder=stored.FILES, stored=row.stored, about=row.pk)
    row.save(force_insert=True)
    return row


def look(row: RequestFile, *, by: User, now: datetime) -> Iterator[bytes]:
    """Its bytes, and that `by` looked in the journal. Raises stored.FileGone."""
    from privacy.requests.moves import note_act

    with transaction.atomic():
        pieces = stored.stream(row, folder=stored.FILES)
        note_act(row.request, "request.file_seen", by=by, now=now, file=str(row.pk))
    return pieces


def listed(*, asked: RightsRequest, who: User | None, now: datetime) -> dict[str, Any] | None:
    """For the page of a request; the raw mail is staff's only."""
    rows = asked.files.order_by("added_at", "name")
    if who is None:
        rows = rows.exclude(kind=RequestFile.Kind.MAIL)
    found = list(rows.only("id", "request", "name", "size", "kind", "added_at"))
    return {"files": found} if found else None
