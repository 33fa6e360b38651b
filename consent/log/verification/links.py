"""The chain alone: numbers, hashes, signatures, keys, what left, and the anchor."""

from dataclasses import dataclass, field

from consent.enums import SealKind
from consent.log import chain, merkle
from consent.log.canonical import dumps, sha256
from consent.log.chain import Statement
from consent.log.verification.broken import Broken
from consent.models import Seal

FETCH = 2_000


@dataclass(slots=True)
class Month:
    """What the seals of one month say together; `left_by` is the number of its departure."""

    count: int = 0
    roots: merkle.Growing = field(default_factory=merkle.Growing)
    left_by: int | None = None


@dataclass(slots=True)
class Links:
    """A sound chain, and what it says of each month."""

    seals: int = 0
    months: dict[str, Month] = field(default_factory=dict)


def check(*, trusted: frozenset[str], anchor: Statement | None) -> Links:
    """Walk the whole chain, in memory for its months only. Raises Broken.

    `trusted` are public keys (base64): one of them must have signed the newest seal, and the hashes
    carry that trust back to the first. `anchor` is a statement kept elsewhere.
    """
    found = Links()
    before: Statement | None = None
    keys: list[dict[str, str]] = []
    for row in Seal.objects.order_by("number").iterator(chunk_size=FETCH):
        statement = _sound(row, before)
        keys = _keys_after(statement, keys)
        if not chain.is_signed(statement, row.signature):
            raise Broken(f"Seal {row.number} is not signed by key {row.key_id}, which it names.")
        _anchored(statement, anchor)
        if statement.kind != SealKind.KEY:
            _count(statement, found.months.setdefault(statement.month, Month()))
        found.seals += 1
        before = statement
    if anchor is not None and anchor.number > found.seals:
        raise Broken(
            f"The end of the log is lost: the anchor holds seal {anchor.number}, and the log ends "
            f"with seal {found.seals}."
        )
    if before is not None and before.public_key not in trusted:
        raise Broken(
            f"Seal {before.number}, the newest, is signed by key {before.key_id}, which is not "
            f"among the keys that are trusted here."
        )
    return found


def _sound(row: Seal, before: Statement | None) -> Statement:
    number = before.number + 1 if before else 1
    if row.number != number:
        raise Broken(f"Seal {number} was removed: the next one is seal {row.number}.")
    statement = chain.statement_of(row)
    if statement.hash() != row.hash:
        raise Broken(f"Seal {row.number} was changed: it does not have its hash.")
    if statement.previous != (before.hash() if before else chain.NOTHING):
        raise Broken(f"Seal {row.number} does not follow seal {number - 1}: one was replaced.")
    if before is not None and statement.sealed_at < before.sealed_at:
        raise Broken(f"Seal {row.number} says that it was made before seal {number - 1}.")
    return statement


def _keys_after(statement: Statement, keys: list[dict[str, str]]) -> list[dict[str, str]]:
    """The keys from this link on, the one in use first."""
    used = {
        "id": statement.key_id,
        "algorithm": "Ed25519",
        "public_key": statement.public_key,
    }
    if statement.kind == SealKind.KEY:
        named = statement.details.get("keys")
        if named != [used, *keys] or statement.root != sha256(dumps(named)):
            raise Broken(f"Seal {statement.number} does not publish the keys of the log.")
        return list(named)
    if not keys or keys[0] != used:
        raise Broken(
            f"Seal {statement.number} is signed by key {statement.key_id}, which no seal before it "
            f"has published as the one in use."
        )
    return keys


def _anchored(statement: Statement, anchor: Statement | None) -> None:
    if anchor is not None and anchor.number == statement.number and anchor != statement:
        raise Broken(
            f"The history was rewritten: seal {statement.number} is not the one that the anchor "
            f"holds."
        )


def _count(statement: Statement, month: Month) -> None:
    if month.left_by is not None:
        raise Broken(
            f"Seal {statement.number} is about month {statement.month}, which left by seal "
            f"{month.left_by}."
        )
    if statement.kind == SealKind.RECORDS:
        month.count += statement.count
        month.roots.add(bytes.fromhex(statement.root))
    elif (statement.count, statement.root) == (month.count, month.roots.root().hex()):
        month.left_by = statement.number
    else:
        raise Broken(
            f"Seal {statement.number} says that {statement.count} records of month "
            f"{statement.month} left, which is not what its seals hold ({month.count})."
        )
