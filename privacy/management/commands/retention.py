"""What may no longer be kept: shown, and, when asked for, erased (docs/retention.md)."""

import json
from argparse import ArgumentParser
from datetime import UTC, date, datetime
from itertools import islice
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from consent.periods import local_day
from privacy.retention import due, preview
from privacy.retention.rules import NoRules, Rule, published

SHOWN = 20


def day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise CommandError(f'"{text}" is no day: write it as 2026-11-24.') from error


class Command(BaseCommand):
    help = "Shows what falls due today, in 30 and in 90 days, and erases what is due."

    def add_arguments(self, parser: ArgumentParser) -> None:
        acts = parser.add_subparsers(dest="act", required=True)
        showing = acts.add_parser("preview", help="what falls due, and why; changes nothing")
        showing.add_argument("--format", choices=("text", "json"), default="text")
        showing.add_argument("--as-of", help="as if today were this day (2026-11-24)")
        running = acts.add_parser("run", help="erase what is due; without --commit only show it")
        running.add_argument("--commit", action="store_true", help="erase")
        running.add_argument("--as-of", help="what was due on this day, not after today")

    def handle(self, *args: Any, **options: Any) -> None:
        now = datetime.now(UTC)
        today = local_day(now)
        as_of = day(options["as_of"]) if options["as_of"] else today
        try:
            rules = published()
            if options["act"] == "run" and options["commit"]:
                self._run(as_of, today, now)
                return
            moment = preview.moment_of(as_of, now=now)
            if options.get("format") == "json":
                self._json(rules, moment)
            else:
                self._text(rules, moment)
                if options["act"] == "run":
                    self.stdout.write("\nNothing was erased: add --commit to erase it.")
        except NoRules as error:
            raise CommandError(str(error)) from error

    def _run(self, as_of: date, today: date, now: datetime) -> None:
        from consent.log.jobs import ClocksDisagree, agreed_now
        from privacy.retention.run import run

        if as_of > today:
            raise CommandError(
                f"{as_of.isoformat()} is yet to come: what is due only then must be kept today."
            )
        try:
            agreed_now()
        except ClocksDisagree as error:
            raise CommandError(str(error)) from error
        done = run(now=preview.moment_of(as_of, now=now), clock=now)
        for rule, counts in done.erased.items():
            what = ", ".join(f"{label} {count}" for label, count in sorted(counts.items()))
            self.stdout.write(f"{rule}: {what or 'nothing was due'}")
        self.stdout.write(
            f"accounting documents that wait for a person's approval: {done.proposed}"
        )
        for refused in done.refused:
            self.stderr.write(f"Batch {refused} was approved, but has changed since: look again.")

    def _text(self, rules: dict[str, Rule], now: datetime) -> None:
        today = local_day(now)
        for section in preview.sections(rules=rules, now=now):
            rule = section.rule
            approval = ", after a person's approval" if rule.needs_approval else ""
            self.stdout.write(
                f"{rule.key}: {rule.amount} {rule.unit} after {rule.trigger}{approval}"
            )
            for ahead, by, counts in section.horizons:
                when = "today" if ahead == 0 else f"in {ahead} days"
                what = ", ".join(f"{label} {count}" for label, count in sorted(counts.items()))
                self.stdout.write(f"  {when} ({by.isoformat()}): {what}")
            found = preview.records(rule.key, rules=rules, now=now)
            for item in islice(found, SHOWN):
                self.stdout.write(f"  {self._line(item, today)}")
            if section.count(preview.HORIZONS[-1]) > SHOWN:
                self.stdout.write("  … (--format json lists every record)")
        findings = preview.findings()
        self.stdout.write(f"without any date that starts a clock: {findings.count()} people")
        for reference in findings.values_list("reference", flat=True)[:SHOWN]:
            self.stdout.write(f"  {reference}")

    def _line(self, item: due.Item, today: date) -> str:
        return (
            f"{item.reference}: from {item.due_on.isoformat()}, {item.reason} of "
            f"{item.since.isoformat()}"
        )

    def _json(self, rules: dict[str, Rule], now: datetime) -> None:
        """One document, written as it is read: a million records take no memory."""
        today = local_day(now)
        write = self.stdout.write
        write(f'{{"as_of": "{today.isoformat()}", "rules": [')
        for number, section in enumerate(preview.sections(rules=rules, now=now)):
            rule = section.rule
            head = {
                "rule": rule.key,
                "amount": rule.amount,
                "unit": rule.unit,
                "trigger": rule.trigger,
                "needs_approval": rule.needs_approval,
                "due": [
                    {"days": ahead, "on": by.isoformat(), "counts": counts}
                    for ahead, by, counts in section.horizons
                ],
            }
            write(f'{", " if number else ""}{json.dumps(head)[:-1]}, "records": [')
            comma = ""
            for item in preview.records(rule.key, rules=rules, now=now):
                write(f"{comma}{json.dumps(preview.as_data(item, today))}")
                comma = ", "
            write("]}")
        write('], "without_anchor": [')
        comma = ""
        for reference in preview.findings().values_list("reference", flat=True).iterator():
            write(f'{comma}"{reference}"')
            comma = ", "
        write("]}")
