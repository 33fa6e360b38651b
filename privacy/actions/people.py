"""What staff change about a person. Each act is in the journal, in its transaction (DR-21).

Nobody changes the data of a restricted person: the database does not show it to these functions.
"""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.db.models import F

from clicknconnect.audited import target_of
from consent import audit
from consent.audit import Actor
from consent.periods import local_day
from privacy.models import DataSubject, User

# What staff may correct; the rest has an act of its own.
CORRECTED = (
    "first_name", "last_name", "street", "postal_code", "city", "country", "email", "phone", "iban",
    "vat_number", "language",
)  # fmt: skip


class NotThere(Exception):
    """The person is hidden, or was emptied meanwhile."""


class WrongState(Exception):
    """The account is not in the state that the act begins with."""


def _locked(person: Any) -> DataSubject:
    found = DataSubject.objects.select_for_update().filter(pk=person, anonymised_at__isnull=True)
    try:
        return found.get()
    except DataSubject.DoesNotExist as error:
        raise NotThere from error


@transaction.atomic
def correct(
    *, person: Any, values: Mapping[str, str], reason: str, by: Actor, now: datetime
) -> list[str]:
    """Write the new `values`; the names of what changed. Raises NotThere, ValidationError."""
    row = _locked(person)
    changed = [name for name in CORRECTED if name in values and values[name] != getattr(row, name)]
    for name in changed:
        setattr(row, name, values[name])
    row.full_clean(exclude=["account"])
    row.save(update_fields=changed)
    if changed:
        _note("person.corrected", row, by, now, fields=changed, reason=reason)
    return changed


@transaction.atomic
def close_account(*, person: Any, closed_on: date, reason: str, by: Actor, now: datetime) -> None:
    """The account expires on `closed_on`, and its five years begin (RT-01). Nobody logs in with it
    any more. Raises NotThere, WrongState."""
    row = _locked(person)
    opened = row.account_opened_on
    if opened is None or row.account_closed_on is not None:
        raise WrongState
    if not opened <= closed_on <= local_day(now):
        raise WrongState
    row.account_closed_on = closed_on
    row.save(update_fields=["account_closed_on"])
    _let_in(row, is_active=False)
    _note("person.account_closed", row, by, now, reason=reason)


@transaction.atomic
def reopen_account(*, person: Any, reason: str, by: Actor, now: datetime) -> None:
    """As if it had not expired (CONFORMITY § 6.4). Raises NotThere, WrongState."""
    row = _locked(person)
    if row.account_closed_on is None or row.archived_at is not None:
        raise WrongState
    row.account_closed_on = None
    row.save(update_fields=["account_closed_on"])
    _let_in(row, is_active=True)
    _note("person.account_reopened", row, by, now, reason=reason)


def _let_in(row: DataSubject, *, is_active: bool) -> None:
    """A colleague keeps the account: it is theirs as staff."""
    accounts = User.objects.filter(subject=row, is_staff=False)
    accounts.update(is_active=is_active, session_number=F("session_number") + 1)


def _note(act: str, row: DataSubject, by: Actor, now: datetime, **details: Any) -> None:
    audit.record(by=by, act=act, now=now, target=target_of(row), details=details)
