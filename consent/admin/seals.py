"""The sealed log, its verifications and its anchors: read-only, and an anchor's file to keep."""

from datetime import UTC, datetime
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from consent.admin.base import ReadOnlyAdmin
from consent.enums import AnchorOutcome
from consent.log import anchors
from consent.models import Anchor, Seal, Verification


@admin.register(Seal)
class SealAdmin(ReadOnlyAdmin):
    list_display = ("number", "kind", "month", "count", "sealed_at", "key_id", "hash")
    list_filter = ("kind",)
    ordering = ("-number",)
    list_per_page = 50


@admin.register(Verification)
class VerificationAdmin(ReadOnlyAdmin):
    list_display = ("at", "ok", "seals", "records", "problem", "seconds")
    list_filter = ("ok",)
    ordering = ("-at",)
    list_per_page = 50


@admin.register(Anchor)
class AnchorAdmin(ReadOnlyAdmin):
    list_display = ("at", "seal", "kind", "outcome", "problem", "download")
    list_filter = ("outcome", "kind")
    ordering = ("-at", "-id")
    list_per_page = 50
    fields = (
        "at", "seal", "sha256", "kind", "destination", "outcome", "problem", "download",
    )  # fmt: skip
    readonly_fields = ("download",)

    @admin.display(description=_("fichier"), empty_value="-")
    def download(self, row: Anchor) -> Any:
        if row.outcome != AnchorOutcome.SENT:
            return None
        return format_html(
            '<a href="{}" download>{}</a>',
            reverse("admin:consent_anchor_file", args=[row.pk]),
            anchors.file_name(row.seal),
        )

    def changelist_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        warning = anchors.warning(now=datetime.now(UTC))
        if warning and self.has_view_permission(request):
            messages.warning(request, warning)
        return super().changelist_view(request, *args, **kwargs)

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.file)
        return [path("<int:pk>/file/", view, name="consent_anchor_file"), *super().get_urls()]

    def file(self, request: HttpRequest, pk: int) -> HttpResponse:
        """What `consent_log verify --anchor` takes."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        row = Anchor.objects.filter(pk=pk, outcome=AnchorOutcome.SENT).first()
        if row is None:
            raise Http404
        return HttpResponse(
            anchors.as_bytes(anchors.as_file(row)),
            content_type="application/json",
            headers={
                "Content-Disposition": f'attachment; filename="{anchors.file_name(row.seal)}"',
                "Cache-Control": "no-store",
            },
        )
