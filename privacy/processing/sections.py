"""The record of processing as sections of the register's file."""

from typing import Any

from consent.register import sections
from consent.register.sections import KEY, KEYS, TEXT, WORDS, Section
from privacy.models import (
    DataCategory,
    PeopleCategory,
    Processor,
    Purpose,
    Recipient,
    RetentionRule,
    SecurityMeasure,
)
from privacy.models.processing import Action, Basis, Length, Trigger
from privacy.processing.check import problems

_FACTS = {"type": "array", "items": {"type": "string", "pattern": r"^PF-\d{2,3}$"}}
_BASES = {"type": "array", "items": {"enum": Basis.values}, "uniqueItems": True}
_FILLED: dict[str, Any] = {**KEYS, "minItems": 1}
_YES_NO = {"type": "boolean"}

SECTIONS = (
    Section(
        "purposes",
        Purpose,
        {
            "key": KEY,
            "name": WORDS,
            "bases": {**_BASES, "minItems": 1},  # TR-02
            "proposed_bases": _BASES,
            "reason": TEXT,
            "interest": TEXT,
            "data": _FILLED,
            "people": _FILLED,
            "recipients": KEYS,
            "rules": _FILLED,
            "facts": _FACTS,
        },
        optional=("proposed_bases", "reason", "interest", "recipients", "facts"),
    ),
    Section(
        "data_categories",
        DataCategory,
        {"key": KEY, "name": WORDS, "rules": _FILLED, "is_open": _YES_NO, "facts": _FACTS},  # TR-05
        optional=("facts",),
    ),
    Section("people_categories", PeopleCategory, {"key": KEY, "name": WORDS}),
    Section(
        "recipients",
        Recipient,
        {"key": KEY, "name": WORDS, "is_listed": _YES_NO, "condition": TEXT, "facts": _FACTS},
        optional=("condition", "facts"),
    ),
    Section(
        "processors",
        Processor,
        {
            "key": KEY,
            "name": WORDS,
            "role": WORDS,
            "recipient": KEY,
            "service": KEY,
            "country": {"type": "string", "pattern": "^[A-Z]{2}$"},
            "transfer": TEXT,
            "reviewed_on": {"type": "string", "format": "date", "pattern": r"^\d{4}-\d\d-\d\d$"},
        },
        optional=("service", "country", "transfer", "reviewed_on"),
    ),
    Section(
        "retention_rules",
        RetentionRule,
        {
            "key": KEY,
            "name": WORDS,
            "trigger": {"enum": Trigger.values},
            "fact": KEY,
            "amount": {"type": "integer", "minimum": 0, "maximum": 32767},
            "unit": {"enum": [unit for unit in Length.values if unit]},
            "action": {"enum": Action.values},
            "needs_approval": _YES_NO,
            "words": WORDS,
            "facts": _FACTS,
        },
        optional=("fact", "amount", "unit", "facts"),
    ),
    Section(
        "security",
        SecurityMeasure,
        {"key": KEY, "name": WORDS, "description": WORDS},
    ),
)


def add_sections() -> None:
    sections.add(*SECTIONS, check=problems)
