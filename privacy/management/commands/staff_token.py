"""Keys of the staff API, for colleagues only."""

from argparse import ArgumentParser
from datetime import UTC, datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from privacy import staff_tokens
from privacy.models import User


class Command(BaseCommand):
    help = "Makes a key of the staff API for EMAIL and shows it once; or ends those there are."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("email")
        parser.add_argument("--revoke", action="store_true", help="end every key of EMAIL")

    def handle(self, *args: Any, **options: Any) -> None:
        email = options["email"].strip().lower()
        now = datetime.now(UTC)
        account = User.objects.filter(email=email).first()
        if account is None:
            raise CommandError(f"There is no account {email}.")
        if options["revoke"]:
            ended = staff_tokens.revoke(account=account, now=now)
            self.stdout.write(f"Ended {ended} key(s) of {email}.")
            return
        if not (account.is_staff and account.is_active):
            raise CommandError(f"{email} is no active staff. `staff list` shows who is.")
        token = staff_tokens.make(account=account, now=now)
        self.stdout.write(token)
        self.stderr.write(
            f"The key of {email}, shown this once; it holds for {staff_tokens.LIFE.days} days. "
            "Send it as: Authorization: Bearer <key>."
        )
