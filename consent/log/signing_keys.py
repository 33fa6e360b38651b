"""The Ed25519 keys of the consent log, from LEDGER_SIGNING_KEYS ("<key id>:<base64 seed>", …)."""

import base64

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.conf import settings


def private(entry: str) -> tuple[str, Ed25519PrivateKey]:
    """(key id, key) of one entry of LEDGER_SIGNING_KEYS."""
    key_id, _, seed = entry.partition(":")
    padded = seed.replace("+", "-").replace("/", "_").rstrip("=") + "="
    return key_id, Ed25519PrivateKey.from_private_bytes(base64.urlsafe_b64decode(padded))


def public() -> list[dict[str, str]]:
    """What anyone needs to verify a seal; the key in use first."""
    keys = map(private, settings.LEDGER_SIGNING_KEYS)
    return [
        {
            "id": key_id,
            "algorithm": "Ed25519",
            "public_key": base64.b64encode(key.public_key().public_bytes_raw()).decode(),
        }
        for key_id, key in keys
    ]
