"""Sections of the register that other applications own.

consent keeps them in the file, in the draft and in each version, and knows nothing of what they
say: it never imports their application. An application adds its own when it is ready:

    add(Section("purposes", Purpose, {"key": KEY, "name": TEXT}), check=disagreements)
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.db import models

from consent.enums import LANGUAGES

KEY: dict[str, Any] = {"type": "string", "pattern": "^[A-Za-z0-9_-]{1,50}$"}
KEYS: dict[str, Any] = {"type": "array", "items": KEY, "uniqueItems": True}
TEXT: dict[str, Any] = {
    "type": "object",
    "properties": {code: {"type": "string"} for code in LANGUAGES},
    "required": list(LANGUAGES),
    "additionalProperties": False,
}
# With words in each language; `TEXT` may be empty in all four.
WORDS: dict[str, Any] = {
    **TEXT,
    "properties": {code: {"type": "string", "minLength": 1} for code in LANGUAGES},
}


@dataclass(frozen=True, slots=True)
class Section:
    """`fields` gives each field of a row, in the file's order, its JSON schema; `key` names a row.

    `model` has the same fields and is edited in the admin. An `optional` field is left out of the
    file where it is empty.
    """

    name: str
    model: type[models.Model]
    fields: dict[str, dict[str, Any]] = field(repr=False)
    optional: tuple[str, ...] = ()

    def schema(self) -> dict[str, Any]:
        return {
            "type": "array",
            "items": {
                "type": "object",
                "properties": self.fields,
                "required": [name for name in self.fields if name not in self.optional],
                "additionalProperties": False,
            },
        }

    def filled(self, row: dict[str, Any]) -> dict[str, Any]:
        """`row` of the file with what it leaves out."""
        defaults = {n: self.model._meta.get_field(n).get_default() for n in self.optional}  # type: ignore[union-attr]
        return {**defaults, **row}

    def dumped(self) -> list[dict[str, Any]]:
        return [self._row(row) for row in self.model._default_manager.all()]

    def _row(self, row: models.Model) -> dict[str, Any]:
        values = {name: _plain(getattr(row, name)) for name in self.fields}
        return {n: v for n, v in values.items() if n not in self.optional or _says_something(v)}


def _plain(value: Any) -> Any:
    if isinstance(value, dict):  # PostgreSQL's jsonb does not keep the order of keys
        return {code: value[code] for code in LANGUAGES}
    return value.isoformat() if isinstance(value, date) else value


def _says_something(value: Any) -> bool:
    if isinstance(value, dict):
        return any(value.values())
    return value not in (None, "", [])


# What an application finds wrong in a register with these sections: gives `check.Problem`s.
type Check = Callable[[dict[str, Any]], Iterable[Any]]

_sections: dict[str, Section] = {}
_checks: list[Check] = []


def add(*sections: Section, check: Check) -> None:
    """Called once by an application, when it is ready."""
    _sections.update({section.name: section for section in sections})
    if check not in _checks:
        _checks.append(check)


def added() -> list[Section]:
    return list(_sections.values())


def problems(register: dict[str, Any]) -> Iterable[Any]:
    """Nothing for a version that was published before there were such sections."""
    if all(section.name in register for section in added()):
        for check in _checks:
            yield from check(register)
