"""Proof is not kept for ever (CP-08): a month leaves whole, some years after its last choice ended.

The link in the chain and the drop are one transaction. The database decides for itself whether the
time has come (consent_month_leaves, migration 0004); here is only what is likely to be due.
"""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import connection, transaction
from django.db.models import Sum

from consent.enums import SealKind
from consent.log import merkle, months, sealing
from consent.log.verification.run import LOCK as VERIFYING
from consent.models import AccountLink, Control, Seal
from consent.periods import add_months, local_day

DEFAULT_YEARS = 5
_LAST = """
SELECT max(r.expires_on), count(*), count(*) FILTER (WHERE s.record IS NULL)
FROM consent_record r
LEFT JOIN consent_sealed s ON s.record = r.id AND s.record >= %(start)s AND s.record < %(before)s
WHERE r.id >= %(start)s AND r.id < %(before)s"""


@dataclass(frozen=True, slots=True)
class Due:
    """A month whose every choice ended long enough ago."""

    month: str
    records: int
    ended_on: date
    unsealed: int


def years() -> int:
    """How long proof is kept after the choice has ended."""
    control = Control.objects.filter(pk=1).first()
    return control.proof_retention_years if control else DEFAULT_YEARS


def due(now: datetime) -> list[Due]:
    """The months that may leave today, the oldest first."""
    kept, today = years(), local_day(now)
    found = []
    for month in sealing.months_with("consent_record", "id"):
        start, before = months.bounds(month)
        # Nobody's choice ends before it was made: younger months need no look.
        if add_months(date(int(month[:4]), int(month[4:]), 1), 12 * kept) >= today:
            break
        with connection.cursor() as cursor:
            cursor.execute(_LAST, {"start": start, "before": before})
            ended_on, count, unsealed = cursor.fetchone()
        if add_months(ended_on, 12 * kept) < today:
            found.append(Due(month, count, ended_on, unsealed))
    return found


def let_leave(now: datetime) -> list[Due]:
    """Let each month that is due leave, one transaction each; those that left.

    A month with an unsealed record stays until it is sealed; while a verification reads the log,
    nothing leaves.
    """
    return [month for month in due(now) if not month.unsealed and _leave(month.month, now)]


def _leave(month: str, now: datetime) -> bool:
    start, before = months.bounds(month)
    with transaction.atomic():
        sealing.lock(wait=True)
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_try_advisory_xact_lock(hashtext(%s))", [VERIFYING])
            if not cursor.fetchone()[0]:
                return False
        sealing.append(now, **_departure(month))
        # Who accepted goes with what they accepted.
        AccountLink.objects.filter(record__gte=start, record__lt=before).delete()
        with connection.cursor() as cursor:
            cursor.execute("SELECT consent_month_leaves(%s)", [month])
    return True


def _departure(month: str) -> dict[str, Any]:
    """What the chain keeps of a month: how much it was, and one hash over its seals."""
    seals = Seal.objects.filter(kind=SealKind.RECORDS, month=month)
    roots = merkle.Growing()
    for seal in seals.order_by("number").iterator(chunk_size=2_000):
        roots.add(bytes.fromhex(seal.root))
    first, last = seals.order_by("first").first(), seals.order_by("-last").first()
    return {
        "kind": SealKind.DEPARTURE,
        "month": month,
        "count": seals.aggregate(records=Sum("count"))["records"] or 0,
        "first": first.first if first else None,
        "last": last.last if last else None,
        "root": roots.root().hex(),
        "details": {"seals": roots.count, "kept_years": years()},
    }
