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

from privacy.models import Authenticator, User


class Purpose(StrEnum):
    CONFIRM = "confirm"
    RESET = "reset"
    # Not mailed: in the form that asks for the code, after the right password.
    STEP = "step"
    # Staff: password and second factor.
    ENROL = "enrol"


CONFIRM_LIFE = timedelta(days=3)
STEP_LIFE = timedelta(minutes=5)
ENROL_LIFE = timedelta(days=7)


class SpentToken(Exception):
    """The link was used, is too old, or was never ours."""


def life(purpose: Purpose) -> timedelta:
    match purpose:
        case Purpose.CONFIRM:
            return CONFIRM_LIFE
        case Purpose.STEP:
            return STEP_LIFE
        case Purpose.ENROL:
            return ENROL_LIFE
    return timedelta(seconds=settings.PASSWORD_RESET_TIMEOUT)


def _signer(account: User, purpose: Purpose) -> TimestampSigner:
    return TimestampSigner(
        sep=".", salt="\n".join([f"account.{purpose}", *_state(account, purpose)])
    )


def _state(account: User, purpose: Purpose) -> list[str]:
    """What must still be so when the token comes back."""
    if purpose is Purpose.ENROL:
        # Not the password: who forgot that too chooses another one first.
        device = Authenticator.objects.filter(user=account, confirmed=True).first()
        return [
            account.email,
            *map(str, (account.is_active, account.is_staff, account.session_number)),
            *map(str, (account.last_login, device.pk if device else "")),
        ]
    state = [account.email, account.password, str(account.is_active)]
    if purpose in (Purpose.RESET, Purpose.STEP):
        # Whoever can log in needs no reset any more; a login is the end of its steps.
        state.append(str(account.last_login))
    if purpose is Purpose.STEP:
        state.append(str(account.session_number))
    return state


def make(account: User, purpose: Purpose) -> str:
    key = base64.urlsafe_b64encode(account.pk.bytes).decode().rstrip("=")
    return _signer(account, purpose).sign(key)


def account_of(token: str, purpose: Purpose, *, lock: bool = False) -> User:
    """The account that `token` speaks for, its row locked if so wished. Raises SpentToken."""
    accounts = User.objects.select_for_update() if lock else User.objects
    key = token.partition(".")[0]
    try:
        pk = uuid.UUID(bytes=base64.b64decode(f"{key}==", altchars=b"-_", validate=True))
        account: User = accounts.get(pk=pk)
        _signer(account, purpose).unsign(token, max_age=life(purpose))
    except (binascii.Error, ValueError, User.DoesNotExist, BadSignature) as error:
        raise SpentToken from error
    return account
