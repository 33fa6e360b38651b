"""The clock of requests, by hand; the worker runs it every quarter of an hour."""

from argparse import ArgumentParser
from datetime import UTC, datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from consent.periods import BRUSSELS
from privacy.requests import clock


class Command(BaseCommand):
    help = "Reminds staff, sorts what nobody confirmed, and flags what went without a follow-up."

    def add_arguments(self, parser: ArgumentParser) -> None:
        acts = parser.add_subparsers(dest="act", required=True)
        run = acts.add_parser("run", help="do what is due; nothing is ever closed by it")
        run.add_argument(
            "--as-of", metavar="2026-11-22T09:00+01:00", help="the moment; now if left out"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        done = clock.run(now=_moment(options["as_of"]))
        self.stdout.write(
            f"{done.sorted} to sort, {done.alerted} reminded, {done.flagged} deemed refused by the "
            f"policy's words (they stay open), {done.destroyed} identity documents "
            f"destroyed, {done.left} mails that were no request gone."
        )


def _moment(text: str | None) -> datetime:
    if not text:
        return datetime.now(UTC)
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise CommandError(
            f'--as-of "{text}" is no moment: write it like 2026-11-22T09:00+01:00.'
        ) from error
    return moment if moment.tzinfo else moment.replace(tzinfo=BRUSSELS)
