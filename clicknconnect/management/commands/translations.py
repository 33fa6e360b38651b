from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from clicknconnect import translations


class Command(BaseCommand):
    help = "Collects, checks and compiles the translations, without the gettext programs."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        actions = parser.add_subparsers(dest="action", required=True)
        actions.add_parser("extract", help="bring the .po files up to date with the sources")
        actions.add_parser("check", help="fail when a text is not translated in every language")
        actions.add_parser("compile", help="write the .mo files that the site reads")

    def handle(self, *args: Any, **options: Any) -> None:
        root, folder = Path(settings.BASE_DIR), Path(settings.LOCALE_PATHS[0])
        if options["action"] == "compile":
            self.compile(root, folder, verbosity=options["verbosity"])
            return
        try:
            messages = translations.collect(root)
        except ModuleNotFoundError as error:
            raise CommandError("Babel is not installed: run `make setup-dev`.") from error
        except translations.UnreadableSource as error:
            raise CommandError(str(error)) from error
        if options["action"] == "extract":
            for language in translations.languages():
                path = translations.catalogue_path(folder, language)
                translations.update(path, language, messages)
            return
        problems = translations.problems(messages, folder)
        if problems:
            raise CommandError("\n".join(problems))

    def compile(self, root: Path, folder: Path, *, verbosity: int) -> None:
        for path in translations.compile_all(folder):
            if verbosity:
                self.stdout.write(f"Compiled {path.relative_to(root)}")
