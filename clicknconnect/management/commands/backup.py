"""Backup and restore of database and files, as one file (docs/deploy.md)."""

from argparse import ArgumentParser
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError

from clicknconnect.backup import BackupError
from clicknconnect.backup.create import create
from clicknconnect.backup.restore import restore


class Command(BaseCommand):
    help = "Backs up database and files into one file, or restores them, as the database's owner."
    # A restore meets an empty database.
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        acts = parser.add_subparsers(dest="act", required=True)
        making = acts.add_parser("create", help="write a backup; the site may run")
        making.add_argument("file", type=Path)
        restoring = acts.add_parser("restore", help="restore a backup; the site must be stopped")
        restoring.add_argument("file", type=Path)
        restoring.add_argument(
            "--replace", action="store_true", help="into a database that is not empty"
        )
        restoring.add_argument(
            "--commit", action="store_true", help="with --replace: lose what is there"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            getattr(self, f"_{options['act']}")(**options)
        except BackupError as error:
            raise CommandError(str(error)) from error
        except DatabaseError as error:
            raise CommandError(f"The database said: {error}") from error

    def _create(self, *, file: Path, **options: Any) -> None:
        made = create(file=file.absolute(), now=datetime.now(UTC))
        self.stdout.write(
            f"Wrote {file}: {made.rows} rows in {made.tables} tables and {made.files} files, "
            f"{made.bytes} bytes."
        )
        for name in made.vanished:
            self.stdout.write(f"Deleted meanwhile, so not in it: {name}.")

    def _restore(self, *, file: Path, replace: bool, commit: bool, **options: Any) -> None:
        restore(file=file.absolute(), replace=replace, commit=commit, say=self.stdout.write)
