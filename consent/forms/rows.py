"""The forms of the draft's rows."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from consent.conformity.tensions import TENSIONS
from consent.forms.lists import FactListField, HostsField
from consent.forms.texts import TextListField
from consent.models import Category, Cookie, Fact, PolicyBlock, Service
from consent.register.effective import unknown_facts


class RowForm(forms.ModelForm):
    """Names in braces must be facts: said at the field, not only when publishing."""

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        facts = [{"key": key} for key in Fact.objects.values_list("key", flat=True)]
        for name, value in list(cleaned.items()):
            unknown = unknown_facts({"facts": facts, "value": _texts(value)})
            if unknown:
                self.add_error(
                    name,
                    ValidationError(
                        _("« {%(name)s} » n'est pas un fait de la politique."),
                        params={"name": sorted(unknown)[0]},
                    ),
                )
        return cleaned


def _texts(value: Any) -> Any:
    """What may quote facts: texts of several languages, alone or in a list."""
    return value if isinstance(value, dict | list) else ""


class ServiceForm(RowForm):
    hosts = HostsField(
        label=_("Adresses appelées"),
        required=False,
        help_text=_(
            "Une par ligne, par exemple https://www.googletagmanager.com. Le navigateur n'appelle "
            "aucune autre adresse. En changer redemande l'accord de chacun."
        ),
    )

    class Meta:
        model = Service
        fields = (
            "key", "category", "name", "heading", "company", "country", "purpose", "access",
            "privacy_url", "transfer", "transfer_reviewed_on", "hosts", "position",
        )  # fmt: skip
        help_texts = {
            "country": _("Deux lettres : BE, IE, US…"),
            "purpose": _("Une autre finalité redemande l'accord de chacun."),
            "transfer": _("Vide quand les données restent dans l'Union européenne."),
            "transfer_reviewed_on": _("À revoir au moins tous les douze mois (GA-11)."),
        }


class CookieForm(RowForm):
    class Meta:
        model = Cookie
        fields = (
            "name", "is_pattern", "service", "kind", "provenance", "purpose", "lifetime_seconds",
            "lifetime", "position",
        )  # fmt: skip
        help_texts = {
            "lifetime_seconds": _(
                "1 jour = 86 400, 1 an = 31 536 000. Une autre durée redemande l'accord de chacun."
            ),
            "lifetime": _("La même durée, comme la politique l'écrit : « 1 an »."),
        }


class PolicyBlockForm(RowForm):
    items = TextListField(
        label=_("Éléments de la liste"),
        required=False,
        help_text=_("Pour une liste. Videz les quatre textes d'un élément pour l'enlever."),
    )
    facts = FactListField(
        label=_("Faits prouvés"),
        required=False,
        help_text=_("Un par ligne : PF-60. Ils relient ce bloc à la liste des faits vérifiés."),
    )
    tension = forms.ChoiceField(
        label=_("Tension"),
        required=False,
        help_text=_("Pour un complément : l'avertissement de conformité auquel il répond."),
    )
    category = forms.ChoiceField(label=_("Catégorie de cookies"), required=False)

    class Meta:
        model = PolicyBlock
        fields = (
            "key", "kind", "text", "items", "category", "tension", "anchor", "facts", "position",
        )  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "tension" in self.fields:
            fields: dict[str, Any] = self.fields
            fields["tension"].choices = [
                ("", "—"),
                *((tension.id, f"{tension.id} – {tension.title}") for tension in TENSIONS),
            ]
            fields["category"].choices = [
                ("", "—"),
                *((row.key, str(row)) for row in Category.objects.all()),
            ]
