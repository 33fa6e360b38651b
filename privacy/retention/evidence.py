"""Rows that prove what retention did, without a word about whom (RT-07)."""

import hashlib
import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from typing import Any

from consent import snapshots
from consent.log.ids import uuid7
from privacy.models import RetentionRun
from privacy.retention.rules import NoRules
from privacy.sources.base import sources


@dataclass(frozen=True, slots=True)
class Pass:
    """One passage over all rules: what it was done under."""

    run: uuid.UUID
    as_of: date
    publication: int
    publication_sha256: str


def begin(*, as_of: date, now: datetime) -> Pass:
    """Raises NoRules where nothing is published."""
    snapshot = snapshots.current()
    if snapshot is None:
        raise NoRules("Nothing is published: there is no rule to keep or to purge by.")
    return Pass(uuid7(now), as_of, snapshot.publication, snapshot.sha256)


def write(
    done: Pass,
    *,
    rule: str,
    counts: Mapping[str, int],
    now: datetime,
    seconds: float,
    is_total: bool = False,
) -> RetentionRun:
    """One row. `counts`: label of a source, or an outcome → rows. Call it with the deed, in its
    transaction; `is_total` is the row that ends a rule and repeats the sum of its batches."""
    row = RetentionRun(
        id=uuid7(now),
        run=done.run,
        rule=rule,
        at=now,
        as_of=done.as_of,
        counts=dict(sorted(counts.items())),
        is_total=is_total,
        publication=done.publication,
        publication_sha256=done.publication_sha256,
        declarations_sha256=declarations_sha256(),
        milliseconds=round(seconds * 1000),
    )
    row.hash = hash_of(row)
    row.save()
    return row


def hash_of(row: RetentionRun) -> str:
    """SHA-256 of every field but `hash`, as canonical JSON."""
    fields = {
        field.attname: getattr(row, field.attname)
        for field in row._meta.concrete_fields
        if field.name != "hash"
    }
    return _digest(fields)


@lru_cache(maxsize=1)
def declarations_sha256() -> str:
    """Of what every source declares: which fields, under which rule, what becomes of them."""
    found = {
        label: {
            "path": source.path,
            "rule": source.rule,
            "clock": source.clock,
            "at_end": str(source.at_end),
            "fields": {name: repr(one) for name, one in source.fields.items()},
            "apart": source.apart,
        }
        for label, source in sources().items()
    }
    return _digest(found)


def _digest(value: Any) -> str:
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), default=_text)
    return hashlib.sha256(text.encode()).hexdigest()


def _text(value: Any) -> str:
    return value.isoformat() if isinstance(value, (date, datetime)) else str(value)
