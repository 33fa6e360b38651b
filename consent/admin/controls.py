"""The analytics kill switch, and what browsers reported."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from consent.admin.base import ReadOnlyAdmin
from consent.models import Control, CspReport
from consent.publishing import announce


@admin.register(CspReport)
class CspReportAdmin(ReadOnlyAdmin):
    personal = False
    list_display = ("day", "directive", "blocked", "route", "count")
    list_filter = ("directive",)
    date_hierarchy = "day"
    ordering = ("-day", "-count")


@admin.register(Control)
class ControlAdmin(admin.ModelAdmin):
    """The analytics kill switch (GA-11): one row, one tick, in force at once."""

    personal = False
    list_display = ("__str__", "analytics_enabled", "analytics_property_checked_on")

    def has_add_permission(self, request: HttpRequest) -> bool:
        # Whoever may switch may also make the one row, which a new database lacks.
        return self.has_change_permission(request) and not Control.objects.exists()

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def save_model(self, request: HttpRequest, obj: Control, form: Any, change: bool) -> None:  # noqa: FBT001
        super().save_model(request, obj, form, change)
        announce()
