"""Sealing: what is visible and in no seal gets into one, a batch and a transaction at a time.

Unsealed is found by an anti-join over the membership rows, never by a watermark or a transaction
id: a record that commits late, or that came back with a restore, is simply still unsealed. Seal and
membership are one transaction under one lock: a sealer killed anywhere leaves no half of either.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.conf import settings
from django.db import connection, transaction

from consent.enums import SealKind
from consent.log import chain, merkle, months, seals, signing_keys
from consent.log.canonical import FIELDS, dumps, record_payload, sha256
from consent.models import Notice, Publication, Seal

# A batch holds its ids and hashes in memory, some 10 MB.
BATCH = 50_000
FETCH = 2_000
LOCK = "consent.seal"
# What a run of everything says where it begins: before any month.
EVER = "000000"
# One row of binary COPY: four values, each with its length before it.
_ROW = struct.Struct("!hi16siqiii32s")
_COPY_HEAD = b"PGCOPY\n\xff\r\n\0" + bytes(8)
_COPY_END = b"\xff\xff"
_COLUMNS = ", ".join(f"r.{name}" for name in FIELDS)
_UNSEALED = f"""
SELECT {_COLUMNS} FROM consent_record r
WHERE r.id > %(after)s AND r.id < %(before)s AND NOT EXISTS (
    SELECT FROM consent_sealed s
    WHERE s.record = r.id AND s.record > %(after)s AND s.record < %(before)s)
ORDER BY r.id LIMIT %(limit)s"""  # noqa: S608
_KEY, _NOTICE, _PUBLICATION = map(FIELDS.index, ("id", "notice", "publication"))


class SealingRefused(Exception):
    """The log cannot be sealed as things are; the text says what to do."""


@dataclass(frozen=True, slots=True)
class Done:
    """What one run sealed; `busy` when another sealer was at work instead."""

    seals: int = 0
    records: int = 0
    busy: bool = False


class _Busy(Exception):
    pass


def seal(
    *, now: datetime, everything: bool = False, wait: bool = False, batch: int = BATCH
) -> Done:
    """Seal what is not: of this month and the one before, or of `everything`.

    `now` is the same for all seals of a run. Raises SealingRefused.
    """
    done = Done()
    try:
        with transaction.atomic():
            lock(wait=wait)
            is_first = _publish_key(now)
        everything = everything or is_first
        first = EVER if everything else months.plus(months.of_moment(now), -1)
        for month in _months(now, everything=everything):
            for count in _batches(month, first, now, wait=wait, batch=batch):
                done = Done(done.seals + 1, done.records + count)
    except _Busy:
        return Done(done.seals, done.records, busy=True)
    return done


def lock(*, wait: bool) -> None:
    """One writer of the chain at a time, until the end of the transaction."""
    function = "pg_advisory_xact_lock" if wait else "pg_try_advisory_xact_lock"
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {function}(hashtext(%s))", [LOCK])
        if cursor.fetchone()[0] is False:
            raise _Busy


def _months(now: datetime, *, everything: bool) -> Iterator[str]:
    this = months.of_moment(now)
    if not everything:
        # The next one too: a web server's clock may be a little ahead of this one.
        yield from (months.plus(this, ahead) for ahead in (-1, 0, 1))
        return
    yield from months_with("consent_record", "id")


def months_with(table: str, key: str) -> Iterator[str]:
    """The months of which `table` holds rows, in order; found by jumps over the key's index."""
    after = UUID(int=0)
    with connection.cursor() as cursor:
        while True:
            cursor.execute(
                f"SELECT {key} FROM {table} WHERE {key} >= %s ORDER BY {key} LIMIT 1",  # noqa: S608
                [after],
            )
            row = cursor.fetchone()
            if row is None:
                return
            month = months.of_key(row[0])
            yield month
            after = months.floor(months.plus(month, 1))


def _batches(month: str, first: str, now: datetime, *, wait: bool, batch: int) -> Iterator[int]:
    """Seal one month, batch by batch in the order of keys; the counts."""
    start, before = months.bounds(month)
    after: UUID | None = UUID(int=start.int - 1)
    while after is not None:
        with transaction.atomic():
            lock(wait=wait)
            written = _one(month, first, now, after, before, batch)
        if written is None:
            return
        yield written.count
        after = written.last if written.count == batch else None


def _one(
    month: str, first: str, now: datetime, after: UUID, before: UUID, batch: int
) -> Seal | None:
    ids, hashes, notices, publications = _read(after, before, batch)
    if not ids:
        return None
    seal = append(
        now,
        kind=SealKind.RECORDS,
        month=month,
        count=len(ids),
        first=ids[0],
        last=ids[-1],
        root=merkle.root(hashes).hex(),
        details={
            # The months from which on nothing was left unsealed up to here; null: more is to come.
            "exhausted_from": first if len(ids) < batch else None,
            "notices": _hashes_of(Notice, notices),
            "publications": _hashes_of(Publication, publications),
        },
    )
    _write_membership(seal.number, ids, hashes)
    return seal


def _read(
    after: UUID, before: UUID, limit: int
) -> tuple[list[UUID], list[bytes], set[int], set[int]]:
    ids: list[UUID] = []
    hashes: list[bytes] = []
    notices: set[int] = set()
    publications: set[int] = set()
    with connection.chunked_cursor() as cursor:
        cursor.execute(_UNSEALED, {"after": after, "before": before, "limit": limit})
        while rows := cursor.fetchmany(FETCH):
            ids += [row[_KEY] for row in rows]
            hashes += [merkle.leaf(record_payload(row)) for row in rows]
            notices.update(row[_NOTICE] for row in rows)
            publications.update(row[_PUBLICATION] for row in rows)
    return ids, hashes, notices, publications


def _hashes_of(model: Any, numbers: set[int]) -> dict[str, str]:
    """What the records name by number is sealed by its hash with them."""
    found = model.objects.filter(pk__in=numbers).order_by("pk").values_list("pk", "sha256")
    return {str(number): sha for number, sha in found}


def _write_membership(number: int, ids: list[UUID], hashes: list[bytes]) -> None:
    statement = "COPY consent_sealed (record, seal, position, leaf) FROM STDIN (FORMAT BINARY)"
    with connection.cursor() as cursor, cursor.copy(statement) as copy:
        copy.write(_COPY_HEAD)
        for start in range(0, len(ids), FETCH):
            rows = zip(ids[start : start + FETCH], hashes[start : start + FETCH], strict=True)
            copy.write(
                b"".join(
                    _ROW.pack(4, 16, key.bytes, 8, number, 4, position, 32, hashed)
                    for position, (key, hashed) in enumerate(rows, start)
                )
            )
        copy.write(_COPY_END)


def append(now: datetime, **what: Any) -> Seal:
    """Write the next link, signed; the caller holds the lock until the end of the transaction."""
    key_id, private = current_key()
    before = seals.newest()
    row = Seal(
        number=before.number + 1 if before else 1,
        previous=before.hash if before else chain.NOTHING,
        sealed_at=max(now, before.sealed_at) if before else now,
        key_id=key_id,
        public_key=chain.public_key_of(private),
        **what,
    )
    statement = chain.statement_of(row)
    row.hash = statement.hash()
    row.signature = chain.sign(statement, private)
    row.save()
    return row


def current_key() -> tuple[str, Ed25519PrivateKey]:
    """(id, key) that signs now: the first of LEDGER_SIGNING_KEYS."""
    return signing_keys.private(settings.LEDGER_SIGNING_KEYS[0])


def _publish_key(now: datetime) -> bool:
    """A `key` link where another key signs than before; True when the chain begins with it."""
    key_id, private = current_key()
    mine = {
        "id": key_id,
        "algorithm": "Ed25519",
        "public_key": chain.public_key_of(private),
    }
    known = seals.published_keys()
    if known and known[0] == mine:
        return False
    if mine in known:
        raise SealingRefused(
            f"The log is not sealed: key {key_id} was replaced by {known[0]['id']} before. Put "
            f"{known[0]['id']}, or a new key, in front of LEDGER_SIGNING_KEYS."
        )
    if any(key["id"] == key_id for key in known):
        raise SealingRefused(
            f"The log is not sealed: another key is known as {key_id}. Give the new key in "
            f"LEDGER_SIGNING_KEYS an id of its own."
        )
    keys = [mine, *known]
    append(
        now,
        kind=SealKind.KEY,
        month="",
        count=0,
        root=sha256(dumps(keys)),
        details={"keys": keys},
    )
    return not known
