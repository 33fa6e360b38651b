"""No field of any table is forgotten: what is declared, against models and against the database."""

from collections.abc import Iterable, Sequence
from typing import Any

from django.apps import AppConfig, apps
from django.core.checks import CheckMessage, Error
from django.core.exceptions import FieldDoesNotExist
from django.db import connections, models
from django.db.models.constants import LOOKUP_SEP

from privacy.sources.base import Erase, Leads, NotPersonal, Source, sources

_TABLES = """
SELECT c.relname, a.attname FROM pg_class c
JOIN pg_namespace n ON n.oid = c.relnamespace
JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
WHERE n.nspname = current_schema() AND c.relkind IN ('r', 'p', 'm') AND NOT c.relispartition"""
# Tables that are no model's, and why nothing in them is about anybody.
TABLES_APART = {
    "django_migrations": "names of migrations and when they ran",
    "procrastinate_periodic_defers": "when each periodic job was deferred",
}


def installed() -> list[type[models.Model]]:
    """Each model with a table of its own, many-to-many tables too."""
    every = apps.get_models(include_auto_created=True)
    return [model for model in every if not model._meta.proxy and not model._meta.swapped]


def check_declared(
    app_configs: Sequence[AppConfig] | None = None, **kwargs: Any
) -> list[CheckMessage]:
    """Every concrete field is declared; what is personal has a path, a rule and an end."""
    known = sources()
    found: list[CheckMessage] = []
    for model in installed():
        source = known.get(model._meta.label_lower)
        if source is None:
            found.append(
                Error(
                    f"Nobody declared what {model._meta.label} holds about people.",
                    hint="Add a Source for it to the personal_data.py of an installed application.",
                    obj=model,
                    id="privacy.E001",
                )
            )
        else:
            found += _of_one(source)
    return found


def _of_one(source: type[Source]) -> Iterable[CheckMessage]:
    model = source.model
    concrete = {field.name for field in model._meta.concrete_fields}
    if source.apart:
        if source.fields:
            yield _error(source, "E002", "is apart and declares fields all the same.")
        return
    for name in sorted(concrete - source.fields.keys()):
        yield _error(source, "E003", f"does not declare its field {name!r}.")
    for name in sorted(source.fields.keys() - concrete):
        yield _error(source, "E004", f"declares {name!r}, which is no field.")
    for name, declaration in source.fields.items():
        if isinstance(declaration, NotPersonal) and not declaration.reason.strip():
            yield _error(source, "E005", f"does not say why {name!r} is not personal.")
        elif (
            not isinstance(declaration, (NotPersonal, Leads))
            and declaration.erase is Erase.KEEP
            and not declaration.reason.strip()
        ):
            yield _error(source, "E006", f"does not say why {name!r} is kept.")
    if source.personal():
        yield from _way_out(source)


def _way_out(source: type[Source]) -> Iterable[CheckMessage]:
    """A personal field has a path to the person, a rule and a purpose."""
    if source.path is None and source.find.__func__ is Source.find.__func__:  # type: ignore[attr-defined]
        yield _error(source, "E007", "has personal fields and no path to the person.")
    elif source.path:
        try:
            end = end_of(source.model, source.path)
        except FieldDoesNotExist:
            end = None
        if end is None or end._meta.label_lower != "privacy.datasubject":
            yield _error(source, "E008", f"has a path {source.path!r} that leads to no person.")
    if not source.rule:
        yield _error(source, "E009", "has personal fields and no retention rule.")
    if not source.purposes:
        yield _error(source, "E010", "has personal fields and no purpose.")


def end_of(model: type[models.Model], path: str) -> type[models.Model] | None:
    """The model where `path` ends. Raises FieldDoesNotExist."""
    reached: type[models.Model] | None = model
    for name in path.split(LOOKUP_SEP):
        if reached is None:
            return None
        reached = reached._meta.get_field(name).related_model  # type: ignore[assignment]
    return reached


def _error(source: type[Source], number: str, what: str) -> CheckMessage:
    return Error(f"{source.model._meta.label} {what}", obj=source.model, id=f"privacy.{number}")


def check_tables(
    app_configs: Sequence[AppConfig] | None = None,
    databases: Sequence[str] | None = None,
    **kwargs: Any,
) -> list[CheckMessage]:
    """The live schema holds no table and no column that no model knows."""
    if "default" not in (databases or ()):
        return []
    with connections["default"].cursor() as cursor:
        cursor.execute(_TABLES)
        live = cursor.fetchall()
    known = {
        model._meta.db_table: {field.column for field in model._meta.concrete_fields}
        for model in installed()
    }
    strange = {table for table, _column in live} - known.keys() - TABLES_APART.keys()
    return [
        *(
            Error(f"The database holds the table {table}, which no model knows.", id="privacy.E011")
            for table in sorted(strange)
        ),
        *(
            Error(f"The database holds {table}.{column}, which no model knows.", id="privacy.E012")
            for table, column in sorted(live)
            if table in known and column not in known[table]
        ),
    ]
