"""One month: every record against its membership, every seal against its records."""

import json
from dataclasses import dataclass
from typing import NoReturn
from uuid import UUID

from django.db import connection

from consent.log import merkle, months
from consent.log.canonical import FIELDS, record_payload
from consent.log.verification import expected
from consent.log.verification.broken import Broken
from consent.log.verification.expected import Expected, ExpectedMonth
from consent.log.verification.links import Month

FETCH = 2_000
_COLUMNS = ", ".join(f"r.{name}" for name in FIELDS)
_ROWS = f"""
SELECT {_COLUMNS}, s.seal, s.position, s.leaf
FROM consent_record r
LEFT JOIN consent_sealed s ON s.record = r.id AND s.record >= %(start)s AND s.record < %(before)s
WHERE r.id >= %(start)s AND r.id < %(before)s ORDER BY r.id"""  # noqa: S608
_MEMBERS = "SELECT count(*) FROM consent_sealed WHERE record >= %(start)s AND record < %(before)s"
_ORPHAN = """
SELECT s.record, s.seal, s.position FROM consent_sealed s
WHERE s.record >= %(start)s AND s.record < %(before)s AND NOT EXISTS (
    SELECT FROM consent_record r
    WHERE r.id = s.record AND r.id >= %(start)s AND r.id < %(before)s)
ORDER BY s.record LIMIT 1"""
_KEY, _NOTICE, _PUBLICATION, _REVISION = map(
    FIELDS.index, ("id", "notice", "publication", "revision")
)
_SEAL = len(FIELDS)


# What records name: (notice, publication, revision).
Named = set[tuple[int, int, str]]


class _Checked:
    """The pass over one month, with what it knows so far."""

    def __init__(self, month: str, bounds: dict[str, UUID]) -> None:
        self.month = month
        self.bounds = bounds
        self.expects: ExpectedMonth = expected.of_month(month)
        self.named: Named = set()
        self.records = 0
        self.sealed = 0

    def stream(self) -> None:
        """All records in the order of their keys, a few thousand at a time."""
        seals, named = self.expects.seals, self.named
        with connection.chunked_cursor() as cursor:
            cursor.execute(_ROWS, self.bounds)
            while rows := cursor.fetchmany(FETCH):
                self.records += len(rows)
                for row in rows:
                    key: UUID = row[_KEY]
                    number = row[_SEAL]
                    named.add((row[_NOTICE], row[_PUBLICATION], row[_REVISION]))
                    if number is None:
                        self.unsealed(key)
                        continue
                    seal = seals.get(number)
                    if seal is None:
                        raise Broken(
                            f"Record {key} is said to be in seal {number}, which is no seal of "
                            f"month {self.month}."
                        )
                    self.place(
                        seal, key, row[_SEAL + 1], row[_SEAL + 2], record_payload(row[:_SEAL])
                    )

    def place(
        self, seal: Expected, key: UUID, position: int, stored: bytes, payload: bytes
    ) -> None:
        hashed = merkle.leaf(payload)
        if hashed != stored:
            raise Broken(
                f"Record {key} was changed after it was sealed (seal {seal.number}, position "
                f"{position})."
            )
        if position != seal.tree.count or position >= seal.count:
            self.misplaced(seal, key, position)
        if seal.is_late(key.int):
            raise Broken(
                f"Record {key} was added: seal {seal.number} has it, and an earlier seal, made "
                f"more than ten minutes after its time, has not."
            )
        seal.tree.add(hashed)
        self.sealed += 1
        if seal.tree.count == seal.count:
            self.close(seal, key)

    def close(self, seal: Expected, last: UUID) -> None:
        """All records of a seal are seen: they give its root."""
        if seal.tree.root().hex() != seal.root or last != seal.last:
            raise Broken(
                f"Seal {seal.number} does not have its root: between records {seal.first} and "
                f"{seal.last}, a record was changed or replaced together with its membership."
            )
        # What comes now is one too many; memory for its tree is not needed any more.
        count = seal.tree.count
        seal.tree = merkle.Growing()
        seal.tree.count = count

    def unsealed(self, key: UUID) -> None:
        if not expected.is_late(key.int, self.expects.too_old, self.expects.partly):
            return
        if self.members() < sum(seal.count for seal in self.expects.seals.values()):
            raise Broken(
                f"The membership of record {key} was removed: it is in no seal, and seals of "
                f"month {self.month} lack records."
            )
        raise Broken(
            f"Record {key} was added: it is in no seal, though a seal was made more than ten "
            f"minutes after its time."
        )

    def misplaced(self, seal: Expected, key: UUID, position: int) -> NoReturn:
        place = seal.tree.count
        if place >= seal.count:
            raise Broken(f"Record {key} was added to seal {seal.number}, which was full.")
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT s.record, EXISTS (SELECT FROM consent_record r WHERE r.id = s.record)"
                " FROM consent_sealed s WHERE s.record >= %(start)s AND s.record < %(before)s"
                " AND s.seal = %(seal)s AND s.position = %(place)s",
                {**self.bounds, "seal": seal.number, "place": place},
            )
            there = cursor.fetchone()
        if there is None:
            raise Broken(
                f"The record at position {place} of seal {seal.number} was removed, with its "
                f"membership; record {key} comes next."
            )
        if not there[1]:
            raise Broken(f"Record {there[0]} was removed (seal {seal.number}, position {place}).")
        raise Broken(
            f"Records were reordered: record {key} stands at position {position} of seal "
            f"{seal.number}; the order of keys puts it at {place}."
        )

    def members(self) -> int:
        with connection.cursor() as cursor:
            cursor.execute(_MEMBERS, self.bounds)
            return int(cursor.fetchone()[0])

    def nothing_lacks(self) -> None:
        """After the last record: every seal is complete and every membership has its record."""
        lacking = next((s for s in self.expects.seals.values() if s.tree.count < s.count), None)
        if lacking is None and self.members() == self.sealed:
            return
        with connection.cursor() as cursor:
            cursor.execute(_ORPHAN, self.bounds)
            orphan = cursor.fetchone()
        if orphan is not None:
            raise Broken(
                f"Record {orphan[0]} was removed (seal {orphan[1]}, position {orphan[2]})."
            )
        assert lacking is not None
        if not self.sealed:
            raise Broken(
                f"Month {self.month} is gone without a departure: seal {lacking.number} and "
                f"those after it hold its records."
            )
        raise Broken(
            f"Seal {lacking.number} holds {lacking.count} records, of which "
            f"{lacking.count - lacking.tree.count} were removed with their membership."
        )


@dataclass(frozen=True, slots=True)
class Seen:
    """What a sound month holds; `texts` is (table, number, hash) → the first seal that says so."""

    records: int
    named: Named
    texts: dict[tuple[str, int, str], int]


def check(month: str, said: Month) -> Seen:
    """Hold one month against its seals. Raises Broken."""
    start, before = months.bounds(month)
    checked = _Checked(month, {"start": start, "before": before})
    if said.left_by is not None:
        _gone(checked, said.left_by)
        return Seen(0, set(), {})
    checked.stream()
    checked.nothing_lacks()
    return Seen(checked.records, checked.named, _texts(checked.expects))


def _texts(expects: ExpectedMonth) -> dict[tuple[str, int, str], int]:
    found: dict[tuple[str, int, str], int] = {}
    for seal in expects.seals.values():
        for table, hashes in (("notice", seal.notices), ("publication", seal.publications)):
            for number, sha in json.loads(hashes or "{}").items():
                found.setdefault((table, int(number), sha), seal.number)
    return found


def _gone(checked: _Checked, left_by: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id FROM consent_record WHERE id >= %(start)s AND id < %(before)s LIMIT 1",
            checked.bounds,
        )
        here = cursor.fetchone()
    if here is not None or checked.members():
        what = f"record {here[0]}" if here else "membership of its records"
        raise Broken(f"Month {checked.month} left by seal {left_by}, and {what} is there.")
