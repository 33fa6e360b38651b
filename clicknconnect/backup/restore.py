"""A restore: verified first, then all of it or nothing; what was there goes last."""

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.core.management import call_command, get_commands
from django.core.management.base import CommandError
from django.db import connections, transaction
from django.db.migrations.loader import MigrationLoader

from clicknconnect import VERSION, grants
from clicknconnect.backup import BackupError, programs
from clicknconnect.backup.archive import DATABASE, FILES, Reader, opened
from clicknconnect.backup.create import files_folder, found_files, row_counts

# Where the tables that are replaced wait until the restore has succeeded.
ASIDE = "before_restore"
Say = Callable[[str], None]


def restore(*, file: Path, replace: bool, commit: bool, say: Say) -> None:
    """Restore the backup in `file`; `say` gets a sentence for each thing done.

    What is there is replaced only with `replace`, and lost only with `commit` too.
    """
    with opened(file) as backup:
        backup.verify()
        require_fitting(backup)
        require_site_stopped()
        with connections["owner"].cursor() as cursor:
            if put_back(cursor):
                say("An earlier restore did not finish: what was there before it is back.")
        there = what_is_there()
        if there and not replace:
            raise BackupError(
                f"The database or the folder of files is not empty: {there}. Restore into an empty "
                f"one, or add --replace to lose what is there."
            )
        if there and not commit:
            say(f"Would be lost: {there}.")
            say(f"Would be restored: {summary(backup)}. Nothing was done: add --commit to do it.")
            return
        with replaced():
            programs.restore(
                source=backup.chunks(DATABASE),
                listed=backup.chunks(DATABASE),
                major=backup.manifest.postgresql,
            )
            if row_counts() != backup.manifest.rows:
                raise BackupError("The restored tables have not as many rows as the backup names.")
            for sentence in grants.apply():
                say(sentence)
            replace_files(backup)
        say(f"Restored {summary(backup)}.")
        say_what_is_left(backup, say)
    replay_erasures(say)


def summary(backup: Reader) -> str:
    manifest = backup.manifest
    return (
        f"{sum(manifest.rows.values())} rows in {len(manifest.rows)} tables and "
        f"{len(backup.files())} files of {manifest.created_at}"
    )


def require_fitting(backup: Reader) -> None:
    """Raise when this release or this server is older than the backup."""
    known = {f"{app}.{name}" for app, name in MigrationLoader(None).disk_migrations}
    unknown = sorted(set(backup.manifest.migrations) - known)
    if unknown:
        raise BackupError(
            f"The backup is of a newer release ({backup.manifest.version}): this one lacks "
            f"{unknown[0]} and {len(unknown) - 1} more migrations. Install that release first."
        )
    major = programs.server_major()
    if major < backup.manifest.postgresql:
        raise BackupError(
            f"The backup is of PostgreSQL {backup.manifest.postgresql}, and the server is "
            f"{major}: restore into the same version or a newer one."
        )


def require_site_stopped() -> None:
    role, _ = grants.application_role()
    with connections["owner"].cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity"
            " WHERE datname = current_database() AND usename = %s",
            [role],
        )
        if cursor.fetchone()[0]:
            raise BackupError("The site is connected to the database: stop web and worker first.")


def what_is_there() -> str:
    """What the restore would meet, in words; empty for nothing."""
    counts, files = row_counts(), found_files(files_folder())
    found = []
    if counts:
        found.append(f"{sum(counts.values())} rows in {len(counts)} tables")
    if files:
        found.append(f"{len(files)} files")
    return " and ".join(found)


# --- All or nothing -----------------------------------------------------------------------------

# While the schema ASIDE exists, a restore is not finished: tables and files of before come back.


@contextmanager
def replaced() -> Iterator[None]:
    """An empty schema `public`; what was before comes back unless all goes well."""
    connection = connections["owner"]
    shutil.rmtree(folders()["old"], ignore_errors=True)
    with transaction.atomic(using="owner"), connection.cursor() as cursor:
        cursor.execute(f"ALTER SCHEMA public RENAME TO {ASIDE}; CREATE SCHEMA public")
    try:
        yield
    except BaseException:
        with connection.cursor() as cursor:
            put_back(cursor)
        raise
    with connection.cursor() as cursor:
        cursor.execute(f"DROP SCHEMA {ASIDE} CASCADE")
    shutil.rmtree(folders()["old"], ignore_errors=True)


def put_back(cursor: Any) -> bool:
    """Undo a restore that did not finish; whether there was one."""
    cursor.execute("SELECT to_regnamespace(%s) IS NOT NULL", [ASIDE])
    if not cursor.fetchone()[0]:
        return False
    at = folders()
    if at["old"].exists():
        shutil.rmtree(at["here"], ignore_errors=True)
        at["old"].rename(at["here"])
    with transaction.atomic(using="owner"):
        cursor.execute(
            f"DROP SCHEMA IF EXISTS public CASCADE; ALTER SCHEMA {ASIDE} RENAME TO public"
        )
    return True


def folders() -> dict[str, Path]:
    """Where the files are, where those of the backup are made ready, where those of before wait."""
    here = files_folder()
    return {
        "here": here,
        "new": here.with_name(f"{here.name}.new"),
        "old": here.with_name(f"{here.name}.old"),
    }


def replace_files(backup: Reader) -> None:
    at = folders()
    shutil.rmtree(at["new"], ignore_errors=True)
    for folder in (at["new"], at["here"]):
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    for name in backup.files():
        path = at["new"] / name
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            for chunk in backup.chunks(f"{FILES}{name}"):
                file.write(chunk)
    at["here"].rename(at["old"])
    at["new"].rename(at["here"])


# --- Afterwards ---------------------------------------------------------------------------------


def say_what_is_left(backup: Reader, say: Say) -> None:
    loader = MigrationLoader(connections["owner"])
    if set(loader.disk_migrations) - set(loader.applied_migrations):
        say("The backup is of an older release: run `manage.py migrate` before the site starts.")
    if backup.manifest.version != VERSION:
        say(f"It was made by release {backup.manifest.version}; this one is {VERSION}.")


def replay_erasures(say: Say) -> None:
    """What was erased since the backup is erased again, where the site keeps a journal of it."""
    if "erasures" not in get_commands():
        say(
            "This release keeps no journal of erasures: what was erased by hand since the backup "
            "is back, and must be erased again."
        )
        return
    try:
        call_command("erasures", "replay", "--commit")
    except CommandError as error:
        raise BackupError(
            f"All is restored, but the erasures since the backup were not replayed: {error} "
            f"Do not start the site before `manage.py erasures replay --commit` has succeeded."
        ) from error
