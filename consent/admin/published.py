"""What was published: read-only."""

from django.contrib import admin

from consent.admin.base import ReadOnlyAdmin
from consent.models import Notice, Publication, Revision


@admin.register(Publication)
class PublicationAdmin(ReadOnlyAdmin):
    personal = False
    list_display = ("number", "in_force_on", "published_at", "preset", "notice", "sha256")
    list_select_related = ("notice",)
    ordering = ("-number",)
    fields = ("number", "notice", "preset", "published_at", "in_force_on", "sha256")


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
