"""What is hashed: RFC 8785 canonical JSON of typed values. Pure; no Django, no database.

A database's own text (`timestamptz::text`, `jsonb::text`) depends on its settings and version;
these bytes do not, so a seal outlives both.
"""

import hashlib
import json
from collections.abc import Callable
from datetime import UTC, date, datetime
from functools import lru_cache
from typing import Any
from uuid import UUID

# The names of a record's values in their canonical order, which is also that of the columns read.
FIELDS = (
    "categories", "decided_on", "event", "expires_on", "gpc", "id", "language", "notice", "preset",
    "previous", "publication", "recorded_at", "revision", "source",
)  # fmt: skip
# The C encoder, several times as fast as a canonicaliser in Python. It is RFC 8785 for what is
# here: text, whole numbers up to 2**53, true, false, null, lists, objects with ASCII keys.
_encode_ordered: Callable[[Any], str] = json.JSONEncoder(
    ensure_ascii=False, allow_nan=False, separators=(",", ":")
).encode
_encode_sorted: Callable[[Any], str] = json.JSONEncoder(
    ensure_ascii=False, allow_nan=False, separators=(",", ":"), sort_keys=True
).encode


def dumps(value: Any) -> bytes:
    """RFC 8785 bytes of `value`: no fractions, ASCII keys."""
    return _encode_sorted(value).encode()


def instant(moment: datetime) -> str:
    """An aware moment in UTC to the microsecond: 2026-11-22T08:00:00.000000Z."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds")[:-6] + "Z"


def sha256(body: bytes) -> str:
    """Hex SHA-256."""
    return hashlib.sha256(body).hexdigest()


@lru_cache(maxsize=1024)
def _categories(text: str) -> Any:
    return json.loads(text)


def record_values(row: tuple[Any, ...]) -> dict[str, Any]:
    """The JSON values of one record; `row` holds its typed values in the order of FIELDS.

    Categories may also come as the JSON text that the driver read.
    """
    (categories, decided_on, event, expires_on, gpc, key, language, notice, preset, previous,
     publication, recorded_at, revision, source) = row  # fmt: skip
    return {
        "categories": _categories(categories) if isinstance(categories, str) else categories,
        "decided_on": _day(decided_on),
        "event": event,
        "expires_on": _day(expires_on),
        "gpc": gpc,
        "id": _id(key),
        "language": language,
        "notice": notice,
        "preset": preset,
        "previous": None if previous is None else _id(previous),
        "publication": publication,
        "recorded_at": instant(recorded_at),
        "revision": revision,
        "source": source,
    }


def record_payload(row: tuple[Any, ...]) -> bytes:
    """The canonical bytes of one record: the content of its leaf."""
    return _encode_ordered(record_values(row)).encode()


def _id(key: UUID) -> str:
    digits = f"{key.int:032x}"
    return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"


def _day(day: date) -> str:
    return day.isoformat()
