"""The one cookie of a choice, `cookieconsent_status`. Pure: no request, no database, no clock.

Refused:  r1.<notice>.<yyyymmdd>                             the same for everybody that day
Accepted: a1.<notice>.<category+category>.<yyyymmdd>.<id>    <id> names the record that proves it

The id is the record's key and a keyed tag over it, the notice and the categories, so that nobody
can write an acceptance that the site did not record. Its day may be older than the record's (that
only shortens it), never younger.
"""

import base64
import hmac
import re
import uuid
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from consent.log.ids import moment_of
from consent.periods import Period, local_day

NAME = "cookieconsent_status"
MAX_LENGTH = 256
_REFUSED = re.compile(r"r1\.([1-9]\d{0,8})\.(\d{8})", re.ASCII)
_ACCEPTED = re.compile(
    r"a1\.([1-9]\d{0,8})\.([a-z]+(?:\+[a-z]+)*)\.(\d{8})\.([A-Za-z0-9_-]{32})", re.ASCII
)
_TAG_BYTES = 8
# What a shared cache keys on; anything else is "undecided" to it (docs/architecture.md).
CACHE_KEY = re.compile(r"(r1\.\d+|a1\.\d+\.[a-z+]+)\.\d{8}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Choice:
    """What a well-formed cookie says. `record` is None for a refusal."""

    notice: int
    categories: tuple[str, ...]
    decided_on: date
    record: uuid.UUID | None = None

    @property
    def is_acceptance(self) -> bool:
        return self.record is not None


def tag(record: uuid.UUID, notice: int, categories: tuple[str, ...], key: bytes) -> bytes:
    message = record.bytes + f"{notice}.{'+'.join(categories)}".encode()
    return hmac.digest(key, message, "sha256")[:_TAG_BYTES]


def serialise(choice: Choice, key: bytes) -> str:
    """The value of the cookie for `choice`; `key` signs an acceptance."""
    day = f"{choice.decided_on:%Y%m%d}"
    if choice.record is None:
        return f"r1.{choice.notice}.{day}"
    signature = tag(choice.record, choice.notice, choice.categories, key)
    name = base64.urlsafe_b64encode(choice.record.bytes + signature).decode()
    return f"a1.{choice.notice}.{'+'.join(choice.categories)}.{day}.{name}"


def is_sent_as(value: str, header: str) -> bool:
    """Whether the Cookie header names this cookie once, and with exactly `value`."""
    pairs = [pair for part in header.split(";") if (pair := part.strip()).startswith(f"{NAME}=")]
    return pairs == [f"{NAME}={value}"]


def _day(digits: str) -> date | None:
    try:
        return date(int(digits[:4]), int(digits[4:6]), int(digits[6:]))
    except ValueError:
        return None


@lru_cache(maxsize=4096)
def parse(value: str, keys: tuple[bytes, ...]) -> Choice | None:
    """The choice in a cookie's value; None for whatever this site did not write. Never raises."""
    if len(value) > MAX_LENGTH:
        return None
    if (match := _REFUSED.fullmatch(value)) is not None:
        day = _day(match[2])
        return Choice(int(match[1]), (), day) if day else None
    if (match := _ACCEPTED.fullmatch(value)) is None:
        return None
    notice, categories, day = int(match[1]), tuple(match[2].split("+")), _day(match[3])
    raw = base64.urlsafe_b64decode(match[4])
    record, signature = uuid.UUID(bytes=raw[:16]), raw[16:]
    if day is None or list(categories) != sorted(set(categories)):
        return None
    if not any(
        hmac.compare_digest(signature, tag(record, notice, categories, key)) for key in keys
    ):
        return None
    try:
        recorded_on = local_day(moment_of(record))
    except (ValueError, OverflowError):
        return None
    if day > recorded_on:
        return None
    return Choice(notice, categories, day, record)


def holds(choice: Choice, *, notice: int, period: Period, today: date) -> bool:
    """Whether `choice` answers the current notice and its period has not ended on `today`."""
    return (
        choice.notice == notice
        and choice.decided_on <= today
        and period.last_day(choice.decided_on) >= today
    )
