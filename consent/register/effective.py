"""What is shown: the register with a preset applied and `{facts}` put in. Pure."""

import re
from copy import deepcopy
from typing import Any

from consent.periods import Period
from consent.register.file import Register

_FACT = re.compile(r"\{([a-z0-9_]+)\}")


def apply_preset(source: Register, preset: str) -> Register:
    """The register as `preset` shows it; hidden rows are left out. `source` is not changed."""
    register = deepcopy(source)
    overrides = register.pop("presets").get(preset, {})
    for section, key in (("facts", "key"), ("cookies", "name"), ("browsers", "key")):
        changes = overrides.get(section, {})
        register[section] = [
            {**row, **{k: v for k, v in changes.get(row[key], {}).items() if k != "hidden"}}
            for row in register[section]
            if not changes.get(row[key], {}).get("hidden")
        ]
    return register


def with_facts(register: Register, language: str) -> Register:
    """`register` in one language: every four-language text becomes a string, facts put in."""
    words = {row["key"]: row["words"][language] for row in register["facts"]}

    def localise(value: Any) -> Any:
        if isinstance(value, dict):
            if language in value and "fr" in value and isinstance(value["fr"], str):
                return _FACT.sub(lambda match: words.get(match[1], match[0]), value[language])
            return {key: localise(part) for key, part in value.items()}
        if isinstance(value, list):
            return [localise(part) for part in value]
        return value

    return localise(register)  # type: ignore[no-any-return]


def unknown_facts(register: Register) -> set[str]:
    """Names in braces that are no fact."""
    known = {row["key"] for row in register["facts"]}
    found: set[str] = set()

    def walk(value: Any) -> None:
        if isinstance(value, str):
            found.update(_FACT.findall(value))
        elif isinstance(value, dict):
            for part in value.values():
                walk(part)
        elif isinstance(value, list):
            for part in value:
                walk(part)

    walk(register)
    return found - known


def cookie(register: Register, name: str) -> dict[str, Any] | None:
    return next((row for row in register["cookies"] if row["name"] == name), None)


def choice_period(register: Register) -> Period:
    """The life of a choice, from the register's row of the consent cookie."""
    row = cookie(register, "cookieconsent_status")
    if row is None:
        raise ValueError("The register does not hold cookieconsent_status.")
    return Period(row["lifetime_seconds"], row.get("choice_months", 0))


def analytics_container(register: Register) -> str:
    """Google Analytics' container, by its cookie `_ga_<container>`; empty when none (GA-01)."""
    for row in register["cookies"]:
        if re.fullmatch(r"_ga_[A-Z0-9]{4,20}", row["name"]):
            return str(row["name"]).removeprefix("_ga_")
    return ""
