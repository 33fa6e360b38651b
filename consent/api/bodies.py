"""The body of a choice, checked: `{"categories": {"analytics": true}, "notice": 1, …}`."""

import json
import re
from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _
from rest_framework.exceptions import ParseError, ValidationError

from consent.answers import Asked
from consent.enums import NECESSARY, PLACES, Source

_KEY = re.compile(r"[A-Za-z0-9_-]{16,128}", re.ASCII)
_FIELDS = {"categories", "notice", "source"}
_SOURCES = {source.value: source for source in PLACES}


def asked(raw: bytes, headers: Mapping[str, Any], optional: tuple[str, ...]) -> Asked:
    """What the body `raw` asks for; `headers` as WSGI names them.

    Raises ParseError or ValidationError.
    """
    body = _json(raw)
    problems: dict[str, str] = {
        name: _("Ce champ n'est pas connu.") for name in body if name not in _FIELDS
    }
    chosen = _categories(body.get("categories"), optional, problems)
    notice = body.get("notice")
    if not _is_number(notice) and (chosen or notice is not None):
        problems["notice"] = _("Le numéro de la notice montrée est un nombre entier.")
    source = body.get("source", Source.API)
    if not isinstance(source, str) or source not in _SOURCES:
        problems["source"] = _("Valeurs possibles : %(values)s.") % {"values": ", ".join(_SOURCES)}
    key = headers.get("HTTP_IDEMPOTENCY_KEY", "")
    if key and not _KEY.fullmatch(key):
        # A refusal is never held up by a header.
        key = ""
        if chosen:
            problems["Idempotency-Key"] = _("16 à 128 lettres, chiffres, tirets ou soulignés.")
    if problems:
        raise ValidationError({name: [text] for name, text in problems.items()})
    return Asked(
        categories=chosen,
        notice=notice,
        source=_SOURCES[source],
        key=key,
        previous=headers.get("HTTP_CONSENT_PREVIOUS"),
    )


def _json(raw: bytes) -> dict[str, Any]:
    try:
        body = json.loads(raw)
    except (ValueError, RecursionError) as error:
        raise ParseError from error
    if not isinstance(body, dict):
        raise ParseError
    return body


def _is_number(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 < value < 2**31


def _categories(value: Any, optional: tuple[str, ...], problems: dict[str, str]) -> tuple[str, ...]:
    if not isinstance(value, dict):
        problems["categories"] = _('Attendu : un objet, par exemple {"analytics": true}.')
        return ()
    for key, answer in value.items():
        if key not in optional and key != NECESSARY:
            problems["categories"] = _("Catégorie inconnue. Connues : %(known)s.") % {
                "known": ", ".join(optional)
            }
        elif not isinstance(answer, bool):
            problems["categories"] = _("Chaque catégorie vaut true ou false.")
    return tuple(key for key in optional if value.get(key) is True)
