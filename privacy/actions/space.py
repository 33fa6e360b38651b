"""What a person does in their own space: who they are, closing the account, opening it again."""

from datetime import datetime

from django.db import transaction

from consent.periods import local_day
from privacy import restriction
from privacy.jobs import send_account_letter
from privacy.letters import Kind
from privacy.models import DataSubject, User

# What a person may correct themselves; the address is the login name and has its own proof.
OWN_FIELDS = (
    "first_name", "last_name", "street", "postal_code", "city", "country", "phone", "iban",
    "vat_number", "language",
)  # fmt: skip


def subject_of(*, account: User, now: datetime) -> DataSubject | None:
    """The person of `account`, made if need be; None for staff, who are no customers.

    Somebody who was known under this proved address before (by a contract, say) is that person:
    but only if there is exactly one, else nobody guesses. A restricted person is still theirs.
    """
    with transaction.atomic(), restriction.handling():
        return _subject_of(account, now)


def _subject_of(account: User, now: datetime) -> DataSubject | None:
    found = DataSubject.objects.filter(account=account).first()
    if found is not None or account.is_staff:
        return found
    # Two windows of one person wait for each other here.
    User.objects.select_for_update(no_key=True).get(pk=account.pk)
    found = DataSubject.objects.filter(account=account).first()
    if found is not None:
        return found
    known = list(
        DataSubject.objects.select_for_update().filter(
            email=account.email,
            account__isnull=True,
            account_opened_on__isnull=True,
            archived_at__isnull=True,
            anonymised_at__isnull=True,
        )[:2]
    )
    person = known[0] if len(known) == 1 else DataSubject(email=account.email)
    if not person.full_name:
        person.first_name, person.last_name = _names(account.name)
    person.account = account
    person.language = account.language
    person.account_opened_on = local_day(now)
    person.save()
    return person


def _names(name: str) -> tuple[str, str]:
    """The one name of the registration in two; the person sees it, and corrects it, at once."""
    first, _, last = name.strip().partition(" ")
    return first[:100], last.strip()[:100]


@transaction.atomic
def correct_own(*, person: DataSubject, account: User) -> None:
    """Keep what the person corrected; the account follows (`person` was validated).

    Only these columns: what staff change at the same moment in others stays.
    """
    person.save(update_fields=OWN_FIELDS)
    User.objects.filter(pk=account.pk).update(name=person.full_name[:150], language=person.language)


@transaction.atomic
def close_account(*, account: User, now: datetime) -> None:
    """The person ends their account today: its five years begin (RT-01), its sessions end.

    Closing twice changes nothing and writes nothing.
    """
    # A trigger raises the session number: no session of the account lives on.
    closed = User.objects.filter(pk=account.pk, is_active=True).update(is_active=False)
    if not closed:
        return
    with restriction.handling():
        DataSubject.objects.filter(account=account).update(account_closed_on=local_day(now))
    send_account_letter.defer(account=str(account.pk), kind=Kind.ACCOUNT_CLOSED.value)


def reopen(*, account: User) -> None:
    """Staff opened the account again: the end that had been noted is none (CONFORMITY 6.4).

    Part of the caller's transaction, which writes the journal.
    """
    DataSubject.objects.filter(account=account, anonymised_at__isnull=True).update(
        account_closed_on=None, archived_at=None
    )
