"""The journal of erasures: verified, and replayed after a restore (docs/erasure.md)."""

from argparse import ArgumentParser
from datetime import UTC, datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError

from privacy.journal import replay
from privacy.journal.entries import JournalError
from privacy.plans.again import replay_all


class Command(BaseCommand):
    help = "Verifies the journal of erasures, or erases again what a restored backup brought back."

    def add_arguments(self, parser: ArgumentParser) -> None:
        acts = parser.add_subparsers(dest="act", required=True)
        acts.add_parser("verify", help="the journal is whole and reaches as far as the database")
        replaying = acts.add_parser("replay", help="erase again what the journal has and is back")
        replaying.add_argument("--commit", action="store_true", help="do it, not only say it")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            if options["act"] == "verify":
                self._verify()
            else:
                self._replay(commit=options["commit"])
        except JournalError as error:
            raise CommandError(str(error)) from error
        except DatabaseError as error:
            raise CommandError(
                f"The database said: {error} If the backup is of an older release, run "
                "`manage.py migrate`, then `manage.py erasures replay --commit`."
            ) from error

    def _verify(self) -> None:
        count, problems = replay.verify()
        if problems:
            raise CommandError(" ".join(problems))
        self.stdout.write(f"The journal of erasures is whole: {count} entries.")

    def _replay(self, *, commit: bool) -> None:
        found = replay_all(now=datetime.now(UTC), commit=commit)
        self.stdout.write(
            f"{'Erased again' if commit else 'Would be erased again'}: {found['resurrected']}. "
            f"Somebody else with the same key, left alone: {found['wrong']}. "
            f"Not in this database: {found['missing']}."
        )
        if found["kept"]:
            self.stdout.write(
                f"{found['kept']} of them are under a legal hold or a restriction in this backup "
                "and were kept: lift it where it was lifted since, and erase them by hand."
            )
        if not commit:
            self.stdout.write("Nothing was done: add --commit to do it.")
