"""Warnings about the present: settings that staff keep, dates to review, what the site lacks.

Another module adds its own with `PROVIDERS`: a function that gives `Concern`s, each with a sentence
or value that it quotes while it stands. What is quoted is kept as evidence, and so it is French, as
the policy is.
"""

from collections.abc import Callable, Iterable
from datetime import date
from importlib import import_module
from importlib.util import find_spec

from django.conf import settings
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _

from consent.conformity.concern import Concern
from consent.conformity.published import Published
from consent.models import Verification
from consent.periods import add_months

REVIEW_MONTHS = 12
MOST_RETENTION_MONTHS = 25
_NO_EFFECT = _("Le préréglage strict n'y change rien.")


def _retention(version: Published) -> tuple[str, ...]:
    """GA-08."""
    months, checked = version.control.retention_months, version.control.checked_on
    if months is None or checked is None:
        return ("Aucun réglage noté.",)
    assert version.today is not None
    found = []
    if months > MOST_RETENTION_MONTHS:
        found.append(f"{months} mois de conservation.")
    if add_months(checked, REVIEW_MONTHS) < version.today:
        found.append(f"Vérifié le {date_format(checked)}.")
    return tuple(found)


def _transfers(version: Published) -> tuple[str, ...]:
    """GA-11, T-12."""
    assert version.today is not None
    found = []
    for row in version.french["services"]:
        if not row["transfer"]:
            continue
        reviewed = row["transfer_reviewed_on"]
        if not reviewed:
            found.append(f"{row['name']} : jamais examiné.")
        else:
            day = date.fromisoformat(reviewed)
            if add_months(day, REVIEW_MONTHS) < version.today:
                found.append(f"{row['name']} : examiné le {date_format(day)}.")
    return tuple(found)


def _register(version: Published) -> tuple[str, ...]:
    return version.problems


def _pictures(version: Published) -> tuple[str, ...]:
    """Asked of consent.pictures, where it is installed."""
    if find_spec("consent.pictures") is None:
        return ()
    missing = import_module("consent.pictures").missing()
    return tuple(str(one) for one in missing)[:20]


def _anchor(version: Published) -> tuple[str, ...]:
    if getattr(settings, "SEAL_ANCHOR", ""):
        return ()
    return ("SEAL_ANCHOR est vide.",)


def _verification(version: Published) -> tuple[str, ...]:
    """What the last verification of the log found wrong."""
    last = Verification.objects.order_by("-at").first()
    return () if last is None or last.ok else (last.problem,)


def own() -> Iterable[Concern]:
    yield Concern(
        "GA-08",
        "L2",
        _("Conservation des données chez Google"),
        _("CNIL : données de mesure d'audience gardées 25 mois au plus."),
        _("Le réglage se fait dans Google Analytics (2 ou 14 mois). Notez-le avec le jour où vous "
          "l'avez vu, au moins une fois par an, dans « Réglage de la mesure d'audience »."),
        _("Notez la conservation réglée chez Google, 25 mois au plus, vue il y a moins d'un an."),
        _NO_EFFECT,
        _retention,
        is_live=True,
    )  # fmt: skip
    yield Concern(
        "GA-11",
        "L2",
        _("Examen des transferts hors de l'Union"),
        _("RGPD, art. 44 à 46 ; pourvoi C-703/25 P contre la décision (UE) 2023/1795."),
        _("Le fondement d'un transfert s'examine au moins une fois par an. Écrivez le jour dans "
          "le service du brouillon, puis publiez."),
        _("L'examen d'un transfert manque ou date de plus de douze mois."),
        _("La mesure s'arrête quand le fondement du transfert tombe."),
        _transfers,
        is_live=True,
    )  # fmt: skip
    yield Concern(
        "GA-01",
        "L1",
        _("Le registre publié et le site ne s'accordent pas"),
        _("Ce qui est publié est ce que le site fait (GA-01, CK-13)."),
        _("Tant qu'ils ne s'accordent pas, la mesure d'audience est arrêtée et le site continue."),
        _("Corrigez le brouillon et publiez, ou faites corriger le réglage du site."),
        _NO_EFFECT,
        _register,
        is_live=True,
    )  # fmt: skip
    yield Concern(
        "CP-04",
        "L2",
        _("Images du bandeau manquantes"),
        _("CNIL, délibération 2020-092, art. 5 : garder une image de ce qui a été montré."),
        _("Un serveur de tâches qui a un navigateur les fait. La publication n'attend pas."),
        _("Il manque l'image d'un bandeau publié."),
        _NO_EFFECT,
        _pictures,
        is_live=True,
    )  # fmt: skip
    yield Concern(
        "CP-01",
        "L2",
        _("Le sceau du jour n'est envoyé nulle part"),
        _("RGPD, art. 7(1) : pouvoir prouver l'accord. Un sceau gardé ailleurs montre aussi une "
          "histoire réécrite."),
        _("SEAL_ANCHOR nomme une boîte hors de l'entreprise, ou un service d'horodatage."),
        _("Faites régler SEAL_ANCHOR."),
        _NO_EFFECT,
        _anchor,
        is_live=True,
    )  # fmt: skip
    yield Concern(
        "CP-01-V",
        "L1",
        _("La vérification du journal des choix a échoué"),
        _("RGPD, art. 5(2) et 7(1) : la preuve des accords doit tenir."),
        _("Un enregistrement ou un sceau n'est plus ce qu'il était, ou manque. Gardez tout en "
          "l'état et faites examiner la base de données."),
        _("La dernière vérification du journal des choix a trouvé une différence."),
        _NO_EFFECT,
        _verification,
        is_live=True,
    )  # fmt: skip


PROVIDERS: list[Callable[[], Iterable[Concern]]] = [own]


def concerns() -> list[Concern]:
    return [concern for provider in PROVIDERS for concern in provider()]
