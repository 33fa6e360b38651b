"""The forms of the account pages; they work without a script."""

from typing import Any

from django import forms
from django.conf import settings
from django.contrib.auth.password_validation import (
    password_validators_help_texts,
    validate_password,
)
from django.utils.translation import gettext_lazy as _

from privacy.models import Archive, User


class LineField(forms.CharField):
    """One line: whatever breaks or hides in it becomes a space."""

    def to_python(self, value: Any) -> Any:
        text = super().to_python(value) or ""
        return " ".join("".join(c if c.isprintable() else " " for c in text).split())


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
    name = LineField(
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


class CodeField(forms.CharField):
    """A code of the authenticator, or a recovery code; pasting works, spaces do not matter."""

    def __init__(self, **options: Any) -> None:
        attributes = {
            "autocomplete": "one-time-code",
            "inputmode": "numeric",
            "spellcheck": "false",
        }
        widget = forms.TextInput(attrs=attributes | options.pop("attrs", {}))
        super().__init__(max_length=32, widget=widget, **options)


class CodeForm(forms.Form):
    code = CodeField(
        label=_("Code"),
        help_text=_(
            "Les six chiffres que votre application affiche maintenant, ou un de vos codes de "
            "secours."
        ),
        attrs={"autofocus": True},
    )


class InvitedForm(PasswordForm):
    """Who is new, or comes back: a name and a password of their own choice."""

    name = LineField(
        label=_("Nom"),
        max_length=150,
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
        help_text=_("Celui que vos collègues verront."),
    )
    new_code = CodeField(label=_("Premier code"))
    field_order = ("name", "password", "new_code")


class ProvedForm(forms.Form):
    """The password that `account` has, and where it has a factor a code of that one."""

    password = PasswordField(autocomplete="current-password")
    code = CodeField(
        label=_("Code actuel"),
        help_text=_("De l'application que vous avez maintenant, ou un code de secours."),
    )

    def __init__(self, *args: Any, account: User, with_code: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.account = account
        self.fields["password"].label = _("Votre mot de passe")
        if not with_code:
            del self.fields["code"]

    def clean_password(self) -> str:
        password: str = self.cleaned_data["password"]
        if not self.account.check_password(password):
            raise forms.ValidationError(_("Ce n'est pas votre mot de passe."))
        return password


class ExportForm(ProvedForm):
    kind = forms.ChoiceField(label=_("Quelle copie"), choices=Archive.Kind.choices)
    field_order = ("kind", "password", "code")


class AuthenticatorForm(ProvedForm):
    new_code = CodeField(label=_("Premier code"))


class DetailsForm(forms.Form):
    name = LineField(
        label=_("Nom"),
        max_length=150,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )
    language = forms.ChoiceField(label=_("Langue de nos messages"), choices=settings.LANGUAGES)


class CloseForm(forms.Form):
    """The password of `account`, which is about to end."""

    password = PasswordField(autocomplete="current-password")

    def __init__(self, *args: Any, account: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.account = account

    def clean_password(self) -> str:
        password: str = self.cleaned_data["password"]
        if not self.account.check_password(password):
            raise forms.ValidationError(_("Ce n'est pas votre mot de passe."))
        return password
