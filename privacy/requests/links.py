"""Links of requests: derived from this site's own key, so that no database holds one.

A worker that was killed and writes its letter again writes the same link. Rotating SECRET_KEY
breaks none. Raising `link_number` of a request ends its links.
"""

import hmac
from datetime import datetime, timedelta
from enum import StrEnum

from django.core import signing
from django.urls import reverse

from privacy.encryption import keyed_hash
from privacy.models import RightsRequest
from privacy.requests.states import Status

CONFIRM_LIFE = timedelta(days=30)
# A person reads the answer in their own time.
FOLLOW_LIFE_AFTER_END = timedelta(days=180)
SENT_LIFE = timedelta(hours=2)
_LENGTH = 40  # hex digits: 160 bits


class Purpose(StrEnum):
    CONFIRM = "confirm"
    FOLLOW = "follow"


class UnknownLink(Exception):
    """It was never ours."""


class SpentLink(Exception):
    """It was used, or is too old."""


def token(request: RightsRequest, purpose: Purpose) -> str:
    """40 hex digits; of a confirmation with the reference in front, since its address has none."""
    secret = keyed_hash(f"{request.pk}:{request.link_number}", about=f"request-{purpose}")
    secret = secret[:_LENGTH]
    return f"{request.reference}-{secret}" if purpose is Purpose.CONFIRM else secret


def to_confirm(text: str, *, now: datetime) -> RightsRequest:
    """The request that the link speaks for. Raises UnknownLink, SpentLink."""
    reference = text.rpartition("-")[0]
    request = _held(reference, text, Purpose.CONFIRM)
    waits = request.status in (Status.AWAITING_CONFIRMATION, Status.TRIAGE)
    if request.confirmed_at or not waits or now - request.received_at > CONFIRM_LIFE:
        raise SpentLink
    return request


def to_follow(reference: str, text: str, *, now: datetime) -> RightsRequest:
    """The request of that reference, if the link is its own. Raises UnknownLink, SpentLink."""
    request = _held(reference, text, Purpose.FOLLOW)
    if request.ended_at is not None and now - request.ended_at > FOLLOW_LIFE_AFTER_END:
        raise SpentLink
    return request


def _held(reference: str, text: str, purpose: Purpose) -> RightsRequest:
    request = RightsRequest.objects.filter(reference=reference).first()
    # The same work whether there is such a request.
    right = token(request or RightsRequest(reference=reference), purpose)
    if not hmac.compare_digest(right.encode(), text.encode()) or request is None:
        raise UnknownLink
    return request


def confirm_path(request: RightsRequest) -> str:
    return reverse("rights:confirm", args=[token(request, Purpose.CONFIRM)])


def follow_path(request: RightsRequest) -> str:
    return reverse("rights:follow-link", args=[request.reference, token(request, Purpose.FOLLOW)])


# --- What the page says right after sending: in its address, since nobody gets a cookie ---------


def ticket(values: dict[str, str]) -> str:
    return signing.dumps(values, salt="rights.sent", compress=False)


def read_ticket(text: str) -> dict[str, str]:
    """Raises UnknownLink, SpentLink."""
    try:
        values: dict[str, str] = signing.loads(text, salt="rights.sent", max_age=SENT_LIFE)
    except signing.SignatureExpired as error:
        raise SpentLink from error
    except signing.BadSignature as error:
        raise UnknownLink from error
    return values
