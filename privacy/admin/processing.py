"""The record of processing as a draft: staff write it, nobody sees it before it is published."""

import re
from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db import models
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from consent.admin.draft import DraftAdmin, french
from consent.forms.lists import FactListField
from consent.forms.rows import RowForm
from consent.models import Fact, Service
from privacy.admin.record import record
from privacy.models import (
    DataCategory,
    PeopleCategory,
    Processor,
    Purpose,
    Recipient,
    RetentionRule,
    SecurityMeasure,
)
from privacy.models.processing import Basis
from privacy.processing.check import FACT_UNITS

_LISTS: dict[str, type[models.Model]] = {
    "data": DataCategory,
    "people": PeopleCategory,
    "recipients": Recipient,
    "rules": RetentionRule,
}
_BASES = ("bases", "proposed_bases")


def _labelled(model: type[Any]) -> list[tuple[str, str]]:
    """(key, name in the language of staff with the facts put in) of each row, in its order."""
    language = get_language() or "fr"
    words = {row.key: row.words.get(language, "") for row in Fact.objects.all()}
    return [
        (row.key, re.sub(r"\{(\w+)\}", lambda found: words.get(found[1], found[0]), name))
        for row in model.objects.all()
        for name in [row.name.get(language) or str(row)]
    ]


class KeyList(forms.MultipleChoiceField):
    """`["name", "email"]`: keys of rows, as boxes to tick, in the order of the choices."""

    widget = forms.CheckboxSelectMultiple

    def clean(self, value: Any) -> list[str]:
        ticked = set(super().clean(value))
        return [str(key) for key, _label in self.choices if key in ticked]  # type: ignore[misc, union-attr]

    def has_changed(self, initial: Any, data: Any) -> bool:
        return set(initial or ()) != set(data or ())


class ProcessingForm(RowForm):
    """Lists of keys as boxes, single keys as a choice, facts one to a line."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        fields: dict[str, Any] = self.fields
        for name, field in list(fields.items()):
            if choices := self._choices(name):
                kind = KeyList if name in _LISTS or name in _BASES else forms.ChoiceField
                required = not self._meta.model._meta.get_field(name).blank  # type: ignore[union-attr]
                fields[name] = kind(choices=choices, required=required, label=field.label)
            elif name == "facts":
                fields[name] = FactListField(
                    required=False,
                    label=field.label,
                    help_text=_("Un par ligne : PF-60. Vide quand la politique n'en dit rien."),
                )

    def _choices(self, name: str) -> list[tuple[str, Any]]:
        if name in _BASES:
            return list(Basis.choices)
        if name in _LISTS:
            return _labelled(_LISTS[name])
        if name == "recipient":
            return _labelled(Recipient)
        if name == "service":
            return [("", "—"), *_labelled(Service)]
        if name == "fact":
            facts = Fact.objects.filter(unit__in=FACT_UNITS)
            return [("", "—"), *((row.key, str(row)) for row in facts)]
        return []


class RuleForm(ProcessingForm):
    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        fact, words = cleaned.get("fact", ""), cleaned.get("words") or {}
        if fact and not all(f"{{{fact}}}" in text for text in words.values()):
            self.add_error(
                "words",
                ValidationError(
                    _("Citez la durée par son nom, {%(fact)s}, dans chaque langue."),
                    params={"fact": fact},
                ),
            )
        return cleaned


class ProcessingAdmin(DraftAdmin):
    form = ProcessingForm
    search_fields = ("key", "name__fr", "name__nl", "name__de", "name__en")


@admin.display(description=_("bases juridiques"))
def _bases(row: Purpose) -> str:
    return ", ".join(row.bases)


@admin.display(description=_("bases proposées"))
def _proposed(row: Purpose) -> str:
    return ", ".join(row.proposed_bases) or "—"


@admin.display(description=_("règles"))
def _rules(row: Any) -> str:
    return ", ".join(row.rules)


@admin.display(description=_("durée"))
def _period(row: RetentionRule) -> str:
    return row.fact if row.fact else f"{row.amount} {row.get_unit_display()}"


@admin.register(Purpose)
class PurposeAdmin(ProcessingAdmin):
    list_display = ("__str__", "key", _bases, _proposed, _rules)
    fields = (
        "key", "name", "bases", "proposed_bases", "reason", "interest", "data", "people",
        "recipients", "rules", "facts", "position",
    )  # fmt: skip
    change_list_template = "privacy_staff/purposes.html"

    def get_urls(self) -> list[URLPattern]:
        return [
            path(
                "record/",
                self.admin_site.admin_view(self.record_view),
                name="privacy_record",
            ),
            *super().get_urls(),
        ]

    def record_view(self, request: HttpRequest) -> HttpResponse:
        return record(request, self)


@admin.register(DataCategory)
class DataCategoryAdmin(ProcessingAdmin):
    list_display = ("__str__", "key", _rules, "is_open")
    fields = ("key", "name", "rules", "is_open", "facts", "position")


@admin.register(PeopleCategory)
class PeopleCategoryAdmin(ProcessingAdmin):
    list_display = ("__str__", "key")
    fields = ("key", "name", "position")


@admin.register(Recipient)
class RecipientAdmin(ProcessingAdmin):
    list_display = ("__str__", "key", "is_listed", french("condition", _("condition")))
    fields = ("key", "name", "is_listed", "condition", "facts", "position")


@admin.register(Processor)
class ProcessorAdmin(ProcessingAdmin):
    list_display = ("__str__", "recipient", "service", "country", "reviewed_on")
    fields = (
        "key", "name", "role", "recipient", "service", "country", "transfer", "reviewed_on",
        "position",
    )  # fmt: skip

    def formfield_for_dbfield(self, db_field: Any, request: Any, **kwargs: Any) -> Any:
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        helps = {
            "country": _("Deux lettres : BE, IE, US… Vide quand le service le dit déjà."),
            "transfer": _("Vide quand les données restent dans l'Union européenne."),
            "reviewed_on": _("À revoir au moins tous les douze mois (T-12)."),
        }
        if field is not None and db_field.name in helps:
            field.help_text = helps[db_field.name]
        return field


@admin.register(RetentionRule)
class RetentionRuleAdmin(ProcessingAdmin):
    form = RuleForm
    list_display = ("__str__", "key", _period, "trigger", "action", "needs_approval")
    fields = (
        "key", "name", "trigger", "fact", "amount", "unit", "action", "needs_approval", "words",
        "facts", "position",
    )  # fmt: skip


@admin.register(SecurityMeasure)
class SecurityMeasureAdmin(ProcessingAdmin):
    list_display = ("__str__", "key", french("description", _("description")))
    fields = ("key", "name", "description", "position")
