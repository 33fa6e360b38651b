"""A backup: one moment of the database, the files of that moment, one file that appears whole."""

import contextlib
import os
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connections, transaction
from django.db.migrations.recorder import MigrationRecorder
from psycopg import sql

from clicknconnect import VERSION
from clicknconnect.backup import BackupError, programs
from clicknconnect.backup.archive import DATABASE, FILES, Manifest, Writer, read_chunks

# A partition's rows are counted with its parent.
TABLES = """
SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = 'public' AND c.relkind IN ('r', 'p') AND NOT c.relispartition ORDER BY 1
"""


@dataclass
class Made:
    """What a backup came to; `bytes` is the size of its file."""

    rows: int
    tables: int
    files: int
    bytes: int
    vanished: list[str]


# Documents that prove who asks are destroyed with their key; a copy would outlive both (DR-05).
NEVER_COPIED = frozenset({"identity"})


def files_folder() -> Path:
    storages: dict[str, Any] = settings.STORAGES
    return Path(storages["default"]["OPTIONS"]["location"])


def create(*, file: Path, now: datetime) -> Made:
    """Write a backup to `file`, mode 0600, which must not exist yet.

    Takes no lock that the site would feel. Needs room for the file beside itself only.
    """
    if file.exists():
        raise BackupError(f"{file} exists already: choose another name.")
    unfinished = file.with_name(f".{file.name}.{uuid.uuid4().hex[:8]}")
    try:
        descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError as error:
        raise BackupError(f"{file} cannot be written: {error.strerror}.") from error
    try:
        with os.fdopen(descriptor, "wb") as stream:
            made = _write(stream, now)
            stream.flush()
            os.fsync(stream.fileno())
            made.bytes = stream.tell()
        os.replace(unfinished, file)
    except BaseException:
        unfinished.unlink(missing_ok=True)
        raise
    _sync_folder(file.parent)
    return made


def _write(stream: Any, now: datetime) -> Made:
    vanished: list[str] = []
    major = programs.server_major()
    with contextlib.closing(Writer(stream)) as writer, snapshot() as name:
        rows = row_counts()
        migrations = sorted(
            f"{app}.{migration}"
            for app, migration in MigrationRecorder(connections["owner"]).applied_migrations()
        )
        # The files first: what the snapshot names was there a moment ago.
        for path, relative in found_files(files_folder()):
            with contextlib.ExitStack() as stack:
                try:
                    source = stack.enter_context(path.open("rb"))
                except FileNotFoundError:  # deleted since, as it should be
                    vanished.append(relative)
                    continue
                writer.add(f"{FILES}{relative}", read_chunks(source.read))
        writer.add(DATABASE, programs.dump(name, major))
        manifest = Manifest(
            created_at=now.isoformat(timespec="seconds"),
            version=VERSION,
            postgresql=major,
            migrations=migrations,
            rows=rows,
        )
        writer.finish(manifest)
    return Made(sum(rows.values()), len(rows), len(writer.members) - 1, 0, vanished)


@contextlib.contextmanager
def snapshot() -> Iterator[str]:
    """One moment of the database, for this connection and, by its name, for pg_dump."""
    with transaction.atomic(using="owner"), connections["owner"].cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        cursor.execute("SELECT pg_export_snapshot()")
        yield cursor.fetchone()[0]


def row_counts() -> dict[str, int]:
    """Rows by table of the schema `public`."""
    counts = {}
    with connections["owner"].cursor() as cursor:
        cursor.execute(TABLES)
        for (table,) in cursor.fetchall():
            cursor.execute(sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(table)))
            counts[table] = cursor.fetchone()[0]
    return counts


def found_files(folder: Path) -> list[tuple[Path, str]]:
    """(path, path below `folder`) of every file, in order; no links, which may lead elsewhere."""
    return [
        (path, path.relative_to(folder).as_posix())
        for path in sorted(folder.rglob("*"))
        if path.is_file()
        and not path.is_symlink()
        and path.relative_to(folder).parts[0] not in NEVER_COPIED
    ]


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
