"""The summary of art. 15 as a PDF that assistive programs can read (PDF/UA-1)."""

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import typst
from django.conf import settings
from django.utils.translation import gettext as _

TEMPLATE = "templates/typst/summary.typ"


def pdf(head: dict[str, Any], *, made_on: str, now: datetime) -> bytes:
    """`head`: what the archive's JSON says before the data. Fonts come with typst: no network."""
    told = head["information"]
    data = {
        **told,
        "language": head["language"],
        "held_back": head["held_back"],
        "words": _words(reference=head["reference"], made_on=made_on, told=told),
    }
    made = typst.compile(
        str(Path(settings.BASE_DIR, TEMPLATE)),
        format="pdf",
        sys_inputs={"data": json.dumps(data, ensure_ascii=False, default=str)},
        pdf_standards=["ua-1"],
        ignore_system_fonts=True,
        timestamp=int(now.timestamp()),
    )
    assert isinstance(made, bytes)
    return made


def _words(*, reference: str, made_on: str, told: dict[str, Any]) -> dict[str, str]:
    """The template's own words in the active language, most of them those of the page."""
    controller = told["controller"]
    intro = _("Voici tout ce que %(trade)s (%(name)s) détient à votre sujet, état au %(made)s.") % {
        "trade": controller["trade_name"],
        "name": controller["name"],
        "made": made_on,
    }
    return {
        "title": _("Vos données : le résumé"),
        "intro": f"{intro} {_('Référence')} : {reference}.",
        "held_back": _("Cette copie n'est pas encore complète."),
        "purposes": _("Pourquoi nous les traitons"),
        "no_purpose": _("Aucune finalité en cours."),
        "basis": _("Base"),
        "data": _("Données"),
        "categories": _("Catégories de données"),
        "recipients": _("Qui les a reçues"),
        "no_recipient": _("Aucune transmission à un destinataire n'est notée à votre sujet."),
        "possible": _("Qui peut les recevoir"),
        "periods": _("Combien de temps"),
        "until": _("Jusqu'au"),
        "rights": _("Vos droits"),
        "authority": _("Porter plainte"),
        "source": _("D'où elles viennent"),
        "automated": _("Décisions automatisées"),
        "transfers": _("Où elles se trouvent, et les transferts hors de l'Union"),
    }
