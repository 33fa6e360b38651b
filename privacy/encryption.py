"""What is encrypted at rest, and hashes that only this site can make.

FIELD_ENCRYPTION_KEYS holds Fernet keys: the first encrypts, all of them decrypt, so a new one is
put in front and `manage.py encryption rotate` writes everything anew while the site runs. Keyed
hashes must outlive a rotation (a list of objections is one): their key is an encrypted row.
"""

import hashlib
import hmac
import secrets
from collections.abc import Callable
from functools import lru_cache
from typing import Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.db import models


class UnreadableValue(Exception):
    """No key in FIELD_ENCRYPTION_KEYS opens the value."""


def cipher() -> MultiFernet:
    return _cipher(tuple(settings.FIELD_ENCRYPTION_KEYS))


@lru_cache(maxsize=4)
def _cipher(keys: tuple[str, ...]) -> MultiFernet:
    return MultiFernet([Fernet(key) for key in keys])


def encrypt(text: str) -> str:
    """A token of `text`; the empty text stays empty."""
    return cipher().encrypt(text.encode()).decode() if text else ""


def decrypt(token: str) -> str:
    """The text of `token`. Raises UnreadableValue."""
    if not token:
        return ""
    try:
        return cipher().decrypt(token).decode()
    except InvalidToken as error:
        raise UnreadableValue from error


class EncryptedField(models.TextField):
    """A text that lies encrypted in the database; it cannot be searched, by design."""

    def from_db_value(self, value: str | None, *args: Any) -> str | None:
        return None if value is None else decrypt(value)

    def get_prep_value(self, value: Any) -> Any:
        return None if value is None else encrypt(str(value))

    def get_lookup(self, lookup_name: str) -> Any:
        """Only whether there is one: each encryption of the same text differs."""
        return super().get_lookup(lookup_name) if lookup_name == "isnull" else None


class DataKey(models.Model):
    """A key for keyed hashes, encrypted under FIELD_ENCRYPTION_KEYS."""

    DATABASE_GRANTS = ("SELECT", "INSERT", "UPDATE")

    name = models.SlugField(primary_key=True)
    key = EncryptedField()

    def __str__(self) -> str:
        return self.name


def keyed_hash(value: str, *, about: str) -> str:
    """HMAC-SHA256 (64 hex digits) of `value` under this site's own key.

    `about` ("suppression", "journal") keeps hashes of different lists from being compared.
    """
    return hasher(about)(value)


def hasher(about: str) -> Callable[[str], str]:
    """`keyed_hash` of many values about one thing: the key is read once."""
    key = bytes.fromhex(_hash_key(tuple(settings.FIELD_ENCRYPTION_KEYS)))
    return lambda value: hmac.digest(key, f"{about}\n{value}".encode(), hashlib.sha256).hex()


def _hash_key(keys: tuple[str, ...]) -> str:
    row = DataKey.objects.filter(pk="hash").first()
    if row is None:
        DataKey.objects.bulk_create(
            [DataKey(name="hash", key=secrets.token_hex(32))], ignore_conflicts=True
        )
        row = DataKey.objects.get(pk="hash")
    return str(row.key)
