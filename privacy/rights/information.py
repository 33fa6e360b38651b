"""The information of art. 15(1)(a)–(h) and 15(2), for one person: what is true of them (DR-09).

The words are the published policy's where it has them, in the person's language; the authority is
reached by its present number (T-21).
"""

from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from consent import snapshots
from consent.periods import local_day
from consent.render import plain
from privacy.models import DataSubject, Disclosure, LegalHold, MarketingChoice, Restriction
from privacy.rights import kept
from privacy.rights.tables import Table
from privacy.sources.base import Personal

CONSENT, CONTRACT, LAW, INTEREST = "6(1)(a)", "6(1)(b)", "6(1)(c)", "6(1)(f)"
# As the policy says them; the improvement of services (vi) is open to objection too (T-11).
BASES: dict[str, tuple[str, ...]] = {
    "i": (CONTRACT,), "ii": (CONTRACT,), "iii": (CONTRACT,), "iv": (CONTRACT,),
    "v": (CONTRACT, LAW), "vi": (CONTRACT, INTEREST), "vii": (CONTRACT, LAW),
    "promotion": (INTEREST,), "marketing": (CONSENT,),
}  # fmt: skip
BASIS_WORDS = {
    CONSENT: gettext_lazy("votre consentement, art. 6(1)(a) du RGPD"),
    CONTRACT: gettext_lazy("le contrat, ou ce qui le prépare, art. 6(1)(b) du RGPD"),
    LAW: gettext_lazy("une obligation légale, art. 6(1)(c) du RGPD"),
    INTEREST: gettext_lazy("notre intérêt légitime, art. 6(1)(f) du RGPD"),
}
CATEGORY_WORDS = {
    "name": gettext_lazy("nom et prénom"),
    "domicile": gettext_lazy("domicile"),
    "email": gettext_lazy("adresse e-mail"),
    "phone": gettext_lazy("numéro de téléphone"),
    "iban": gettext_lazy("numéro de compte (IBAN)"),
    "vat_number": gettext_lazy("numéro de TVA"),
    "other": gettext_lazy("autres données de la relation avec vous"),
    "choices": gettext_lazy("vos choix : accords, refus, oppositions"),
    "credentials": gettext_lazy("moyens de connexion, que personne ne peut lire"),
}
_IN_LIST = ("i", "ii", "iii", "iv", "v", "vi", "vii")
_ELSEWHERE = {"promotion": "promotion-interest", "marketing": "marketing-consent"}


class NothingPublished(Exception):
    """No policy is in force: nobody can be told its purposes and periods."""


class Policy:
    """The published words in one language. Raises NothingPublished."""

    def __init__(self, language: str) -> None:
        snapshot = snapshots.current()
        if snapshot is None:
            raise NothingPublished
        register = snapshot.views[language].register
        self.language, self.version = language, snapshot.publication
        self.facts: dict[str, dict[str, Any]] = {row["key"]: row for row in register["facts"]}
        self._blocks = {block["key"]: block for block in register["policy"] if block.get("key")}

    def fact(self, key: str) -> str:
        return str(self.facts[key]["words"])

    def text(self, *keys: str) -> list[str]:
        """The sentences of these blocks, those that are in force."""
        found: list[str] = []
        for key in keys:
            block = self._blocks.get(key, {})
            found += map(plain, block.get("items") or [block["text"]] if block else [])
        return found

    def purpose(self, key: str) -> str:
        if key in _ELSEWHERE:
            return " ".join(self.text(_ELSEWHERE[key])).rstrip(" .")
        items = self.text("purposes")
        place = _IN_LIST.index(key)
        return items[place].rstrip(" ;.") if place < len(items) else key


def of(
    person: DataSubject,
    found: list[Table],
    counts: dict[str, int],
    *,
    policy: Policy,
) -> dict[str, Any]:
    """The answer of art. 15 but for the data, in the active language, as JSON. Four queries."""
    filled = [table for table in found if counts[table.name]]
    return {
        "controller": {
            key: policy.fact(f"controller_{key}") for key in ("name", "address", "number")
        }
        | {"trade_name": policy.fact("trade_name"), "email": policy.fact("contact_email")},
        "policy_version": policy.version,
        "purposes": [_purpose(key, filled, policy) for key in held_purposes(person, filled)],
        "categories": [str(CATEGORY_WORDS[key]) for key in _categories(filled)],
        "recipients": {
            "named": _disclosures(person),
            "possible": policy.text("recipients-list", "complement-recipients"),
        },
        "kept": [_kept(table, counts[table.name], person, policy) for table in filled],
        "not_erased_because": _holds(person),
        "rights": policy.text("rights", "complement-marketing-objection", "rights-channels"),
        "rights_page": f"{settings.SITE_URL}{snapshots.base_path(policy.language)}privacy/rights/",
        "authority": {
            "name": policy.fact("authority_name"),
            "address": policy.fact("authority_address"),
            "phone": policy.fact("authority_phone_current"),
            "email": policy.fact("authority_email"),
        },
        "source": _origins(filled),
        "automated_decisions": _(
            "Aucune décision n'est prise à votre sujet par un traitement automatisé seul, et "
            "aucun profil n'est établi."
        ),
        "transfers": policy.text("storage", "complement-transfer"),
    }


def held_purposes(person: DataSubject, filled: Iterable[Table]) -> list[str]:
    """Keys of the purposes for which something about the person really lies here."""
    held: set[str] = set()
    for table in filled:
        if table.source.path and table.name != "privacy.marketingchoice":
            held |= set(table.source.purposes)
    if person.account_opened_on:
        held |= {"ii", "v", "vi"}
    if person.contract_started_on:
        held |= {"iii", "promotion"}
    held -= {"marketing"}
    if _agreed(person):
        held.add("marketing")
    return [key for key in BASES if key in held]


def _agreed(person: DataSubject) -> bool:
    """Whether the newest choice on any channel is an agreement."""
    newest = (
        MarketingChoice.objects.filter(person=person)
        .order_by("channel", "-at", "-pk")
        .distinct("channel")
        .values_list("given", flat=True)
    )
    return any(newest)


def _purpose(key: str, filled: list[Table], policy: Policy) -> dict[str, Any]:
    serving = [table for table in filled if key in table.source.purposes]
    return {
        "key": key,
        "purpose": policy.purpose(key),
        "bases": [str(BASIS_WORDS[basis]) for basis in BASES[key]],
        "categories": [str(CATEGORY_WORDS[name]) for name in _categories(serving)],
    }


def _categories(serving: Iterable[Table]) -> list[str]:
    names = {
        said.category for table in serving for said in table.source.personal().values()
    }  # fmt: skip
    return [name for name in CATEGORY_WORDS if name in names]


def _disclosures(person: DataSubject) -> list[dict[str, Any]]:
    """Who got it, by name (C-154/21)."""
    words = {key: str(name) for key, name in CATEGORY_WORDS.items()}
    rows = Disclosure.objects.filter(person=person).order_by("at", "pk")
    return [
        {
            "name": name,
            "on": local_day(at).isoformat(),
            "categories": [words.get(key, key) for key in categories],
        }
        for name, at, categories in rows.values_list("recipient_name", "at", "categories")
    ]


def _kept(table: Table, count: int, person: DataSubject, policy: Policy) -> dict[str, Any]:
    lengths = kept.periods(policy.facts)
    end = kept.account_end(person, lengths) if kept.follows_account(table.source) else None
    return {
        "data": table.title,
        "source": table.name,
        "rows": count,
        "until": end.isoformat() if end else None,
        "because": kept.words(table.source, person=person, facts=policy.facts),
    }


def _holds(person: DataSubject) -> list[str]:
    """What keeps data longer than its period."""
    found = [
        _("Une limitation du traitement est en vigueur depuis le {day}.").format(day=local_day(at))
        for at in Restriction.objects.filter(person=person, lifted_at__isnull=True)
        .order_by("placed_at")
        .values_list("placed_at", flat=True)
    ]
    held = _("Des données sont gardées plus longtemps, à revoir au plus tard le {day}.")
    return found + [
        held.format(day=day)
        for day in LegalHold.objects.filter(person=person, released_at__isnull=True)
        .order_by("review_on")
        .values_list("review_on", flat=True)
    ]


def _origins(filled: list[Table]) -> list[dict[str, str]]:
    """Where each sort of data comes from (art. 15(1)(g))."""
    return [{"data": table.title, "from": _origin(table)} for table in filled]


def _origin(table: Table) -> str:
    said = table.source.personal().values()
    provided = any(isinstance(one, Personal) and one.provided and one.exported for one in said)
    noted = any(isinstance(one, Personal) and not one.provided and one.exported for one in said)
    if provided and noted:
        return _("de vous ; les dates et les états, de nos traitements")
    return _("de vous") if provided else _("de nos traitements")
