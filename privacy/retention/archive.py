"""The restricted archive: after the account a person's data leaves the active base (RT-11)."""

from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import Q, QuerySet

from privacy.models import DataSubject

BATCH = 10_000


@dataclass(frozen=True, slots=True)
class Moved:
    archived: int
    reopened: int


def ended(today: date) -> QuerySet[DataSubject]:
    """People whose account and contract, those there are of the two, ended before `today`."""
    no_account, no_contract = (
        Q(account_opened_on__isnull=True), Q(contract_started_on__isnull=True),
    )  # fmt: skip
    account_over, contract_over = (
        Q(account_closed_on__lt=today), Q(contract_ended_on__lt=today),
    )  # fmt: skip
    return DataSubject.objects.filter(
        (account_over & (no_contract | contract_over)) | (no_account & contract_over),
        anonymised_at__isnull=True,
    )


def move(*, now: datetime, today: date) -> Moved:
    """Archive who left, and bring back who came again. The database itself brings back at once a
    person whose account or contract is open again; this is for ends that were put off."""
    reopened = _in_batches(
        DataSubject.objects.filter(archived_at__isnull=False, anonymised_at__isnull=True).exclude(
            pk__in=ended(today)
        ),
        None,
    )
    archived = _in_batches(ended(today).filter(archived_at__isnull=True), now)
    return Moved(archived, reopened)


def _in_batches(rows: QuerySet[DataSubject], value: datetime | None) -> int:
    total = 0
    while True:
        keys = rows.order_by().values_list("pk", flat=True)[:BATCH]
        changed = DataSubject.objects.filter(pk__in=list(keys)).update(archived_at=value)
        total += changed
        if changed < BATCH:
            return total
