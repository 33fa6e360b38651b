from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.core.management.commands.migrate import Command as DjangoMigrate
from django.db import OperationalError, connections
from psycopg import errors

from clicknconnect import grants

# Whoever waits for a table's lock makes every visitor wait behind them.
LOCK_TIMEOUT = "5s"


class Command(DjangoMigrate):
    help = (
        "Migrates as the owner (DATABASE_OWNER_URL), then makes the application's role and grants."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.set_defaults(database="owner")

    def handle(self, *args: Any, **options: Any) -> None:
        with connections[options["database"]].cursor() as cursor:
            cursor.execute("SELECT set_config('lock_timeout', %s, false)", [LOCK_TIMEOUT])
        try:
            self._migrate(*args, **options)
        except OperationalError as error:
            if not isinstance(error.__cause__, errors.LockNotAvailable):
                raise
            raise CommandError(
                f"A table was in use for {LOCK_TIMEOUT}, and the migration gave up so that "
                f"visitors do not wait behind it. What was not finished is undone: run it again."
            ) from error
        with connections[options["database"]].cursor() as cursor:
            cursor.execute("RESET lock_timeout")

    def _migrate(self, *args: Any, **options: Any) -> None:
        super().handle(*args, **options)
        if options["plan"] or options["check_unapplied"] or options["database"] != "owner":
            return
        for sentence in grants.apply():
            self.stdout.write(sentence)
