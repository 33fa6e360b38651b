"""Mail to the privacy inbox, from files or by IMAP."""

from argparse import ArgumentParser
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from privacy.requests import imap, inbox


class Command(BaseCommand):
    help = "Makes requests of mails; the same mail again changes nothing."

    def add_arguments(self, parser: ArgumentParser) -> None:
        acts = parser.add_subparsers(dest="act", required=True)
        some = acts.add_parser("import", help="take .eml files, or every one in a folder")
        some.add_argument("paths", nargs="+", type=Path, metavar="FILE.eml|DIR")
        acts.add_parser("fetch", help="take what is new in the inbox of IMAP_URL")

    def handle(self, *args: Any, **options: Any) -> None:
        now = datetime.now(UTC)
        counts: Counter[str] = Counter()
        if options["act"] == "fetch":
            if not settings.IMAP_URL:
                raise CommandError("IMAP_URL is not set: there is no inbox to look at.")
            try:
                counts.update(imap.run(settings.IMAP_URL, now=now))
            except imap.InboxAway as error:
                raise CommandError(f"The inbox cannot be read ({error}).") from error
        else:
            for path in _files(options["paths"]):
                counts[inbox.take(_bytes(path), arrived=None, now=now).outcome] += 1
        self.stdout.write(
            "{request} to sort, {heard} answers, {bounced} bounced, {automatic} automatic ones "
            "ignored, {repeated} known already.".format_map(Counter(counts))
        )


def _files(paths: list[Path]) -> Iterator[Path]:
    for path in paths:
        if path.is_dir():
            yield from sorted(path.glob("*.eml"))
        else:
            yield path


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise CommandError(f"{path} cannot be read: {error.strerror}.") from error
