"""What is held about one person: rows by source, each with the day it ends and why.

The ends are those of the published rules, by the arithmetic of `privacy.periods`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import models
from django.db.models import F
from django.utils.translation import gettext_lazy as _

from consent.periods import local_day
from privacy.models import FiscalYear
from privacy.periods import fiscal_end, last_day_years
from privacy.retention import rules
from privacy.sources.base import Personal, Source, ThirdParty, about_people

# Rows of one source on the page of a person; the rest has pages of its own.
MOST_ROWS = 50
# In the order and, shortened, the words of the policy.
PURPOSES = {
    "i": _("répondre à une demande du formulaire de contact (i)"),
    "ii": _("gérer les utilisateurs (ii)"),
    "iii": _("exécuter les services convenus (iii)"),
    "iv": _("facturer les services (iv)"),
    "v": _("annoncer un changement des conditions ou des politiques (v)"),
    "vi": _("gérer et améliorer la plateforme (vi)"),
    "vii": _("gérer les plaintes (vii)"),
    "promotion": _("promouvoir des services semblables"),
    "marketing": _("prospecter avec l'accord de la personne"),
}
# Keys and words of the policy's recipients (PF-80 … 82).
RECIPIENTS = {
    "administrations": _("administrations fiscales et sociales"),
    "providers": _("prestataires et sous-traitants"),
    "recovery": _("avocats et conseils"),
    "authorities": _("autorités judiciaires ou administratives"),
    "third_party_complainant": _("tiers plaignant"),
    "google": _("Google"),
}
CATEGORIES = {
    "name": _("nom et prénom"),
    "domicile": _("domicile"),
    "email": _("adresse e-mail"),
    "phone": _("téléphone"),
    "iban": _("numéro de compte (IBAN)"),
    "vat_number": _("numéro de TVA"),
    "other": _("autres données communiquées"),
}
# Fields that hold keys of the register → their words.
WORDS = {"purpose": PURPOSES, "recipient": RECIPIENTS, "categories": CATEGORIES}
IDENTITY = "privacy.datasubject"

type Years = Sequence[tuple[date, date]]


@dataclass(frozen=True, slots=True)
class End:
    """`last_day` None: nothing has started the clock, `why` says what will."""

    last_day: date | None
    why: str


@dataclass(frozen=True, slots=True)
class Value:
    label: str
    text: str
    is_third_party: bool


@dataclass(frozen=True, slots=True)
class Row:
    pk: Any
    values: list[Value]
    end: End


@dataclass(frozen=True, slots=True)
class Held:
    """The rows of one source; `has_more` when there are more than were asked for."""

    source: type[Source]
    title: str
    also: list[str]
    rows: list[Row]
    has_more: bool


@dataclass(frozen=True, slots=True)
class Purpose:
    key: str
    title: str
    held: list[Held]


def by_purpose(person: Any, *, years: Years) -> list[Purpose]:
    """Everything with a path to the person, each source under the first of its purposes.

    One query a source, whatever the number of rows.
    """
    titles = {"all": _("toutes les finalités"), **PURPOSES}
    found: dict[str, list[Held]] = {key: [] for key in titles}
    for source in shown_sources():
        held = rows_of(source, person, years=years)
        if held.rows:
            # Who the person is comes first: it serves them all.
            key = "all" if source.label() == IDENTITY else source.purposes[0]
            found[key].append(held)
    return [Purpose(key, str(titles[key]), held) for key, held in found.items() if held]


def shown_sources() -> list[type[Source]]:
    """The person first. Without what has no path: sessions and waiting jobs, which hold keys."""
    return [one for one in reversed(about_people()) if one.path is not None and _shown(one)]


def rows_of(
    source: type[Source], person: Any, *, years: Years, start: int = 0, most: int = MOST_ROWS
) -> Held:
    """`most` rows from `start` on, newest first. One query."""
    found = source.find([person]).order_by("-pk").annotate(clock_of_rule=F(source.clock))
    rows = list(found[start : start + most + 1])
    return Held(
        source=source,
        title=str(source.model._meta.verbose_name_plural),
        also=[str(PURPOSES[key]) for key in source.purposes[1:] if key in PURPOSES],
        rows=[_row(source, row, years) for row in rows[:most]],
        has_more=len(rows) > most,
    )


def fiscal_years() -> Years:
    return list(FiscalYear.objects.order_by("starts_on").values_list("starts_on", "ends_on"))


def _shown(source: type[Source]) -> dict[str, Personal | ThirdParty]:
    """The fields for staff: never a password, a secret or what the database made for itself."""
    return {
        name: declared
        for name, declared in source.personal().items()
        if not isinstance(declared, Personal) or declared.exported
    }


def _row(source: type[Source], row: models.Model, years: Years) -> Row:
    values = []
    for name, declared in _shown(source).items():
        text = shown_value(row, name)
        if text:
            label = str(row._meta.get_field(name).verbose_name)  # type: ignore[union-attr]
            values.append(Value(label, text, isinstance(declared, ThirdParty)))
    return Row(row.pk, values, end_of(source, getattr(row, "clock_of_rule"), years))  # noqa: B009


def shown_value(row: models.Model, name: str) -> str:
    """As staff read it: the words of a choice, a day without its hour."""
    chosen = getattr(row, f"get_{name}_display", None)
    value = chosen() if chosen is not None else getattr(row, name)
    if value is True or value is False:
        return str(_("oui") if value else _("non"))
    if isinstance(value, datetime):
        return f"{local_day(value):%d/%m/%Y}"
    if isinstance(value, date):
        return f"{value:%d/%m/%Y}"
    words = WORDS.get(name, {})
    if isinstance(value, (list, tuple)):
        return ", ".join(str(words.get(one, one)) for one in value)
    return "" if value is None else str(words.get(value, value))


def end_of(source: type[Source], started: date | datetime | None, years: Years) -> End:
    """When a row of `source` whose clock started on `started` leaves."""
    day = local_day(started) if isinstance(started, datetime) else started
    if source.rule == "accounting":
        if day is None:
            return End(None, str(_("pièce comptable sans date")))
        words = _("pièce comptable du %(day)s, sept exercices entiers")
        return End(last_day("accounting", day, years), str(words) % {"day": f"{day:%d/%m/%Y}"})
    if source.rule == "contact":
        if day is None:
            return End(None, str(_("tant que la demande est traitée")))
        return End(day, str(_("demande close : le contenu part dans les 24 heures")))
    if day is None:
        return End(None, str(_("cinq ans après l'expiration du compte, qui est ouvert")))
    words = _("compte expiré le %(day)s, plus cinq ans")
    return End(last_day("account", day, years), str(words) % {"day": f"{day:%d/%m/%Y}"})


def last_day(rule: str, start: date, years: Years) -> date:
    """The last day on which data whose clock began on `start` is held. Raises NoRules."""
    amount = rules.published()[rule].amount
    if rule == "accounting":
        return fiscal_end(start, years, amount)
    return last_day_years(start, amount)
