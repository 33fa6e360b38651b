"""Filters of the queue; the addresses of « À traiter » use them."""

from datetime import UTC, datetime
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from privacy.contact_queue import Alert, with_alert


class StateFilter(admin.SimpleListFilter):
    title = gettext_lazy("état")
    parameter_name = "etat"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [
            ("ouvert", _("ouvert")),
            ("personne", _("que personne ne suit")),
            ("moi", _("que je suis")),
            ("clos", _("clos, à effacer")),
            ("efface", _("effacé")),
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        wanted: dict[str, dict[str, Any]] = {
            "ouvert": {"outcome": ""},
            "personne": {"outcome": "", "handler": None},
            "moi": {"outcome": "", "handler": request.user},
            "clos": {"closed_at__isnull": False, "purged_at": None},
            "efface": {"purged_at__isnull": False},
        }
        return queryset.filter(**wanted.get(self.value() or "", {}))


class AlertFilter(admin.SimpleListFilter):
    title = gettext_lazy("à faire")
    parameter_name = "alerte"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [
            (Alert.REASON, _("motif écrit à donner")),
            (Alert.REPLY, _("réponse à vérifier")),
            (Alert.IDLE, _("sans suite depuis 60 jours")),
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        value = self.value() or ""
        if value not in list(Alert):
            return queryset
        return queryset.filter(pk__in=with_alert(Alert(value), datetime.now(UTC)))
