"""UUIDv7 (RFC 9562): a key that carries its time, so that months are ranges of keys."""

import os
import uuid
from datetime import UTC, datetime


def uuid7(now: datetime | None = None) -> uuid.UUID:
    """A new key; its first 48 bits are `now` in milliseconds (the clock when None)."""
    moment = now if now is not None else datetime.now(UTC)
    milliseconds = int(moment.timestamp() * 1000)
    value = milliseconds << 80 | int.from_bytes(os.urandom(10))
    value = value & ~(0xF << 76) | 0x7 << 76
    value = value & ~(0x3 << 62) | 0x2 << 62
    return uuid.UUID(int=value)


def moment_of(key: uuid.UUID) -> datetime:
    """When `key` was made, in UTC, to the millisecond."""
    return datetime.fromtimestamp((key.int >> 80) / 1000, UTC)
