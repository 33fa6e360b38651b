"""The register as one YAML file, into and out of the database."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from consent import presets
from consent.models import Publication
from consent.publishing import RegisterDisagrees, digest, publish
from consent.register import rows
from consent.register.check import disagreements
from consent.register.effective import apply_preset
from consent.register.file import MalformedRegister, Register, dump, read


class Command(BaseCommand):
    help = "Loads, dumps or checks the register: cookies, services, purposes, policy text."

    def add_arguments(self, parser: CommandParser) -> None:
        acts = parser.add_subparsers(dest="act", required=True)
        load = acts.add_parser("load", help="the file into the database; idempotent")
        load.add_argument("file", nargs="?", type=Path, default=settings.REGISTER_FILE)
        load.add_argument("--publish", action="store_true", help="and publish a version of it")
        load.add_argument(
            "--if-empty",
            action="store_true",
            help="only where nothing was published; else only follow a changed POLICY_PRESET,"
            " where staff never chose a preset themselves",
        )
        acts.add_parser("dump", help="the database as the same file, byte for byte")
        acts.add_parser("publish", help="publish the rows as they are")
        check = acts.add_parser("check", help="register, policy page, code and cookies agree")
        check.add_argument("file", nargs="?", type=Path, default=settings.REGISTER_FILE)

    def handle(self, *args: Any, **options: Any) -> None:
        getattr(self, f"_{options['act']}")(**options)

    def _read(self, file: Path) -> Register:
        try:
            return read(file)
        except OSError as error:
            raise CommandError(f"{file} cannot be read: {error.strerror}.") from error
        except MalformedRegister as error:
            raise CommandError(f"{file}: {error}") from error

    def _load(self, *, file: Path, publish: bool, if_empty: bool, **options: Any) -> None:
        last = Publication.objects.order_by("-number").first()
        if if_empty and last is not None:
            if new := rows.load_new_sections(self._read(file), last.source):
                self.stdout.write(f"New in the draft, to be published: {', '.join(new)}.")
            if last.preset != presets.chosen():
                self._published(last.source)
            else:
                self.stdout.write(f"Version {last.number} is published; nothing to load.")
            return
        register = self._read(file)
        if publish and (problems := disagreements(register)):
            raise CommandError("Not loaded: " + " ".join(problems))
        rows.load(register)
        self.stdout.write(
            f"Loaded {len(register['cookies'])} cookies, {len(register['services'])} services and "
            f"{len(register['policy'])} blocks of the policy."
        )
        if publish:
            self._published(None)

    def _dump(self, **options: Any) -> None:
        self.stdout.write(dump(rows.dumped()), ending="")

    def _publish(self, **options: Any) -> None:
        self._published(None)

    def _published(self, source: Register | None) -> None:
        try:
            publication = publish(now=datetime.now(UTC), preset=presets.chosen(), source=source)
        except RegisterDisagrees as error:
            raise CommandError(f"Not published: {error}") from error
        self.stdout.write(
            f"Published version {publication.number}, notice {publication.notice_id}."
            if publication
            else "Nothing changed since the last version."
        )

    def _check(self, *, file: Path, **options: Any) -> None:
        """Fails on a difference between file, rows, publication and code."""
        register = self._read(file)
        problems = disagreements(register)
        if dump(register) != file.read_text("utf-8"):
            problems.append(f"{file.name} is not in its canonical form (register dump).")
        last = Publication.objects.order_by("-number").first()
        if last is None:
            problems.append("Nothing is published (register load --publish).")
        else:
            problems += self._against(last, register)
        if problems:
            raise CommandError("\n".join(problems))
        self.stdout.write("Register, rows, policy page and code agree.")

    def _against(self, last: Publication, register: Register) -> list[str]:
        problems = []
        draft = rows.dumped()
        if draft != last.source:
            problems.append("The rows differ from what is published (an open draft).")
        if draft != register:
            problems.append("The rows differ from the file (register load, or register dump).")
        if last.content != apply_preset(last.source, last.preset):
            problems.append(f"Version {last.number} is not its register under {last.preset}.")
        if digest(last.notice.content) != last.notice.sha256:
            problems.append(f"Notice {last.notice_id} does not have its hash.")
        return [*problems, *disagreements({**last.content, "presets": {}})]
