"""Accounting documents go only in a batch that a person approved, exactly as approved (T-18)."""

import uuid
from collections.abc import Callable
from datetime import datetime, timedelta

from django.db import connection, transaction
from django.db.models import Exists, OuterRef, Q, QuerySet

from consent import audit
from consent.audit import Actor
from consent.log.ids import uuid7
from privacy import restriction
from privacy.models import AccountingApproval, ApprovedDocument, Invoice
from privacy.retention import due

BATCH = 1000
# Why the run itself refuses a batch; shown in words.
DRIFT = "drift"
# What somebody refused to destroy is proposed again a year later. Longer is a legal hold.
RESTS = timedelta(days=365)

_FINGERPRINT = "encode(sha256(string_agg(uuid_send({key}), ''::bytea ORDER BY {key})), 'hex')"
# One statement, one snapshot: the batch is what was found due, no more and no less.
_PROPOSE = """
WITH due (id) AS MATERIALIZED ({due}),
made AS (
    INSERT INTO privacy_accountingapproval
        (id, proposed_at, as_of, issued_until, count, fingerprint, publication, refused_because)
    SELECT %s, %s, %s, %s, count(*), {fingerprint}, %s, '' FROM due HAVING count(*) > 0
    RETURNING id),
held AS (
    INSERT INTO privacy_approveddocument (approval_id, invoice)
    SELECT made.id, due.id FROM made, due RETURNING 1)
SELECT count(*) FROM held"""
_STORED = "SELECT count(*), {fingerprint} FROM privacy_approveddocument WHERE approval_id = %s"
# Two workers that propose at once: the second finds the batch of the first.
_LOCK = 0x61636370


class AlreadyDecided(Exception):
    """Somebody decided meanwhile, or the batch is no longer the one that was looked at."""


class Drifted(Exception):
    """What was approved is not what would be destroyed; the batch was refused instead."""


def open_batches() -> QuerySet[AccountingApproval]:
    """Those that wait for a person, oldest first."""
    return AccountingApproval.objects.filter(
        approved_at__isnull=True, refused_at__isnull=True
    ).order_by("proposed_at")


def approved_batches() -> QuerySet[AccountingApproval]:
    """Those that a person approved and that are not destroyed yet."""
    return AccountingApproval.objects.filter(
        approved_at__isnull=False, refused_at__isnull=True, executed_at__isnull=True
    ).order_by("approved_at")


def unproposed(at: due.Cuts) -> QuerySet[Invoice]:
    """Documents that are due and in no batch that is open, approved, or was refused lately."""
    waiting = Q(approval__refused_at__isnull=True, approval__executed_at__isnull=True)
    refused = Q(approval__refused_by__isnull=False, approval__refused_at__gt=at.now - RESTS)
    taken = ApprovedDocument.objects.filter(invoice=OuterRef("pk")).filter(waiting | refused)
    return due.invoices(at).exclude(Exists(taken))


@transaction.atomic
def propose(*, at: due.Cuts, publication: int, now: datetime) -> int:
    """Put what is due and not proposed yet into a new batch; how many documents it holds."""
    sql, params = unproposed(at).order_by().values("pk").query.sql_with_params()
    with restriction.purging(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
        statement = _PROPOSE.format(due=sql, fingerprint=_FINGERPRINT.format(key="due.id"))
        cursor.execute(statement, [*params, uuid7(now), now, at.today, at.accounting, publication])
        return int(cursor.fetchone()[0])


@transaction.atomic
def approve(
    *, batch: AccountingApproval, by: Actor, now: datetime, expected: str
) -> AccountingApproval:
    """`by` agrees that exactly this batch is destroyed; `expected` is the fingerprint they saw.

    Raises AlreadyDecided.
    """
    changed = open_batches().filter(pk=batch.pk, fingerprint=expected)
    if not changed.update(approved_at=now, approved_by=by.pk):
        raise AlreadyDecided
    return _written(batch, by=by, now=now, act="retention.accounting_approved")


@transaction.atomic
def refuse(
    *, batch: AccountingApproval, by: Actor, now: datetime, reason: str
) -> AccountingApproval:
    """`by` says why the documents stay. An approval is taken back so, too, until it is executed.

    Raises AlreadyDecided.
    """
    changed = AccountingApproval.objects.filter(
        pk=batch.pk, refused_at__isnull=True, executed_at__isnull=True
    )
    if not changed.update(refused_at=now, refused_by=by.pk, refused_because=reason):
        raise AlreadyDecided
    return _written(batch, by=by, now=now, act="retention.accounting_refused")


def _written(
    batch: AccountingApproval, *, by: Actor, now: datetime, act: str
) -> AccountingApproval:
    batch.refresh_from_db()
    details = {"count": batch.count, "fingerprint": batch.fingerprint}
    audit.record(by=by, act=act, now=now, target=str(batch.pk), details=details)
    return batch


def execute(
    batch: AccountingApproval,
    *,
    at: due.Cuts,
    now: datetime,
    erase: Callable[[list[uuid.UUID]], int],
) -> int:
    """Destroy what is left of an approved batch; how many went. `erase` takes keys.

    Raises Drifted when a document of it is no longer due, or the batch is not what was approved:
    then nothing (more) is destroyed and the batch is refused, so that somebody looks again.
    """
    gone = 0
    while keys := _next(batch, at=at, now=now):
        erased = erase(keys)
        if erased < len(keys):  # held at this very moment
            _refuse_drift(batch, now)
            raise Drifted(str(batch.pk))
        gone += erased
    approved_batches().filter(pk=batch.pk).update(executed_at=now)
    return gone


def _next(batch: AccountingApproval, *, at: due.Cuts, now: datetime) -> list[uuid.UUID]:
    """The next keys. The whole batch is looked at again before each part."""
    with transaction.atomic(), restriction.purging():
        drifted = _left(batch).exclude(pk__in=due.invoices(at)).exists()
        keys = list(_left(batch).order_by("pk").values_list("pk", flat=True)[:BATCH])
    if drifted or not is_as_approved(batch):
        _refuse_drift(batch, now)
        raise Drifted(str(batch.pk))
    return keys


def _left(batch: AccountingApproval) -> QuerySet[Invoice]:
    return Invoice.objects.filter(
        pk__in=ApprovedDocument.objects.filter(approval=batch).values("invoice")
    )


def is_as_approved(batch: AccountingApproval) -> bool:
    """Whether the keys of the batch are those whose fingerprint was approved."""
    with connection.cursor() as cursor:
        statement = _STORED.format(fingerprint=_FINGERPRINT.format(key="invoice"))
        cursor.execute(statement, [batch.pk])
        return bool(cursor.fetchone() == (batch.count, batch.fingerprint))


def _refuse_drift(batch: AccountingApproval, now: datetime) -> None:
    approved_batches().filter(pk=batch.pk).update(refused_at=now, refused_because=DRIFT)
