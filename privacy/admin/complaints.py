"""Complaints (purpose vii): read, answered, closed. They are made from contact messages."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from consent import audit
from consent.periods import local_day
from privacy.models import Complaint

if TYPE_CHECKING:
    Admin = admin.ModelAdmin[Complaint]
    Form = forms.ModelForm[Complaint]
else:
    Admin = admin.ModelAdmin
    Form = forms.ModelForm


class ComplaintForm(Form):
    class Meta:
        help_texts = {
            "third_parties": gettext_lazy(
                "Qui d’autre est nommé : ce qui le concerne est relu avant d’être communiqué."
            ),
            "closed_on": gettext_lazy(
                "Vide tant que la plainte est en cours. Une plainte close ne change plus."
            ),
        }

    def clean_closed_on(self) -> Any:
        day = self.cleaned_data["closed_on"]
        if day and day > local_day(datetime.now(UTC)):
            raise ValidationError(_("Ce jour n’est pas encore venu."))
        # The constraint says it too, but Django asks none about fields that are only shown.
        if day and day < self.instance.received_on:
            raise ValidationError(_("La plainte ne peut être close avant d'être reçue."))
        return day


@admin.register(Complaint)
class ComplaintAdmin(Admin):
    form = ComplaintForm
    change_list_template = "admin/privacy/contact_list.html"
    list_display = ("reference", "subject", "state", "received_on", "closed_on")
    list_filter = (("closed_on", admin.EmptyFieldListFilter),)
    list_select_related = ()
    search_fields = ("reference", "subject")
    ordering = ("-received_on", "-id")
    show_full_result_count = False
    actions = None
    readonly_fields = ("reference", "person", "subject", "body", "received_on")
    fields = (*readonly_fields, "third_parties", "answer", "closed_on")

    @admin.display(description=gettext_lazy("état"))
    def state(self, obj: Complaint) -> SafeString:
        if obj.closed_on:
            return format_html('<span class="state-good">{}</span>', _("close"))
        return format_html('<span class="state-open">{}</span>', _("en cours"))

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Complaint | None = None) -> bool:
        return False

    def get_readonly_fields(self, request: HttpRequest, obj: Complaint | None = None) -> Any:
        return self.fields if obj is not None and obj.closed_on else self.readonly_fields

    def save_model(
        self,
        request: HttpRequest,
        obj: Complaint,
        form: Form,
        change: bool,  # noqa: FBT001  Django's signature
    ) -> None:
        super().save_model(request, obj, form, change)
        if obj.closed_on and "closed_on" in form.changed_data:
            audit.record(
                by=request.user,  # type: ignore[arg-type]
                act="complaint.closed",
                now=datetime.now(UTC),
                target=f"privacy.complaint:{obj.pk}",
            )
