"""What is typed about requests: on the site, by staff, and by programs through the API."""

from datetime import date
from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from privacy.forms import AddressField, LineField
from privacy.models import RefusalGround, RequestChannel, User
from privacy.models.request import ENTERED, RepresentedBy
from privacy.requests.file_fields import UploadsField
from privacy.requests.words import choices

NO_NUL = {"null_characters_not_allowed": _("Ce texte contient un signe qui ne peut être gardé.")}


class RightsForm(forms.Form):
    """Several rights at once; no free text is needed for any (DR-02)."""

    rights = forms.MultipleChoiceField(
        label=_("Que voulez-vous ?"),
        choices=choices,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("Vous pouvez cocher plusieurs choses."),
        error_messages={"required": _("Cochez au moins une chose que vous voulez.")},
    )
    name = LineField(
        label=_("Votre nom"),
        max_length=150,
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
        help_text=_("Pour trouver ce que nous avons sur vous."),
    )
    email = AddressField(
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
        help_text=_("Pour vous répondre. Vous recevrez un lien pour confirmer qu'elle est à vous."),
    )
    message = forms.CharField(
        label=_("Quelque chose à préciser ?"),
        max_length=5000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 5}),
    )
    represented_by = forms.ChoiceField(
        label=_("En quelle qualité ?"),
        choices=[("", _("Je demande pour moi-même")), *RepresentedBy.choices],
        required=False,
    )
    represented_name = LineField(
        label=_("Nom de la personne pour qui vous demandez"), max_length=150, required=False
    )
    documents = UploadsField(
        label=_("Pièces jointes"),
        required=False,
        help_text=_(
            "Trois fichiers au plus, de 5 Mio chacun : PDF, JPEG, PNG ou texte. N'envoyez pas de "
            "carte d'identité."
        ),
    )

    def clean(self) -> dict[str, Any]:
        return both_or_neither(self, super().clean() or {})

    def __init__(self, *args: Any, account: User | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.account = account
        if account is not None:  # nothing is asked that the site knows
            del self.fields["email"]
            if account.name:
                del self.fields["name"]

    def asked(self) -> dict[str, Any]:
        """What filing.Asked takes but the language; the account's own where it is known."""
        data = self.cleaned_data
        account = self.account
        return {
            "rights": tuple(data["rights"]),
            "name": data.get("name") or (account.name if account is not None else ""),
            "email": account.email if account is not None else data["email"],
            "message": data["message"],
            "represented_by": data["represented_by"],
            "represented_name": data["represented_name"],
        }


GDPR_APPLIES = date(2018, 5, 25)


def both_or_neither(form: forms.Form, data: dict[str, Any]) -> dict[str, Any]:
    """Who acts for somebody says as what, and for whom."""
    if data.get("represented_by") and not data.get("represented_name"):
        form.add_error("represented_name", _("Dites pour qui vous demandez."))
    elif data.get("represented_name") and not data.get("represented_by"):
        form.add_error("represented_by", _("Dites en quelle qualité vous demandez."))
    return data


class EnteredForm(forms.Form):
    """A request that came by another way than the site (DR-01)."""

    channel = forms.ChoiceField(
        label=_("Arrivée par"),
        choices=[(channel.value, channel.label) for channel in ENTERED],
        initial=RequestChannel.POST,
    )
    received_on = forms.DateField(
        label=_("Jour de réception"),
        help_text=_("Celui où elle est arrivée chez nous, pas celui où elle a été lue."),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )
    rights = forms.MultipleChoiceField(
        label=_("Droits"), choices=choices, widget=forms.CheckboxSelectMultiple
    )
    name = LineField(label=_("Nom"), max_length=150)
    email = AddressField(
        required=False,
        help_text=_("Vide si elle n'en a pas donné : nos lettres sont alors à imprimer."),
    )
    language = forms.ChoiceField(
        label=_("Langue de nos lettres"), choices=settings.LANGUAGES, initial="fr", required=False
    )
    message = forms.CharField(
        label=_("Ses mots"), max_length=5000, required=False, widget=forms.Textarea
    )
    represented_by = forms.ChoiceField(
        label=_("Demande pour une autre personne, comme"),
        choices=[("", "—"), *RepresentedBy.choices],
        required=False,
    )
    represented_name = LineField(label=_("Personne représentée"), max_length=150, required=False)
    documents = UploadsField(
        label=_("Document numérisé, mandat"),
        required=False,
        help_text=_("Trois fichiers au plus, de 5 Mio chacun : PDF, JPEG, PNG ou texte."),
    )

    def clean(self) -> dict[str, Any]:
        return both_or_neither(self, super().clean() or {})

    def clean_language(self) -> str:
        return self.cleaned_data["language"] or "fr"

    def clean_received_on(self) -> date:
        day: date = self.cleaned_data["received_on"]
        if day < GDPR_APPLIES:
            raise forms.ValidationError(_("Le RGPD s'applique depuis le 25 mai 2018."))
        return day


class EnteredByProgram(EnteredForm):
    """The same in JSON, which holds no files."""

    documents = None  # type: ignore[assignment]


class TextForm(forms.Form):
    text = forms.CharField(
        label=_("Texte"), max_length=20000, widget=forms.Textarea(attrs={"rows": 8})
    )


class WriteForm(forms.Form):
    """What the person writes about their request."""

    text = forms.CharField(
        label=_("Votre message"),
        max_length=5000,
        widget=forms.Textarea(attrs={"rows": 5}),
        error_messages={"required": _("Écrivez d'abord votre message.")},
    )


class ReasonForm(forms.Form):
    reason = forms.CharField(
        label=_("Motif"), max_length=2000, widget=forms.Textarea(attrs={"rows": 4})
    )


class RefusalForm(forms.Form):
    ground = forms.ChoiceField(label=_("Motif légal"), choices=RefusalGround.choices)
    reason = forms.CharField(
        label=_("Raisons, telles que la personne les lira"),
        max_length=5000,
        widget=forms.Textarea(attrs={"rows": 5}),
        help_text=_("La lettre y ajoute l'autorité et le recours juridictionnel."),
    )
    evidence = forms.CharField(
        label=_("Preuves, pour le dossier"),
        max_length=5000,
        widget=forms.Textarea(attrs={"rows": 3}),
    )


class AssignForm(forms.Form):
    handler = forms.EmailField(label=_("Collègue"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not self.is_bound:
            self.fields["handler"].widget = forms.Select(choices=_colleagues())

    def clean_handler(self) -> User | None:
        address = self.cleaned_data["handler"].lower()
        if not address:
            return None
        found = User.objects.filter(email=address, is_staff=True, is_active=True).first()
        if found is None or not found.has_perm("privacy.handle_rightsrequest"):
            raise forms.ValidationError(
                _("Personne du personnel qui traite des demandes n'a cette adresse.")
            )
        return found


def _colleagues() -> list[tuple[str, Any]]:
    """Who may handle requests, by name or address; oneself first."""
    able = User.objects.filter(
        is_staff=True, is_active=True, groups__permissions__codename="handle_rightsrequest"
    )
    listed = able.distinct().order_by("email").values_list("email", "name")
    named = [(email, f"{name} · {email}" if name else email) for email, name in listed]
    return [("", _("moi")), *named]


class NothingForm(forms.Form):
    """For acts that need no word."""
