"""The contact form, and what staff write about a message."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from privacy.forms import AddressField, LineField
from privacy.models.contact import Topic
from privacy.validation import canonical_phone

MOST_CHARACTERS = 5000


class LongTextField(forms.CharField):
    """A text of several lines, counted as a person counts; a browser sends each end as two.

    The browser is not told the most: it would cut what is pasted without a word.
    """

    def __init__(
        self, *, most: int, rows: int, attrs: dict[str, Any] | None = None, **options: Any
    ):
        super().__init__(widget=forms.Textarea(attrs={"rows": rows, **(attrs or {})}), **options)
        self.most = most

    def to_python(self, value: Any) -> Any:
        text = super().to_python(value) or ""
        return text.replace("\r\n", "\n").replace("\r", "\n")

    def validate(self, value: Any) -> None:
        super().validate(value)
        if len(value) > self.most:
            raise ValidationError(
                _(
                    "Ce texte compte %(count)d caractères ; le maximum est %(most)d. "
                    "Raccourcissez-le, ou envoyez la suite à part."
                ),
                code="too_long",
                params={"count": len(value), "most": self.most},
            )


class ContactForm(forms.Form):
    name = LineField(
        label=_("Nom"), max_length=150, widget=forms.TextInput(attrs={"autocomplete": "name"})
    )
    email = AddressField(
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
        help_text=_("Pour vous répondre, et seulement pour cela."),
    )
    phone = LineField(
        label=_("Téléphone"),
        max_length=40,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "tel", "type": "tel"}),
        help_text=_("Seulement si vous préférez que nous vous appelions."),
    )
    topic = forms.ChoiceField(
        label=_("Sujet"), choices=[("", _("Choisissez un sujet")), *Topic.choices]
    )
    body = LongTextField(
        label=_("Votre message"),
        most=MOST_CHARACTERS,
        rows=8,
        help_text=_(
            "5 000 caractères au plus. N'y mettez ni mot de passe, ni données de santé, ni copie "
            "de carte d'identité."
        ),
    )

    def clean_phone(self) -> str:
        phone: str = self.cleaned_data["phone"]
        return canonical_phone(phone) if phone else ""
