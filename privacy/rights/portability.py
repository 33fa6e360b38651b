"""Data to take along (art. 20): what the person provided, under consent or contract (DR-15)."""

import csv
import json
import zipfile
from collections.abc import Iterator
from datetime import datetime
from io import StringIO
from typing import IO, Any

from django.utils.translation import override

from consent.export import MARK
from privacy.models import DataSubject
from privacy.rights import schemas
from privacy.rights.access import Entries, one_moment
from privacy.rights.information import Policy
from privacy.rights.kept import periods
from privacy.rights.tables import Column, Reader, Table, tables
from privacy.sources.base import Personal

SCHEMA = "privacy/portability-1.schema.json"
# Whose basis is the contract or consent; not vi, vii and promotion.
PURPOSES = frozenset({"i", "ii", "iii", "iv", "marketing"})


def portable() -> list[Table]:
    """The tables of what the person provided, with those fields only."""
    found = []
    for table in tables():
        columns = tuple(one for one in table.columns if one.key or _provided(table, one))
        if PURPOSES & set(table.source.purposes) and any(not one.key for one in columns):
            found.append(Table(table.source, columns))
    return found


def _provided(table: Table, column: Column) -> bool:
    said = table.source.fields[column.name]
    return isinstance(said, Personal) and said.provided


def build(person: DataSubject, *, out: IO[bytes], language: str, now: datetime) -> None:
    """Write `portabilite.json`, its schema and a CSV per source to `out`, as a ZIP in a stream."""
    with override(language), one_moment():
        found = portable()
        reader = Reader(person, periods(Policy(language).facts), {}, with_end=False)
        counts = reader.counts(found)
        filled = [table for table in found if counts[table.name]]
        with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
            entries = Entries(archive, now)
            head = {
                "schema": SCHEMA,
                "version": 1,
                "made_at": now.isoformat(timespec="seconds"),
                "language": language,
                "reference": person.reference,
            }
            entries.write("portabilite.json", _document(head, reader, filled))
            content = json.dumps(schema(), ensure_ascii=False, indent=1).encode()
            entries.write("portability-1.schema.json", [content])
            for table in filled:
                entries.write(f"csv/{table.name}.csv", _csv(reader, table))


def _document(head: dict[str, Any], reader: Reader, filled: list[Table]) -> Iterator[bytes]:
    yield json.dumps(head, ensure_ascii=False, indent=1).encode()[:-2] + b',\n "data": {'
    for number, table in enumerate(filled):
        yield f'{"," if number else ""}\n  "{table.name}": ['.encode()
        for _rows, text in reader.json_items(table):
            yield text
        yield b"]"
    yield b"\n }\n}\n"


def _csv(reader: Reader, table: Table) -> Iterator[bytes]:
    """Names of fields, not words: another program reads them. RFC 4180 with a comma."""
    text = StringIO()
    writer = csv.writer(text, lineterminator="\n")
    names = [column.name for column in table.columns]
    writer.writerow(names)
    yield (MARK + text.getvalue()).encode()
    for record in reader.records(table):
        text.seek(0)
        text.truncate()
        writer.writerow([record[name] for name in names])
        yield text.getvalue().encode()


def schema() -> dict[str, Any]:
    """Of portabilite.json; published as static/privacy/portability-1.schema.json."""
    rows = {
        table.name: {
            "type": "array",
            "items": schemas.closed({one.name: schemas.of_column(one) for one in table.columns}),
        }
        for table in portable()
    }
    data = {"type": "object", "additionalProperties": False, "properties": rows}
    return {
        "$schema": schemas.DIALECT,
        "title": "What one person provided, to take along, version 1 (GDPR art. 20)",
        **schemas.closed({**schemas.head(SCHEMA), "data": data}),
    }
