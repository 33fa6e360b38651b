"""Colleagues: invite, list, help after a lost factor, remove. Each act is in the journal."""

from argparse import ArgumentParser
from datetime import UTC, datetime
from typing import Any

from django.conf import settings
from django.contrib.auth.models import Group
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.core.validators import validate_email

from consent.periods import BRUSSELS
from privacy import factor
from privacy.actions import staff
from privacy.models import User
from privacy.tokens import ENROL_LIFE


class Command(BaseCommand):
    help = "Invites, lists and removes staff, and helps who lost the second factor."

    def add_arguments(self, parser: ArgumentParser) -> None:
        acts = parser.add_subparsers(dest="act", required=True)
        invite = acts.add_parser("invite", help="mail an invitation with two-factor enrolment")
        invite.add_argument("email")
        invite.add_argument(
            "--group", action="append", default=[], metavar="NAME", help="may be given again"
        )
        invite.add_argument("--language", choices=dict(settings.LANGUAGES), default="fr")
        invite.add_argument("--name", default="", help="what the form proposes")
        invite.add_argument(
            "--existing",
            action="store_true",
            help="make a colleague of a person who has an account already",
        )
        reset = acts.add_parser(
            "reset-factor", help="device and recovery codes are lost: mail a link to a new one"
        )
        reset.add_argument("email")
        remove = acts.add_parser("remove", help="take all powers away, end the sessions")
        remove.add_argument("email")
        acts.add_parser("list", help="who is staff, with which groups and factor")
        for part in (invite, reset, remove):
            part.add_argument(
                "--as-of", metavar="2026-11-22T09:00+01:00", help="the moment; now if left out"
            )

    def handle(self, *args: Any, **options: Any) -> None:
        getattr(self, options["act"].replace("-", "_"))(**options)

    def invite(self, *, email: str, group: list[str], **options: Any) -> None:
        email = email.strip().lower()
        try:
            validate_email(email)
        except ValidationError as error:
            raise CommandError(f"{email} is not an e-mail address.") from error
        if not group and not User.objects.filter(email=email, is_staff=True).exists():
            raise CommandError(f"Name at least one --group. {_known_groups()}")
        try:
            done = staff.invite(
                email=email,
                groups=[_group(name) for name in dict.fromkeys(group)],
                language=options["language"],
                name=options["name"],
                with_account=options["existing"],
                now=_moment(options["as_of"]),
            )
        except staff.NotStaff as error:
            raise CommandError(
                f"{email} is a person's account, not a colleague's. If it is to be both, "
                "say --existing."
            ) from error
        self.stdout.write(f"Made the account {email}." if done.is_new else f"Found {email}.")
        if done.added:
            self.stdout.write(f"Added to: {', '.join(done.added)}.")
        if done.is_sent:
            self.stdout.write(
                f"The invitation goes out by mail; its link works once, for {ENROL_LIFE.days} days."
            )
        else:
            self.stdout.write("A second factor is there already: no invitation was needed.")

    def reset_factor(self, *, email: str, as_of: str | None, **options: Any) -> None:
        account = _colleague(email)
        staff.reset_factor(account=account, now=_moment(as_of))
        self.stdout.write(
            f"Took the second factor of {account.email} away and ended the sessions. A link to a "
            f"new one goes out by mail; it works once, for {ENROL_LIFE.days} days."
        )

    def remove(self, *, email: str, as_of: str | None, **options: Any) -> None:
        account = User.objects.filter(email=email.strip().lower()).first()
        if account is None:
            raise CommandError(f"There is no account {email}.")
        if not account.is_staff:
            self.stdout.write(f"{account.email} is no staff: nothing to do.")
            return
        left = staff.remove(account=account, now=_moment(as_of))
        self.stdout.write(
            f"{account.email} is no staff any more; sessions ended, second factor removed, out of: "
            f"{', '.join(left) or 'no group'}."
        )

    def list(self, **options: Any) -> None:
        people = User.objects.filter(is_staff=True).prefetch_related("groups").order_by("email")
        for person in people:
            groups = [group.name for group in person.groups.all()]
            if person.is_superuser:
                groups.append("(superuser)")
            seen = person.last_login
            when = f"{seen.astimezone(BRUSSELS):%Y-%m-%d %H:%M}" if seen else "never"
            self.stdout.write(
                f"{person.email:<40} {_state(person):<24} last login: {when:<17} "
                f"{', '.join(groups) or 'no group'}"
            )


def _state(person: User) -> str:
    if not person.is_active:
        return "invited or closed"
    return "two factors" if factor.is_asked(person) else "no second factor"


def _colleague(email: str) -> User:
    account = User.objects.filter(email=email.strip().lower(), is_staff=True).first()
    if account is None:
        raise CommandError(f"{email} is no staff. `staff list` shows who is.")
    return account


def _group(name: str) -> Group:
    found = Group.objects.filter(name=name).first()
    if found is None:
        raise CommandError(f'There is no group "{name}". {_known_groups()}')
    return found


def _known_groups() -> str:
    names = Group.objects.order_by("name").values_list("name", flat=True)
    return f"Groups: {', '.join(names)}."


def _moment(text: str | None) -> datetime:
    """A moment with its offset, or in Brussels; now when none was given."""
    if not text:
        return datetime.now(UTC)
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise CommandError(
            f'--as-of "{text}" is no moment: write it like 2026-11-22T09:00+01:00.'
        ) from error
    return moment if moment.tzinfo else moment.replace(tzinfo=BRUSSELS)
