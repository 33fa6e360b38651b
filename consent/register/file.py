"""The register as a YAML file, in one canonical form."""

import io
from pathlib import Path
from typing import Any

import jsonschema
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from consent.enums import LANGUAGES, BlockKind, Unit
from consent.register import sections
from consent.register.sections import KEY as _KEY
from consent.register.sections import TEXT as _TEXT

type Register = dict[str, Any]


class MalformedRegister(ValueError):
    """The file is not a register; the message says where and why."""

    def __init__(self, message: str, place: tuple[Any, ...] = ()) -> None:
        super().__init__(message)
        self.place = place

    def row(self, register: Register) -> tuple[str, str]:
        """(section, name of the row) that is meant; empty where it is none."""
        section, *rest = (*self.place, "")
        if section == "translation_notice":
            return "banner", "translation_notice"
        if rest and isinstance(rest[0], int):
            row = register[section][rest[0]]
            return str(section), str(row.get("key") or row.get("name") or "")
        return str(section), str(rest[0]) if rest else ""


_HOSTS = {
    "type": "array",
    "items": {"type": "string", "pattern": r"^https://(\*\.)?[a-z0-9.-]+$"},
}


def _rows(properties: dict[str, Any], *, optional: tuple[str, ...] = ()) -> dict[str, Any]:
    return {
        "type": "array",
        "items": {
            "type": "object",
            "properties": properties,
            "required": [name for name in properties if name not in optional],
            "additionalProperties": False,
        },
    }


SCHEMA: dict[str, Any] = {
    "type": "object",
    "additionalProperties": False,
    "required": [
        "version", "languages", "facts", "categories", "services", "cookies", "presets",
        "browsers", "banner", "policy", "translation_notice",
    ],
    "properties": {
        "version": {"const": 1},
        "languages": {"const": list(LANGUAGES)},
        "facts": _rows(
            {
                "key": _KEY,
                "amount": {"type": "integer", "minimum": 0},
                "unit": {"enum": [unit for unit in Unit.values if unit]},
                "words": _TEXT,
            },
            optional=("amount", "unit"),
        ),
        "categories": _rows(
            {
                "key": {"type": "string", "pattern": "^[a-z]{1,30}$"},
                "required": {"type": "boolean"},
                "name": _TEXT,
                "description": _TEXT,
            }
        ),
        "services": _rows(
            {
                "key": _KEY,
                "category": _KEY,
                "name": _TEXT,
                "heading": _TEXT,
                "company": _TEXT,
                "country": {"type": "string", "pattern": "^[A-Z]{2}$"},
                "purpose": _TEXT,
                "access": _TEXT,
                "privacy_url": {"type": "string"},
                "transfer": _TEXT,
                "transfer_reviewed_on": {
                    "type": "string",
                    "pattern": r"^(\d{4}-\d{2}-\d{2})?$",
                },
                "hosts": {
                    "type": "object",
                    "properties": dict.fromkeys(("script", "connect", "img", "frame"), _HOSTS),
                    "required": ["script", "connect", "img", "frame"],
                    "additionalProperties": False,
                },
            }
        ),
        "cookies": _rows(
            {
                "name": {"type": "string", "pattern": r"^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,100}$"},
                "is_pattern": {"type": "boolean"},
                "service": _KEY,
                "kind": {"anyOf": [_TEXT, {"type": "null"}]},
                "provenance": _TEXT,
                "purpose": _TEXT,
                "lifetime_seconds": {"type": "integer", "minimum": 0},
                "lifetime": _TEXT,
            }
        ),
        "presets": {"type": "object", "additionalProperties": {"type": "object"}},
        "browsers": _rows(
            {
                "key": _KEY,
                "label": {"type": "string", "minLength": 1},
                "url": {"type": "string", "pattern": "^(https://.+)?$"},
                "is_obsolete": {"type": "boolean"},
            }
        ),
        "banner": {"type": "object", "additionalProperties": _TEXT},
        "policy": _rows(
            {
                "key": _KEY,
                "kind": {"enum": BlockKind.values},
                "anchor": _KEY,
                "text": _TEXT,
                "items": {"type": "array", "items": _TEXT},
                "category": _KEY,
                "tension": {"type": "string"},
                "facts": {"type": "array", "items": {"type": "string"}},
            },
            optional=("anchor", "text", "items", "category", "tension", "facts"),
        ),
        "translation_notice": _TEXT,
    },
}  # fmt: skip


def parse(text: str) -> Register:
    """The register in `text`. Raises MalformedRegister with the place and the reason."""
    try:
        register = YAML(typ="safe", pure=True).load(text)
    except YAMLError as error:
        raise MalformedRegister(f"This is not YAML: {error}") from error
    validate(register, whole=True)
    return register  # type: ignore[no-any-return]


def schema(*, whole: bool) -> dict[str, Any]:
    """With the sections of other applications; a `whole` register lacks none of them."""
    own = {section.name: section.schema() for section in sections.added()}
    return {
        **SCHEMA,
        "properties": {**SCHEMA["properties"], **own},
        "required": [*SCHEMA["required"], *(own if whole else ())],
    }


def validate(register: Any, *, whole: bool = False) -> None:
    """Raise MalformedRegister at the first place where `register` is not one.

    A version may be older than a section; a file is `whole`.
    """
    error = jsonschema.exceptions.best_match(
        jsonschema.Draft202012Validator(schema(whole=whole)).iter_errors(register)
    )
    if error is not None:
        place = "/".join(str(part) for part in error.absolute_path) or "the whole file"
        raise MalformedRegister(f"{place}: {error.message[:300]}", tuple(error.absolute_path))


def read(path: Path) -> Register:
    return parse(path.read_text("utf-8"))


def dump(register: Register) -> str:
    """The canonical YAML of `register`: the same rows give the same bytes."""
    yaml = YAML(pure=True)
    yaml.default_flow_style = False
    yaml.allow_unicode = True
    yaml.width = 10**6
    yaml.indent(mapping=2, sequence=4, offset=2)
    out = io.StringIO()
    yaml.dump(register, out)
    return out.getvalue()
