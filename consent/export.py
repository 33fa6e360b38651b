"""The consent log as a CSV file, in as little memory for a million rows as for one."""

import csv
from collections.abc import Iterator
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import override

from consent.enums import Event, Preset, Source
from consent.log.ids import uuid7
from consent.models import Record
from consent.periods import BRUSSELS

BATCH = 2000
# Excel knows UTF-8 by this mark.
MARK = "\ufeff"
FIELDS = (
    "id", "recorded_at", "event", "categories", "notice", "publication", "revision", "language",
    "preset", "source", "gpc", "decided_on", "expires_on", "previous",
)  # fmt: skip
# What a spreadsheet would run as a formula (OWASP, CSV injection).
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")


class _Line:
    """A file whose last line is all that it keeps."""

    text = ""

    def write(self, text: str) -> None:
        self.text = text


def lines(rows: QuerySet[Record], *, language: str, now: datetime) -> Iterator[str]:
    """The heading, then each of `rows` from the newest back, none of after `now`.

    Batches by key, each a statement of its own: no cursor or transaction stays open while somebody
    downloads slowly, and a pooler between us and the database needs no session. The log only grows
    at its end, so they are the rows of one moment.
    """
    # All words now: while the file is sent, another language may be active.
    with override(language):
        heading = _heading()
        words = {
            "event": _labels(Event.choices),
            "source": _labels(Source.choices),
            "preset": _labels(Preset.choices),
            "gpc": {True: _("oui"), False: _("non")},
        }
    return _lines(rows, heading, words, before=uuid7(now), comma="," if language == "en" else ";")


def _lines(
    rows: QuerySet[Record],
    heading: list[str],
    words: dict[str, dict[Any, str]],
    *,
    before: UUID,
    comma: str,
) -> Iterator[str]:
    line = _Line()
    writer = csv.writer(line, delimiter=comma)
    writer.writerow(heading)
    yield MARK + line.text
    ordered = rows.order_by("-pk").values_list(*FIELDS)
    while batch := list(ordered.filter(pk__lt=before)[:BATCH]):
        text = []
        for row in batch:
            writer.writerow(_cells(row, words))
            text.append(line.text)
        yield "".join(text)
        before = batch[-1][0]


def _cells(row: tuple[Any, ...], words: dict[str, dict[Any, str]]) -> list[str]:
    return [safe(_cell(name, value, words)) for name, value in zip(FIELDS, row, strict=True)]


def _cell(name: str, value: Any, words: dict[str, dict[Any, str]]) -> str:
    if value is None:
        return ""
    if name in words:
        return words[name].get(value, str(value))
    if name == "categories":
        return " ".join(value)
    if isinstance(value, datetime):
        return value.astimezone(BRUSSELS).isoformat(timespec="milliseconds")
    return str(value)


def safe(cell: str) -> str:
    """The cell, so that no spreadsheet takes it for a formula."""
    return f"'{cell}" if cell.startswith(_FORMULA) else cell


def _heading() -> list[str]:
    """The names of FIELDS, as the admin shows them."""
    named = {field.name: str(field.verbose_name) for field in Record._meta.concrete_fields}
    named["id"] = _("clé")
    return [named[name] for name in FIELDS]


def _labels(choices: list[tuple[Any, Any]]) -> dict[Any, str]:
    return {value: str(label) for value, label in choices}
