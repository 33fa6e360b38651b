"""The readable part of an archive: pages of HTML that need no script and no network."""

from collections.abc import Callable, Iterator
from datetime import date, datetime
from functools import lru_cache
from html import escape
from itertools import batched
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import models
from django.template.loader import render_to_string
from django.utils import formats
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from consent.periods import BRUSSELS
from privacy.rights.tables import KEPT_UNTIL, Column, Reader, Table

ROWS_A_PAGE = 1000
STYLE = "style.css"


def style() -> bytes:
    return Path(settings.BASE_DIR, "static/privacy/export.css").read_bytes()


def page_name(table: Table, number: int) -> str:
    """ "html/privacy.invoice-1.html"."""
    return f"html/{table.name}-{number}.html"


def page_count(rows: int) -> int:
    return -(-rows // ROWS_A_PAGE)


def index(context: dict[str, Any]) -> bytes:
    return render_to_string("access/index.html", context).encode()


def pages(
    reader: Reader, table: Table, count: int, *, context: dict[str, Any]
) -> Iterator[tuple[str, bytes]]:
    """(name, content) of each page; a page's rows are all that is in memory."""
    shown = [column for column in table.columns if not column.key]
    writers = [_writer(column) for column in shown]
    total = page_count(count)
    labels = [*(column.label for column in shown), _("Conservé jusqu'au")]
    for number, records in enumerate(batched(reader.records(table), ROWS_A_PAGE), start=1):
        rows = _rows(records, shown, writers)
        yield (
            page_name(table, number),
            render_to_string(
                "access/rows.html",
                {
                    **context, "title": table.title, "labels": labels, "rows": rows,
                    "number": number, "total": total, "count": count,
                    "previous": f"{table.name}-{number - 1}.html" if number > 1 else "",
                    "next": f"{table.name}-{number + 1}.html" if number < total else "",
                },
            ).encode(),
        )  # fmt: skip


def _rows(
    records: tuple[dict[str, Any], ...],
    shown: list[Column],
    writers: list[Callable[[Any], str]],
) -> SafeString:
    """Cells by hand: a template's loop over each of them costs ten times as much."""
    lines = []
    for record in records:
        cells = [
            escape(write(record[column.name])) for column, write in zip(shown, writers, strict=True)
        ]
        cells.append(escape(_day(record[KEPT_UNTIL])))
        lines.append(f"<tr><td>{'</td><td>'.join(cells)}</td></tr>")
    return mark_safe("\n".join(lines))  # noqa: S308 (each cell is escaped)


def _writer(column: Column) -> Callable[[Any], str]:
    """How a JSON value of this column is written for people, in the active language."""
    field = column.field
    if field.choices:
        labels = {key: str(label) for key, label in field.flatchoices}
        return lambda value: labels.get(value, "" if value is None else str(value))
    if isinstance(field, models.BooleanField):
        words = {True: _("oui"), False: _("non"), None: ""}
        return lambda value: words[value]
    if isinstance(field, models.DateTimeField):
        return _moment
    if isinstance(field, models.DateField):
        return _day
    if isinstance(field, models.JSONField):
        return lambda value: ", ".join(map(str, value)) if isinstance(value, list) else str(value)
    if isinstance(field, models.DecimalField):
        places = field.decimal_places
        return lambda value: "" if value is None else formats.number_format(value, places)
    return lambda value: "" if value is None else str(value)


def _day(value: str | None) -> str:
    return _written(date.fromisoformat(value), get_language()) if value else ""


def _moment(value: str | None) -> str:
    if not value:
        return ""
    moment = datetime.fromisoformat(value).astimezone(BRUSSELS)
    return f"{_written(moment.date(), get_language())} {moment:%H:%M}"


@lru_cache(maxsize=4096)
def _written(day: date, language: str | None) -> str:
    """A day in the active language; many rows have the same one."""
    return formats.date_format(day, "SHORT_DATE_FORMAT")
