"""What changes an account.

Whoever asks with an address learns nothing about it: the statements, the job and the answer are the
same for a known and an unknown one (DR-05); which letter goes out is decided by the worker.
"""

from datetime import datetime

from django.contrib.auth.hashers import make_password
from django.db import transaction

from consent.log.ids import uuid7
from privacy.actions.space import subject_of
from privacy.jobs import send_account_letter
from privacy.letters import Kind
from privacy.models import User
from privacy.tokens import SpentToken
from privacy.unconfirmed import AWAITING


def register(*, email: str, name: str, language: str, now: datetime) -> None:
    """Make an account that waits for the proof of its address, and have the letter sent."""
    details = {
        "name": name,
        "language": language,
        "date_joined": now,
        "terms_accepted_at": now,
    }
    new = User(email=email, is_active=False, password=make_password(None), **details)
    with transaction.atomic():
        User.objects.filter(email=email, **AWAITING).update(**details)
        User.objects.bulk_create([new], ignore_conflicts=True)
        _send_letter(email, Kind.REGISTRATION)


def ask_password_reset(*, email: str) -> None:
    with transaction.atomic():
        _send_letter(email, Kind.RESET)


def send_letter_to(account: User, kind: Kind) -> None:
    """Have a letter sent to somebody who is known; part of the caller's transaction."""
    send_account_letter.defer(account=str(account.pk), kind=kind.value)


def _send_letter(email: str, kind: Kind) -> None:
    account = User.objects.filter(email=email).values_list("pk", flat=True).first()
    # A job for nobody costs the same as one for somebody.
    send_account_letter.defer(account=str(account or uuid7()), kind=kind.value)


@transaction.atomic
def set_password(*, account: User, password: str, now: datetime) -> None:
    """The person of a mailed link chooses a password: the address is proved, older sessions end.

    From then on they are somebody about whom data is held (`space.subject_of`). Raises SpentToken
    when another use of the link came first.
    """
    changed = User.objects.filter(
        pk=account.pk, password=account.password, is_active=account.is_active
    ).update(password=make_password(password), is_active=True)
    if not changed:
        raise SpentToken
    subject_of(account=account, now=now)


def change_details(*, account: User, name: str, language: str) -> None:
    User.objects.filter(pk=account.pk).update(name=name, language=language)
