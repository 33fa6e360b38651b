"""The form of a breach, and the choice of who is concerned."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from django import forms
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from privacy import register
from privacy.breaches import telling
from privacy.breaches.acts import due_of
from privacy.models import Breach

if TYPE_CHECKING:
    Form = forms.ModelForm[Breach]
else:
    Form = forms.ModelForm
MOST_REFERENCES = 1000


def _moment(label: Any, help_text: Any = "", *, required: bool = False) -> forms.DateTimeField:
    widget = forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")
    return forms.DateTimeField(label=label, help_text=help_text, widget=widget, required=required)


def _kinds(rows: Any) -> list[tuple[str, str]]:
    """Keys with the register's words; none where nothing is published."""
    code = get_language() or "fr"
    try:
        return [(row.key, row.name[code]) for row in rows()]
    except register.NotPublished:
        return []


def _data_kinds() -> list[tuple[str, str]]:
    return _kinds(register.data_categories)


def _people_kinds() -> list[tuple[str, str]]:
    return _kinds(register.people_categories)


def _several(label: Any, choices: Any) -> forms.MultipleChoiceField:
    return forms.MultipleChoiceField(
        label=label, choices=choices, required=False, widget=forms.CheckboxSelectMultiple
    )


class BreachForm(Form):
    aware_at = _moment(
        _("Connue depuis le"),
        _("Le moment où quelqu'un de la maison l'a su. Il ne change plus : 72 heures en partent."),
        required=True,
    )
    data_categories = _several(_("Sortes de données"), _data_kinds)
    people_categories = _several(_("Sortes de personnes"), _people_kinds)
    authority_told_at = _moment(
        _("Annoncée à l'autorité le"), _("Par son formulaire en ligne ; un e-mail ne suffit pas.")
    )
    people_told_at = _moment(
        _("Personnes prévenues le"),
        _("S'écrit tout seul quand les lettres sont parties ; ici, si ce fut autrement."),
    )

    class Meta:
        help_texts = {
            "happened": _("Ne nommez personne : décrivez, en sortes et en nombres."),
            "late_reasons": _("Obligatoires plus de 72 heures après (art. 33, § 1)."),
            "not_told_reasons": _("Seulement dans les cas de l'art. 34, § 3."),
            "notice": _(
                "En mots simples : ce qui s'est passé, ce qui peut en résulter, ce que nous "
                "faisons, ce que la personne peut faire."
            ),
        }

    def clean_authority_told_at(self) -> datetime | None:
        return _past(self.cleaned_data["authority_told_at"])

    def clean_people_told_at(self) -> datetime | None:
        return _past(self.cleaned_data["people_told_at"])

    def clean_aware_at(self) -> datetime | None:
        return _past(self.cleaned_data["aware_at"])

    def _post_clean(self) -> None:
        """Constraints about fields that are not in the form are asked, too."""
        super()._post_clean()  # type: ignore[misc]
        breach = self.instance
        if self.errors:
            return
        if breach._state.adding:
            breach.recorded_at = datetime.now(UTC)
            breach.due_at = due_of(breach.aware_at)
        try:
            breach.validate_constraints()
        except ValidationError as error:
            self.add_error(None, error)


def _past(moment: datetime | None) -> datetime | None:
    if moment is not None and moment > datetime.now(UTC):
        raise ValidationError(_("Ce moment est encore à venir."))
    return moment


def _source_kinds() -> list[tuple[str, str]]:
    found = [(one.label(), str(one.model._meta.verbose_name_plural)) for one in telling.sources()]
    return [("", "—"), *sorted(found, key=lambda pair: pair[1])]


def _category_kinds() -> list[tuple[str, str]]:
    return [("", "—"), *_data_kinds()]


class ChoiceForm(forms.Form):
    """Who is concerned; what is given narrows, nothing given is everybody, said so."""

    everybody = forms.BooleanField(label=_("Toutes les personnes du registre"), required=False)
    category = forms.ChoiceField(
        label=_("Dont ces données sont connues"), choices=_category_kinds, required=False
    )
    source = forms.ChoiceField(label=_("Qui figurent dans"), choices=_source_kinds, required=False)
    references = forms.CharField(
        label=_("Ou ces personnes seulement"),
        help_text=_("Leurs références, séparées par des espaces ou des retours à la ligne."),
        widget=forms.Textarea(attrs={"rows": 3}),
        required=False,
    )

    def clean_references(self) -> tuple[str, ...]:
        found = tuple(dict.fromkeys(self.cleaned_data["references"].upper().split()))
        if len(found) > MOST_REFERENCES:
            raise ValidationError(
                _("Au plus %(most)s références à la fois."), params={"most": MOST_REFERENCES}
            )
        with transaction.atomic():
            unknown = telling.unknown_references(telling.Choice(references=found))
        if unknown:
            raise ValidationError(
                _("Personne n'a cette référence : %(references)s."),
                params={"references": ", ".join(unknown[:5])},
            )
        return found

    def clean(self) -> dict[str, Any]:
        found = super().clean() or {}
        narrowed = [found.get(name) for name in ("category", "source", "references")]
        if self.errors:
            return found
        if bool(found.get("everybody")) == any(narrowed):
            raise ValidationError(
                _("Choisissez toutes les personnes, ou dites lesquelles ; l'un des deux.")
            )
        return found

    def choice(self) -> telling.Choice:
        given = self.cleaned_data
        return telling.Choice(given["category"], given["source"], given["references"])
