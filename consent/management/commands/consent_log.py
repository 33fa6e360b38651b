"""The sealed log: seal what is not yet, verify all of it, say how it stands."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from consent.log import sealing, stats
from consent.log.jobs import ClocksDisagree, agreed_now
from consent.log.verification import run


def moment(text: str) -> datetime:
    """An --as-of with its offset."""
    found = datetime.fromisoformat(text)
    if found.tzinfo is None:
        raise ValueError("an offset is missing")
    return found


class Command(BaseCommand):
    help = "Seals the consent log, verifies it, says how it stands (docs/proof.md)."

    def add_arguments(self, parser: CommandParser) -> None:
        acts = parser.add_subparsers(dest="act", required=True)
        seal = acts.add_parser("seal", help="every record that is in no seal yet, of any month")
        seal.add_argument("--as-of", type=moment, default=None, metavar="2026-11-22T09:00+01:00")
        verify = acts.add_parser("verify", help="names the first thing that is not as sealed")
        verify.add_argument("--anchor", type=Path, help="a seal that was kept elsewhere")
        verify.add_argument("--keys", type=Path, help="a saved /.well-known/consent-log.json")
        acts.add_parser("stats", help="seals, records, keys, what is unsealed, what left")

    def handle(self, *args: Any, **options: Any) -> None:
        getattr(self, f"_{options['act']}")(**options)

    def _seal(self, *, as_of: datetime | None, **options: Any) -> None:
        try:
            now = agreed_now()
            if as_of is not None and as_of > now:
                raise CommandError("Nothing is sealed as of a time to come.")
            done = sealing.seal(now=as_of or now, everything=True, wait=True)
        except (ClocksDisagree, sealing.SealingRefused) as error:
            raise CommandError(str(error)) from error
        self.stdout.write(
            f"Sealed {done.records} records in {done.seals} seals."
            if done.seals
            else "Every record is sealed."
        )

    def _verify(self, *, anchor: Path | None, keys: Path | None, **options: Any) -> None:
        try:
            outcome = run.verify(
                now=datetime.now(UTC),
                anchor=run.read_anchor(anchor) if anchor else None,
                trusted=run.read_keys(keys) if keys else None,
            )
        except run.Unreadable as error:
            raise CommandError(str(error), returncode=2) from error
        if not outcome.ok:
            raise CommandError(outcome.problem)
        self.stdout.write(
            f"The log is as it was sealed: {outcome.seals} seals, {outcome.records} records, in "
            f"{outcome.seconds:.1f} s."
            + ("" if anchor else " Without an anchor this does not show a lost end.")
        )

    def _stats(self, **options: Any) -> None:
        for line in stats.lines(now=datetime.now(UTC)):
            self.stdout.write(line)
