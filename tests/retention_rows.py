"""People, invoices and messages as retention meets them."""

import hashlib
import uuid
from datetime import UTC, date, datetime
from decimal import Decimal
from itertools import count
from typing import Any

from privacy.models import (
    AccountingApproval,
    ApprovedDocument,
    ContactMessage,
    DataSubject,
    Invoice,
    InvoiceLine,
)  # fmt: skip

AT = datetime(2026, 11, 1, tzinfo=UTC)

_number = count(1)


def person(
    *,
    opened: date | None = None,
    closed: date | None = None,
    started: date | None = None,
    ended: date | None = None,
    **more: Any,
) -> DataSubject:
    number = next(_number)
    made: DataSubject = DataSubject.objects.create(
        first_name="Camille",
        last_name=f"Durand{number}",
        email=f"camille{number}@example.test",
        account_opened_on=opened,
        account_closed_on=closed,
        contract_started_on=started,
        contract_ended_on=ended,
        **more,
    )
    return made


def invoice(to: DataSubject, issued_on: date) -> Invoice:
    made: Invoice = Invoice.objects.create(
        number=f"{issued_on.year}-{next(_number):05}",
        person=to,
        issued_on=issued_on,
        name=to.full_name,
        address="Rue Haute 1",
        net=Decimal(100),
        vat=Decimal(21),
    )
    InvoiceLine.objects.create(
        invoice=made, description="Service", quantity=1, unit_price=100, vat_rate=21
    )
    return made


def message(*, closed_at: datetime | None, to: DataSubject | None = None) -> ContactMessage:
    made: ContactMessage = ContactMessage.objects.create(
        person=to,
        name="Camille",
        email="camille@example.test",
        body="Bonjour",
        received_at=datetime(2026, 10, 1, tzinfo=UTC),
        outcome="handled" if closed_at else "",
        closed_at=closed_at,
    )
    return made


def approve(*documents: Invoice) -> AccountingApproval:
    """A batch of these that a person approved, so that the database lets them go."""
    keys = sorted(document.pk for document in documents)
    batch: AccountingApproval = AccountingApproval.objects.create(
        proposed_at=AT,
        as_of=AT.date(),
        issued_until=AT.date(),
        count=len(keys),
        fingerprint=hashlib.sha256(b"".join(key.bytes for key in keys)).hexdigest(),
        publication=1,
    )
    ApprovedDocument.objects.bulk_create(
        ApprovedDocument(approval=batch, invoice=key) for key in keys
    )
    batch.approved_at, batch.approved_by = AT, uuid.uuid4()
    batch.save()
    return batch
