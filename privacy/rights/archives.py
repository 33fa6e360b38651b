"""Copies of a person's data: asked for, built by the worker, fetched a few times, destroyed.

The file lies under a random name in the storage's folder `archives/`, which no server serves. It
appears whole by a rename; only then does the row get the key, so that a worker that is killed
leaves nothing to fetch and its job begins again.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import IO, cast

from django.core.files.storage import default_storage
from django.db import IntegrityError, connection, transaction
from django.db.models import F, Q

from privacy.models import DataSubject
from privacy.models.archive import MOST_DOWNLOADS, Archive
from privacy.rights import access, portability, review
from privacy.rights.sealed import Sealer, new_key, unsealed
from privacy.rights.whole import appearing

FOLDER = "archives"
LIFE = timedelta(days=7)
# How long a file without a row may be one that is being written.
WRITING = timedelta(days=1)


class AlreadyAsked(Exception):
    """One of this kind is being prepared for the person."""


class ArchiveGone(Exception):
    """Fetched often enough, expired, or not ready."""


def ask(*, person: DataSubject, kind: str, language: str, now: datetime) -> Archive:
    """Have a copy built; the job is part of the transaction. Raises AlreadyAsked."""
    from privacy.rights.jobs import build_archive

    try:
        with transaction.atomic():
            archive = Archive.objects.create(
                person=person, kind=kind, language=language, created_at=now
            )
            build_archive.configure(lock=f"archive:{archive.pk}").defer(archive=str(archive.pk))
    except IntegrityError as error:
        if "privacy_archive_one_at_a_time" not in str(error):
            raise
        raise AlreadyAsked from error
    return archive


def build(
    archive: Archive, *, now: datetime, ready: Callable[[Archive], None] = lambda _archive: None
) -> None:
    """Build what was asked for, again from its beginning after a kill. Nothing when it is done.

    `ready` is called in the transaction that makes it ready. In a person's own copy, texts that may
    be about others are held back: nobody of the staff has looked at them. In the copy for a request
    they are as two people decided; raises NotLookedAt when one came or changed since.
    """
    begun = Archive.objects.filter(
        pk=archive.pk, state__in=[Archive.State.WAITING, Archive.State.BUILDING]
    ).update(state=Archive.State.BUILDING, percent=0)
    if not begun:
        return
    key = new_key()
    try:
        with appearing(_path(archive.name)) as file, _progress(archive) as progress:
            out = Sealer(file, key=key, about=archive.pk.bytes)
            _write(archive, cast(IO[bytes], out), now=now, progress=progress)
            out.finish()
    except review.NotLookedAt:
        Archive.objects.filter(pk=archive.pk, state=Archive.State.BUILDING).update(
            state=Archive.State.REVIEW, released_by=None, released_at=None, percent=0
        )
        raise
    except Exception:
        Archive.objects.filter(pk=archive.pk, state=Archive.State.BUILDING).update(
            state=Archive.State.FAILED
        )
        raise
    with transaction.atomic():
        done = Archive.objects.filter(pk=archive.pk, state=Archive.State.BUILDING).update(
            state=Archive.State.READY, key=key.hex(), ready_at=now, expires_at=now + LIFE,
            percent=100, size=_path(archive.name).stat().st_size,
        )  # fmt: skip
        if done:
            ready(archive)


def _write(
    archive: Archive, out: IO[bytes], *, now: datetime, progress: Callable[[int, int], None]
) -> None:
    if archive.kind == Archive.Kind.PORTABILITY:
        portability.build(archive.person, out=out, language=archive.language, now=now)
        return
    if archive.request_id is not None:
        with access.one_moment():
            access.build(
                archive.person, out=out, language=archive.language, now=now,
                redactions=review.redactions(archive), reviewed=True, progress=progress,
            )  # fmt: skip
        return
    access.build(
        archive.person, out=out, language=archive.language, now=now, hold_back=True,
        progress=progress,
    )  # fmt: skip


def _path(name: str) -> Path:
    return Path(default_storage.path(f"{FOLDER}/{name}"))


@contextmanager
def _progress(archive: Archive) -> Iterator[Callable[[int, int], None]]:
    """Written by a connection of its own: the reading one sees one moment and writes nothing."""
    own = connection.copy()
    told = 0

    def tell(done: int, total: int) -> None:
        nonlocal told
        percent = min(99, done * 100 // max(total, 1))
        if percent >= told + 5:
            told = percent
            with own.cursor() as cursor:
                cursor.execute(
                    "UPDATE privacy_archive SET percent = %s WHERE id = %s AND state = 'building'",
                    [percent, archive.pk],
                )

    try:
        yield tell
    finally:
        own.close()


def take(archive: Archive, *, now: datetime) -> Archive:
    """Count one download. Raises ArchiveGone."""
    taken = Archive.objects.filter(
        pk=archive.pk, state=Archive.State.READY, expires_at__gt=now, downloads__lt=MOST_DOWNLOADS
    ).update(downloads=F("downloads") + 1)
    if not taken:
        raise ArchiveGone
    return Archive.objects.get(pk=archive.pk)


def is_open(archive: Archive, now: datetime) -> bool:
    """Whether `take` would give it."""
    return (
        archive.state == Archive.State.READY
        and archive.downloads < MOST_DOWNLOADS
        and archive.expires_at is not None
        and archive.expires_at > now
    )


def open_stream(archive: Archive) -> Iterator[bytes]:
    """The ZIP in clear, in pieces of 64 KiB. Raises ArchiveGone, and DamagedFile on the way."""
    if archive.state != Archive.State.READY:
        raise ArchiveGone
    try:
        file = _path(archive.name).open("rb")
    except FileNotFoundError as error:
        raise ArchiveGone from error
    return _closing(file, archive)


def _closing(file: IO[bytes], archive: Archive) -> Iterator[bytes]:
    assert archive.key is not None
    with file:
        yield from unsealed(file, key=bytes.fromhex(archive.key), about=archive.pk.bytes)


def expire(*, now: datetime) -> int:
    """Destroy the keys and files of what is over, and files that no row knows; how many rows.

    The key goes first: a file that outlives it for a moment opens no more.
    """
    over = Archive.objects.filter(
        Q(expires_at__lte=now) | Q(downloads__gte=MOST_DOWNLOADS), state=Archive.State.READY
    )
    count = over.update(state=Archive.State.GONE, key=None)
    _sweep(now=now)
    return count


def _sweep(*, now: datetime) -> None:
    """Also the files of people who were erased: their rows went, the keys with them."""
    folder = _path("x").parent
    if not folder.is_dir():
        return
    ready = Archive.objects.filter(state=Archive.State.READY)
    for path in folder.iterdir():
        written = datetime.fromtimestamp(path.stat().st_mtime, now.tzinfo)
        known = Archive.objects.filter(name=path.stem).exclude(state=Archive.State.BUILDING)
        if ready.filter(name=path.name).exists():
            continue
        if known.exists() or now - written > WRITING:
            path.unlink(missing_ok=True)
