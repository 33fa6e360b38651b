"""No field of any table is forgotten: the checks of declarations and of the live schema (DR-13)."""

from typing import Any

import pytest
from django.apps import apps
from django.core.checks import CheckMessage
from django.db import connections, models

from privacy.models import DataSubject, Invoice
from privacy.personal_data import InvoiceData
from privacy.sources import base, checks
from privacy.sources.base import Erase, NotPersonal, Personal, Source


@pytest.fixture
def declared(monkeypatch: pytest.MonkeyPatch) -> dict[str, type[Source]]:
    """The declarations, to be changed at will."""
    copy = dict(Source._all)
    monkeypatch.setattr(Source, "_all", copy)
    return copy


def ids(messages: list[CheckMessage]) -> set[str | None]:
    return {message.id for message in messages}


def test_dr_13_every_field_of_every_model_is_declared() -> None:
    assert checks.check_declared() == []
    labels = {model._meta.label_lower for model in checks.installed()}
    assert labels == set(base.sources())
    assert len(base.about_people()) > 15


def test_dr_13_a_new_model_is_found(declared: dict[str, type[Source]]) -> None:
    del declared["privacy.invoice"]
    assert ids(checks.check_declared()) == {"privacy.E001"}


FIELDS = dict(InvoiceData.fields)
WITHOUT_NAME = {name: said for name, said in FIELDS.items() if name != "name"}
KEPT = Personal("name", erase=Erase.KEEP)
DEFECTS: dict[str, tuple[str, dict[str, Any]]] = {
    "apart and declared": ("E002", {"apart": "nobody"}),
    "a forgotten field": ("E003", {"fields": WITHOUT_NAME}),
    "a field that left": ("E004", {"fields": {**FIELDS, "colour": NotPersonal("blue")}}),
    "no reason": ("E005", {"fields": {**FIELDS, "net": NotPersonal(" ")}}),
    "kept for nothing": ("E006", {"fields": {**FIELDS, "name": KEPT}}),
    "no path": ("E007", {"path": None}),
    "a path to nowhere": ("E008", {"path": "number"}),
    "a path that breaks": ("E008", {"path": "person__home"}),
    "no rule": ("E009", {"rule": ""}),
    "no purpose": ("E010", {"purposes": ()}),
}  # fmt: skip


@pytest.mark.parametrize("defect", DEFECTS)
def test_dr_13_an_incomplete_declaration_is_an_error(
    defect: str, declared: dict[str, type[Source]]
) -> None:
    number, changes = DEFECTS[defect]
    body = {
        name: getattr(InvoiceData, name)
        for name in ("model", "path", "rule", "clock", "purposes", "fields")
    }
    declared.pop("privacy.invoice")
    type("Defective", (Source,), {**body, **changes})
    assert ids(checks.check_declared()) == {f"privacy.{number}"}


def test_dr_13_two_declarations_of_one_model_do_not_start() -> None:
    with pytest.raises(TypeError, match="twice"):
        type("Again", (Source,), {"model": Invoice})


def test_dr_13_a_field_of_a_package_is_not_forgotten(
    declared: dict[str, type[Source]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """As if an update of a package had brought one."""
    session = apps.get_model("sessions", "Session")
    more = models.GenericIPAddressField(null=True)
    more.set_attributes_from_name("network")
    monkeypatch.setattr(
        session._meta, "concrete_fields", (*session._meta.concrete_fields, more), raising=False
    )
    found = checks.check_declared()
    assert ids(found) == {"privacy.E003"}
    assert "network" in found[0].msg


@pytest.mark.django_db
def test_rt_08_the_live_schema_holds_nothing_unknown() -> None:
    assert checks.check_tables(databases=["default"]) == []


def test_rt_08_a_table_or_a_column_that_no_model_knows_is_an_error(own_database: Any) -> None:
    with connections["owner"].cursor() as cursor:
        cursor.execute("CREATE TABLE old_customers (email text)")
        cursor.execute("ALTER TABLE privacy_datasubject ADD COLUMN nickname text")
    assert ids(checks.check_tables(databases=["default"])) == {"privacy.E011", "privacy.E012"}


def test_the_person_is_the_last_source() -> None:
    last = base.about_people()[-1]
    assert last.model is DataSubject
