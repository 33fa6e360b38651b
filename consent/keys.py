"""Keys derived from SECRET_KEY, one per use; old ones still verify after a rotation."""

import hmac
from functools import lru_cache

from django.conf import settings


@lru_cache(maxsize=16)
def _derive(secrets: tuple[str, ...], use: str) -> tuple[bytes, ...]:
    return tuple(
        hmac.digest(secret.encode(), f"consent:{use}".encode(), "sha256") for secret in secrets
    )


def keys_for(use: str) -> tuple[bytes, ...]:
    """32-byte keys for `use`, the current one first."""
    return _derive((settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS), use)
