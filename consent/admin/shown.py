"""Rows, fields and reasons in words that staff know, with links to where they are edited."""

from collections.abc import Iterable
from typing import Any

from django.contrib.auth import get_user_model
from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from consent.difference import FieldChange, RowChange, marked
from consent.forms.lists import KINDS
from consent.forms.texts import LABELS
from consent.material import Reason
from consent.models import BannerText, Browser, Category, Cookie, Fact, PolicyBlock, Service
from consent.register import sections
from consent.register.check import Problem

# Section of the register → model and the field that names a row.
MODELS: dict[str, tuple[type[models.Model], str]] = {
    "facts": (Fact, "key"),
    "categories": (Category, "key"),
    "services": (Service, "key"),
    "cookies": (Cookie, "name"),
    "browsers": (Browser, "key"),
    "banner": (BannerText, "key"),
    "policy": (PolicyBlock, "key"),
}


def model_of(section: str) -> tuple[type[models.Model], str] | None:
    """None for what is no section."""
    others: dict[str, tuple[type[models.Model], str]] = {
        one.name: (one.model, "key") for one in sections.added()
    }
    return {**MODELS, **others}.get(section)


_EXTRA = {"choice_months": _("durée en mois du calendrier")}
_KINDS = {
    "added": _("Ajouté"),
    "removed": _("Retiré"),
    "changed": _("Modifié"),
    "order": _("Autre ordre"),
}


class Places:
    """Where each row of the draft is edited; one query a section, only when asked."""

    def __init__(self) -> None:
        self._rows: dict[str, dict[str, Any]] = {}

    def url(self, section: str, key: str) -> str:
        """The row's own screen; the list where there is no such row."""
        found = model_of(section)
        if found is None:
            return ""
        model, name = found
        options = model._meta
        if section not in self._rows:
            self._rows[section] = dict(model._default_manager.values_list(name, "pk"))
        if key in self._rows[section]:
            row = self._rows[section][key]
            return reverse(f"admin:{options.app_label}_{options.model_name}_change", args=[row])
        return reverse(f"admin:{options.app_label}_{options.model_name}_changelist")


def row_name(section: str, key: str) -> str:
    found = model_of(section)
    assert found is not None
    model = found[0]
    options = model._meta
    return f"{options.verbose_name} « {key} »" if key else str(options.verbose_name_plural)


def field_name(section: str, name: str) -> str:
    if name in _EXTRA:
        return str(_EXTRA[name])
    found = model_of(section)
    assert found is not None
    field: Any = found[0]._meta.get_field(name)
    return str(field.verbose_name)


def changes(rows: Iterable[RowChange], places: Places) -> list[dict[str, Any]]:
    return [
        {
            "name": row_name(row.section, row.key),
            "kind": row.kind,
            "kind_label": _KINDS[row.kind],
            "url": places.url(row.section, row.key),
            "fields": [_field(row.section, field) for field in row.fields],
        }
        for row in rows
    ]


def _field(section: str, field: FieldChange) -> dict[str, Any]:
    old, new = marked(_yes(field.old), _yes(field.new))
    name = field_name(section, field.name)
    if field.part:
        name = f"{name} – {KINDS[field.part]}"
    return {
        "name": name,
        "language": field.language,
        "language_label": LABELS.get(field.language, ""),
        "old": old,
        "new": new,
    }


def _yes(value: str) -> str:
    return {"✓": str(_("oui")), "✗": str(_("non"))}.get(value, value)


def problems(found: Iterable[Problem], places: Places) -> list[dict[str, str]]:
    return [
        {
            "said": problem.said,
            "url": places.url(problem.section, problem.key),
            "row": row_name(problem.section, problem.key) if model_of(problem.section) else "",
        }
        for problem in found
    ]


def reasons(found: Iterable[Reason], places: Places) -> list[dict[str, Any]]:
    """Each a sentence: what people agreed to, and what they have not."""
    return [
        {
            "said": _reason(reason),
            "url": places.url(reason.section, reason.key),
            "old": _value(reason.old) if reason.field else "",
            "new": _value(reason.new) if reason.field else "",
        }
        for reason in found
    ]


def _reason(reason: Reason) -> str:
    row = row_name(reason.section, reason.key)
    if not reason.field:
        template = _("Nouveau : %(row)s.") if reason.old is None else _("Retiré : %(row)s.")
        return str(template) % {"row": row}
    name = field_name(reason.section, reason.field)
    return str(_("%(row)s : « %(field)s » change.")) % {"row": row, "field": name}


def _value(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(address for addresses in value.values() for address in addresses) or "—"
    return "—" if value in (None, "") else str(value)


def people(ids: Iterable[Any]) -> dict[Any, str]:
    """Account id → its name now; an account that is gone has only its id."""
    wanted = {one for one in ids if one is not None}
    found = get_user_model()._default_manager.in_bulk(wanted) if wanted else {}
    return {one: str(found.get(one, one)) for one in wanted}
