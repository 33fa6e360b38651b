"""The record of choices, and what could not be recorded: read-only."""

from datetime import UTC, date, datetime
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.options import IncorrectLookupParameters
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path, reverse
from django.utils.formats import date_format
from django.utils.functional import cached_property
from django.utils.timezone import localtime
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from consent import audit, export
from consent.admin.base import ReadOnlyAdmin
from consent.admin.filters import DayFilter, NoticeFilter
from consent.models import Record, Unrecorded

# Enough to leaf through; counting all of a long log would read all of it for each page.
MOST_SHOWN = 10_000


class NewestPaginator(Paginator):  # type: ignore[type-arg]
    """The newest MOST_SHOWN rows: neither the count nor the last page reads the whole log."""

    @cached_property
    def count(self) -> int:  # type: ignore[override]
        rows: QuerySet[Record] = self.object_list  # type: ignore[assignment]
        return rows.order_by("-pk")[:MOST_SHOWN].count()


@admin.register(Record)
class RecordAdmin(ReadOnlyAdmin):
    change_list_template = "consent_staff/record_list.html"
    list_display = ("moment", "event", "source", "language", "notice", "signal", "preset")
    list_filter = (DayFilter, "event", "source", "language", NoticeFilter, "gpc")
    # The key carries the moment: its order is that of time, and needs no other index.
    ordering = ("-id",)
    sortable_by = ()
    list_per_page = 50
    list_max_show_all = 0
    # Counts beside the filters would read the whole log.
    show_facets = admin.ShowFacets.NEVER
    paginator = NewestPaginator

    @admin.display(description=gettext_lazy("enregistré le"))
    def moment(self, obj: Record) -> str:
        return date_format(localtime(obj.recorded_at), "j F Y, H:i:s")

    @admin.display(description=gettext_lazy("signal GPC"))
    def signal(self, obj: Record) -> str:
        # A word: Django's red cross would say that something is wrong.
        return _("oui") if obj.gpc else "—"

    def get_urls(self) -> list[URLPattern]:
        own = path("csv/", self.admin_site.admin_view(self.csv_view), name="consent_record_csv")
        return [own, *super().get_urls()]

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        query = request.GET.urlencode()
        context = {
            "csv_url": f"{reverse('admin:consent_record_csv')}{'?' if query else ''}{query}"
            if self._may_export(request)
            else "",
            "most": MOST_SHOWN,
            "title": _("Journal des choix"),
            **(extra_context or {}),
        }
        return super().changelist_view(request, context)

    def _may_export(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request) and request.user.has_perm("consent.export_record")

    def csv_view(self, request: HttpRequest) -> HttpResponse | StreamingHttpResponse:
        """Exactly the filtered rows, however many, as they are read from the database."""
        if not self._may_export(request):
            raise PermissionDenied
        try:
            rows = self._filtered(request)
        except IncorrectLookupParameters:
            messages.error(
                request, _("Rien n’a été exporté : un filtre n’est pas compris. Corrigez-le ici.")
            )
            query = request.GET.urlencode()
            return redirect(f"{reverse('admin:consent_record_changelist')}?{query}")
        now = datetime.now(UTC)
        audit.record(
            by=request.user,  # type: ignore[arg-type]
            act="record.exported",
            now=now,
            target=Record._meta.label_lower,
            details={"filters": request.GET.dict()},
        )
        return StreamingHttpResponse(
            export.lines(rows, language=get_language() or "fr", now=now),
            content_type="text/csv; charset=utf-8",
            headers={
                "Content-Disposition": f'attachment; filename="{_file_name(now.date())}"',
                "Cache-Control": "private, no-store",
            },
        )

    def _filtered(self, request: HttpRequest) -> QuerySet[Record]:
        """The rows of the list with these parameters, all of them. Raises what the list raises."""
        changes = self.get_changelist_instance(request)
        broken = [
            one for one in changes.filter_specs if isinstance(one, DayFilter) and one.problems
        ]
        if broken:
            raise IncorrectLookupParameters
        return changes.get_queryset(request)


def _file_name(day: date) -> str:
    return f"consent-log-{day:%Y-%m-%d}.csv"


@admin.register(Unrecorded)
class UnrecordedAdmin(ReadOnlyAdmin):
    personal = False
    list_display = ("day", "event", "count")
    ordering = ("-day", "event")
