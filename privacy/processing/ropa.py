"""The record of processing activities, GDPR art. 30(1)(a) to (g): data, CSV, JSON, a page.

Everything comes from the version in force and from what the sources of code declare; nothing is
written here a second time.
"""

import base64
import csv
import io
import json
from collections.abc import Iterator
from typing import Any

from django.contrib.staticfiles import finders
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from consent.export import safe
from consent.register.file import Register
from privacy import register
from privacy.models.processing import Action, Basis, Trigger
from privacy.sources.base import sources

type Record = dict[str, Any]


def record(*, language: str) -> Record:
    """The record in `language`, plain values only. Raises privacy.register.NotPublished."""
    version = register.version()
    content = version.views[language].register
    with translation.override(language):
        return {
            "language": language,
            "version": version.publication,
            "sha256": version.sha256,
            "in_force_on": version.in_force_on.isoformat(),
            "preset": version.preset,
            "controller": _controller(content),
            "activities": [_activity(content, row, version.preset) for row in content["purposes"]],
            "processors": _processors(content),
            "security": [
                {"key": row["key"], "name": row["name"], "description": row["description"]}
                for row in content["security"]
            ],
        }


def _controller(content: Register) -> dict[str, str]:
    """(a): company and trade name together (T-13), and the authority (T-21)."""
    facts = {row["key"]: row["words"] for row in content["facts"]}
    names = {
        "name": "controller_name",
        "trade_name": "trade_name",
        "address": "controller_address",
        "number": "controller_number",
        "email": "contact_email",
        "authority": "authority_name",
        "authority_address": "authority_address",
        "authority_email": "authority_email",
        "authority_phone": "authority_phone",
        "authority_phone_current": "authority_phone_current",
    }
    return {name: facts.get(key, "") for name, key in names.items()}


def _activity(content: Register, row: dict[str, Any], preset: str) -> dict[str, Any]:
    bases = register.bases_in_force(row, preset)
    proposed = tuple(row.get("proposed_bases", ()))
    recipients = row.get("recipients", [])
    return {
        "key": row["key"],
        "purpose": row["name"],
        "bases": _bases(bases),
        "policy_bases": _bases(row["bases"]),
        "proposed_bases": _bases(proposed),
        "proposal": row.get("reason", ""),
        "interest": row.get("interest", ""),
        "rights": list(register.rights_of((*row["bases"], *proposed))),
        "people": _some(content, "people_categories", row["people"]),
        "data": [
            {**category, "held_in": held_in(category["key"], row["key"])}
            for category in _some(content, "data_categories", row["data"])
        ],
        "recipients": [
            {**one, "condition": _row(content, "recipients", one["key"]).get("condition", "")}
            for one in _some(content, "recipients", recipients)
        ],
        "transfers": [
            one
            for one in _processors(content)
            if one["recipient"] in recipients and one["transfer"]
        ],
        "erasure": [_rule(_row(content, "retention_rules", key)) for key in row["rules"]],
    }


def _bases(bases: Any) -> list[dict[str, str]]:
    return [{"key": key, "name": str(Basis(key).label)} for key in bases]


def _rule(row: dict[str, Any]) -> dict[str, Any]:
    return {
        "key": row["key"],
        "name": row["name"],
        "period": row["words"],
        "from": str(Trigger(row["trigger"]).label),
        "action": str(Action(row["action"]).label),
        "needs_approval": row["needs_approval"],
    }


def _processors(content: Register) -> list[dict[str, str]]:
    """What the cookie register says of a service is read there."""
    found = []
    for row in content["processors"]:
        service: dict[str, Any] = next(
            (one for one in content["services"] if one["key"] == row.get("service")), {}
        )
        found.append(
            {
                "key": row["key"],
                "name": row["name"],
                "role": row["role"],
                "recipient": row["recipient"],
                "country": row.get("country") or service.get("country", ""),
                "transfer": row.get("transfer") or service.get("transfer", ""),
                "reviewed_on": row.get("reviewed_on") or service.get("transfer_reviewed_on", ""),
            }
        )
    return found


def held_in(category: str, purpose: str) -> list[str]:
    """The tables' fields that hold `category` for `purpose`: "privacy.invoice.iban"."""
    return [
        f"{label}.{name}"
        for label, source in sorted(sources().items())
        if purpose in source.purposes
        for name, declaration in source.personal().items()
        if declaration.category == category
    ]


def _some(content: Register, section: str, keys: list[str]) -> list[dict[str, str]]:
    return [{"key": key, "name": _row(content, section, key)["name"]} for key in keys]


def _row(content: Register, section: str, key: str) -> dict[str, Any]:
    return next(row for row in content[section] if row["key"] == key)


def file_name(found: Record) -> str:
    return f"record-of-processing-v{found['version']}-{found['language']}"


def written(found: Record, kind: str) -> str:
    """`found` as "csv", "json" or "html", complete in itself."""
    if kind == "json":
        return json.dumps(found, ensure_ascii=False, indent=2) + "\n"
    if kind == "csv":
        return as_csv(found)
    return page(found, stylesheet=_embedded())


def page(found: Record, *, stylesheet: str) -> str:
    """A page of its own, made to be printed."""
    with translation.override(found["language"]):
        return render_to_string("privacy/record.html", {"record": found, "stylesheet": stylesheet})


def body(found: Record) -> SafeString:
    """The parts of the page alone, in the record's language."""
    with translation.override(found["language"]):
        return render_to_string("privacy/_record.html", {"record": found})


def _embedded() -> str:
    """A file that travels alone brings its look along."""
    source = finders.find("site/record.css")
    assert isinstance(source, str)
    with open(source, "rb") as file:
        return "data:text/css;base64," + base64.b64encode(file.read()).decode()


def as_csv(found: Record) -> str:
    """One line a purpose, one column a letter of art. 30(1); semicolons between, as in the office.

    A byte-order mark comes first: without it spreadsheets spoil every accent.
    """
    out = io.StringIO()
    writer = csv.writer(out, delimiter=";", lineterminator="\r\n")
    with translation.override(found["language"]):
        writer.writerow(_heading())
        for row in found["activities"]:
            writer.writerow([safe(cell) for cell in _cells(found, row)])
    return "\ufeff" + out.getvalue()


def _heading() -> list[str]:
    return [
        _("clé"),
        _("(a) Responsable du traitement"),
        _("(b) Finalité"),
        _("Base juridique"),
        _("(c) Personnes"),
        _("(c) Données"),
        _("Tables et champs"),
        _("(d) Destinataires"),
        _("(e) Transferts hors de l'Union européenne"),
        _("(f) Délais d'effacement"),
        _("(g) Mesures de sécurité"),
        _("version"),
    ]


def _cells(found: Record, row: dict[str, Any]) -> Iterator[str]:
    controller = found["controller"]
    yield row["key"]
    yield (
        f"{controller['name']} ({controller['trade_name']}), {controller['address']}, "
        f"{controller['number']}, {controller['email']}"
    )
    yield row["purpose"]
    yield _joined(one["name"] for one in row["bases"])
    yield _joined(one["name"] for one in row["people"])
    yield _joined(one["name"] for one in row["data"])
    yield _joined(where for one in row["data"] for where in one["held_in"])
    yield _joined(f"{one['name']}. {one['condition']}".strip(". ") for one in row["recipients"])
    yield _joined(
        f"{one['name']} ({one['country']}). {one['transfer']}" for one in row["transfers"]
    )
    yield _joined(f"{one['name']}. {one['period']}" for one in row["erasure"])
    yield _joined(f"{one['name']}. {one['description']}" for one in found["security"])
    yield f"{found['version']} ({found['sha256']})"


def _joined(parts: Any) -> str:
    return "\n".join(parts)
