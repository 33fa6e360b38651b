"""What was published: read-only, with the pictures of what was shown."""

from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from consent.admin.base import ReadOnlyAdmin
from consent.models import Notice, Picture, Publication, Revision


@admin.register(Publication)
class PublicationAdmin(ReadOnlyAdmin):
    list_display = ("number", "in_force_on", "published_at", "preset", "notice", "sha256")
    list_select_related = ("notice",)
    ordering = ("-number",)
    fields = ("number", "notice", "preset", "published_at", "in_force_on", "sha256")


@admin.register(Notice)
class NoticeAdmin(ReadOnlyAdmin):
    list_display = ("number", "created_at", "sha256")
    ordering = ("-number",)


@admin.register(Revision)
class RevisionAdmin(ReadOnlyAdmin):
    list_display = ("created_at", "language", "notice", "publication", "sha256")
    list_filter = ("language",)
    list_select_related = ("notice", "publication")
    ordering = ("-created_at",)
    fields = (
        "language", "notice", "publication", "created_at", "sha256", "pictures", "content",
    )  # fmt: skip
    readonly_fields = ("pictures",)

    @admin.display(description=_("images"))
    def pictures(self, row: Revision) -> Any:
        """Each opens at its full size; the words say what it is of."""
        rows = row.pictures.defer("png").order_by("layer", "width")
        shown = [
            (
                reverse("admin:consent_picture", args=[picture.pk]),
                gettext("%(layer)s, %(width)s pixels de large")
                % {"layer": picture.get_layer_display(), "width": picture.width},
            )
            for picture in rows
        ]
        if not shown:
            return gettext("Pas encore prises : il faut un worker qui a un navigateur.")
        return format_html(
            '<ul class="pictures">{}</ul>',
            format_html_join(
                "",
                '<li><a href="{}"><img src="{}" alt="" height="240" loading="lazy"><br>{}</a></li>',
                ((address, address, words) for address, words in shown),
            ),
        )

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.picture)
        return [path("pictures/<int:pk>.png", view, name="consent_picture"), *super().get_urls()]

    def picture(self, request: HttpRequest, pk: int) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        row = Picture.objects.filter(pk=pk).first()
        if row is None:
            raise Http404
        return HttpResponse(bytes(row.png), content_type="image/png")
