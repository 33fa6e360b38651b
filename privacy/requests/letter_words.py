"""The words of letters: the newest version that managers wrote, or else this site's own.

What the law wants in a letter (reference, dates, authority, remedies) is added by code to these
words: no edit removes it (DR-07). Gaps are `{reference}` and the like; nothing else is understood.
"""

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import translation
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from consent import audit
from consent.log.ids import uuid7
from privacy.models import LetterKey, LetterTemplate, RightsRequest, User

_GAP = re.compile(r"\{([a-z_]*)\}")
VARIABLES: dict[str, Any] = {
    "name": gettext_lazy("le nom de la personne"),
    "reference": gettext_lazy("la référence de la demande"),
    "received": gettext_lazy("le jour de réception"),
    "due": gettext_lazy("l'échéance, prolongée s'il y a lieu"),
    "rights": gettext_lazy("les droits demandés"),
}
_HELLO = gettext_lazy("Bonjour,")
DEFAULTS: dict[LetterKey, tuple[Any, Any]] = {
    LetterKey.RECEIVED: (gettext_lazy("Nous avons reçu votre demande"), _HELLO),
    LetterKey.IDENTITY: (gettext_lazy("Une question avant de vous répondre"), _HELLO),
    LetterKey.CLARIFICATION: (gettext_lazy("Une question sur votre demande"), _HELLO),
    LetterKey.EXTENDED: (gettext_lazy("Notre réponse prendra plus de temps"), _HELLO),
    LetterKey.REFUSED: (gettext_lazy("Notre décision sur votre demande"), _HELLO),
    LetterKey.COPY_READY: (gettext_lazy("La copie de vos données est prête"), _HELLO),
    LetterKey.ANSWER: (
        gettext_lazy("Réponse à votre demande"),
        gettext_lazy("Bonjour {name},\n\nVoici notre réponse à votre demande ({rights})."),
    ),
    LetterKey.ANSWER_NOTHING: (
        gettext_lazy("Réponse à votre demande"),
        gettext_lazy(
            "Bonjour {name},\n\nNous avons cherché avec ce que vous nous avez dit et nous n'avons"
            " trouvé aucune donnée à votre sujet."
        ),
    ),
    LetterKey.ANSWER_DONE: (
        gettext_lazy("Réponse à votre demande"),
        gettext_lazy("Bonjour {name},\n\nNous avons fait ce que vous demandiez ({rights})."),
    ),
}
# Ready texts that staff choose, change and send.
READY = (LetterKey.ANSWER, LetterKey.ANSWER_NOTHING, LetterKey.ANSWER_DONE)


@dataclass(frozen=True, slots=True)
class Words:
    """`version` 0 is this site's own."""

    subject: str
    body: str
    version: int


class NotWritten(Exception):
    """The text says why a version cannot be kept."""


def newest(key: LetterKey, language: str) -> Words:
    found = LetterTemplate.objects.filter(key=key, language=language).order_by("-version").first()
    if found is not None:
        return Words(found.subject, found.body, found.version)
    with translation.override(language):
        subject, body = DEFAULTS[key]
        return Words(str(subject), str(body), 0)


def filled(text: str, values: dict[str, str]) -> str:
    """`text` with its gaps filled; what is filled in is not looked at again."""
    return _GAP.sub(lambda gap: values.get(gap[1], gap[0]), text)


def values_of(request: RightsRequest) -> dict[str, str]:
    """In the active language."""
    return {
        "name": request.name,
        "reference": request.reference,
        "received": date_format(request.received_on, "DATE_FORMAT"),
        "due": date_format(request.due_on, "DATE_FORMAT"),
        "rights": ", ".join(request.rights_words),
    }


def composed(key: LetterKey, request: RightsRequest) -> Words:
    """The words of `key` for the request, in its language."""
    words = newest(key, request.language)
    with translation.override(request.language):
        values = values_of(request)
    return Words(filled(words.subject, values), filled(words.body, values), words.version)


def problem_of(subject: str, body: str) -> str:
    """Why the words cannot be kept; empty: they can."""
    if not (subject.strip() and body.strip()):
        return _("Une lettre a un objet et un texte.")
    if "\n" in subject.strip() or "\r" in subject.strip():
        return _("L'objet tient sur une ligne.")
    for gap in _GAP.findall(subject + body):
        if gap not in VARIABLES:
            return _("« {%(gap)s} » n'est pas une variable connue.") % {"gap": gap}
    rest = _GAP.sub("", subject + body)
    if "{" in rest or "}" in rest:
        return _("Une accolade est restée ouverte, ou n'entoure pas une variable.")
    return ""


@transaction.atomic
def keep(
    *, key: LetterKey, language: str, subject: str, body: str, seen: int, by: User, now: datetime
) -> LetterTemplate:
    """The next version; `seen` is the one that was edited. Raises NotWritten."""
    if problem := problem_of(subject, body):
        raise NotWritten(problem)
    before = newest(key, language)
    if before.version != seen:
        raise NotWritten(_("Quelqu'un a écrit une autre version entre-temps. Relisez-la."))
    if (before.subject, before.body) == (subject, body):
        raise NotWritten(_("Rien n'a changé."))
    try:
        with transaction.atomic():
            made = LetterTemplate(
                id=uuid7(now), key=key, language=language, version=seen + 1, subject=subject,
                body=body, made_at=now, made_by=by.pk,
            )  # fmt: skip
            made.save()
    except IntegrityError as error:
        if "privacy_lettertemplate_version_once" not in str(error):
            raise
        problem = _("Quelqu'un a écrit une autre version entre-temps. Relisez-la.")
        raise NotWritten(problem) from error
    audit.record(
        by=by, act="letter.written", now=now, target=f"privacy.lettertemplate:{made.pk}",
        details={"key": str(key), "language": language, "version": made.version},
    )  # fmt: skip
    return made
