"""What differs between two registers: rows, fields, lines, words. Pure."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any

from consent.enums import LANGUAGES
from consent.register import sections
from consent.register.file import Register

SECTIONS = (
    ("facts", "key"), ("categories", "key"), ("services", "key"), ("cookies", "name"),
    ("browsers", "key"), ("banner", "key"), ("policy", "key"),
)  # fmt: skip
_PIECES = re.compile(r"\s+|\w+|[^\w\s]")


@dataclass(frozen=True, slots=True)
class FieldChange:
    """`language` is empty for what has none; `part` names the kind of address or nothing."""

    name: str
    language: str
    part: str
    old: str
    new: str


@dataclass(frozen=True, slots=True)
class RowChange:
    """`kind` is "added", "removed", "changed", or "order": then `key` is empty."""

    section: str
    key: str
    kind: str
    fields: tuple[FieldChange, ...] = ()


def row_changes(old: Register, new: Register) -> list[RowChange]:
    """What `new` changes in `old`, both effective registers, in the register's order."""
    found: list[RowChange] = []
    others = [(section.name, "key") for section in sections.added()]
    for section, key in (*SECTIONS, *others):
        before, after = _rows(old, section, key), _rows(new, section, key)
        for name in dict.fromkeys([*after, *before]):
            fields = tuple(_fields(before.get(name, {}), after.get(name, {}), key))
            if fields:
                kind = (
                    "added" if name not in before else "removed" if name not in after else "changed"
                )
                found.append(RowChange(section, name, kind, fields))
        kept = [name for name in before if name in after]
        if kept != [name for name in after if name in before]:
            found.append(RowChange(section, "", "order"))
    return found


def _rows(register: Register, section: str, key: str) -> dict[str, dict[str, Any]]:
    if section == "banner":
        texts = {**register["banner"], "translation_notice": register["translation_notice"]}
        # Texts of the banner have names and no order.
        return {name: {"text": texts[name]} for name in sorted(texts)}
    return {row[key]: row for row in register.get(section, [])}


def _fields(old: dict[str, Any], new: dict[str, Any], key: str) -> Iterator[FieldChange]:
    for name in dict.fromkeys([*old, *new]):
        if name == key:
            continue
        before, after = _flat(old.get(name)), _flat(new.get(name))
        for language, part in dict.fromkeys([*before, *after]):
            pair = before.get((language, part), ""), after.get((language, part), "")
            if pair[0] != pair[1]:
                yield FieldChange(name, language, part, *pair)


def _flat(value: Any) -> dict[tuple[str, str], str]:
    """(language, part) → text."""
    if value is None:
        return {}
    if isinstance(value, dict) and set(value) == set(LANGUAGES):
        return {(code, ""): value[code] for code in LANGUAGES}
    if isinstance(value, dict):  # addresses by kind
        return {("", kind): "\n".join(addresses) for kind, addresses in value.items()}
    if isinstance(value, list) and value and isinstance(value[0], dict):
        return {(code, ""): "\n".join(item[code] for item in value) for code in LANGUAGES}
    if isinstance(value, list):
        return {("", ""): "\n".join(value)}
    if isinstance(value, bool):
        return {("", ""): "✓" if value else "✗"}
    return {("", ""): str(value)}


def line_changes(old: list[str], new: list[str]) -> list[tuple[str, str]]:
    """("removed" or "added", line) for what changed, in order."""
    changes: list[tuple[str, str]] = []
    for kind, i, j, m, n in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if kind != "equal":
            changes += [("removed", line) for line in old[i:j]]
            changes += [("added", line) for line in new[m:n]]
    return changes


def marked(old: str, new: str) -> tuple[list[tuple[bool, str]], list[tuple[bool, str]]]:
    """Both texts in pieces, (is another, text): what to point at when they stand side by side."""
    before, after = _PIECES.findall(old), _PIECES.findall(new)
    left: list[tuple[bool, str]] = []
    right: list[tuple[bool, str]] = []
    for kind, i, j, m, n in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if j > i:
            left.append((kind != "equal", "".join(before[i:j])))
        if n > m:
            right.append((kind != "equal", "".join(after[m:n])))
    return left, right
