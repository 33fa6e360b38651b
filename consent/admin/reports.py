"""What browsers reported against the content security policy, and what staff made of it."""

from datetime import UTC, datetime
from typing import Any

from django.contrib import admin, messages
from django.contrib.auth import get_user_model
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _

from consent import csp_groups
from consent.admin.base import ReadOnlyAdmin
from consent.models import CspReport


@admin.register(CspReport)
class CspReportAdmin(ReadOnlyAdmin):
    """One screen: groups with their handling. The single rows are of no use to anybody."""

    personal = False

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        if request.method == "POST":
            return self._handle(request)
        groups = csp_groups.groups()
        people = get_user_model().objects.filter(pk__in={g.handled_by for g in groups} - {None})
        names = {person.pk: str(person) for person in people}
        context = {
            **self.admin_site.each_context(request),
            "title": _("Signalements CSP"),
            "opts": self.opts,
            "open": [group for group in groups if group.is_open],
            "handled": [(g, names.get(g.handled_by, "")) for g in groups if not g.is_open],
            "most": csp_groups.MOST_GROUPS if len(groups) == csp_groups.MOST_GROUPS else 0,
            "least_reason": csp_groups.LEAST_REASON,
            "may_handle": self._may_handle(request),
        }
        return TemplateResponse(request, "consent_staff/csp_reports.html", context)

    def _may_handle(self, request: HttpRequest) -> bool:
        return request.user.has_perm("consent.handle_cspreport")

    def _handle(self, request: HttpRequest) -> HttpResponse:
        if not self._may_handle(request):
            raise PermissionDenied
        try:
            seen = parse_datetime(request.POST.get("seen", ""))
        except ValueError:
            seen = None
        try:
            if seen is None or seen.tzinfo is None:
                raise csp_groups.NoSuchGroup
            csp_groups.handle(
                by=request.user,  # type: ignore[arg-type]
                directive=request.POST.get("directive", ""),
                blocked=request.POST.get("blocked", ""),
                route=request.POST.get("route", ""),
                seen=seen,
                reason=request.POST.get("reason", ""),
                now=datetime.now(UTC),
            )
        except csp_groups.ShortReason:
            messages.error(
                request,
                _("Rien n’a été enregistré : un motif compte au moins {least} caractères.").format(
                    least=csp_groups.LEAST_REASON
                ),
            )
        except csp_groups.NoSuchGroup:
            messages.error(request, _("Rien n’a été enregistré : ce signalement n’existe pas."))
        else:
            messages.success(request, _("Le signalement est traité. Un nouveau le rouvrira."))
        return redirect("admin:consent_cspreport_changelist")
