"""The record of processing activities (GDPR art. 30), as a file."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from consent.enums import LANGUAGES
from privacy import register
from privacy.processing import ropa


class Command(BaseCommand):
    help = "Exports the record of processing activities from the version in force."

    def add_arguments(self, parser: CommandParser) -> None:
        acts = parser.add_subparsers(dest="act", required=True)
        export = acts.add_parser("export", help="the record, to standard output")
        export.add_argument("--format", choices=("csv", "json", "html"), required=True)
        export.add_argument("--language", choices=LANGUAGES, default="fr")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            found = ropa.record(language=options["language"])
        except register.NotPublished as error:
            raise CommandError(str(error)) from error
        self.stdout.write(ropa.written(found, options["format"]), ending="")
