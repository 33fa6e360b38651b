"""What is hashed: RFC 8785 canonical JSON of typed values. Pure; no Django, no database.

A database's own text (`timestamptz::text`, `jsonb::text`) depends on its settings and version;
these bytes do not, so a seal outlives both.
"""

import hashlib
import json
from collections.abc import Callable
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

# The names of a record's values in their canonical order, which is also that of the columns read.
FIELDS = (
    "categories", "decided_on", "event", "expires_on", "gpc", "id", "language", "notice", "preset",
    "previous", "publication", "recorded_at", "revision", "source",
)  # fmt: skip
# RFC 8785 for what is here: text, whole numbers up to 2**53, true, false, null, lists, and objects
# with ASCII keys. The C encoder is several times as fast as a canonicaliser in Python.
_encode: Callable[[Any], str] = json.JSONEncoder(
    ensure_ascii=False, allow_nan=False, separators=(",", ":"), sort_keys=True
).encode
_text: Callable[[str], str] = json.encoder.encode_basestring  # type: ignore[attr-defined]


def dumps(value: Any) -> bytes:
    """RFC 8785 bytes of `value`: no fractions, ASCII keys."""
    return _encode(value).encode()


def instant(moment: datetime) -> str:
    """An aware moment in UTC to the microsecond: 2026-11-22T08:00:00.000000Z."""
    if moment.tzinfo is not UTC:
        moment = moment.astimezone(UTC)
    return moment.isoformat(timespec="microseconds")[:-6] + "Z"


def sha256(body: bytes) -> str:
    """Hex SHA-256."""
    return hashlib.sha256(body).hexdigest()


def record_payload(row: tuple[Any, ...]) -> bytes:
    """The canonical bytes of one record, the content of its leaf: those of its values, faster.

    `row` holds its typed values in the order of FIELDS; categories may also come as the JSON text
    that the driver read.
    """
    (categories, decided_on, event, expires_on, gpc, key, language, notice, preset, previous,
     publication, recorded_at, revision, source) = row  # fmt: skip
    listed = _listed(categories) if isinstance(categories, str) else _encode(categories)
    return (
        f'{{"categories":{listed},"decided_on":"{decided_on.isoformat()}","event":{_text(event)},'
        f'"expires_on":"{expires_on.isoformat()}","gpc":{"true" if gpc else "false"},'
        f'"id":"{key}","language":{_text(language)},"notice":{notice},"preset":{_text(preset)},'
        f'"previous":{"null" if previous is None else f'"{previous}"'},'
        f'"publication":{publication},"recorded_at":"{instant(recorded_at)}",'
        f'"revision":{_text(revision)},"source":{_text(source)}}}'
    ).encode()


@lru_cache(maxsize=1024)
def _listed(text: str) -> str:
    return _encode(json.loads(text))


def record_values(row: tuple[Any, ...]) -> dict[str, Any]:
    """The JSON values of one record, whose canonical bytes are its payload."""
    values: dict[str, Any] = json.loads(record_payload(row))
    return values
