"""The answer to « what do you hold about me? » as one ZIP file, written in a stream (art. 15).

donnees.json                     everything, by a published schema
csv/<source>.csv                 the same rows for a spreadsheet
index.html, html/<source>-N.html the same rows to read
resume.pdf                       the information of art. 15, without the rows
"""

import csv
import json
import zipfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from io import StringIO
from typing import IO, Any

from django.db import connection, transaction
from django.utils import formats
from django.utils.translation import gettext as _
from django.utils.translation import override

from consent import snapshots
from consent.export import MARK
from consent.periods import BRUSSELS
from privacy import restriction
from privacy.encryption import decrypt
from privacy.models import DataSubject
from privacy.requests.stored import attached
from privacy.rights import information, kept, pages, summary, third_parties
from privacy.rights.information import Policy
from privacy.rights.tables import Reader, Table, tables
from privacy.rights.third_parties import Redactions, UnreviewedThirdParties

SCHEMA = "privacy/export-1.schema.json"
VERSION = 1
# What a ZIP entry is given at once.
_BLOCK = 1 << 16

type Progress = Callable[[int, int], None]


def build(
    person: DataSubject,
    *,
    out: IO[bytes],
    language: str,
    now: datetime,
    redactions: Redactions | None = None,
    reviewed: bool = False,
    hold_back: bool = False,
    readable: bool = True,
    progress: Progress | None = None,
) -> int:
    """Write the archive to `out`, which need not be seekable; how many rows there were.

    Texts that may be about others (DR-11) go out only as `redactions` leave them and when somebody
    has `reviewed` them all; `hold_back` masks instead each one that has no decision yet. Otherwise
    raises UnreviewedThirdParties. Without `readable`, JSON and CSV only. `progress(rows done, of)`
    is called from time to time. Raises NothingPublished, UnknownRedaction.
    """
    with override(language), one_moment():
        return _build(
            person, out=out, language=language, now=now, redactions=redactions or {},
            reviewed=reviewed, hold_back=hold_back, readable=readable,
            progress=progress or (lambda _done, _of: None),
        )  # fmt: skip


@contextmanager
def one_moment() -> Iterator[None]:
    """Every statement sees the same rows, so that JSON, CSV and pages agree.

    Restricted ones, too: the person looks at their own data.
    """
    if connection.in_atomic_block:
        with restriction.seeing():
            yield
        return
    # The first reading in a process keeps what was shown: a read-only transaction cannot.
    snapshots.current()
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        with restriction.seeing():
            yield


def _build(
    person: DataSubject,
    *,
    out: IO[bytes],
    language: str,
    now: datetime,
    redactions: Redactions,
    reviewed: bool,
    hold_back: bool,
    readable: bool,
    progress: Progress,
) -> int:
    if not (reviewed or hold_back) and third_parties.has_unreviewed(person, redactions):
        raise UnreviewedThirdParties
    policy, found = Policy(language), tables()
    hidden = ""
    if hold_back and not reviewed:
        hidden = third_parties.masked(
            _("ce texte peut parler d'autres personnes et nous devons d'abord le relire")
        )
    reader = Reader(
        person, kept.periods(policy.facts), third_parties.masks(person, redactions), hidden
    )
    counts = reader.counts(found)
    told = information.of(person, found, counts, policy=policy)
    counted = _Counted(3 * sum(counts.values()), progress)
    head = _head(person, language=language, now=now, held_back=bool(hidden)) | {"information": told}
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        entry = Entries(archive, now)
        entry.write("donnees.json", _document(head, reader, found, counts, counted))
        for table in found:
            if counts[table.name]:
                lines = _csv(reader, table, language=language, counted=counted)
                entry.write(f"csv/{table.name}.csv", lines)
        for name, pieces in attached(person):
            entry.write(f"fichiers/{name}", pieces)
        if readable:
            _readable(entry, reader, found, counts, head, counted)
    counted.end()
    return sum(counts.values())


def _head(person: DataSubject, *, language: str, now: datetime, held_back: bool) -> dict[str, Any]:
    return {
        "schema": SCHEMA,
        "version": VERSION,
        "made_at": now.isoformat(timespec="seconds"),
        "language": language,
        "reference": person.reference,
        "held_back": held_back,
    }


def _document(
    head: dict[str, Any],
    reader: Reader,
    found: list[Table],
    counts: dict[str, int],
    counted: "_Counted",
) -> Iterator[bytes]:
    """donnees.json in pieces."""
    yield json.dumps(head, ensure_ascii=False, indent=1).encode()[:-2] + b',\n "data": {'
    for number, table in enumerate(found):
        opening = json.dumps(
            {"title": table.title, "labels": {c.name: c.label for c in table.columns}},
            ensure_ascii=False,
        )
        yield f'{"," if number else ""}\n  "{table.name}": {opening[:-1]}, "rows": ['.encode()
        for rows, text in reader.json_items(table) if counts[table.name] else ():
            yield text
            counted.add(rows)
        yield b"]}"
    yield b"\n }\n}\n"


def _csv(reader: Reader, table: Table, *, language: str, counted: "_Counted") -> Iterator[bytes]:
    """With the mark by which Excel knows UTF-8, and the comma that it expects in the language."""
    comma = "," if language == "en" else ";"
    labels = [*(column.label for column in table.columns), _("Conservé jusqu'au")]
    yield (MARK + _line(labels, comma)).encode()
    opened = [n for n, column in enumerate(table.columns) if column.encrypted]
    for rows, text in reader.csv_lines(table, comma=comma):
        yield _decrypted(text, opened, comma) if opened else text
        counted.add(rows)


def _line(values: Iterable[str], comma: str) -> str:
    text = StringIO()
    csv.writer(text, delimiter=comma, lineterminator="\n").writerow(values)
    return text.getvalue()


def _decrypted(text: bytes, opened: list[int], comma: str) -> bytes:
    lines = []
    for values in csv.reader(StringIO(text.decode(), newline=""), delimiter=comma):
        for number in opened:
            values[number] = decrypt(values[number])
        lines.append(_line(values, comma))
    return "".join(lines).encode()


def _readable(
    entry: "Entries",
    reader: Reader,
    found: list[Table],
    counts: dict[str, int],
    head: dict[str, Any],
    counted: "_Counted",
) -> None:
    made = datetime.fromisoformat(head["made_at"]).astimezone(BRUSSELS)
    context = {**head, "made_on": formats.date_format(made, "DATETIME_FORMAT")}
    filled = [table for table in found if counts[table.name]]
    listed = [
        {
            "title": table.title, "count": counts[table.name], "csv": f"csv/{table.name}.csv",
            "page": pages.page_name(table, 1),
        }
        for table in filled
    ]  # fmt: skip
    entry.write(pages.STYLE, [pages.style()])
    entry.write("index.html", [pages.index({**context, "tables": listed, "sheet": pages.STYLE})])
    for table in filled:
        under = {**context, "sheet": f"../{pages.STYLE}"}
        for name, content in pages.pages(reader, table, counts[table.name], context=under):
            entry.write(name, [content])
            counted.add(min(pages.ROWS_A_PAGE, counts[table.name]))
    entry.write("resume.pdf", [summary.pdf(head, made_on=context["made_on"], now=made)])


class Entries:
    """Files of the archive, one after the other."""

    def __init__(self, archive: zipfile.ZipFile, now: datetime) -> None:
        self._archive, self._now = archive, now.astimezone(BRUSSELS).timetuple()[:6]

    def write(self, name: str, pieces: Iterable[bytes]) -> None:
        info = zipfile.ZipInfo(name, self._now)
        info.compress_type = zipfile.ZIP_DEFLATED
        info.external_attr = 0o600 << 16
        with self._archive.open(info, "w", force_zip64=True) as file:
            waiting: list[bytes] = []
            size = 0
            for piece in pieces:
                waiting.append(piece)
                size += len(piece)
                if size >= _BLOCK:
                    file.write(b"".join(waiting))
                    waiting, size = [], 0
            file.write(b"".join(waiting))


class _Counted:
    """Tells how far it is, at most a hundred times."""

    def __init__(self, total: int, progress: Progress) -> None:
        self._total, self._progress = max(total, 1), progress
        self._step = max(1, self._total // 100)
        self._done = self._told = 0

    def add(self, rows: int = 1) -> None:
        self._done += rows
        if self._done - self._told >= self._step:
            self._told = self._done
            self._progress(min(self._done, self._total), self._total)

    def end(self) -> None:
        self._progress(self._total, self._total)
