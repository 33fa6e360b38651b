"""A letter as it was written, on paper: PDF that assistive programs can read (PDF/UA-1)."""

import json
from pathlib import Path

import typst
from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext as _

from consent.periods import local_day
from privacy import restriction
from privacy.models import DataSubject, RequestMessage, RightsRequest
from privacy.requests import letters, links

TEMPLATE = "templates/typst/letter.typ"


def pdf(message: RequestMessage) -> bytes:
    """The body exactly as it is kept; a transaction is open. Fonts come with typst: no network."""
    request = message.request
    facts = letters.authority(request.language)
    with translation.override(request.language):
        data = {
            "language": request.language,
            "sender": {
                "trade_name": facts.get("trade_name", "Click'n CoNNect"),
                "name": facts.get("controller_name", ""),
                "address": facts.get("controller_address", ""),
            },
            "to": address_of(request),
            "date": letters.in_words(local_day(message.written_at)),
            "subject": message.subject,
            "reference": f"{_('Référence')} : {request.reference}",
            "paragraphs": [part.split("\n") for part in _paragraphs(message.body)],
            "follow": f"{settings.SITE_URL}{links.follow_path(request)}",
            "follow_words": _("Pour suivre votre demande (ne transmettez ce lien à personne) :"),
        }
    made = typst.compile(
        str(Path(settings.BASE_DIR, TEMPLATE)),
        format="pdf",
        sys_inputs={"data": json.dumps(data, ensure_ascii=False)},
        pdf_standards=["ua-1"],
        ignore_system_fonts=True,
        timestamp=int(message.written_at.timestamp()),
    )
    assert isinstance(made, bytes)
    return made


def _paragraphs(body: str) -> list[str]:
    return [part for part in body.replace("\r\n", "\n").split("\n\n") if part.strip()]


def address_of(request: RightsRequest) -> list[str]:
    """The name that was given, and the domicile of the matched person, if it is known."""
    if request.person_id is None:
        return [request.name]
    with restriction.seeing():
        person = DataSubject.objects.filter(pk=request.person_id).first()
    if person is None:
        return [request.name]
    place = f"{person.postal_code} {person.city}".strip()
    return [line for line in (request.name, person.street, place) if line]
