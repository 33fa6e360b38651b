"""Keys of what is encrypted at rest: is an older one still needed, and write everything anew."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from privacy import rotation


class Command(BaseCommand):
    help = (
        "`check` counts what still needs an older key of FIELD_ENCRYPTION_KEYS; `rotate` writes "
        "that anew under the first one, while the site runs."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("act", choices=["check", "rotate"])
        parser.add_argument(
            "--batch", type=int, default=rotation.BATCH, help="values in one transaction"
        )

    def handle(self, *args: Any, act: str, batch: int, **options: Any) -> None:
        if batch < 1:
            raise CommandError("--batch is at least 1.")
        left = unreadable = 0
        for tally in rotation.run(writes=act == "rotate", batch=batch):
            left += tally.old - tally.rotated
            unreadable += tally.unreadable
            self.stdout.write(
                f"{tally.label}: {tally.current} under the first key, {tally.old} under an older "
                f"one, {tally.rotated} written anew"
                + (f", {tally.locked} in use" if tally.locked else "")
                + (f", {tally.unreadable} that no key opens" if tally.unreadable else "")
                + "."
            )
            left += tally.locked if tally.label.startswith("otp_totp.") else 0
        if unreadable:
            raise CommandError(
                f"No key in FIELD_ENCRYPTION_KEYS opens {unreadable} value(s). Put the key that "
                "wrote them back into the list; nothing of them was changed."
            )
        if left:
            raise CommandError(f"{left} value(s) still need an older key: run `encryption rotate`.")
        self.stdout.write("Everything opens with the first key: older ones may leave the setting.")
