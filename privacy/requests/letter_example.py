"""A letter as somebody would get it, about a request that does not exist: for a preview."""

from datetime import date

from django.utils import translation
from django.utils.translation import gettext as _

from privacy.models import LetterKey, RefusalGround, Right, RightsRequest
from privacy.requests import letter_words, letters

_DUE = date(2026, 12, 22)


def example(key: LetterKey, language: str, *, subject: str, body: str) -> tuple[str, str]:
    """Subject and whole body, with what code adds to these words."""
    request = RightsRequest(
        reference="DSR-2026-7K3QF2",
        name="Ada Lovelace",
        language=language,
        rights=[Right.ACCESS.value],
        received_on=date(2026, 11, 22),
        legal_due_on=_DUE,
    )
    with translation.override(language):
        values = letter_words.values_of(request)
        ground = str(RefusalGround.UNFOUNDED.label)
        kept = _("(lien personnel, que nous ne gardons pas)")
    whole = letters.text(
        "answer" if key in letter_words.READY else str(key), request,
        words=letter_words.filled(body, values), reason="…", ground=ground, due=_DUE, target=_DUE,
        until=_DUE, most=5, by_code=True, rights=request.rights_words, confirms=False, follow=kept,
    )  # fmt: skip
    return letter_words.filled(subject, values), whole
