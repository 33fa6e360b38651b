"""Secrets for a demonstration: made once, kept in the data folder, recognisable afterwards.

Production start-up refuses them by `is_demo_secret`, so a copied .data never becomes a live site.
"""

import base64
import binascii
import fcntl
import json
import os
import re
import secrets
from collections.abc import Callable
from pathlib import Path

from clicknconnect.embedded import make_passable

PLAIN_MARK = "demo-insecure-"
# Keys must decode to an exact length: their first bytes are the mark, the rest is random.
KEY_MARK = b"demo"
KEY_BYTES = 32

WORDS = (
    "amber apple april arrow basil beach berry birch bread brook cedar chalk cloud clover coral "
    "crane daisy dune ember fern field fjord flint frost ginger grape hazel heron honey ivory "
    "jasper juniper lark lemon lilac linen lotus maple marble meadow mint moss nutmeg oak olive "
    "opal orchid otter pearl pepper pine plum poppy quartz raven reed river saffron sage sky stone "
    "thyme tulip willow"
)


class DemoSecretsError(Exception):
    """The stored demo secrets cannot be used; the text is a sentence."""


def marked_key() -> bytes:
    return KEY_MARK + secrets.token_bytes(KEY_BYTES - len(KEY_MARK))


def readable_password() -> str:
    """Four words with digits: some 50 bits, enough behind the login's rate limit."""
    words = WORDS.split()
    return "-".join(f"{secrets.choice(words)}{secrets.randbelow(90) + 10}" for _ in range(4))


MAKERS: dict[str, Callable[[], str]] = {
    "SECRET_KEY": lambda: PLAIN_MARK + secrets.token_urlsafe(50),
    "FIELD_ENCRYPTION_KEYS": lambda: base64.urlsafe_b64encode(marked_key()).decode(),
    "LEDGER_SIGNING_KEYS": lambda: f"demo-1:{base64.b64encode(marked_key()).decode()}",
    "DEMO_PASSWORD": readable_password,
    "METRICS_TOKEN": lambda: PLAIN_MARK + secrets.token_urlsafe(24),
}


def demo_secrets(data_dir: Path) -> dict[str, str]:
    """The demo's secrets, by the name of their setting; safe for several processes at once."""
    make_passable(data_dir)
    path = data_dir / "demo.json"
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    with os.fdopen(descriptor, "r+", encoding="utf-8") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        stored = parse(file.read(), path)
        missing = {name: make() for name, make in MAKERS.items() if name not in stored}
        if missing:
            stored |= missing
            file.seek(0)
            file.write(json.dumps(stored, indent=2) + "\n")
            file.truncate()
            file.flush()
            os.fsync(descriptor)
    return stored


def parse(text: str, path: Path) -> dict[str, str]:
    if not text.strip():
        return {}
    try:
        stored = json.loads(text)
    except ValueError:
        stored = None
    if not isinstance(stored, dict) or not all(isinstance(v, str) for v in stored.values()):
        raise DemoSecretsError(
            f"{path} is damaged; it holds the demo's secrets. Restore it, or delete the folder "
            f"{path.parent} to start anew."
        )
    return stored


def is_demo_secret(value: str) -> bool:
    """Whether `value` is, or contains in its comma-separated list, a secret made here.

    The demo password is not recognised: it is no secret of the site, and people choose it too.
    """
    return any(is_demo_part(part.strip()) for part in value.split(","))


def is_demo_part(part: str) -> bool:
    if part.startswith(PLAIN_MARK):
        return True
    key_id, separator, key = part.rpartition(":")
    if separator and re.match(r"demo\b", key_id):
        return True
    try:
        decoded = base64.b64decode(
            key, altchars=b"-_" if re.search("[-_]", key) else None, validate=True
        )
    except (binascii.Error, ValueError):
        return False
    return len(decoded) == KEY_BYTES and decoded.startswith(KEY_MARK)
