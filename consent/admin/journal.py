"""The journal of what staff do: read-only."""

import uuid
from typing import Any

from django.contrib import admin
from django.contrib.auth import get_user_model
from django.db import models
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from consent.admin.base import ReadOnlyAdmin
from consent.models import Act

COMMAND = "manage.py"


class ByActor(admin.SimpleListFilter):
    """Accounts with an act, by their present address; an erased one by its id."""

    title = _("personne")
    parameter_name = "actor"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        actors = set(Act.objects.order_by().values_list("actor", flat=True).distinct())
        known = dict(
            get_user_model()
            .objects.filter(pk__in=[pk for pk in actors if pk])
            .values_list("pk", "email")
        )
        named = [(str(pk), known.get(pk, str(pk))) for pk in actors if pk is not None]
        commands = [("command", COMMAND)] if None in actors else []
        return [*sorted(named, key=lambda row: row[1]), *commands]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        value = self.value()
        if value == "command":
            return queryset.filter(actor=None)
        try:
            return queryset.filter(actor=uuid.UUID(value)) if value else queryset
        except ValueError:
            return queryset.none()


@admin.register(Act)
class ActAdmin(ReadOnlyAdmin):
    list_display = ("at", "by", "act", "target", "details")
    list_filter = (ByActor, ("act", admin.AllValuesFieldListFilter))
    search_fields = ("target",)
    search_help_text = _("Objet, ou adresse e-mail de qui a agi")
    date_hierarchy = "at"
    ordering = ("-at", "-id")
    list_per_page = 50
    fields = ("at", "by", "act", "target", "details")

    @admin.display(description=_("par"))
    def by(self, obj: Any) -> str:
        return str(obj.address or obj.actor or COMMAND)

    def get_queryset(self, request: HttpRequest) -> Any:
        """With the address as it is now: the journal itself holds none."""
        people = get_user_model().objects.filter(pk=models.OuterRef("actor"))
        return (
            super()
            .get_queryset(request)
            .annotate(address=models.Subquery(people.values("email")[:1]))
        )

    def get_search_results(
        self, request: HttpRequest, queryset: Any, search_term: str
    ) -> tuple[Any, bool]:
        found, duplicates = super().get_search_results(request, queryset, search_term)
        if search_term:
            found |= queryset.filter(address__icontains=search_term)
        return found, duplicates
