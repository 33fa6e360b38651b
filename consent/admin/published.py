"""What was published: read-only, with pictures of what was shown; the screens that publish."""

from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from consent.admin.base import ReadOnlyAdmin
from consent.admin.preview import preview_view
from consent.admin.publish import discard_view, preset_view, publish_view
from consent.admin.shown import people
from consent.models import Act, Notice, Picture, Publication, Revision


@admin.register(Publication)
class PublicationAdmin(ReadOnlyAdmin):
    personal = False
    list_display = ("number", "in_force_on", "public", "preset", "notice", "hash", "published_at")
    list_select_related = ("notice",)
    ordering = ("-number",)
    fields = (
        "number", "in_force_on", "published_at", "published_by", "preset", "notice", "sha256",
        "public",
    )  # fmt: skip
    change_list_template = "consent_staff/publication_list.html"

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        return [
            path("publish/", wrap(publish_view), name="consent_publish"),
            path("discard/", wrap(discard_view), name="consent_discard"),
            path("preset/", wrap(preset_view), name="consent_preset"),
            path(
                "preview/<slug:what>/<slug:language>/", wrap(preview_view), name="consent_preview"
            ),
            *super().get_urls(),
        ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Publication]:
        # Two whole registers a row; no screen of the list shows them.
        return super().get_queryset(request).defer("source", "content")

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> Any:
        return super().changelist_view(request, {"title": _("Versions publiées")})

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return self.fields

    @admin.display(description="SHA-256")
    def hash(self, obj: Publication) -> SafeString:
        return format_html('<code title="{}">{}…</code>', obj.sha256, obj.sha256[:12])

    @admin.display(description=_("page publique"))
    def public(self, obj: Publication) -> SafeString:
        address = reverse("consent:version", args=[obj.number])
        return format_html('<a href="{}">{}</a>', address, address)

    @admin.display(description=_("publiée par"))
    def published_by(self, obj: Publication) -> str:
        act = Act.objects.filter(act="register.published", target=f"version {obj.number}").first()
        if act is None or act.actor is None:
            return str(_("une commande"))
        return people([act.actor])[act.actor]


@admin.register(Notice)
class NoticeAdmin(ReadOnlyAdmin):
    personal = False
    list_display = ("number", "created_at", "sha256")
    ordering = ("-number",)


@admin.register(Revision)
class RevisionAdmin(ReadOnlyAdmin):
    personal = False
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
