"""Does the record of processing agree with itself, with the policy and with the code?"""

from collections.abc import Iterator
from datetime import date
from typing import Any

from django.utils.translation import gettext_lazy as _

from consent.register.check import Problem
from consent.register.file import Register
from privacy.sources.base import sources

# Named by code: a disclosure to them is weighed first (T-10).
RECIPIENTS_OF_CODE = ("third_party_complainant",)
FACT_UNITS = ("day", "month", "year", "fiscal_year")


def problems(register: Register) -> Iterator[Problem]:
    """What stops a publication of `register`, an effective one."""
    yield from _names(register)
    yield from _used(register)
    yield from _rules(register)
    yield from _processors(register)
    yield from _code(register)


def keys(register: Register, section: str) -> set[str]:
    return {row["key"] for row in register[section]}


_LISTS = (
    ("purposes", "data", "data_categories"),
    ("purposes", "people", "people_categories"),
    ("purposes", "recipients", "recipients"),
    ("purposes", "rules", "retention_rules"),
    ("data_categories", "rules", "retention_rules"),
)


def _names(register: Register) -> Iterator[Problem]:
    """Rows name rows that are there; each purpose has a basis and each category a rule."""
    for section, field, target in _LISTS:
        known = keys(register, target)
        for row in register[section]:
            for name in sorted(set(row.get(field, ())) - known):
                yield _unknown(section, row["key"], target, name)
            if field != "recipients" and not row.get(field):
                yield _empty(section, row["key"], field)
    for row in register["purposes"]:
        if not row["bases"]:
            yield _empty("purposes", row["key"], "bases")
        if "6(1)(f)" in row["bases"] and not any(row.get("interest", {}).values()):
            yield _empty("purposes", row["key"], "interest")
        if row.get("proposed_bases") and not any(row.get("reason", {}).values()):
            yield _empty("purposes", row["key"], "reason")


def _used(register: Register) -> Iterator[Problem]:
    """A row that nothing names is a promise that nobody keeps."""
    held = {d.category for source in sources().values() for d in source.personal().values()}
    used = {
        "recipients": _all_of(register, "recipients"),
        "people_categories": _all_of(register, "people"),
        "data_categories": held,
        "retention_rules": _all_of(register, "rules")
        | {name for row in register["data_categories"] for name in row["rules"]},
        "purposes": {key for source in sources().values() for key in source.purposes},
    }
    for section, names in used.items():
        for key in sorted(keys(register, section) - names):
            yield Problem(
                section,
                key,
                f"{section}: nothing uses {key}.",
                _("« %(key)s » ne sert nulle part."),
                {"key": key},
            )


def _all_of(register: Register, field: str) -> set[str]:
    return {name for row in register["purposes"] for name in row.get(field, ())}


def _rules(register: Register) -> Iterator[Problem]:
    """A period of the policy is its fact, said in its words, where the policy says it."""
    facts = {row["key"]: row for row in register["facts"]}
    for row in register["retention_rules"]:
        own = row.get("amount") is not None and bool(row.get("unit"))
        fact = row.get("fact", "")
        if own == bool(fact) or (row.get("amount") is None) != (not row.get("unit")):
            yield _rule(
                row,
                "needs a fact of the policy, or an amount and its unit.",
                _("« %(key)s » : il faut un fait de la politique, ou un nombre et son unité."),
            )
        elif fact and facts.get(fact, {}).get("unit") not in FACT_UNITS:
            yield _rule(
                row,
                f"names {fact}, which is no period of the policy.",
                _("« %(key)s » : « %(fact)s » n'est pas une durée de la politique."),
                fact=fact,
            )
        elif fact and not all(f"{{{fact}}}" in text for text in row["words"].values()):
            yield _rule(
                row,
                f"does not quote {{{fact}}} in its words.",
                _("« %(key)s » : la durée en mots doit citer {%(fact)s} dans chaque langue."),
                fact=fact,
            )
        elif fact and not _policy_quotes(register, fact, row.get("facts", ())):
            yield _rule(
                row,
                f"rests on {fact}, which the policy does not quote where it says so.",
                _("« %(key)s » : la politique ne cite pas {%(fact)s} à cet endroit."),
                fact=fact,
            )
        if row["trigger"] == "document_issued" and not row["needs_approval"]:
            yield _rule(
                row,
                "destroys accounting documents without anybody's approval (T-18).",
                _("« %(key)s » : détruire des pièces comptables demande toujours un accord."),
            )


def _policy_quotes(register: Register, fact: str, places: Any) -> bool:
    return any(
        f"{{{fact}}}" in block.get("text", {}).get("fr", "")
        for block in register["policy"]
        if not places or set(places) & set(block.get("facts", ()))
    )


def _processors(register: Register) -> Iterator[Problem]:
    recipients, services = keys(register, "recipients"), keys(register, "services")
    for row in register["processors"]:
        if row["recipient"] not in recipients:
            yield _unknown("processors", row["key"], "recipients", row["recipient"])
        service = row.get("service", "")
        if service and service not in services:
            yield _unknown("processors", row["key"], "services", service)
        if reviewed := row.get("reviewed_on", ""):
            try:
                date.fromisoformat(reviewed)
            except ValueError:
                yield Problem(
                    "processors",
                    row["key"],
                    f"Processor {row['key']}: {reviewed} is no day.",
                    _("« %(key)s » : %(day)s n'est pas un jour."),
                    {"key": row["key"], "day": reviewed},
                )


def _code(register: Register) -> Iterator[Problem]:
    """What the sources of every application name is in the register."""
    for label, source in sorted(sources().items()):
        named = {
            "data_categories": {d.category for d in source.personal().values()},
            "purposes": set(source.purposes),
            "retention_rules": {source.rule} - {""},
        }
        for section, names in named.items():
            for name in sorted(names - keys(register, section)):
                yield Problem(
                    section,
                    "",
                    f"{label} is declared with {name}, which {section} does not hold.",
                    _("La table %(label)s est déclarée avec « %(name)s », absent du registre."),
                    {"label": label, "name": name},
                )
    for name in sorted(set(RECIPIENTS_OF_CODE) - keys(register, "recipients")):
        yield Problem(
            "recipients",
            "",
            f"The site knows the recipient {name}, which the register does not hold.",
            _("Le site connaît le destinataire « %(name)s », absent du registre."),
            {"name": name},
        )


def _unknown(section: str, key: str, target: str, name: str) -> Problem:
    return Problem(
        section,
        key,
        f"{section}: {key} names {name}, which {target} does not hold.",
        _("« %(key)s » nomme « %(name)s », qui n'est pas dans le registre."),
        {"key": key, "name": name},
    )


def _empty(section: str, key: str, field: str) -> Problem:
    return Problem(
        section,
        key,
        f"{section}: {key} lacks its {field}.",
        _("« %(key)s » : il manque « %(field)s »."),
        {"key": key, "field": field},
    )


def _rule(row: dict[str, Any], english: str, french: Any, **values: str) -> Problem:
    return Problem(
        "retention_rules",
        row["key"],
        f"The retention rule {row['key']} {english}",
        french,
        {"key": row["key"], **values},
    )
