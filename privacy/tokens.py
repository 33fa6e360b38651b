"""Links that prove an address: signed, expiring, used once.

A token is "<account>.<time>.<signature>". The signature is bound to the state of the account: what
the link changes (password, activity) makes every older link of the account worthless. Signatures of
older SECRET_KEYs hold as long as these are in SECRET_KEY_FALLBACKS.
"""

import base64
import binascii
import uuid
from datetime import timedelta
from enum import StrEnum

from django.conf import settings
from django.core.signing import BadSignature, TimestampSigner

from privacy.models import User


class Purpose(StrEnum):
    CONFIRM = "confirm"
    RESET = "reset"


CONFIRM_LIFE = timedelta(days=3)


class SpentToken(Exception):
    """The link was used, is too old, or was never ours."""


def life(purpose: Purpose) -> timedelta:
    if purpose is Purpose.CONFIRM:
        return CONFIRM_LIFE
    return timedelta(seconds=settings.PASSWORD_RESET_TIMEOUT)


def _signer(account: User, purpose: Purpose) -> TimestampSigner:
    state = [account.email, account.password, str(account.is_active)]
    if purpose is Purpose.RESET:
        # Whoever can log in needs no reset any more.
        state.append(str(account.last_login))
    return TimestampSigner(sep=".", salt="\n".join([f"account.{purpose}", *state]))


def make(account: User, purpose: Purpose) -> str:
    key = base64.urlsafe_b64encode(account.pk.bytes).decode().rstrip("=")
    return _signer(account, purpose).sign(key)


def account_of(token: str, purpose: Purpose) -> User:
    """The account that `token` speaks for. Raises SpentToken."""
    key = token.partition(".")[0]
    try:
        pk = uuid.UUID(bytes=base64.b64decode(f"{key}==", altchars=b"-_", validate=True))
        account = User.objects.get(pk=pk)
        _signer(account, purpose).unsign(token, max_age=life(purpose))
    except (binascii.Error, ValueError, User.DoesNotExist, BadSignature) as error:
        raise SpentToken from error
    return account
