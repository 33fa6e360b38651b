"""The notification to the authority, answer by answer, in the order of art. 33(3).

The Belgian authority takes a form on its site, and no mail: staff copy these answers into it.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from consent.log.canonical import instant
from privacy import register
from privacy.models import Breach, Risk
from privacy.requests.letters import authority

FORMAT = "clicknconnect/breach-notification/1"
TITLES = {
    "33(1)": gettext_lazy("Quand"),
    "33(3)(a)": gettext_lazy("Nature de la violation"),
    "33(3)(b)": gettext_lazy("Point de contact"),
    "33(3)(c)": gettext_lazy("Conséquences probables"),
    "33(3)(d)": gettext_lazy("Mesures prises ou proposées"),
    "34": gettext_lazy("Information des personnes"),
}


@dataclass(frozen=True, slots=True)
class Answer:
    """`value`: text, number, moment, list of texts, or None where nothing is known yet."""

    article: str
    field: str
    question: str
    value: Any

    @property
    def is_list(self) -> bool:
        return isinstance(self.value, list)

    @property
    def is_moment(self) -> bool:
        return isinstance(self.value, datetime)


def answers(breach: Breach) -> list[Answer]:
    """In the active language."""
    code = translation.get_language() or "fr"
    facts = authority(code)
    contact = ", ".join(
        facts[key] for key in ("controller_name", "controller_address", "controller_number")
        if facts.get(key)
    )  # fmt: skip
    return [
        Answer("33(3)(a)", "nature", _("Ce qui s'est passé"), breach.happened),
        Answer(
            "33(3)(a)", "people_categories", _("Sortes de personnes concernées"),
            names(register.people_categories, breach.people_categories, code),
        ),
        Answer("33(3)(a)", "people_count", _("Nombre approximatif de personnes"),
               breach.people_count),
        Answer(
            "33(3)(a)", "data_categories", _("Sortes de données concernées"),
            names(register.data_categories, breach.data_categories, code),
        ),
        Answer("33(3)(a)", "records_count", _("Nombre approximatif d'enregistrements"),
               breach.records_count),
        Answer("33(3)(b)", "controller", _("Responsable du traitement"), contact or None),
        Answer("33(3)(b)", "contact", _("Où obtenir plus d'informations"),
               facts.get("contact_email")),
        Answer("33(3)(c)", "consequences", _("Conséquences probables"),
               breach.consequences or None),
        Answer("33(3)(c)", "risk", _("Risque pour les personnes"),
               str(Risk(breach.risk).label)),
        Answer("33(3)(c)", "risk_reasons", _("Pourquoi ce risque"), breach.risk_reasons or None),
        Answer("33(3)(d)", "measures", _("Mesures prises ou proposées"),
               breach.measures or None),
        Answer("34", "people_told_at", _("Personnes prévenues le"), breach.people_told_at),
        Answer("34", "not_told_reasons", _("Pourquoi les personnes ne sont pas prévenues"),
               breach.not_told_reasons or None),
        Answer("33(1)", "aware_at", _("Connue depuis le"), breach.aware_at),
        Answer("33(1)", "due_at", _("À annoncer avant le"), breach.due_at),
        Answer("33(1)", "late_reasons", _("Raisons du retard"), breach.late_reasons or None),
    ]  # fmt: skip


def as_data(breach: Breach) -> dict[str, Any]:
    """For JSON; moments in UTC."""
    return {
        "format": FORMAT,
        "reference": breach.reference,
        "language": translation.get_language(),
        "answers": [
            {
                "article": answer.article,
                "field": answer.field,
                "question": answer.question,
                "answer": instant(answer.value) if answer.is_moment else answer.value,
            }
            for answer in answers(breach)
        ],
    }


def sections(breach: Breach) -> list[tuple[str, Any, list[Answer]]]:
    """(article, title, answers), for the page."""
    found: dict[str, list[Answer]] = {}
    for answer in answers(breach):
        found.setdefault(answer.article, []).append(answer)
    return [(article, TITLES[article], rows) for article, rows in found.items()]


def names(kinds: Any, keys: list[str], language: str) -> list[str]:
    """The register's words of these keys; the key itself where it has none."""
    try:
        words = {row.key: row.name[language] for row in kinds()}
    except register.NotPublished:
        words = {}
    return [words.get(key, key) for key in keys]
