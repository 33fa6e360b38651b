from typing import Any

from django.core.management.base import CommandParser
from django.core.management.commands.migrate import Command as DjangoMigrate

from clicknconnect import grants


class Command(DjangoMigrate):
    help = (
        "Migrates as the owner (DATABASE_OWNER_URL), then makes the application's role and grants."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.set_defaults(database="owner")

    def handle(self, *args: Any, **options: Any) -> None:
        super().handle(*args, **options)
        if options["plan"] or options["check_unapplied"] or options["database"] != "owner":
            return
        for sentence in grants.apply():
            self.stdout.write(sentence)
