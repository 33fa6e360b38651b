"""What staff have to look at in the record of processing in force (consent.conformity.live).

What is quoted is kept as evidence, and so it is French, as the policy is.
"""

from collections.abc import Iterable
from datetime import date

from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _

from consent.conformity.concern import Concern
from consent.conformity.live import PROVIDERS, REVIEW_MONTHS
from consent.conformity.published import Published
from consent.periods import add_months
from consent.register.file import Register
from privacy.processing.check import problems

# The European Economic Area: no transfer in the sense of GDPR art. 44.
EEA = {
    "AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GR", "HR", "HU", "IE", "IS",
    "IT", "LI", "LT", "LU", "LV", "MT", "NL", "NO", "PL", "PT", "RO", "SE", "SI", "SK",
}  # fmt: skip
_SAME = _("Le préréglage strict n'y change rien.")


def processors(version: Published) -> tuple[str, ...]:
    """T-12, TR-04: where each processor is, on what its transfer rests, when that was looked at.

    One that a service of the cookie register describes is looked at with that service (GA-11).
    """
    assert version.today is not None
    found = []
    for row in version.french.get("processors", []):
        if row.get("service"):
            continue
        name, country = row["name"], row.get("country", "")
        if not country:
            found.append(f"{name} : pays inconnu.")
        elif country not in EEA and not row.get("transfer"):
            found.append(f"{name} : hors de l'Union ({country}), sans fondement noté.")
        reviewed = row.get("reviewed_on", "")
        if country and not reviewed:
            found.append(f"{name} : jamais examiné.")
        elif reviewed and add_months(date.fromisoformat(reviewed), REVIEW_MONTHS) < version.today:
            found.append(f"{name} : examiné le {date_format(date.fromisoformat(reviewed))}.")
    return tuple(found)


def disagreements(version: Published) -> tuple[str, ...]:
    """TR-05: what is published, what code declares and what staff set say the same."""
    if "retention_rules" not in version.content:
        return ("La version en vigueur ne contient pas le registre des traitements.",)
    found = [problem.said for problem in problems(version.content)]
    rule: Register = next(
        (r for r in version.content["retention_rules"] if r["key"] == "consent_proof"), {}
    )
    years = version.control.proof_years
    if (rule.get("amount"), rule.get("unit")) != (years, "year"):
        found.append(f"La preuve des choix est gardée {years} ans ; le registre dit autre chose.")
    return tuple(found)


def concerns() -> Iterable[Concern]:
    yield Concern(
        "TR-04",
        "L2",
        _("Sous-traitants : pays, fondement du transfert, examen"),
        _("RGPD, art. 13(1)(f), 28 et 44 à 46 (T-12)."),
        _("La politique dit « dans l'Union européenne ou auprès d'un prestataire garantissant un "
          "niveau de protection adéquat » : notez pour chaque sous-traitant son pays et le jour "
          "où vous l'avez vérifié, puis publiez."),
        _("Le pays, le fondement ou l'examen d'un sous-traitant manque ou date de plus d'un an."),
        _SAME,
        processors,
        is_live=True,
    )  # fmt: skip
    yield Concern(
        "TR-05",
        "L1",
        _("Le registre des traitements et le site ne s'accordent pas"),
        _("RGPD, art. 5(1)(e), 13(2)(a) et 30."),
        _("Chaque donnée que le site garde a une finalité et une durée publiées."),
        _("Corrigez le brouillon du registre et publiez, ou faites corriger le site."),
        _SAME,
        disagreements,
        is_live=True,
    )  # fmt: skip


def add_concerns() -> None:
    if concerns not in PROVIDERS:
        PROVIDERS.append(concerns)
