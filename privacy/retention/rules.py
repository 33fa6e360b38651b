"""The rules of retention, as data: the published register says how long, this how it is counted."""

from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from typing import Any

from consent import snapshots


class Unit(StrEnum):
    DAY = "day"
    YEAR = "year"
    FISCAL_YEAR = "fiscal_year"


class Action(StrEnum):
    ERASE = "erase"
    STOP_USE = "stop_use"


@dataclass(frozen=True, slots=True)
class Rule:
    """`amount` of `unit` after `trigger`, then `action`, once a person agreed if it needs that."""

    key: str
    amount: int
    unit: Unit
    trigger: str
    action: Action = Action.ERASE
    needs_approval: bool = False


@dataclass(frozen=True, slots=True)
class Statutory:
    """A period that a law asks for, with where it stands and when somebody last looked (T-18)."""

    rule: str
    amount: int
    unit: Unit
    source: str
    checked_on: date


class NoRules(Exception):
    """Nothing is published, or not how long something is kept: then nothing is purged."""


# Holds only in the strict preset. The law of 18.12.2025 may have shortened it: longer is the safe
# side, and nothing is destroyed before a person has agreed.
STATUTORY = (
    Statutory(
        "accounting",
        10,
        Unit.FISCAL_YEAR,
        "CIR 92, art. 315 ; CTVA, art. 60 (loi du 20.11.2022)",
        date(2026, 11, 24),
    ),
)
STRICT = "strict_be_fr"

# Key → (fact of the register, trigger, action, needs a person's approval).
_PUBLISHED = {
    "account": ("account_retention", "account_closed_on", Action.ERASE, False),
    "accounting": ("accounting_retention", "issued_on", Action.ERASE, True),
    "promotion": ("promotion_retention", "contract_ended_on", Action.STOP_USE, False),
}
# « que pendant la durée nécessaire pour traiter la demande »: gone within a day of closing (§ 6.6).
CONTACT = Rule("contact", 0, Unit.DAY, "closed_at")
# A rule of the register's record of processing; the policy names no period for these files.
REQUEST_FILES = "request_files"


def published() -> dict[str, Rule]:
    """The rules of the publication in force, under its preset. Raises NoRules."""
    snapshot = snapshots.current()
    if snapshot is None:
        raise NoRules("Nothing is published: there is no rule to keep or to purge by.")
    return of(snapshot.content, preset=snapshot.preset)


def of(content: dict[str, Any], *, preset: str) -> dict[str, Rule]:
    """The rules of a register's published content. Raises NoRules where a fact lacks."""
    facts = {row["key"]: row for row in content["facts"]}
    rules = {"contact": CONTACT}
    for key, (fact, trigger, action, approval) in _PUBLISHED.items():
        row = facts.get(fact, {})
        if not isinstance(row.get("amount"), int) or not row.get("unit"):
            raise NoRules(f"The register's fact {fact} gives no period: nothing can be purged.")
        rules[key] = Rule(key, row["amount"], Unit(row["unit"]), trigger, action, approval)
    rules[REQUEST_FILES] = _request_files(content)
    if preset == STRICT:
        for one in STATUTORY:
            rules[one.rule] = longer(rules[one.rule], one)
    return rules


def _request_files(content: dict[str, Any]) -> Rule:
    rows = {row["key"]: row for row in content.get("retention_rules", ())}
    row = rows.get(REQUEST_FILES, {})
    if not isinstance(row.get("amount"), int) or row.get("unit") != Unit.YEAR:
        raise NoRules(
            f"The register's rule {REQUEST_FILES} gives no period in years: nothing can be purged."
            " Load the register and publish it (register load --publish)."
        )
    return Rule(REQUEST_FILES, row["amount"], Unit.YEAR, "ended_at")


def longer(rule: Rule, statutory: Statutory) -> Rule:
    """`rule`, for no shorter than the law asks."""
    if rule.unit != statutory.unit:
        raise NoRules(f"The rule {rule.key} and the law count in different units.")
    return replace(rule, amount=max(rule.amount, statutory.amount))
