"""The record of choices, and what could not be recorded: read-only."""

from django.contrib import admin

from consent.admin.base import ReadOnlyAdmin
from consent.models import Record, Unrecorded


@admin.register(Record)
class RecordAdmin(ReadOnlyAdmin):
    list_display = ("recorded_at", "event", "source", "language", "notice", "gpc", "preset")
    list_filter = ("event", "source", "language", "notice", "gpc")
    ordering = ("-id",)
    list_per_page = 50


@admin.register(Unrecorded)
class UnrecordedAdmin(ReadOnlyAdmin):
    personal = False
    list_display = ("day", "event", "count")
    ordering = ("-day", "event")
