"""What the chain says: its newest seal, its keys, where a record stands in it."""

from typing import Any
from uuid import UUID

from django.db import connection

from consent.enums import SealKind
from consent.log import merkle, months, signing_keys
from consent.log.canonical import FIELDS, record_values
from consent.models import Record, Seal, Sealed


def newest() -> Seal | None:
    """The last link of the chain; None before the first sealing."""
    return Seal.objects.order_by("-number").first()


def published_keys() -> list[dict[str, str]]:
    """Every public key that ever signed the log, the newest first.

    As {"id", "algorithm", "public_key"}. Each `key` link names all before it, so one row is enough.
    """
    link = Seal.objects.filter(kind=SealKind.KEY).order_by("-number").first()
    return list(link.details["keys"]) if link else []


def all_keys() -> list[dict[str, str]]:
    """The configured keys, then those that only the chain still knows."""
    keys = signing_keys.public()
    return keys + [key for key in published_keys() if key not in keys]


def has_left(record: UUID) -> bool:
    """Whether the month of `record` left at the end of its retention."""
    return Seal.objects.filter(kind=SealKind.DEPARTURE, month=months.of_key(record)).exists()


def leaves(seal: Seal) -> list[bytes]:
    """The leaf hashes of a seal of records, in their order; at most a batch (50 000)."""
    start, before = months.bounds(seal.month)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT leaf FROM consent_sealed WHERE seal = %s AND record >= %s AND record < %s"
            " ORDER BY position",
            [seal.number, start, before],
        )
        return [bytes(leaf) for (leaf,) in cursor.fetchall()]


def proof(record: Record) -> dict[str, Any] | None:
    """That `record` is in the log: what is hashed, its place, the way to a signed root.

    None while it is not sealed.
    """
    place = Sealed.objects.filter(record=record.pk).first()
    if place is None:
        return None
    seal = Seal.objects.get(number=place.seal)
    path = merkle.path(leaves(seal), place.position)
    return {
        "leaf": record_values(tuple(getattr(record, name) for name in FIELDS)),
        "position": place.position,
        "path": [hashed.hex() for hashed in path],
        "seal": seal.statement(),
    }
