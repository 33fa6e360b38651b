"""The analytics kill switch."""

from datetime import UTC, date, datetime
from typing import Any

from django import forms
from django.contrib import admin
from django.forms.models import model_to_dict
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from consent import audit
from consent.models import Control
from consent.periods import local_day
from consent.publishing import announce


class ControlForm(forms.ModelForm):
    class Meta:
        model = Control
        fields = (
            "analytics_enabled",
            "analytics_property_retention_months",
            "analytics_property_checked_on",
            "proof_retention_years",
        )
        help_texts = {
            "analytics_enabled": _(
                "Décochez pour arrêter Google Analytics pour tous, tout de suite, sans publier. "
                "Les accords donnés restent enregistrés."
            ),
            "analytics_property_retention_months": _(
                "Le réglage « Conservation des données » de la propriété, dans Google Analytics : "
                "2 ou 14 mois. Au-delà de 25 mois, un avertissement s'ouvre (GA-08)."
            ),
            "analytics_property_checked_on": _(
                "Le jour où quelqu'un a vu ce réglage chez Google. À refaire chaque année."
            ),
        }

    def clean_analytics_property_checked_on(self) -> date | None:
        day: date | None = self.cleaned_data["analytics_property_checked_on"]
        if day is not None and day > local_day(datetime.now(UTC)):
            raise forms.ValidationError(_("Ce jour n'est pas encore venu."))
        return day


@admin.register(Control)
class ControlAdmin(admin.ModelAdmin):
    """The analytics kill switch (GA-11): one row, one tick, in force at once."""

    personal = False
    form = ControlForm

    list_display = ("__str__", "analytics_enabled", "analytics_property_checked_on")

    def has_add_permission(self, request: HttpRequest) -> bool:
        # Whoever may switch may also make the one row, which a new database lacks.
        return self.has_change_permission(request) and not Control.objects.exists()

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def save_model(self, request: HttpRequest, obj: Control, form: Any, change: bool) -> None:  # noqa: FBT001
        before = form.initial if change else model_to_dict(Control())
        # Only its own columns: the preset is chosen on another screen.
        obj.save(update_fields=ControlForm.Meta.fields if change else None)
        user: Any = request.user
        audit.record(
            by=user,
            act="control.changed",
            now=datetime.now(UTC),
            target="analytics",
            details={
                name: [str(before.get(name)), str(form.cleaned_data.get(name))]
                for name in form.changed_data
            },
        )
        announce()
