"""Finding a person: what was typed is an address, a number, a reference, or the start of a name.

Every comparison is one that an index serves under row-level security: equalities and ranges.
"""

from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import Q, QuerySet

from privacy.models import ContactMessage, Invoice
from privacy.models.person import folded
from privacy.validation import canonical_phone

# Letters after any other in the order of bytes.
LAST = "\U0010ffff"
MOST_WORDS = 4


def matching(text: str) -> Q:
    """The people that `text` may mean; an empty text means everybody."""
    text = " ".join(text.replace("\x00", " ").split())[:200]
    if not text:
        return Q()
    if "@" in text:
        return Q(email=text.lower())
    reference = text.upper().replace(" ", "")
    found = Q(reference=reference) | _named(text)
    if any(letter.isdigit() for letter in text):
        found |= _keys(Invoice.objects.filter(number=text)) | _phoned(text)
    if reference.startswith("MSG-"):
        messages = ContactMessage.objects.filter(reference=reference, person__isnull=False)
        found |= _keys(messages)
    return found


def _keys(rows: QuerySet[Any]) -> Q:
    """Asked at once: a sub-select between two « or » would cost the index of the others."""
    return Q(pk__in=list(rows.values_list("person", flat=True)))


def _named(text: str) -> Q:
    """« Dupont », « Marie », « Marie Dup », « de Smet Jan »: starts of either name, both ways."""
    found = _starts("last_key", text) | _starts("first_key", text)
    words = text.split(" ")
    for cut in range(1, min(len(words), MOST_WORDS)):
        one, other = " ".join(words[:cut]), " ".join(words[cut:])
        found |= _starts("first_key", one) & _starts("last_key", other)
        found |= _starts("last_key", one) & _starts("first_key", other)
    return found


def _starts(field: str, text: str) -> Q:
    start = folded(text)
    return Q(**{f"{field}__gte": start, f"{field}__lt": start + LAST})


def _phoned(text: str) -> Q:
    try:
        return Q(phone=canonical_phone(text))
    except ValidationError:
        return Q(pk__in=[])
