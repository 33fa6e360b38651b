"""The application on a telephone that shows a new code every thirty seconds (RFC 6238)."""

import base64
import hashlib
import hmac
import secrets

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings
from django_otp.plugins.otp_totp.models import TOTPDevice

NONCE_BYTES = 12


class UnreadableSecret(Exception):
    """No key in FIELD_ENCRYPTION_KEYS opens the secret."""


class Authenticator(TOTPDevice):
    """django-otp's device, with its secret encrypted under FIELD_ENCRYPTION_KEYS.

    A stolen copy of the database makes no codes. The account is under the seal, too: a secret that
    is moved to another row does not open.
    """

    class Meta:
        proxy = True

    @property
    def bin_key(self) -> bytes:
        sealed = base64.urlsafe_b64decode(self.key)
        nonce, text = sealed[:NONCE_BYTES], sealed[NONCE_BYTES:]
        for cipher in _ciphers():
            try:
                return cipher.decrypt(nonce, text, self.user_id.bytes)
            except InvalidTag:
                continue
        raise UnreadableSecret

    def is_current(self) -> bool:
        """Whether the first key opens it: then no older one is needed."""
        sealed = base64.urlsafe_b64decode(self.key)
        try:
            _ciphers()[0].decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], self.user_id.bytes)
        except InvalidTag:
            return False
        return True

    def seal(self, secret: bytes) -> None:
        """Keep `secret` (20 bytes)."""
        nonce = secrets.token_bytes(NONCE_BYTES)
        sealed = nonce + _ciphers()[0].encrypt(nonce, secret, self.user_id.bytes)
        self.key = base64.urlsafe_b64encode(sealed).decode()


def _ciphers() -> list[AESGCM]:
    """One for each key, the current one first."""
    return [
        AESGCM(hmac.digest(key.encode(), b"privacy.authenticator", hashlib.sha256))
        for key in settings.FIELD_ENCRYPTION_KEYS
    ]
