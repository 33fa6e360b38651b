"""After an erasure: is anything that identifies the person left, anywhere?

What to look for is read before the erasure (`identifiers`), what was found is reported after it
(`sweep`). It looks at every column of text or JSON that the live catalogue has, whatever the models
say, and at the files of the site: their names and what is in them. Encrypted columns cannot be
searched, by design; the system check makes each of them declared, so that the erasure empties it.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import connection, transaction
from psycopg import sql

from privacy import restriction
from privacy.models import DataSubject

# A shorter one (a given name of two letters) is in half of all texts.
LEAST = 5
CHUNK = 1 << 20

_COLUMNS = """
SELECT c.relname, a.attname FROM pg_class c
JOIN pg_namespace n ON n.oid = c.relnamespace
JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
WHERE n.nspname = current_schema() AND c.relkind IN ('r', 'p', 'm') AND NOT c.relispartition
AND a.atttypid IN ('text'::regtype, 'varchar'::regtype, 'json'::regtype, 'jsonb'::regtype,
                   'text[]'::regtype, 'varchar[]'::regtype)
AND has_column_privilege(c.oid, a.attnum, 'SELECT')
ORDER BY 1, 2"""


@dataclass(frozen=True, slots=True)
class Leftover:
    """Where something is left: ("privacy_contactmessage", "body", 2) or a file ("exports/a.zip",
    "content", 1). What it is stands nowhere: a report is kept."""

    place: str
    part: str
    times: int


def identifiers(person: UUID) -> list[str]:
    """What leads to the person by itself: address, numbers, full name, keys; read it before the
    erasure. Raises DataSubject.DoesNotExist."""
    with transaction.atomic(), restriction.seeing():
        row = DataSubject._base_manager.select_related("account").get(pk=person)
    found = [
        row.email,
        row.phone,
        row.iban,
        row.vat_number,
        row.full_name if row.first_name and row.last_name else "",
        str(row.pk),
        str(row.account_id or ""),
        row.account.email if row.account else "",
    ]
    return sorted({text for text in found if len(text) >= LEAST})


def sweep(wanted: list[str], *, kept: frozenset[str] = frozenset()) -> list[Leftover]:
    """Everything that still holds one of `wanted`, whatever its case.

    `kept`: tables that a claim lets keep it ("privacy_invoice"). Reads whole tables: a matter of
    seconds for a small site, of minutes for a large one; run it in a job.
    """
    return [*in_tables(wanted, kept=kept), *in_files(wanted)]


def in_tables(wanted: list[str], *, kept: frozenset[str] = frozenset()) -> Iterator[Leftover]:
    """Each table is read once."""
    if not wanted:
        return
    patterns = [f"%{_escaped(text)}%" for text in wanted]
    with connection.cursor() as cursor:
        cursor.execute(_COLUMNS)
        columns: dict[str, list[str]] = {}
        for table, column in cursor.fetchall():
            columns.setdefault(table, []).append(column)
        for table, names in columns.items():
            if table in kept:
                continue
            with transaction.atomic(), restriction.seeing():
                cursor.execute(_counting(table, names), {"patterns": patterns})
                found = cursor.fetchone()
            for name, times in zip(names, found, strict=True):
                if times:
                    yield Leftover(table, name, times)


def _counting(table: str, names: list[str]) -> Any:
    each = sql.SQL(", ").join(
        sql.SQL("count(*) FILTER (WHERE {}::text ILIKE ANY(%(patterns)s))").format(
            sql.Identifier(name)
        )
        for name in names
    )
    return sql.SQL("SELECT {} FROM {}").format(each, sql.Identifier(table))


def _escaped(text: str) -> str:
    for sign in ("\\", "%", "_"):
        text = text.replace(sign, f"\\{sign}")
    return text


def folders() -> list[Path]:
    """The site's files, and the mails of a site that has no mail server and writes them here."""
    storage: Any = settings.STORAGES["default"]
    return [Path(storage["OPTIONS"]["location"]), Path(settings.MAIL_DIR)]


def in_files(wanted: list[str]) -> Iterator[Leftover]:
    """Names, and contents as they lie there: a compressed file hides what is in it."""
    needles = [text.lower().encode() for text in wanted]
    if not needles:
        return
    for folder in folders():
        for path in sorted(folder.rglob("*")):
            name = path.relative_to(folder).as_posix()
            if any(needle in name.lower().encode() for needle in needles):
                # The name itself identifies: only the folder is reported.
                yield Leftover(path.parent.relative_to(folder).as_posix(), "name", 1)
                name = f"{path.parent.relative_to(folder).as_posix()}/…"
            if path.is_file() and (times := _in_file(path, needles)):
                yield Leftover(name, "content", times)


def _in_file(path: Path, needles: list[bytes]) -> int:
    """How many of the needles are in it; read in pieces that overlap."""
    overlap = max(map(len, needles)) - 1
    found: set[bytes] = set()
    before = b""
    with path.open("rb") as file:
        while piece := file.read(CHUNK):
            text = before + piece.lower()
            found.update(needle for needle in needles if needle in text)
            before = text[-overlap:] if overlap else b""
    return len(found)
