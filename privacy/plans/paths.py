"""The path from a source to the person, as joins."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any, cast

from django.db import connection, models

from privacy.models import DataSubject
from privacy.sources.base import Source


@dataclass(frozen=True, slots=True)
class Chain:
    """The joins from a source's table (alias t0) to its person."""

    tables: tuple[tuple[str, str], ...]  # (table, alias) after t0
    conditions: tuple[str, ...]  # one a table
    person: str  # expression of the person's key
    keys: tuple[tuple[type[models.Model], str], ...]  # (model, expression of its key) by hop


def remembered[**P, T](make: Callable[P, T]) -> Callable[P, T]:
    """`functools.cache`, whose types know no class as an argument."""
    return cast(Callable[P, T], cache(make))


def q(name: str | None) -> str:
    """A name of a table or a column, quoted."""
    assert name is not None
    return str(connection.ops.quote_name(name))


def literal(text: str) -> str:
    """A constant of the code (label, action) as an SQL literal."""
    return "'" + text.replace("'", "''").replace("%", "%%") + "'"


@remembered
def chain(source: type[Source]) -> Chain:
    """Raises ValueError for a source without a path."""
    if source.path is None:
        raise ValueError(f"{source.label()} has no path to the person.")
    model: type[models.Model] = source.model
    here = f"t0.{q(model._meta.pk.column)}"
    keys: list[tuple[type[models.Model], str]] = [(model, here)]
    tables: list[tuple[str, str]] = []
    conditions: list[str] = []
    alias = "t0"
    pending = ""  # a foreign key whose table is joined only when something beyond it is needed
    for name in source.path.split("__") if source.path else ():
        field: Any = model._meta.get_field(name)
        target: type[models.Model] = field.related_model
        if pending and not field.concrete and field.field.target_field.primary_key:
            conditions.append(f"t{len(tables) + 1}.{q(field.field.column)} = {pending}")
            tables.append((target._meta.db_table, f"t{len(tables) + 1}"))
            alias, pending = tables[-1][1], ""
            here = f"{alias}.{q(target._meta.pk.column)}"
            keys.append((target, here))
            model = target
            continue
        if pending:
            alias = f"t{len(tables) + 1}"
            tables.append((model._meta.db_table, alias))
            conditions.append(f"{alias}.{q(model._meta.pk.column)} = {pending}")
            pending = ""
        if field.concrete:
            pending = f"{alias}.{q(field.column)}"
            here = pending
        else:  # the other side's one-to-one
            before, alias = f"{alias}.{q(model._meta.pk.column)}", f"t{len(tables) + 1}"
            tables.append((target._meta.db_table, alias))
            conditions.append(f"{alias}.{q(field.field.column)} = {before}")
            here = f"{alias}.{q(target._meta.pk.column)}"
        model = target
        keys.append((model, here))
    if model is not DataSubject:
        raise ValueError(f"The path of {source.label()} leads to {model._meta.label}.")
    return Chain(tuple(tables), tuple(conditions), here, tuple(keys))
