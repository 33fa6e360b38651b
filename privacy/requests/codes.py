"""The code that opens a copy by the mailed link: shown once, never mailed, kept as a hash.

Whoever reads the mail has the link; the code was on the page where the request was filed. It has
12 signs of 30: 58 bits, and few tries an hour (privacy.limits.COPY).
"""

import hmac
import secrets

from privacy.encryption import keyed_hash
from privacy.models import RightsRequest
from privacy.models.person import ALPHABET

_SIGNS = 12


def first_of(reference: str) -> str:
    """A new code for the request, if nobody was shown one; empty otherwise, and with an account."""
    found = RightsRequest.objects.filter(reference=reference, account=None, code_hash="").first()
    if found is None:
        return ""
    code = _new()
    done = RightsRequest.objects.filter(pk=found.pk, code_hash="").update(
        code_hash=_hash(found, code)
    )
    return _grouped(code) if done else ""


def another_for(request: RightsRequest) -> str:
    """A new code in place of the one before."""
    code = _new()
    RightsRequest.objects.filter(pk=request.pk).update(code_hash=_hash(request, code))
    return _grouped(code)


def is_right(request: RightsRequest, text: str) -> bool:
    """Whether `text`, as typed, is the code that was shown."""
    typed = "".join(sign for sign in text.upper() if sign.isalnum())
    right = request.code_hash
    return hmac.compare_digest(_hash(request, typed), right) if right else False


def _new() -> str:
    return "".join(secrets.choice(ALPHABET) for _ in range(_SIGNS))


def _grouped(code: str) -> str:
    """ "7K3Q-F29A-XB4D": easier to copy by hand."""
    return "-".join(code[start : start + 4] for start in range(0, _SIGNS, 4))


def _hash(request: RightsRequest, code: str) -> str:
    return keyed_hash(f"{request.pk}:{code}", about="request-code")
