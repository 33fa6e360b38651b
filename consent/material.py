"""What people agree to, and whether a change of it must ask them again (CK-16). Pure.

Structure (categories, services, companies, countries, addresses called, cookies, lifetimes) counts
exactly. Sentences (purposes, who has access, transfers) count by their meaning: the French text, as
it prevails; a corrected spelling is no new agreement, another word is.
"""

import re
import unicodedata
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any

from consent.register.effective import with_facts
from consent.register.file import Register

_WORD = re.compile(r"\w+")
_SIMILAR = 0.75


def agreement(register: Register) -> dict[str, Any]:
    """The material part of an effective register, as it is hashed and kept with the notice."""
    french = with_facts(register, "fr")
    return {
        "structure": {
            "categories": [
                {"key": row["key"], "required": row["required"]} for row in french["categories"]
            ],
            "services": [
                {
                    "key": row["key"],
                    "category": row["category"],
                    "company": row["company"],
                    "country": row["country"],
                    "hosts": row["hosts"],
                }
                for row in french["services"]
            ],
            "cookies": [
                {
                    "name": row["name"],
                    "is_pattern": row["is_pattern"],
                    "service": row["service"],
                    "lifetime_seconds": row["lifetime_seconds"],
                    "choice_months": row.get("choice_months", 0),
                }
                for row in french["cookies"]
            ],
        },
        "sentences": {
            **{f"category {row['key']}": row["description"] for row in french["categories"]},
            **{
                f"service {row['key']} {field}": row[field]
                for row in french["services"]
                for field in ("purpose", "access", "transfer")
            },
            **{f"cookie {row['name']}": row["purpose"] for row in french["cookies"]},
        },
    }


def _words(text: str) -> list[str]:
    plain = unicodedata.normalize("NFKD", text.casefold())
    return _WORD.findall("".join(char for char in plain if not unicodedata.combining(char)))


def same_meaning(old: str, new: str) -> bool:
    """True when the texts differ by spelling, punctuation or capitals only."""
    before, after = _words(old), _words(new)
    return len(before) == len(after) and all(map(_same_word, before, after))


def _same_word(old: str, new: str) -> bool:
    if old == new:
        return True
    # A short word or a number that changes, changes the meaning: "avec" and "sans", 2 and 3.
    if min(len(old), len(new)) < 5 or any(char.isdigit() for char in old + new):
        return False
    # So does a prefix: "direct" and "indirect".
    if old[0] != new[0]:
        return False
    return SequenceMatcher(None, old, new, autojunk=False).ratio() >= _SIMILAR


@dataclass(frozen=True, slots=True)
class Reason:
    """One thing that people have not agreed to: a row of `section`, or a `field` of it.

    `old` is None for what is new, `new` is None for what is gone.
    """

    section: str
    key: str
    field: str
    old: Any
    new: Any


_SECTIONS = (("categories", "key"), ("services", "key"), ("cookies", "name"))


def reasons(old: dict[str, Any], new: dict[str, Any]) -> list[Reason]:
    """Why `new` must be agreed to again by whoever agreed to `old`; empty when it need not.

    The order of rows and of addresses means nothing.
    """
    found: list[Reason] = []
    for section, key in _SECTIONS:
        before = {row[key]: row for row in old["structure"][section]}
        after = {row[key]: row for row in new["structure"][section]}
        found += [Reason(section, name, "", row, None) for name, row in before.items()
                  if name not in after]  # fmt: skip
        found += [Reason(section, name, "", None, row) for name, row in after.items()
                  if name not in before]  # fmt: skip
        for name in [name for name in before if name in after]:
            found += _in_row(section, name, before[name], after[name])
    return found + _in_sentences(old["sentences"], new["sentences"], found)


def _in_row(section: str, key: str, old: dict[str, Any], new: dict[str, Any]) -> list[Reason]:
    return [
        Reason(section, key, field, old.get(field), new.get(field))
        for field in dict.fromkeys([*old, *new])
        if _plain(old.get(field)) != _plain(new.get(field))
    ]


def _plain(value: Any) -> Any:
    if isinstance(value, dict):  # addresses by kind
        return {kind: sorted(addresses) for kind, addresses in value.items() if addresses}
    return value or 0


def _in_sentences(
    old: dict[str, str], new: dict[str, str], structural: list[Reason]
) -> list[Reason]:
    """Sentences of a row that came or went are named by their row."""
    told = {(reason.section, reason.key) for reason in structural if not reason.field}
    found = []
    for name in dict.fromkeys([*old, *new]):
        section, key, field = _place(name)
        if (section, key) not in told and not same_meaning(old.get(name, ""), new.get(name, "")):
            found.append(Reason(section, key, field, old.get(name), new.get(name)))
    return found


def _place(sentence: str) -> tuple[str, str, str]:
    """("services", "google-analytics", "purpose") of "service google-analytics purpose"."""
    kind, key, *field = sentence.split(" ")
    section = {"category": "categories", "service": "services", "cookie": "cookies"}[kind]
    return section, key, field[0] if field else "description" if kind == "category" else "purpose"


def same_agreement(old: dict[str, Any], new: dict[str, Any]) -> bool:
    """True when whoever agreed to `old` has agreed to `new`."""
    return not reasons(old, new)
