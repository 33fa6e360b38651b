"""What a rule looks at: the published register in French, and what goes with it. Pure."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import Any

from consent.register.effective import with_facts
from consent.register.file import Register
from consent.render import plain

_SPACES = re.compile(r"\s+")


@dataclass(frozen=True)
class Block:
    key: str
    kind: str
    part: str  # the anchor of its part: "cookies", "donnees", "droits", …
    texts: tuple[str, ...]


@dataclass(frozen=True)
class Control:
    """The row of settings, as values."""

    retention_months: int | None = None
    checked_on: date | None = None
    proof_years: int = 5


@dataclass(frozen=True)
class Published:
    """One version: its register (after its preset); `today` and the rest only for live rules."""

    content: Register = field(repr=False)
    number: int = 0
    preset: str = ""
    today: date | None = None
    control: Control = Control()
    problems: tuple[str, ...] = ()

    @cached_property
    def french(self) -> Register:
        return with_facts(self.content, "fr")

    @cached_property
    def blocks(self) -> tuple[Block, ...]:
        found, part = [], ""
        for row in self.french["policy"]:
            if row["kind"] in {"section", "heading"} and row.get("anchor"):
                part = row["anchor"]
            texts = [row.get("text", ""), *row.get("items", [])]
            said = tuple(_SPACES.sub(" ", plain(text)).strip() for text in texts if text)
            found.append(Block(row["key"], row["kind"], part, said))
        return tuple(found)

    def texts(self, *, part: str = "") -> Iterable[str]:
        """The policy's own words: complements are ours and mend no sentence of it."""
        for block in self.blocks:
            if block.kind != "complement" and (not part or block.part == part):
                yield from block.texts

    def quoting(self, *phrases: str) -> tuple[str, ...]:
        """The sentences of the policy that hold one of `phrases`, whole: a word more is another."""
        return tuple(
            text
            for text in self.texts()
            if any(phrase.casefold() in text.casefold() for phrase in phrases)
        )

    def says(self, pattern: str, *, part: str = "") -> bool:
        """Whether a text of the policy itself matches."""
        return any(re.search(pattern, text, re.IGNORECASE) for text in self.texts(part=part))

    def cookie(self, name: str) -> dict[str, Any] | None:
        return next((row for row in self.french["cookies"] if row["name"] == name), None)

    def fact(self, key: str) -> dict[str, Any]:
        return next((row for row in self.french["facts"] if row["key"] == key), {"words": ""})

    def amount(self, key: str, unit: str) -> int:
        """The number of the fact when it is in `unit`, else 0."""
        row = self.fact(key)
        return int(row.get("amount") or 0) if row.get("unit") == unit else 0
