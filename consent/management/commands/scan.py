"""Looks at pages in a real browser and fails on what the register does not declare."""

import json
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from consent import snapshots
from consent.scan import browse
from consent.scan.compare import Seen, problems


class Command(BaseCommand):
    help = "Visits pages undecided, refused, accepted and withdrawn; lists what they keep and call."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("urls", nargs="+", metavar="URL")
        parser.add_argument("--format", choices=["table", "json"], default="table")

    def handle(self, *args: Any, **options: Any) -> None:
        snapshot = snapshots.load()
        if snapshot is None:
            raise CommandError("Nothing is published (register load --publish).")
        pages = self._visit(options["urls"])
        found = [sentence for seen in pages for sentence in problems(snapshot.content, seen)]
        if options["format"] == "json":
            self._json(pages, found)
        else:
            self._table(pages)
        if found:
            raise CommandError("\n".join(found))
        if options["format"] == "table":
            self.stdout.write(f"{len(pages)} visits; everything seen is declared.")

    def _visit(self, urls: list[str]) -> list[Seen]:
        try:
            with browse.chromium() as browser:
                return [seen for url in urls for seen in browse.visit(browser, url)]
        except browse.NoBrowser as error:
            raise CommandError(str(error)) from error
        except browse.Error as error:
            raise CommandError(f"The browser could not visit: {error.message[:300]}") from error

    def _json(self, pages: list[Seen], found: list[str]) -> None:
        answer = {"visits": [asdict(seen) for seen in pages], "problems": found}
        self.stdout.write(json.dumps(answer, ensure_ascii=False, indent=2))

    def _table(self, pages: list[Seen]) -> None:
        for seen in pages:
            self.stdout.write(f"{seen.address}  {seen.state}")
            for cookie in seen.cookies:
                life = "session" if cookie.seconds is None else f"{cookie.seconds} s"
                self.stdout.write(f"  cookie   {cookie.name}  {cookie.domain}  {life}")
            for name in seen.storage:
                self.stdout.write(f"  storage  {name}")
            foreign = sorted({url.split("?")[0] for url in seen.requests if not _own(seen, url)})
            for url in foreign:
                self.stdout.write(f"  request  {url}")


def _own(seen: Seen, url: str) -> bool:
    return url.split("/")[2] == seen.address.split("/")[2]
