"""The link under every marketing message: it objects, for ever, without a login (DR-17, MK-02).

"<person>.<signature>": the person's random key, signed. It does not expire, and what an older
SECRET_KEY signed holds as long as that key is in SECRET_KEY_FALLBACKS.
"""

import base64
import binascii
import uuid

from django.conf import settings
from django.core.signing import BadSignature, Signer
from django.urls import reverse
from django.utils import translation

from privacy.models import DataSubject


class WrongLink(Exception):
    """Never signed by this site, or not whole."""


def _signer() -> Signer:
    return Signer(sep=".", salt="privacy.objection")


def token_of(person: DataSubject) -> str:
    key = base64.urlsafe_b64encode(person.pk.bytes).decode().rstrip("=")
    return _signer().sign(key)


def link_of(person: DataSubject) -> str:
    """The whole address, in the person's language."""
    with translation.override(person.language):
        return f"{settings.SITE_URL}{reverse('objection:page', args=[token_of(person)])}"


def key_of(token: str) -> uuid.UUID:
    """The person's key, whether or not there still is such a person. Raises WrongLink."""
    try:
        key = _signer().unsign(token)
        return uuid.UUID(bytes=base64.b64decode(f"{key}==", altchars=b"-_", validate=True))
    except (BadSignature, binascii.Error, ValueError) as error:
        raise WrongLink from error
