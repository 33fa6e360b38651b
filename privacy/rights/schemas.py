"""The published JSON Schemas of what a person gets, made from the declarations.

They lie in static/privacy/; a test fails when a declaration changed and they did not. What an old
file promised stays true: a change that breaks a reader gets a new number.
"""

from typing import Any

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models

from privacy.rights.tables import KEPT_UNTIL, Column, Table, tables

DIALECT = "https://json-schema.org/draft/2020-12/schema"
_TEXTS = {"type": "array", "items": {"type": "string"}}
_DAY = {"type": "string", "pattern": r"^\d{4}-\d{2}-\d{2}$"}
_MOMENT = {"type": "string", "pattern": r"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}"}


def closed(properties: dict[str, Any], **more: Any) -> dict[str, Any]:
    """An object with exactly these properties."""
    return {
        "type": "object", "additionalProperties": False, "required": list(properties),
        "properties": properties, **more,
    }  # fmt: skip


def export() -> dict[str, Any]:
    """Of donnees.json in an access archive."""
    text = {"type": "string"}
    return {
        "$schema": DIALECT,
        "title": "Everything held about one person, version 1 (GDPR art. 15)",
        **closed(
            {
                **head("privacy/export-1.schema.json"),
                "held_back": {"type": "boolean"},
                "information": _information(),
                "data": closed(
                    {
                        table.name: closed(
                            {
                                "title": text,
                                "labels": {"type": "object", "additionalProperties": text},
                                "rows": {"type": "array", "items": _row(table)},
                            }
                        )
                        for table in tables()
                    }
                ),
            }
        ),
    }


def head(name: str) -> dict[str, Any]:
    return {
        "schema": {"const": name},
        "version": {"const": 1},
        "made_at": _MOMENT,
        "language": {"enum": [code for code, _name in settings.LANGUAGES]},
        "reference": {"type": "string", "pattern": "^P-[0-9A-Z]{8}$"},
    }


def _row(table: Table) -> dict[str, Any]:
    fields = {column.name: of_column(column) for column in table.columns}
    return closed({**fields, KEPT_UNTIL: {"anyOf": [_DAY, {"type": "null"}]}})


def of_column(column: Column) -> dict[str, Any]:
    found = _of_field(column.field)
    # A masked text takes the place of any value.
    return {"anyOf": [found, {"type": "null"}]} if column.field.null else found


def _of_field(field: models.Field) -> dict[str, Any]:
    if isinstance(field, models.ForeignKey):
        return _of_field(field.target_field)
    for kind, schema in _KINDS:
        if isinstance(field, kind):
            return dict(schema)
    return {"type": "string"}


_KINDS: tuple[tuple[Any, dict[str, Any]], ...] = (
    (models.BooleanField, {"type": "boolean"}),
    (models.DateTimeField, _MOMENT),
    (models.DateField, _DAY),
    (models.DecimalField, {"type": "number"}),
    (models.IntegerField, {"type": "integer"}),
    (models.JSONField, {}),
    (ArrayField, {"type": "array"}),
    (models.UUIDField, {"type": "string", "format": "uuid"}),
)


def _information() -> dict[str, Any]:
    text = {"type": "string", "minLength": 1}
    many = {"type": "array"}
    return closed(
        {
            "controller": closed(
                dict.fromkeys(("name", "address", "number", "trade_name", "email"), text)
            ),
            "policy_version": {"type": "integer"},
            "purposes": many
            | {
                "items": closed(
                    {"key": text, "purpose": text, "bases": _TEXTS, "categories": _TEXTS}
                )
            },
            "categories": _TEXTS,
            "recipients": closed(
                {
                    "named": many
                    | {"items": closed({"name": text, "on": _DAY, "categories": _TEXTS})},
                    "possible": _TEXTS,
                }
            ),
            "kept": many
            | {
                "items": closed(
                    {
                        "data": text, "source": text, "rows": {"type": "integer", "minimum": 1},
                        "until": {"anyOf": [_DAY, {"type": "null"}]}, "because": text,
                    }
                )
            },
            "not_erased_because": _TEXTS,
            "rights": {**_TEXTS, "minItems": 5},
            "rights_page": text,
            "authority": closed(dict.fromkeys(("name", "address", "phone", "email"), text)),
            "source": many | {"items": closed({"data": text, "from": text})},
            "automated_decisions": text,
            "transfers": {**_TEXTS, "minItems": 1},
        }
    )  # fmt: skip
