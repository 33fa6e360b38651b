"""The sweep: what is due goes, in bounded batches, each with its evidence in its transaction.

It can be stopped anywhere and begun again: what went is due no more. Two that run at once do
nothing twice: a person's row is locked while it goes, and who has gone counts nowhere.
"""

import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from time import monotonic
from typing import Any

from django.db import transaction
from django.db.models import QuerySet

from consent.periods import local_day
from privacy import restriction
from privacy.models import AccountingApproval
from privacy.personal_data import ContactMessageData, InvoiceData, RightsRequestData
from privacy.plans.execute import BATCH, erase_batch, erase_rows, lock
from privacy.requests import emptying
from privacy.retention import approvals, archive, due, evidence
from privacy.retention.rules import REQUEST_FILES, published

# Keys read at once; a run holds no more of them, however much is due.
PAGE = 10_000


@dataclass
class Done:
    """`erased`: rule → label → rows. `refused`: approved batches that have changed since."""

    run: uuid.UUID
    erased: dict[str, Counter[str]] = field(default_factory=dict)
    archived: int = 0
    reopened: int = 0
    proposed: int = 0
    refused: list[uuid.UUID] = field(default_factory=list)


def run(*, now: datetime, clock: datetime | None = None) -> Done:
    """Erase what is due at `now`; evidence is dated `clock`, the time it really is (or `now`).

    Raises NoRules. Not inside a transaction: each batch is one of its own.
    """
    clock = clock or now
    at = due.cuts(rules=published(), now=now)
    this = evidence.begin(as_of=local_day(now), now=clock)
    done = Done(this.run)
    moved = archive.move(now=clock, today=at.today)
    done.archived, done.reopened = moved.archived, moved.reopened
    for rule, erase in _STEPS:
        began = monotonic()
        done.erased[rule] = erase(at, this, clock, done)
        evidence.write(
            this, rule=rule, counts=done.erased[rule], now=clock, seconds=monotonic() - began,
            is_total=True,
        )  # fmt: skip
    return done


def _people(at: due.Cuts, this: evidence.Pass, now: datetime, done: Done) -> Counter[str]:
    total: Counter[str] = Counter()
    for keys in _parts(due.people(at), BATCH):

        def pick(cursor: Any, keys: list[uuid.UUID] = keys) -> list[uuid.UUID]:
            """Looked at again under the lock: who came back since, or is kept, stays."""
            lock(cursor, keys)
            with restriction.purging():
                return list(due.people(at).filter(pk__in=keys).values_list("pk", flat=True))

        def after(counts: Counter[str], kept: Any, began: float = monotonic()) -> None:
            if +counts:
                seconds = monotonic() - began
                evidence.write(this, rule="account", counts=+counts, now=now, seconds=seconds)

        total += erase_batch(pick, run=this.run, rule="account", now=now, after=after)
    return total


def _messages(at: due.Cuts, this: evidence.Pass, now: datetime, done: Done) -> Counter[str]:
    total: Counter[str] = Counter()
    label = ContactMessageData.label()
    for keys in _parts(due.messages(at), BATCH):
        began = monotonic()
        with transaction.atomic(), restriction.purging():
            gone = erase_rows(ContactMessageData, keys, run=this.run, rule="contact", now=now)
            if gone:
                evidence.write(
                    this, rule="contact", counts={label: gone}, now=now,
                    seconds=monotonic() - began,
                )  # fmt: skip
        total[label] += gone
    return +total


def _requests(at: due.Cuts, this: evidence.Pass, now: datetime, done: Done) -> Counter[str]:
    """The contents of files of requests, each with a step in its timeline, which stays."""
    total: Counter[str] = Counter()
    label = RightsRequestData.label()
    for keys in _parts(due.requests(at), BATCH):
        began = monotonic()
        with transaction.atomic():
            gone = emptying.empty(keys, run=this.run, now=now)
            if gone:
                evidence.write(
                    this, rule=REQUEST_FILES, counts={label: gone}, now=now,
                    seconds=monotonic() - began,
                )  # fmt: skip
        total[label] += gone
    return +total


def _documents(at: due.Cuts, this: evidence.Pass, now: datetime, done: Done) -> Counter[str]:
    """Approved batches go; what is due and in none is proposed."""
    total: Counter[str] = Counter()
    for batch in approvals.approved_batches():
        try:
            gone = approvals.execute(batch, at=at, now=now, erase=_destroyer(batch, this, now))
        except approvals.Drifted:
            done.refused.append(batch.pk)
        else:
            total[InvoiceData.label()] += gone
    done.proposed = approvals.propose(at=at, publication=this.publication, now=now)
    return +total


def _destroyer(
    batch: AccountingApproval, this: evidence.Pass, now: datetime
) -> Callable[[list[uuid.UUID]], int]:
    def erase(keys: list[uuid.UUID]) -> int:
        began = monotonic()
        with transaction.atomic(), restriction.purging():
            gone = erase_rows(InvoiceData, keys, run=this.run, rule="accounting", now=now)
            if gone:
                evidence.write(
                    this, rule="accounting", counts={InvoiceData.label(): gone}, now=now,
                    seconds=monotonic() - began,
                )  # fmt: skip
        return gone

    return erase


# Accounting is the last: its total says that the night's passage was made.
_STEPS = (
    ("contact", _messages),
    (REQUEST_FILES, _requests),
    ("account", _people),
    ("accounting", _documents),
)


def _parts(rows: QuerySet[Any], size: int) -> Iterator[list[uuid.UUID]]:
    """The keys of `rows`, `size` at a time, in their order; each is given once, also when it could
    not be erased and is still due."""
    last: uuid.UUID | None = None
    while True:
        page = rows.order_by("pk")
        if last is not None:
            page = page.filter(pk__gt=last)
        with transaction.atomic(), restriction.purging():
            keys = list(page.values_list("pk", flat=True)[:PAGE])
        for start in range(0, len(keys), size):
            yield keys[start : start + size]
        if len(keys) < PAGE:
            return
        last = keys[-1]
