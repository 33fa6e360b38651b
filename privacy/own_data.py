"""The form in which people correct their own data (DR-12: at once, nothing lost)."""

from typing import TYPE_CHECKING, Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from privacy.actions.space import OWN_FIELDS
from privacy.models import DataSubject
from privacy.validation import CANONICAL

if TYPE_CHECKING:
    Form = forms.ModelForm[DataSubject]
else:
    Form = forms.ModelForm

AUTOCOMPLETE = {
    "first_name": "given-name",
    "last_name": "family-name",
    "street": "street-address",
    "postal_code": "postal-code",
    "city": "address-level2",
    "country": "country",
    "phone": "tel",
}


class NumberField(forms.CharField):
    """A number as people write it, with spaces, points, in small letters, to its one form."""

    def __init__(self, name: str, *, label: Any, autocomplete: str = "off", **options: Any) -> None:
        self.canonical = CANONICAL[name]
        attributes = {"autocomplete": autocomplete, "spellcheck": "false"}
        super().__init__(
            label=label,
            required=False,
            max_length=50,
            widget=forms.TextInput(attrs=attributes),
            **options,
        )

    def clean(self, value: Any) -> Any:
        # Here, so that the model has no second sentence to say about it.
        text = super().clean(value)
        return self.canonical(text) if text else ""


class CountryField(forms.CharField):
    def to_python(self, value: Any) -> Any:
        return str(super().to_python(value) or "").upper()


class OwnDataForm(Form):
    """What is wrong gets one sentence each; nothing is kept until all is right."""

    phone = NumberField(
        "phone",
        label=_("Téléphone"),
        autocomplete="tel",
        help_text=_("Par exemple +32 2 777 12 34."),
    )
    iban = NumberField(
        "iban",
        label=_("Numéro de compte (IBAN)"),
        help_text=_("Pour vous rembourser ou encaisser. Il est conservé chiffré."),
    )
    vat_number = NumberField(
        "vat_number",
        label=_("Numéro de TVA"),
        help_text=_("Par exemple BE 0779.838.527. Si vous en avez un."),
    )
    country = CountryField(
        label=_("Pays"),
        required=False,
        max_length=2,
        widget=forms.TextInput(attrs={"autocomplete": "country", "spellcheck": "false"}),
        help_text=_("En deux lettres, par exemple BE."),
    )
    language = forms.ChoiceField(label=_("Langue de nos messages"), choices=settings.LANGUAGES)

    class Meta:
        model = DataSubject
        fields = OWN_FIELDS

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, kind in AUTOCOMPLETE.items():
            self.fields[name].widget.attrs["autocomplete"] = kind
