"""T-18: accounting documents go only in a batch that a person approved, exactly as approved."""

import hashlib
import uuid
from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import DatabaseError, connection, transaction

from consent.models import Act
from privacy.models import (
    AccountingApproval,
    ApprovedDocument,
    DataSubject,
    FiscalYear,
    Invoice,
    InvoiceLine,
    LegalHold,
    RetentionRun,
    User,
)  # fmt: skip
from privacy.retention import approvals, due
from privacy.retention import run as sweep
from privacy.retention.rules import published
from tests.retention_rows import approve, invoice, person

NOW = datetime(2026, 11, 24, 2, 10, tzinfo=UTC)
NEXT = NOW + timedelta(days=1)
LONG_AGO = date(2015, 1, 1)
OLD = date(2018, 6, 15)


@pytest.fixture
def manager() -> User:
    made: User = User.objects.create_user("manager@example.test", "x", is_staff=True)
    return made


def cuts(now: datetime = NOW) -> due.Cuts:
    return due.cuts(rules=published(), now=now)


def test_t_18_nothing_goes_before_a_person_agreed(own_database: str) -> None:
    manager = User.objects.create_user("manager@example.test", "x", is_staff=True)
    gone = person(opened=LONG_AGO, closed=date(2020, 1, 1))
    active = person(opened=LONG_AGO)
    documents = [invoice(gone, OLD), invoice(active, OLD), invoice(active, date(2024, 1, 1))]
    done = sweep.run(now=NOW)
    assert (done.proposed, Invoice.objects.count()) == (2, 3)
    # Proposed once, however often it runs.
    assert sweep.run(now=NEXT).proposed == 0
    (batch,) = approvals.open_batches()
    keys = sorted(document.pk for document in documents[:2])
    assert batch.fingerprint == hashlib.sha256(b"".join(key.bytes for key in keys)).hexdigest()
    approvals.approve(batch=batch, by=manager, now=NEXT, expected=batch.fingerprint)
    assert Invoice.objects.count() == 3
    act = Act.objects.get(act="retention.accounting_approved")
    assert (act.actor, act.details["count"]) == (manager.pk, 2)
    done = sweep.run(now=NEXT)
    assert done.erased["accounting"] == {"privacy.invoice": 2}
    assert list(Invoice.objects.all()) == documents[2:]
    assert InvoiceLine.objects.count() == 1
    batch.refresh_from_db()
    assert batch.executed_at == NEXT
    # The empty row left with the last document; who is active stays.
    assert list(DataSubject.objects.all()) == [active]
    (row,) = RetentionRun.objects.filter(rule="accounting", is_total=False)
    assert row.counts == {"privacy.invoice": 2}


@pytest.mark.parametrize("change", ["hold", "years"])
def test_t_18_the_run_refuses_what_has_changed_since(own_database: str, change: str) -> None:
    manager = User.objects.create_user("manager@example.test", "x", is_staff=True)
    documents = [invoice(person(opened=LONG_AGO), OLD) for _ in range(3)]
    sweep.run(now=NOW)
    (batch,) = approvals.open_batches()
    approvals.approve(batch=batch, by=manager, now=NOW, expected=batch.fingerprint)
    if change == "hold":
        LegalHold.objects.create(
            person=documents[0].person, source="privacy.invoice", record=documents[0].pk,
            reason="x", placed_at=NOW, review_on=date(2027, 1, 1),
        )  # fmt: skip
    else:
        FiscalYear.objects.create(starts_on=date(2018, 1, 1), ends_on=date(2019, 12, 31))
    done = sweep.run(now=NEXT)
    assert done.refused == [batch.pk]
    assert Invoice.objects.count() == 3
    batch.refresh_from_db()
    assert (batch.refused_because, batch.executed_at) == (approvals.DRIFT, None)
    # What is still due is proposed anew, in the same run.
    assert done.proposed == (2 if change == "hold" else 0)


def test_t_18_a_part_that_went_before_a_stop_is_not_a_drift(
    own_database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    manager = User.objects.create_user("manager@example.test", "x", is_staff=True)
    for _ in range(5):
        invoice(person(opened=LONG_AGO), OLD)
    sweep.run(now=NOW)
    (batch,) = approvals.open_batches()
    approvals.approve(batch=batch, by=manager, now=NOW, expected=batch.fingerprint)
    monkeypatch.setattr(approvals, "BATCH", 2)
    whole, calls = sweep.erase_rows, iter(range(1, 100))

    def stops(*args: object, **kwargs: object) -> int:
        if next(calls) == 2:
            raise KeyboardInterrupt
        return whole(*args, **kwargs)  # type: ignore[arg-type]

    with monkeypatch.context() as patch:
        patch.setattr(sweep, "erase_rows", stops)
        with pytest.raises(KeyboardInterrupt):
            sweep.run(now=NEXT)
    assert Invoice.objects.count() == 3
    assert sweep.run(now=NEXT).refused == []
    assert Invoice.objects.count() == 0
    batch.refresh_from_db()
    assert batch.executed_at == NEXT


@pytest.mark.django_db
def test_t_18_approved_is_what_was_looked_at(manager: User) -> None:
    invoice(person(opened=LONG_AGO), OLD)
    assert approvals.propose(at=cuts(), publication=1, now=NOW) == 1
    (batch,) = approvals.open_batches()
    with pytest.raises(approvals.AlreadyDecided):
        approvals.approve(batch=batch, by=manager, now=NOW, expected="0" * 64)
    approvals.approve(batch=batch, by=manager, now=NOW, expected=batch.fingerprint)
    with pytest.raises(approvals.AlreadyDecided):
        approvals.approve(batch=batch, by=manager, now=NOW, expected=batch.fingerprint)


@pytest.mark.django_db
def test_t_18_a_refusal_rests_for_a_year_and_takes_an_approval_back(manager: User) -> None:
    invoice(person(opened=LONG_AGO), OLD)
    approvals.propose(at=cuts(), publication=1, now=NOW)
    (batch,) = approvals.open_batches()
    approvals.approve(batch=batch, by=manager, now=NOW, expected=batch.fingerprint)
    approvals.refuse(batch=batch, by=manager, now=NOW, reason="immeuble : 15 ans")
    assert not approvals.approved_batches().exists()
    with pytest.raises(approvals.AlreadyDecided):
        approvals.refuse(batch=batch, by=manager, now=NOW, reason="encore")
    assert approvals.propose(at=cuts(NEXT), publication=1, now=NEXT) == 0
    later = NOW + timedelta(days=366)
    assert approvals.propose(at=cuts(later), publication=1, now=later) == 1


# --- The database itself --------------------------------------------------------------------------


def refused(statement: str, *values: object) -> str:
    """The words with which the database refuses it."""
    with pytest.raises(DatabaseError) as caught, transaction.atomic():
        connection.cursor().execute(statement, values)
    return str(caught.value)


@pytest.mark.django_db
def test_t_18_the_database_deletes_no_invoice_without_approval() -> None:
    mine, other = (invoice(person(opened=LONG_AGO), OLD) for _ in range(2))
    InvoiceLine.objects.all().delete()
    statement = "DELETE FROM privacy_invoice WHERE id = %s"
    assert "a person approved" in refused(statement, mine.pk)
    batch = approve(mine)
    assert "a person approved" in refused("DELETE FROM privacy_invoice")
    assert "a person approved" in refused(statement, other.pk)
    with connection.cursor() as cursor:
        cursor.execute(statement, [mine.pk])
    batch.executed_at = NOW
    batch.save()
    assert list(Invoice.objects.all()) == [other]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("statement", "words"),
    [
        ("UPDATE privacy_accountingapproval SET count = 9", "not changed"),
        ("UPDATE privacy_accountingapproval SET fingerprint = repeat('0', 64)", "not changed"),
        ("UPDATE privacy_accountingapproval SET approved_by = gen_random_uuid()", "decided once"),
        ("UPDATE privacy_accountingapproval SET approved_at = NULL, approved_by = NULL", "once"),
        ("UPDATE privacy_accountingapproval SET executed_at = now()", "still there"),
        ("UPDATE privacy_accountingapproval SET refused_at = now()", "refusal_has_reason"),
        ("DELETE FROM privacy_accountingapproval", ""),
        ("DELETE FROM privacy_approveddocument", ""),
        ("UPDATE privacy_approveddocument SET invoice = gen_random_uuid()", ""),
        (
            "INSERT INTO privacy_approveddocument (approval_id, invoice)"
            " SELECT id, gen_random_uuid() FROM privacy_accountingapproval",
            "was decided",
        ),
    ],
)
def test_t_18_the_database_keeps_a_decision_as_it_was(statement: str, words: str) -> None:
    approve(invoice(person(opened=LONG_AGO), OLD))
    assert words in refused(statement)


@pytest.mark.django_db
def test_t_18_the_database_approves_only_a_whole_batch_by_a_person() -> None:
    batch = AccountingApproval.objects.create(
        proposed_at=NOW, as_of=NOW.date(), issued_until=OLD, count=2, fingerprint="f" * 64,
        publication=1,
    )  # fmt: skip
    ApprovedDocument.objects.create(approval=batch, invoice=uuid.uuid4())
    approving = "UPDATE privacy_accountingapproval SET approved_at = now()"
    assert "a_person" in refused(approving) or "does not hold" in refused(approving)
    with_person = f"{approving}, approved_by = gen_random_uuid()"
    assert "does not hold" in refused(with_person)
    ApprovedDocument.objects.create(approval=batch, invoice=uuid.uuid4())
    assert "privacy_approval_has_a_person" in refused(approving)
    assert not approvals.is_as_approved(batch)
