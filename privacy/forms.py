"""The forms of the account pages; they work without a script."""

from typing import Any

from django import forms
from django.conf import settings
from django.contrib.auth.password_validation import (
    password_validators_help_texts,
    validate_password,
)
from django.utils.translation import gettext_lazy as _

from privacy.models import User


class AddressField(forms.EmailField):
    """An e-mail address as it is stored: in lower case."""

    def __init__(self, **options: Any) -> None:
        super().__init__(label=_("Adresse e-mail"), max_length=254, **options)
        self.widget.attrs |= {"autocapitalize": "none", "spellcheck": "false"}

    def to_python(self, value: Any) -> Any:
        return (super().to_python(value) or "").lower()


class PasswordField(forms.CharField):
    def __init__(self, *, autocomplete: str, **options: Any) -> None:
        widget = forms.PasswordInput(attrs={"autocomplete": autocomplete})
        super().__init__(
            label=_("Mot de passe"), strip=False, max_length=1024, widget=widget, **options
        )


class LoginForm(forms.Form):
    username = AddressField(widget=forms.EmailInput(attrs={"autocomplete": "username"}))
    password = PasswordField(autocomplete="current-password")


class RegisterForm(forms.Form):
    email = AddressField(
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
        help_text=_(
            "Nous en avons besoin pour vous reconnaître et vous écrire. Vous recevrez un lien "
            "pour la confirmer."
        ),
    )
    name = forms.CharField(
        label=_("Nom"),
        max_length=150,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
        help_text=_("Seulement si vous voulez que nous sachions comment vous appeler."),
    )
    terms = forms.BooleanField(
        label=_("J'accepte les conditions générales"),
        help_text=_(
            "Elles règlent ce que nous nous devons l'un à l'autre. Les accepter n'est jamais un "
            "accord pour les cookies de mesure ni pour la prospection."
        ),
        error_messages={
            "required": _("Pour créer un compte, il faut accepter les conditions générales.")
        },
    )


class AddressForm(forms.Form):
    email = AddressField(widget=forms.EmailInput(attrs={"autocomplete": "username"}))


class PasswordForm(forms.Form):
    """A new password for `account`, whose address the mailed link has proved."""

    password = PasswordField(autocomplete="new-password")

    def __init__(self, *args: Any, account: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.account = account
        self.fields["password"].help_text = " ".join(password_validators_help_texts())

    def clean_password(self) -> str:
        password: str = self.cleaned_data["password"]
        validate_password(password, self.account)
        return password


class DetailsForm(forms.Form):
    name = forms.CharField(
        label=_("Nom"),
        max_length=150,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )
    language = forms.ChoiceField(label=_("Langue de nos messages"), choices=settings.LANGUAGES)
