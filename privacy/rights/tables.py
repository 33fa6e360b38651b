"""What of each source goes into an answer, and the SQL that reads it: PostgreSQL makes the rows."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connection, models
from django.db.models import F
from django.utils.text import capfirst

from privacy.encryption import EncryptedField, decrypt
from privacy.models import DataSubject, User
from privacy.rights import kept
from privacy.sources.base import Leads, Personal, Source, ThirdParty, about_people

# Rows, and their text.
type Block = tuple[int, bytes]

KEPT_UNTIL = "kept_until"
ROWS_AT_ONCE = 200
# A JSON text holds no such bytes: nothing is ever quoted (RFC 8259 § 7).
_JSON_LINES = r"(FORMAT csv, QUOTE E'\x01', DELIMITER E'\x02')"
# What a spreadsheet would run as a formula (OWASP, CSV injection); a number or a telephone number
# is none. JSON holds the exact text.
_GUARD = (
    "CASE WHEN {column} ~ '^([=@\\t\\r\\n]|[+-](?![0-9 .()/]*$))' THEN '''' || {column}"
    " ELSE {column} END"
)


@dataclass(frozen=True, slots=True)
class Column:
    """One field in an answer. `key`: it only says which row this is, or which one it belongs to."""

    name: str
    field: models.Field
    key: bool
    third_party: bool

    @property
    def label(self) -> str:
        """In the active language."""
        return str(capfirst(str(self.field.verbose_name)))

    @property
    def encrypted(self) -> bool:
        return isinstance(self.field, EncryptedField)

    @property
    def is_text(self) -> bool:
        return isinstance(self.field, (models.CharField, models.TextField)) and not self.encrypted


@dataclass(frozen=True, slots=True)
class Table:
    """One source in an answer."""

    source: type[Source]
    columns: tuple[Column, ...]

    @property
    def name(self) -> str:
        return self.source.label()

    @property
    def title(self) -> str:
        """In the active language."""
        return str(capfirst(str(self.source.model._meta.verbose_name_plural)))

    @property
    def encrypted(self) -> tuple[str, ...]:
        return tuple(column.name for column in self.columns if column.encrypted)


def tables() -> list[Table]:
    """The person first, then what leads to them by the shortest way."""
    found = (Table(source, _columns(source)) for source in reversed(about_people()))
    return [table for table in found if any(not column.key for column in table.columns)]


def _columns(source: type[Source]) -> tuple[Column, ...]:
    meta = source.model._meta
    found = []
    for field in meta.concrete_fields:
        said = source.fields[field.name]
        if isinstance(said, (Personal, ThirdParty)):
            if isinstance(said, ThirdParty) or said.exported:
                found.append(Column(field.name, field, key=False, third_party=_other(said)))
        elif field.primary_key or (
            isinstance(said, Leads) and field.related_model not in (DataSubject, User)
        ):
            found.append(Column(field.name, field, key=True, third_party=False))
    return tuple(found)


def _other(said: Personal | ThirdParty) -> bool:
    return isinstance(said, ThirdParty)


@dataclass(frozen=True, slots=True)
class Reader:
    """Reads the rows of one person. `masks`: table → {"<key of the row>:<field>": what stands there
    instead}; `hidden`: what stands instead of every other text that may be about somebody else;
    `with_end`: each row says until when it is kept.
    """

    person: DataSubject
    periods: kept.Periods
    masks: Mapping[str, Mapping[str, str]]
    hidden: str = ""
    with_end: bool = True

    def counts(self, found: list[Table]) -> dict[str, int]:
        """How many rows each table has: one query for all."""
        parts: list[str] = []
        values: list[Any] = []
        counts = {table.name: 0 for table in found}
        for number, table in enumerate(found):
            try:
                statement, params = _compiled(table.source.find([self.person.pk]).values("pk"))
            except EmptyResultSet:
                continue  # the source knows already that there is none
            parts.append(f"SELECT {number}, count(*) FROM ({statement}) AS t{number}")  # noqa: S608
            values += params
        with connection.cursor() as cursor:
            cursor.execute(" UNION ALL ".join(parts), values)
            return counts | {found[number].name: count for number, count in cursor.fetchall()}

    def json_lines(self, table: Table) -> Iterator[Block]:
        """One JSON object a row; each is one line, with its end."""
        statement, values = self._rows(table)
        blocks = copied(
            f"COPY (SELECT row_to_json(t) FROM ({statement}) AS t) TO STDOUT WITH {_JSON_LINES}",  # noqa: S608
            values,
        )
        if not table.encrypted:
            return blocks
        return (
            (rows, b"".join(_opened(line, table.encrypted) for line in text.split(b"\n")[:-1]))
            for rows, text in blocks
        )

    def json_items(self, table: Table) -> Iterator[Block]:
        """The same as the items of an array, with commas between them."""
        comma = b"\n"
        for rows, text in self.json_lines(table):
            # A row holds no other line break: JSON writes those of its texts as "\n".
            yield rows, comma + text[:-1].replace(b"\n", b",\n")
            comma = b",\n"

    def records(self, table: Table) -> Iterator[dict[str, Any]]:
        for _rows, text in self.json_lines(table):
            yield from map(json.loads, text.split(b"\n")[:-1])

    def csv_lines(self, table: Table, *, comma: str) -> Iterator[Block]:
        """Rows without a heading; formulas are texts. Encrypted fields as they lie there."""
        statement, values = self._rows(table)
        columns = ", ".join(
            _GUARD.format(column=f"t.{_quoted(column.name)}")
            if column.is_text
            else f"t.{_quoted(column.name)}"
            for column in table.columns
        )
        return copied(
            f"COPY (SELECT {columns}, t.{KEPT_UNTIL} FROM ({statement}) AS t) TO STDOUT WITH "  # noqa: S608
            f"(FORMAT csv, DELIMITER '{comma}')",
            values,
        )

    def _rows(self, table: Table) -> tuple[str, list[Any]]:
        """The columns by name, then KEPT_UNTIL."""
        names = [column.name for column in table.columns]
        rows = table.source.find([self.person.pk]).order_by("pk")
        inner, values = _compiled(rows.values_list(*names, F("pk"), F(table.source.clock)))
        listed = ", ".join(map(_quoted, [*(f"c_{name}" for name in names), "row", "clock"]))
        masked = self.masks.get(table.name, {})
        before: list[Any] = []
        outer = []
        for column in table.columns:
            shown, quoted = f"s.{_quoted(f'c_{column.name}')}", _quoted(column.name)
            if column.third_party and (masked or self.hidden):
                mine = f"CASE WHEN {shown} = '' OR %s = '' THEN {shown} ELSE %s END"
                shown = f"coalesce(%s::jsonb ->> (s.row::text || %s), {mine})"
                before += [json.dumps(dict(masked)), f":{column.name}", self.hidden, self.hidden]
            outer.append(f"{shown} AS {quoted}")
        if self.with_end:
            end = kept.sql(table.source, person=self.person, periods=self.periods)
            outer.append(f"{end} AS {KEPT_UNTIL}")
        shown = ", ".join(outer)
        statement = f"SELECT {shown} FROM ({inner}) AS s({listed})"  # noqa: S608
        return statement, [*before, *values]


def copied(statement: str, values: list[Any]) -> Iterator[Block]:
    """The rows of COPY … TO STDOUT, some at a time; memory does not grow with their number."""
    with connection.cursor() as cursor, cursor.cursor.copy(statement, values) as copy:
        waiting: list[bytes] = []
        for line in copy:
            waiting.append(bytes(line))
            if len(waiting) == ROWS_AT_ONCE:
                yield ROWS_AT_ONCE, b"".join(waiting)
                waiting.clear()
        if waiting:
            yield len(waiting), b"".join(waiting)


def _compiled(rows: models.QuerySet[Any, Any]) -> tuple[str, list[Any]]:
    statement, params = rows.query.sql_with_params()
    return statement, list(params)


def _quoted(name: str) -> str:
    return str(connection.ops.quote_name(name))


def _opened(line: bytes, encrypted: tuple[str, ...]) -> bytes:
    """The line with its encrypted fields in clear; they are opened here and nowhere else."""
    row = json.loads(line)
    for name in encrypted:
        row[name] = decrypt(row[name] or "")
    return json.dumps(row, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"
