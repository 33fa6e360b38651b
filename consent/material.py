"""What people agree to, and whether a change of it must ask them again (CK-16). Pure.

Structure (categories, services, companies, countries, addresses called, cookies, lifetimes) counts
exactly. Sentences (purposes, who has access, transfers) count by their meaning: the French text, as
it prevails; a corrected spelling is no new agreement, another word is.
"""

import re
import unicodedata
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


def same_agreement(old: dict[str, Any], new: dict[str, Any]) -> bool:
    """True when whoever agreed to `old` has agreed to `new`."""
    return (
        old["structure"] == new["structure"]
        and old["sentences"].keys() == new["sentences"].keys()
        and all(
            same_meaning(old["sentences"][key], new["sentences"][key]) for key in new["sentences"]
        )
    )
