"""Many records at once, of any days, as the site would have written them."""

import random
from datetime import UTC, date, datetime, timedelta
from typing import Any

from django.db import connection

from consent.log.ids import uuid7
from consent.models import Record

SOURCES = ("banner", "banner", "preferences", "page", "account")


def make_partitions(first: date, last: date) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT consent_record_partition(moment) FROM generate_series(%s::timestamptz,"
            " %s::timestamptz, interval '20 days') AS moment",
            [first - timedelta(days=2), last + timedelta(days=21)],
        )


def some(count: int, *, first: date, last: date, seed: int = 1) -> list[Record]:
    """`count` stored records at random moments of these days, the same ones for the same seed."""
    make_partitions(first, last)
    chance = random.Random(seed)
    start = datetime(first.year, first.month, first.day, tzinfo=UTC)
    span = ((last - first).days + 1) * 86_400_000
    made = [
        one(start + timedelta(milliseconds=chance.randrange(span)), chance) for _ in range(count)
    ]
    return Record.objects.bulk_create(made, batch_size=2000)


def one(at: datetime, chance: random.Random, **values: Any) -> Record:
    event = chance.choice(("given", "given", "refused", "withdrawn"))
    day = at.date()
    return Record(
        **{
            "id": uuid7(at),
            "recorded_at": at,
            "event": event,
            "categories": ["analytics"] if event == "given" else [],
            "notice": chance.choice((1, 1, 2)),
            "publication": 1,
            "revision": "0" * 64,
            "language": chance.choice(("fr", "fr", "nl", "de", "en")),
            "preset": "politique",
            "source": chance.choice(SOURCES),
            "gpc": chance.random() < 0.1,
            "decided_on": day,
            "expires_on": day + timedelta(days=365),
            "previous": uuid7(at) if event == "withdrawn" else None,
            **values,
        }
    )
