"""The second factor: a code of an authenticator, or a recovery code.

Rules, without a request. A code of the authenticator is accepted once (django-otp keeps its time
step) and wrong ones make the next attempt wait longer and longer; a recovery code is kept as a
keyed hash and goes with its use.
"""

import base64
import hmac
import re
import secrets
import uuid
from datetime import datetime
from enum import StrEnum
from urllib.parse import quote

import segno
from django.conf import settings
from django.core import signing
from django.db import transaction
from django.utils.safestring import SafeString, mark_safe
from django_otp.models import Device
from django_otp.oath import TOTP
from django_otp.plugins.otp_static.models import StaticDevice

from clicknconnect.logs import logger
from consent.keys import keys_for
from consent.log.ids import uuid7
from privacy.models import Authenticator, User
from privacy.models.authenticator import UnreadableSecret

ISSUER = "Click'n CoNNect"
SECRET_BYTES = 20
RECOVERY_CODES = 10
# Digits only: the field opens a telephone's number pad. Twelve are 40 bits, behind a rate limit.
RECOVERY_LENGTH = 12
# From showing the QR code to its first code.
SECRET_LIFE_SECONDS = 3600
TOLERANCE = 1


class Kind(StrEnum):
    TOTP = "totp"
    RECOVERY = "recovery"


class StaleSecret(Exception):
    """The QR code was shown too long ago, or to somebody else."""


# --- What somebody has --------------------------------------------------------------------------


def authenticator_of(account: User) -> Authenticator | None:
    found: Authenticator | None = Authenticator.objects.filter(user=account, confirmed=True).first()
    return found


def is_asked(account: User) -> bool:
    """Whether this account needs a code to log in."""
    return authenticator_of(account) is not None


def is_required(account: User) -> bool:
    """Staff need one, but in a demonstration."""
    return account.is_staff and not settings.DEMO


def recovery_codes_left(account: User) -> int:
    device = StaticDevice.objects.filter(user=account, confirmed=True).first()
    return device.token_set.count() if device is not None else 0


def kind_of(device: Device) -> Kind:
    return Kind.RECOVERY if isinstance(device, StaticDevice) else Kind.TOTP


# --- A new one ----------------------------------------------------------------------------------


def new_secret() -> bytes:
    return secrets.token_bytes(SECRET_BYTES)


def in_words(secret: bytes) -> str:
    """For who types it: groups of four."""
    text = base64.b32encode(secret).decode()
    return " ".join(text[i : i + 4] for i in range(0, len(text), 4))


def address(account: User, secret: bytes) -> str:
    """The key URI that authenticators read."""
    label = quote(f"{ISSUER}:{account.email}")
    key = base64.b32encode(secret).decode()
    return f"otpauth://totp/{label}?secret={key}&issuer={quote(ISSUER)}&digits=6&period=30"


def picture(words: str) -> SafeString:
    """A QR code as SVG: black on white in both colour schemes, without a style attribute."""
    code = segno.make(words, error="m")
    # With a viewBox instead of a size: the style sheet says how large the whole of it is.
    svg = code.svg_inline(omitsize=True, border=4, dark="#000", light="#fff")
    return mark_safe(svg)  # noqa: S308  segno draws numbers only


def sealed(account: User, secret: bytes) -> str:
    """The secret for the form that asks its first code: ours, this person's, for an hour."""
    return signing.dumps(in_words(secret), salt=_salt(account))


def opened(account: User, text: str) -> bytes:
    """Raises StaleSecret."""
    try:
        words = signing.loads(text, salt=_salt(account), max_age=SECRET_LIFE_SECONDS)
    except signing.BadSignature as error:
        raise StaleSecret from error
    return base64.b32decode(words.replace(" ", ""))


def _salt(account: User) -> str:
    return f"privacy.factor.{account.pk}"


def install(
    *, account: User, secret: bytes, code: str, now: datetime
) -> tuple[Authenticator, list[str]] | None:
    """Make `secret` the account's only authenticator, with new recovery codes, if `code` is its.

    Returns the device and the codes, which nobody can show again; None when the code is wrong.
    To be called in the transaction of the act. Triggers end the sessions of the account.
    """
    totp = TOTP(secret)
    totp.time = now.timestamp()
    digits = normal(code)
    if not re.fullmatch("[0-9]{6}", digits) or not totp.verify(int(digits), TOLERANCE):
        return None
    remove(account)
    device = Authenticator(user=account, name="totp", last_t=totp.t(), drift=totp.drift)
    device.seal(secret)
    device.save()
    return device, new_recovery_codes(account)


def remove(account: User) -> None:
    """Take authenticator and recovery codes away."""
    Authenticator.objects.filter(user=account).delete()
    StaticDevice.objects.filter(user=account).delete()


def new_recovery_codes(account: User) -> list[str]:
    """Ten new ones, as they are shown; the older ones end."""
    StaticDevice.objects.filter(user=account).delete()
    device = StaticDevice.objects.create(user=account, name="recovery")
    codes = [f"{secrets.randbelow(10**RECOVERY_LENGTH):012}" for _ in range(RECOVERY_CODES)]
    for code in codes:
        device.token_set.create(token=_hashes(account.pk.bytes, code)[0])
    return [f"{code[:4]} {code[4:8]} {code[8:]}" for code in codes]


# --- Asking for it ------------------------------------------------------------------------------


def verify(*, account: User | None, code: str) -> Device | None:
    """The device that `code` belongs to, once; None costs the same whoever asks."""
    code = normal(code)
    owner = account.pk if account is not None else uuid7()
    with transaction.atomic():
        if re.fullmatch("[0-9]{6}", code):
            return _verify_totp(owner, code)
        return _verify_recovery(owner, code)


def _verify_totp(owner: uuid.UUID, code: str) -> Authenticator | None:
    found = Authenticator.objects.select_for_update().filter(user=owner, confirmed=True)
    device: Authenticator | None = found.first()
    try:
        if device is None or not device.verify_token(code):  # type: ignore[no-untyped-call]
            return None
    except UnreadableSecret:
        logger.error("second_factor_unreadable")
        return None
    return device


def _verify_recovery(owner: uuid.UUID, code: str) -> StaticDevice | None:
    device = StaticDevice.objects.select_for_update().filter(user=owner, confirmed=True).first()
    if device is None or not device.verify_is_allowed()[0]:
        return None
    hashes = _hashes(device.user_id.bytes, code)
    used, _ = device.token_set.filter(token__in=hashes).delete()
    if not used:
        device.throttle_increment()
        return None
    device.throttle_reset(commit=False)
    device.set_last_used_timestamp(commit=False)
    device.save()
    return device


def normal(code: str) -> str:
    """Spaces and hyphens are for the eye."""
    return re.sub(r"[\s-]", "", code).lower()


def _hashes(owner: bytes, code: str) -> list[str]:
    """Keyed hashes of a recovery code, 80 bits in the 16 characters that django-otp keeps."""
    return [
        base64.b32encode(hmac.digest(key, owner + code.encode(), "sha256")[:10]).decode()
        for key in keys_for("recovery-code")
    ]
