"""Data that people take along: read a file of another site, or write the published schemas."""

import json
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction

from privacy.rights import portability, schemas, taken


class Command(BaseCommand):
    help = "Reads a portabilite.json into this site; writes the published schemas (docs/access.md)."

    def add_arguments(self, parser: CommandParser) -> None:
        acts = parser.add_subparsers(dest="act", required=True)
        reading = acts.add_parser("import", help="check the file; with --commit, make the person")
        reading.add_argument("file", type=Path)
        reading.add_argument("--commit", action="store_true", help="without it nothing is kept")
        acts.add_parser("schemas", help="write static/privacy/*.schema.json from the declarations")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["act"] == "schemas":
            self._write_schemas()
        else:
            self._import(options["file"], commit=options["commit"])

    def _import(self, file: Path, *, commit: bool) -> None:
        try:
            content = taken.read(file)
            with transaction.atomic():
                person, counts = taken.take(content)
                if not commit:
                    transaction.set_rollback(True)
        except taken.UnreadableFile as error:
            raise CommandError(str(error)) from error
        for label, count in counts.items():
            self.stdout.write(f"{label}: {count}")
        for label in sorted(content["data"].keys() - counts.keys()):
            self.stdout.write(f"{label}: {len(content['data'][label])} stay in the file")
        done = f"Made {person.reference}." if commit else "Nothing is kept: add --commit."
        self.stdout.write(done)

    def _write_schemas(self) -> None:
        folder = Path(settings.BASE_DIR, "static/privacy")
        for name, made in (("export", schemas.export()), ("portability", portability.schema())):
            text = json.dumps(made, indent=1, ensure_ascii=False)
            (folder / f"{name}-1.schema.json").write_text(text + "\n", "utf-8")
