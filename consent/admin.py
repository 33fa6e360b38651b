"""Staff screens of consent: the draft register, what was published, the log, CSP reports.

Evidence is read-only; screens to publish come on top of this.
"""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from consent.models import (
    BannerText,
    Browser,
    Category,
    Control,
    Cookie,
    CspReport,
    Fact,
    Notice,
    PolicyBlock,
    PresetRule,
    Publication,
    Record,
    Revision,
    Service,
    Unrecorded,
)
from consent.publishing import announce


class ReadOnlyAdmin(admin.ModelAdmin):
    """May be seen, by who may see it; never added, changed or deleted."""

    actions = None
    show_full_result_count = False

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Record)
class RecordAdmin(ReadOnlyAdmin):
    list_display = ("recorded_at", "event", "source", "language", "notice", "gpc", "preset")
    list_filter = ("event", "source", "language", "notice", "gpc")
    ordering = ("-id",)
    list_per_page = 50


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


@admin.register(Unrecorded)
class UnrecordedAdmin(ReadOnlyAdmin):
    list_display = ("day", "event", "count")
    ordering = ("-day", "event")


@admin.register(CspReport)
class CspReportAdmin(ReadOnlyAdmin):
    list_display = ("day", "directive", "blocked", "route", "count")
    list_filter = ("directive",)
    date_hierarchy = "day"
    ordering = ("-day", "-count")


@admin.register(Control)
class ControlAdmin(admin.ModelAdmin):
    """The analytics kill switch (GA-11): one row, one tick, in force at once."""

    list_display = ("__str__", "analytics_enabled", "analytics_property_checked_on")

    def has_add_permission(self, request: HttpRequest) -> bool:
        # Whoever may switch may also make the one row, which a new database lacks.
        return self.has_change_permission(request) and not Control.objects.exists()

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def save_model(self, request: HttpRequest, obj: Control, form: Any, change: bool) -> None:  # noqa: FBT001
        super().save_model(request, obj, form, change)
        announce()


class DraftAdmin(admin.ModelAdmin):
    """A row of the register's draft: nobody sees it before it is published."""

    show_full_result_count = False


@admin.register(Cookie)
class CookieAdmin(DraftAdmin):
    list_display = ("name", "service", "french_lifetime", "lifetime_seconds")
    list_select_related = ("service",)

    @admin.display(description=_("durée, en mots"))
    def french_lifetime(self, obj: Cookie) -> str:
        return str(obj.lifetime.get("fr", ""))


@admin.register(Service)
class ServiceAdmin(DraftAdmin):
    list_display = ("__str__", "category", "country", "transfer_reviewed_on")
    list_select_related = ("category",)


@admin.register(Category)
class CategoryAdmin(DraftAdmin):
    list_display = ("__str__", "key", "required")


@admin.register(PolicyBlock)
class PolicyBlockAdmin(DraftAdmin):
    list_display = ("key", "kind", "french", "tension", "position")
    list_filter = ("kind",)

    @admin.display(description=_("texte"))
    def french(self, obj: PolicyBlock) -> str:
        return str(obj.text.get("fr", ""))[:100]


@admin.register(Fact, BannerText, Browser, PresetRule)
class PlainDraftAdmin(DraftAdmin):
    pass
