"""The yearly report of requests, as a page and as CSV; the queue links to it."""

from datetime import UTC, datetime
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _

from consent.periods import local_day
from privacy.requests import report as reports


def page(screen: Any, request: HttpRequest) -> HttpResponse:
    """Three queries. `?year=2026`; `&format=csv` for the file."""
    if not screen.has_view_permission(request):
        raise PermissionDenied
    today = local_day(datetime.now(UTC))
    years = reports.years() or [today.year]
    asked = request.GET.get("year", str(years[0]))
    if asked not in {str(year) for year in years}:
        raise Http404
    year = int(asked)
    found = reports.report(year, today=today)
    if request.GET.get("format") == "csv":
        text = reports.as_csv(found, reports.late(year, today=today, most=None))
        response = HttpResponse(text, content_type="text/csv; charset=utf-8")
        response.headers["Content-Disposition"] = f'attachment; filename="demandes-{year}.csv"'
        response.headers["Cache-Control"] = "no-store"
        return response
    context = {
        **screen.admin_site.each_context(request),
        "title": _("Rapport des demandes {year}").format(year=year),
        "opts": screen.opts,
        "report": found,
        "years": years,
        "late": reports.late(year, today=today),
        "bars": found.bars,
        "bars_text": _("{asked} demandes reçues, {late} en retard, {open} ouvertes.").format(
            asked=found.total.asked, late=found.total.late, open=found.total.open
        ),
        "headings": reports.headings(),
        "groups": [(_("Par droit"), found.rights), (_("Par canal"), found.channels),
                   (_("Par mois de réception"), found.months)],
    }  # fmt: skip
    return TemplateResponse(request, "requests_staff/report.html", context)
