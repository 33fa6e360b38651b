"""Files of requests on the disk: encrypted, under random names, in folders that no server serves.

A file is written before its row, which holds the key: a transaction that fails leaves a file that
nothing opens. When a row goes, so does the key. `sweep` takes away what no row knows.
"""

import io
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import IO
from uuid import UUID

from django.core.files.storage import default_storage

from privacy.models import DataSubject, IdentityDocument, RequestFile
from privacy.rights.sealed import Sealer, new_key, unsealed
from privacy.rights.whole import appearing

FILES = "requests"
# Apart, so that it can be left out of what is copied elsewhere.
IDENTITY = "identity"
# How long a file without a row may be one whose transaction is still open.
WRITING = timedelta(hours=1)


class FileGone(Exception):
    """Destroyed, or lost with the disk; the row is older than the folder."""


def path_of(folder: str, stored: str) -> Path:
    return Path(default_storage.path(f"{folder}/{stored}"))


def put(data: bytes, *, folder: str, stored: str, about: UUID) -> str:
    """Write it sealed under a new key; the key, as the row keeps it."""
    key = new_key()
    with appearing(path_of(folder, stored)) as file:
        out = Sealer(file, key=key, about=about.bytes)
        out.write(data)
        out.finish()
    return key.hex()


def stream(row: RequestFile | IdentityDocument, *, folder: str) -> Iterator[bytes]:
    """In clear, in pieces. Raises FileGone at once, DamagedFile on the way."""
    try:
        file = path_of(folder, row.stored).open("rb")
    except FileNotFoundError as error:
        raise FileGone from error
    return _pieces(file, row)


def _pieces(file: IO[bytes], row: RequestFile | IdentityDocument) -> Iterator[bytes]:
    with file:
        yield from unsealed(file, key=bytes.fromhex(str(row.key)), about=row.pk.bytes)


def whole(row: RequestFile | IdentityDocument, *, folder: str) -> bytes:
    """All of it in clear. Raises FileGone, DamagedFile."""
    out = io.BytesIO()
    for piece in stream(row, folder=folder):
        out.write(piece)
    return out.getvalue()


def attached(person: DataSubject) -> Iterator[tuple[str, Iterator[bytes]]]:
    """What the person sent with their requests: (reference/number-name, its pieces).

    One that the disk has lost is left out; its row, with name and hash, is among the others.
    """
    rows = RequestFile.objects.filter(request__person=person).exclude(kind=RequestFile.Kind.MAIL)
    for number, row in enumerate(rows.select_related("request").order_by("pk"), 1):
        try:
            pieces = stream(row, folder=FILES)
        except FileGone:
            continue
        yield f"{row.request.reference}/{number}-{row.name}", pieces


def sweep(*, now: datetime) -> int:
    """Take away the files whose rows went; how many."""
    known = ((FILES, RequestFile.objects), (IDENTITY, IdentityDocument.objects))
    return sum(
        _sweep(folder, set(rows.values_list("stored", flat=True)), now=now)
        for folder, rows in known
    )


def _sweep(folder: str, known: set[str], *, now: datetime) -> int:
    place, gone = path_of(folder, "x").parent, 0
    if not place.is_dir():
        return 0
    for path in place.iterdir():
        written = datetime.fromtimestamp(path.stat().st_mtime, now.tzinfo)
        if path.name not in known and now - written > WRITING:
            path.unlink(missing_ok=True)
            gone += 1
    return gone
