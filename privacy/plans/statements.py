"""A source as SQL: what it takes to erase the rows of many people, or of many keys, in one go.

Each statement deletes or empties, counts per person what it took, and writes the counts as
evidence, all at once: there is no moment at which a row is gone and its evidence is not there.
"""

# ruff: noqa: S608 (names of tables and columns come from models, every value is a parameter)

from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db import models

from privacy.encryption import EncryptedField
from privacy.models import DataSubject, LegalHold, PlannedPerson, Pseudonym
from privacy.plans.paths import chain, literal, q, remembered
from privacy.sources.base import NOW, AtEnd, Erase, Leads, Source, sources
from privacy.sources.checks import installed

# A moment that says the row is empty; it is set once.
MARKS = ("anonymised_at", "purged_at", "content_erased_at")

# What a statement tells apart: rows of these people, or rows with these keys of the model that is
# so many hops from the source (0: its own).
PEOPLE = -1

_EVIDENCE = """, counted AS (SELECT person, count(*) AS n FROM gone GROUP BY person),
written AS (
  INSERT INTO privacy_erasureevidence (run, pseudonym, source, rows, action, rule, at)
  SELECT %(run)s, p.pseudonym, {source}, c.n, {action}, %(rule)s, %(now)s
  FROM counted c LEFT JOIN privacy_pseudonym p ON p.person_id = c.person AND p.run = %(run)s
  RETURNING rows)
SELECT coalesce(sum(rows), 0)::bigint FROM written"""


def emptied(source: type[Source]) -> list[str]:
    """The assignments that leave nothing of the person in a row that stays."""
    found = []
    meta = source.model._meta
    for name, declaration in source.fields.items():
        field: Any = meta.get_field(name)
        column = q(field.column)
        if isinstance(declaration, Leads):
            # The person's own link to the account falls with the account, by the foreign key.
            if field.null and source.path != "":
                found.append(f"{column} = NULL")
        elif source.personal().get(name) is not None and declaration.erase is Erase.EMPTY:  # type: ignore[union-attr]
            found.append(f"{column} = {_nothing(field)}")
        elif name in MARKS:
            found.append(f"{column} = %(now)s")
    for name, value in source.still_open.items():
        field = meta.get_field(name)
        column = q(field.column)
        new = "%(now)s" if value is NOW else literal(str(value))
        old = f"nullif({column}, '')" if isinstance(field, models.CharField) else column
        found.append(f"{column} = coalesce({old}, {new})")
    return found


def _nothing(field: Any) -> str:
    if isinstance(field, models.JSONField):
        if field.null:
            return "NULL"
        empty = field.default() if callable(field.default) else {}
        return "'[]'::jsonb" if empty == [] else "'{}'::jsonb"
    if isinstance(field, ArrayField):
        return "NULL" if field.null else "'{}'"
    if field.null:
        return "NULL"
    if isinstance(field, (models.CharField, models.TextField, models.FileField, EncryptedField)):
        return "''"
    if isinstance(field, models.BooleanField):
        return "false"
    if isinstance(field, models.BinaryField):
        return "''::bytea"
    raise ValueError(
        f"{field} can be emptied neither to NULL nor to a text: delete the row, or keep the field "
        "and say why (Erase.KEEP)."
    )


def takes(source: type[Source]) -> bool:
    """Whether an erasure has something to do here: personal data, or a link that stands in its way.

    A table apart that leads to people (groups of an account) would keep the account from going.
    """
    return bool(source.personal()) or (bool(source.apart) and source.path is not None)


def unmarked(source: type[Source]) -> str:
    """Rows that are not empty yet."""
    names = {field.name for field in source.model._meta.concrete_fields}
    for mark in MARKS:
        if mark in names and source.at_end is AtEnd.ANONYMISE:
            return f" AND t0.{q(mark)} IS NULL"
    return ""


def children(model: type[models.Model]) -> list[tuple[type[Source], int]]:
    """Sources whose path passes through `model`, with the hop where it does; farthest first."""
    found = []
    for source in sources().values():
        if source.path and takes(source) and source.model is not model:
            for hop, (reached, _key) in enumerate(chain(source).keys[:-1]):
                if reached is model and hop:
                    found.append((source, hop))
    return sorted(found, key=lambda one: (-one[1], one[0].label()))


@remembered
def erase(source: type[Source], hop: int = PEOPLE, *, held: bool = False) -> str:
    """The statement. Parameters by name: keys (an array), run, rule, now; answers one count.

    `held`: leave out rows that a legal hold keeps; it costs joins, so only when there is one.
    """
    way = chain(source)
    wanted = f"{way.person if hop == PEOPLE else way.keys[hop][1]} = ANY(%(keys)s)"
    # By key also rows that lead to no person (a message of somebody unknown) are found.
    outer = hop != PEOPLE
    if outer:
        wanted += f" AND ({way.person} IS NULL OR {way.person} <> ALL(%(kept)s::uuid[]))"
    where = wanted + unmarked(source) + (hold_condition(source) if held else "")
    delete = source.at_end is AtEnd.DELETE
    table, pk = q(source.model._meta.db_table), q(source.model._meta.pk.column)
    if not outer and delete:
        using = ", ".join(f"{q(name)} {alias}" for name, alias in way.tables)
        joined = " AND ".join((*way.conditions, where))
        deed = (
            f"DELETE FROM {table} t0 {'USING ' + using if using else ''}"
            f" WHERE {joined} RETURNING {way.person} AS person"
        )
    else:
        kind = "LEFT JOIN" if outer else "JOIN"
        joins = " ".join(
            f"{kind} {q(name)} {alias} ON {condition}"
            for (name, alias), condition in zip(way.tables, way.conditions, strict=True)
        )
        mine = (
            f"SELECT t0.{pk} AS key, {way.person} AS person FROM {table} t0 {joins} WHERE {where}"
        )
        if delete:
            deed = f"DELETE FROM {table} x USING ({mine}) mine WHERE x.{pk} = mine.key"
        else:
            deed = (
                f"UPDATE {table} x SET {', '.join(emptied(source))} FROM ({mine}) mine"
                f" WHERE x.{pk} = mine.key"
            )
        deed += " RETURNING mine.person AS person"
    return f"WITH gone AS ({deed})" + _EVIDENCE.format(
        source=literal(source.label()), action=literal(str(source.at_end))
    )


@remembered
def keys_by_person(source: type[Source], *, held: bool = False) -> str:
    """(person, rows, a hash of their keys) of what `erase` would take. Parameter: keys."""
    way = chain(source)
    joins = " ".join(
        f"JOIN {q(name)} {alias} ON {condition}"
        for (name, alias), condition in zip(way.tables, way.conditions, strict=True)
    )
    key = f"t0.{q(source.model._meta.pk.column)}::text"
    return (
        f"SELECT {way.person}, count(*), md5(string_agg({key}, ',' ORDER BY {key}))"
        f" FROM {q(source.model._meta.db_table)} t0 {joins}"
        f" WHERE {way.person} = ANY(%(keys)s){unmarked(source)}"
        f"{hold_condition(source) if held else ''} GROUP BY 1"
    )


@remembered
def people_of(source: type[Source], hop: int) -> str:
    """The people whom rows with these keys lead to, NULL left out. Parameter: keys."""
    way = chain(source)
    joins = " ".join(
        f"JOIN {q(name)} {alias} ON {condition}"
        for (name, alias), condition in zip(way.tables, way.conditions, strict=True)
    )
    return (
        f"SELECT DISTINCT {way.person} FROM {q(source.model._meta.db_table)} t0 {joins}"
        f" WHERE {way.keys[hop][1]} = ANY(%(keys)s) AND {way.person} IS NOT NULL"
    )


def hold_condition(source: type[Source]) -> str:
    """Without rows that a hold on themselves, on what they belong to or on what belongs to them
    keeps."""
    way = chain(source)
    tests = []
    for model, key in way.keys[:-1]:
        tests.append(_on(model, key, way.person))
    if source.model is LegalHold:
        tests.append("t0.released_at IS NULL")
    for child, hop in children(source.model):
        below = chain(child)
        tables = ", ".join(
            [f"{q(child.model._meta.db_table)} c0"]
            + [f"{q(name)} {alias.replace('t', 'c')}" for name, alias in below.tables]
        )
        rename = [c.replace("t0.", "c0.") for c in (*below.conditions, below.keys[hop][1])]
        for number in range(1, len(below.tables) + 1):
            rename = [c.replace(f"t{number}.", f"c{number}.") for c in rename]
        joined = " AND ".join([*rename[:-1], f"{rename[-1]} = {way.keys[0][1]}"])
        key = f"c0.{q(child.model._meta.pk.column)}"
        tests.append(
            f"EXISTS (SELECT FROM {tables} WHERE {joined} AND {_on(child.model, key, way.person)})"
        )
    return "".join(f" AND NOT ({test})" for test in tests)


@remembered
def erase_found(source: type[Source]) -> str:
    """For a source without a path: the rows that its `find` named. Parameters as of `erase`."""
    table, pk = q(source.model._meta.db_table), q(source.model._meta.pk.column)
    if source.at_end is AtEnd.DELETE:
        deed = f"DELETE FROM {table} t0"
    else:
        deed = f"UPDATE {table} t0 SET {', '.join(emptied(source))}"
    deed += f" WHERE t0.{pk} = ANY(%(keys)s){unmarked(source)} RETURNING NULL::uuid AS person"
    return f"WITH gone AS ({deed})" + _EVIDENCE.format(
        source=literal(source.label()), action=literal(str(source.at_end))
    )


def nothing_left() -> str:
    """That no row and no account leads to the person t0: then their own row may go as well."""
    tests = ["t0.account_id IS NULL"]
    for model in installed():
        if model in (Pseudonym, PlannedPerson):
            continue
        for field in model._meta.concrete_fields:
            if field.is_relation and field.related_model is DataSubject:
                column = q(field.column)
                tests.append(
                    f"NOT EXISTS (SELECT FROM {q(model._meta.db_table)} WHERE {column} = t0.id)"
                )
    return " AND ".join(tests)


@remembered
def person_gone(*, empty_only: bool) -> str:
    """Delete the rows of people of whom nothing is left; `empty_only`: those already empty."""
    where = "t0.id = ANY(%(keys)s) AND " + nothing_left()
    if empty_only:
        where += " AND t0.anonymised_at IS NOT NULL"
    deed = f"DELETE FROM privacy_datasubject t0 WHERE {where} RETURNING t0.id AS person"
    return f"WITH gone AS ({deed})" + _EVIDENCE.format(
        source=literal("privacy.datasubject"), action=literal(str(AtEnd.DELETE))
    )


def _on(model: type[models.Model], key: str, person: str) -> str:
    """Whether an open hold names this kind of rows of the person, or this very row."""
    record = "h.record IS NULL"
    if isinstance(model._meta.pk, models.UUIDField):
        record += f" OR h.record = {key}"
    return (
        f"EXISTS (SELECT FROM privacy_legalhold h WHERE h.person_id = {person}"
        f" AND h.released_at IS NULL AND h.source = {literal(model._meta.label_lower)}"
        f" AND ({record}))"
    )
