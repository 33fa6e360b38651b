"""Invoices and fiscal years. An invoice is added, and stays as it was printed."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, ClassVar

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from consent.admin.base import ReadOnlyAdmin
from consent.periods import local_day
from privacy import validation
from privacy.models import DataSubject, FiscalYear, Invoice, InvoiceLine

if TYPE_CHECKING:
    Form = forms.ModelForm[Invoice]
    Inline = admin.TabularInline[InvoiceLine, Invoice]
else:
    Form = forms.ModelForm
    Inline = admin.TabularInline


class InvoiceForm(Form):
    """The person by reference: a list of all people is no list."""

    reference = forms.CharField(
        label=_("Référence de la personne"), max_length=12, help_text=_("P-…, sur sa page.")
    )

    class Meta:
        model = Invoice
        fields = ("number", "issued_on", "name", "address", "vat_number", "iban", "net", "vat")
        widgets: ClassVar = {"iban": forms.TextInput}

    def clean_reference(self) -> DataSubject:
        typed = self.cleaned_data["reference"].strip().upper()
        person = DataSubject.objects.filter(reference=typed, anonymised_at__isnull=True).first()
        if person is None:
            raise ValidationError(_("Aucune personne active n'a cette référence."))
        return person

    def clean_issued_on(self) -> Any:
        day = self.cleaned_data["issued_on"]
        if day > local_day(datetime.now(UTC)):
            raise ValidationError(_("La date d'une facture n'est pas dans le futur."))
        return day

    def clean_vat_number(self) -> str:
        typed = self.cleaned_data["vat_number"]
        return validation.canonical_vat(typed) if typed else ""

    def clean_iban(self) -> str:
        typed = self.cleaned_data["iban"]
        return validation.canonical_iban(typed) if typed else ""

    def save(self, commit: bool = True) -> Invoice:  # noqa: FBT001, FBT002  Django's signature
        self.instance.person = self.cleaned_data["reference"]
        return super().save(commit)


class Lines(forms.BaseInlineFormSet):  # type: ignore[type-arg]
    def add_fields(self, form: Any, index: int | None) -> None:
        """A cell of the table has no label of its own: each field says its column and its row."""
        super().add_fields(form, index)
        for field in form.fields.values():
            if field.label and index is not None:
                field.widget.attrs["aria-label"] = f"{field.label} {index + 1}"

    def clean(self) -> None:
        """At least one line, and their sum is the invoice's."""
        super().clean()
        lines = [form.cleaned_data for form in self.forms if form.cleaned_data]
        lines = [line for line in lines if not line.get("DELETE")]
        if any(self.errors):
            return
        if not lines:
            raise ValidationError(_("Une facture a au moins une ligne."))
        net = sum((line["quantity"] * line["unit_price"] for line in lines), Decimal(0))
        if self.instance.net is not None and round(net, 2) != self.instance.net:
            raise ValidationError(
                _("Le total hors TVA n'est pas la somme des lignes (%(sum)s)."),
                params={"sum": f"{net:.2f}"},
            )


class LineInline(Inline):
    model = InvoiceLine
    formset = Lines
    template = "admin/people/invoice_lines.html"
    extra = 3
    can_delete = False

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(request.user.has_perm("privacy.add_invoice"))

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(request.user.has_perm("privacy.view_invoice"))

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Invoice)
class InvoiceAdmin(ReadOnlyAdmin):
    form = InvoiceForm
    inlines = (LineInline,)
    list_display = ("number", "issued_on", "name", "net", "vat")
    # Exact: a printed number.
    search_fields = ("number__exact",)
    search_help_text = _("Numéro de facture, en entier.")
    ordering = ("-issued_on", "-number")
    list_per_page = 50

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(request.user.has_perm("privacy.add_invoice"))

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        own = InvoiceForm.Meta.fields
        return ("person_link", *own) if obj is not None else ("reference", *own)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return ("person_link",) if obj is not None else ()

    @admin.display(description=_("personne"))
    def person_link(self, invoice: Any) -> str:
        from django.urls import reverse
        from django.utils.html import format_html

        url = reverse("admin:privacy_datasubject_change", args=[invoice.person_id])
        return format_html('<a href="{}">{}</a>', url, invoice.person.reference)


@admin.register(FiscalYear)
class FiscalYearAdmin(ReadOnlyAdmin):
    """Rows of the accounts: managers add and change them; constraints keep them apart."""

    personal = False
    list_display = ("starts_on", "ends_on")

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(request.user.has_perm("privacy.add_fiscalyear"))

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(request.user.has_perm("privacy.change_fiscalyear"))
