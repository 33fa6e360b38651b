"""The timeline of a request as a file, and the check of such a file (docs/letters.md)."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from privacy.models import RightsRequest
from privacy.requests import dossier


class Command(BaseCommand):
    help = "Writes the timeline of a request as JSON, or checks such a file."

    def add_arguments(self, parser: CommandParser) -> None:
        acts = parser.add_subparsers(dest="act", required=True)
        acts.add_parser("export", help="to the standard output").add_argument("reference")
        acts.add_parser("verify", help="0: every step follows").add_argument("file", type=Path)

    def handle(self, *args: Any, **options: Any) -> None:
        if options["act"] == "verify":
            self._verify(options["file"])
            return
        found = RightsRequest.objects.filter(reference=options["reference"]).first()
        if found is None:
            raise CommandError("No request has this reference.")
        content = dossier.whole(found, now=datetime.now(UTC))
        self.stdout.write(json.dumps(content, ensure_ascii=False, indent=1))

    def _verify(self, file: Path) -> None:
        try:
            content = json.loads(file.read_text("utf-8"))
            found = dossier.problems(content)
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise CommandError(f"{file} is no timeline of a request.") from error
        if found:
            raise CommandError("\n".join(found))
        self.stdout.write(f"{content['reference']}: {len(content['steps'])} steps, all whole.")
