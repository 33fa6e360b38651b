"""The chain of seals: what a seal states, its hash, its signature. Pure; no Django, no database."""

import base64
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from consent.log.canonical import dumps, instant, sha256

# Part of what is signed, so that no other signature by the same key can be taken for a seal.
FORMAT = "clicknconnect/consent-seal/1"
# What the first seal names as the one before it.
NOTHING = "0" * 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """What one seal states; JSON values only, so that it is the same everywhere.

    `kind` is "records", "departure" or "key"; `month` is YYYYMM in UTC, empty for a
    key; `root`, `previous` are hex; `sealed_at` is an instant; `public_key` is base64.
    """

    number: int
    kind: str
    month: str
    count: int
    first: str | None
    last: str | None
    root: str
    details: dict[str, Any] = field(default_factory=dict)
    previous: str
    sealed_at: str
    key_id: str
    public_key: str

    def payload(self) -> bytes:
        """The canonical bytes that are hashed and signed."""
        return dumps(self.values())

    def hash(self) -> str:
        return sha256(self.payload())

    def values(self) -> dict[str, Any]:
        return {"format": FORMAT, **{name: getattr(self, name) for name in self.__slots__}}


def portable(statement: Statement, signature: str) -> dict[str, Any]:
    """A signed statement that can leave the house: anchor, receipt, /.well-known/."""
    return {"statement": statement.values(), "hash": statement.hash(), "signature": signature}


class Malformed(ValueError):
    """What should be a signed statement is none; the text is a sentence."""


def read(seal: Any) -> tuple[Statement, str]:
    """(statement, signature) of a portable signed statement. Raises Malformed."""
    try:
        values = dict(seal["statement"])
        if values.pop("format") != FORMAT:
            raise Malformed("The seal has a format that this program does not know.")
        statement = Statement(**values)
        signature = str(seal["signature"])
        claimed = seal["hash"]
        actual = statement.hash()
    except (KeyError, TypeError, ValueError) as error:
        if isinstance(error, Malformed):
            raise
        raise Malformed("This is not a seal of a consent log.") from error
    if claimed != actual:
        raise Malformed(f"The statement of seal {statement.number} does not have its hash.")
    return statement, signature


def sign(statement: Statement, key: Ed25519PrivateKey) -> str:
    """Base64 of the Ed25519 signature over the statement's canonical bytes."""
    return base64.b64encode(key.sign(statement.payload())).decode()


def is_signed(statement: Statement, signature: str) -> bool:
    """Whether the key that the statement names has signed it; not whose key that is."""
    try:
        key = Ed25519PublicKey.from_public_bytes(base64.b64decode(statement.public_key))
        key.verify(base64.b64decode(signature), statement.payload())
    except (InvalidSignature, ValueError):
        return False
    return True


def public_key_of(key: Ed25519PrivateKey) -> str:
    """Base64 of the raw public key, as it is published."""
    return base64.b64encode(key.public_key().public_bytes_raw()).decode()


def text_of(key: UUID | None) -> str | None:
    return None if key is None else str(key)


def statement_of(row: Any) -> Statement:
    """The statement of a stored seal (consent.models.Seal, or whatever has its fields)."""
    sealed_at: datetime = row.sealed_at
    return Statement(
        number=row.number,
        kind=str(row.kind),
        month=row.month,
        count=row.count,
        first=text_of(row.first),
        last=text_of(row.last),
        root=row.root,
        details=row.details,
        previous=row.previous,
        sealed_at=instant(sealed_at),
        key_id=row.key_id,
        public_key=row.public_key,
    )
