"""The yearly report of requests: by right, channel and outcome, how long answers took, which were
late and why. A few statements whatever the number of requests; contents that retention erased are
not needed for it."""

# ruff: noqa: S608 (constants; every value is a parameter)

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from io import StringIO
from typing import Any

from django.db import connection
from django.db.models import Max, Min
from django.utils.translation import gettext as _

from consent import chart
from consent.chart import Chart
from privacy.models import RequestChannel, Right, RightsRequest
from privacy.requests.states import Status

# Of the late ones, the latest first; the CSV has them all.
MOST_LATE = 100
_ASKED = """
WITH asked AS (
  SELECT id, reference, rights, channel, status, received_on,
    coalesce(extended_due_on, legal_due_on) AS due_on,
    (ended_at AT TIME ZONE 'Europe/Brussels')::date AS ended_on,
    (ended_at AT TIME ZONE 'Europe/Brussels')::date - received_on AS days,
    coalesce((ended_at AT TIME ZONE 'Europe/Brussels')::date, %(today)s)
      > coalesce(extended_due_on, legal_due_on) AS is_late,
    late_reason, extension_reason, identity_reason, content_erased_at
  FROM privacy_rightsrequest
  WHERE received_on >= %(first)s AND received_on <= %(last)s)
"""
_FIGURES = """count(*), count(*) FILTER (WHERE status = 'answered'),
  count(*) FILTER (WHERE status = 'refused'), count(*) FILTER (WHERE status = 'closed'),
  count(*) FILTER (WHERE ended_on IS NULL), count(*) FILTER (WHERE is_late),
  count(*) FILTER (WHERE is_late AND ended_on IS NULL),
  percentile_disc(0.5) WITHIN GROUP (ORDER BY days), max(days)"""
_BY = f"""{_ASKED}
SELECT 'all', '', {_FIGURES} FROM asked
UNION ALL SELECT 'right', r, {_FIGURES} FROM asked, unnest(rights) AS r GROUP BY r
UNION ALL SELECT 'channel', channel, {_FIGURES} FROM asked GROUP BY channel
UNION ALL SELECT 'month', to_char(received_on, 'MM'), {_FIGURES} FROM asked GROUP BY 2
"""
_LATE = f"""{_ASKED}
SELECT reference, rights, status, due_on, ended_on,
  coalesce(ended_on, %(today)s) - due_on AS late_by, late_reason, extension_reason,
  identity_reason, content_erased_at IS NOT NULL
FROM asked WHERE is_late ORDER BY late_by DESC, reference LIMIT %(most)s
"""


@dataclass(frozen=True, slots=True)
class Line:
    """`median` and `worst` are days from receipt to the end; None where nothing has ended."""

    label: str
    asked: int = 0
    answered: int = 0
    refused: int = 0
    closed: int = 0
    open: int = 0
    late: int = 0
    late_open: int = 0
    median: int | None = None
    worst: int | None = None


@dataclass(frozen=True, slots=True)
class Late:
    """`reasons` are staff's own words; one sentence where they were erased with the contents."""

    reference: str
    rights: list[str]
    status: str
    due_on: date
    ended_on: date | None
    days: int
    reasons: list[str]


@dataclass(frozen=True, slots=True)
class Report:
    year: int
    total: Line
    rights: list[Line]
    channels: list[Line]
    months: list[Line]

    @property
    def bars(self) -> Chart:
        """Per month of receipt: ended in time, still open in time, late."""
        return chart.stacked(
            [
                (one.asked - one.late - (one.open - one.late_open), one.open - one.late_open,
                 one.late)
                for one in self.months
            ]
        )  # fmt: skip


def years() -> list[int]:
    """Of the first request to the last, newest first; one query."""
    found = RightsRequest.objects.aggregate(first=Min("received_on"), last=Max("received_on"))
    if found["first"] is None:
        return []
    return list(range(found["last"].year, found["first"].year - 1, -1))


def report(year: int, *, today: date) -> Report:
    """One query."""
    with connection.cursor() as cursor:
        cursor.execute(_BY, _given(year, today))
        rows = {(kind, key): figures for kind, key, *figures in cursor.fetchall()}

    def line(kind: str, key: str, label: Any) -> Line:
        return Line(str(label), *rows.get((kind, key), ()))

    return Report(
        year,
        line("all", "", _("Ensemble")),
        [line("right", right.value, right.label) for right in Right if ("right", right) in rows],
        [
            line("channel", channel.value, channel.label)
            for channel in RequestChannel
            if ("channel", channel) in rows
        ],
        [line("month", f"{month:02}", f"{month:02}/{year}") for month in range(1, 13)],
    )


def late(year: int, *, today: date, most: int | None = MOST_LATE) -> list[Late]:
    """One query; `most` None: all of them."""
    with connection.cursor() as cursor:
        cursor.execute(_LATE, {**_given(year, today), "most": most})
        return [_late(*row) for row in cursor.fetchall()]


def _late(
    reference: str, rights: list[str], status: str, due_on: date, ended_on: date | None,
    days: int, why: str, extended: str, identity: str, is_erased: Any,
) -> Late:  # fmt: skip
    reasons = [why] if why else []
    if extended:
        reasons.append(_("Prolongée : {reason}").format(reason=extended))
    if identity:
        reasons.append(_("Identification demandée : {reason}").format(reason=identity))
    if is_erased:
        reasons = [_("Effacées avec le contenu de la demande.")]
    return Late(
        reference, [str(Right(right).label) for right in rights], str(Status(status).label),
        due_on, ended_on, days, reasons,
    )  # fmt: skip


def _given(year: int, today: date) -> dict[str, Any]:
    return {"first": date(year, 1, 1), "last": date(year, 12, 31), "today": today}


def as_csv(found: Report, late_ones: list[Late]) -> str:
    """Both tables; with a byte order mark, or Excel would read the accents wrong."""
    out = StringIO()
    writer = csv.writer(out, delimiter=";")
    writer.writerow([_("Par"), "", *headings()])
    for kind, lines in (
        (_("Ensemble"), [found.total]), (_("Droit"), found.rights),
        (_("Canal"), found.channels), (_("Mois de réception"), found.months),
    ):  # fmt: skip
        for line in lines:
            writer.writerow([kind, line.label, *cells(line)])
    writer.writerow([])
    writer.writerow(
        [_("Référence"), _("Droits"), _("État"), _("Échéance"), _("Fin"), _("Jours de retard"),
         _("Raisons")]
    )  # fmt: skip
    for one in late_ones:
        writer.writerow(
            [one.reference, ", ".join(one.rights), one.status, one.due_on.isoformat(),
             one.ended_on.isoformat() if one.ended_on else "", one.days,
             _no_formula(" / ".join(one.reasons))]
        )  # fmt: skip
    return "\ufeff" + out.getvalue()


def headings() -> list[str]:
    return [
        _("Reçues"), _("Répondues"), _("Refusées"), _("Closes"), _("Ouvertes"), _("En retard"),
        _("Médiane (jours)"), _("La plus longue (jours)"),
    ]  # fmt: skip


def cells(line: Line) -> Iterator[Any]:
    yield from (line.asked, line.answered, line.refused, line.closed, line.open, line.late)
    yield from ("" if days is None else days for days in (line.median, line.worst))


def _no_formula(text: str) -> str:
    """A spreadsheet would run what begins so."""
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t", "\r") else text
