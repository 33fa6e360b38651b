"""Acceptances as their own person sees them: what, since when, what became of it, the receipt."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from consent import answers, states
from consent.models import Record
from consent.snapshots import Snapshot
from consent.states import Standing


@dataclass(frozen=True, slots=True, kw_only=True)
class Acceptance:
    record: Record
    categories: list[str]
    standing: Standing
    is_sealed: bool
    receipt: str


def shown(
    records: Sequence[Record],
    *,
    snapshot: Snapshot | None,
    language: str,
    now: datetime,
    keys: dict[str, str] | None = None,
) -> list[Acceptance]:
    """`records` (event `given`) as they stand `now`, in their order.

    `keys` maps ids of records to what opens their receipts without cookie or account.
    """
    standings = states.of(records, now=now)
    sealed = states.sealed(record.pk for record in records)
    names = names_of(snapshot, language)
    return [
        Acceptance(
            record=record,
            categories=[names.get(key, key) for key in record.categories],
            standing=standings[record.pk],
            is_sealed=record.pk in sealed,
            receipt=answers.receipt_path(record.pk)
            + (f"?key={key}" if (key := (keys or {}).get(str(record.pk))) else ""),
        )
        for record in records
    ]


def names_of(snapshot: Snapshot | None, language: str) -> dict[str, str]:
    """Category → its name in `language`."""
    if snapshot is None:
        return {}
    return {row["key"]: row["name"] for row in snapshot.views[language].register["categories"]}
