"""Each right in plain words, as a person would say it."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from privacy.models import Right

PLAIN: dict[Right, tuple[Any, Any]] = {
    Right.ACCESS: (
        _("Savoir ce que vous avez sur moi, et en recevoir une copie"),
        _("Droit d'accès"),
    ),
    Right.RECTIFICATION: (
        _("Faire corriger ce qui est faux ou incomplet"),
        _("Droit de rectification"),
    ),
    Right.ERASURE: (_("Faire effacer mes données"), _("Droit à l'effacement")),
    Right.RESTRICTION: (
        _("Faire garder mes données sans que vous vous en serviez"),
        _("Droit à la limitation"),
    ),
    Right.OBJECTION: (
        _("M'opposer à un usage de mes données"),
        _("Droit d'opposition"),
    ),
    Right.WITHDRAWAL: (
        _("Retirer un accord que j'ai donné"),
        _("Retrait du consentement"),
    ),
    Right.PORTABILITY: (
        _("Emporter mes données dans un format réutilisable, ou les faire passer ailleurs"),
        _("Droit à la portabilité"),
    ),
    Right.OTHER: (
        _("Autre chose au sujet de mes données"),
        _("Par exemple une décision prise par une machine seule"),
    ),
}


def choices() -> list[tuple[str, Any]]:
    return [(right.value, words) for right, (words, _name) in PLAIN.items()]
