"""A text in the four languages of the site, as one column."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _

from consent.enums import LANGUAGES


def no_text() -> dict[str, str]:
    return dict.fromkeys(LANGUAGES, "")


def validate_translations(value: Any) -> None:
    if not isinstance(value, dict) or tuple(sorted(value)) != tuple(sorted(LANGUAGES)):
        raise ValidationError(_("Il faut un texte par langue : fr, nl, de, en."))
    if not all(isinstance(text, str) for text in value.values()):
        raise ValidationError(_("Chaque traduction est un texte."))
    filled = [bool(text.strip()) for text in value.values()]
    if any(filled) and not all(filled):
        raise ValidationError(_("Une traduction manque : remplissez les quatre, ou aucune."))


class TranslatedField(models.JSONField):
    """`{"fr": …, "nl": …, "de": …, "en": …}`; all four filled, or all four empty."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("default", no_text)
        super().__init__(*args, **kwargs)
        self.validators = [*self.validators, validate_translations]

    def formfield(self, **kwargs: Any) -> forms.Field:
        """Four labelled texts side by side."""
        from consent.forms.texts import FourTextsField

        wanted = {**kwargs, "form_class": FourTextsField, "widget": FourTextsField.widget}
        # What is there is compared with the row, not with a second copy in the page.
        wanted["show_hidden_initial"] = False
        return models.Field.formfield(self, **wanted)  # type: ignore[return-value]


def translated(model: str, *names: str, app: str = "consent") -> list[models.BaseConstraint]:
    """The database's part of TranslatedField: the four keys are there."""
    return [
        models.CheckConstraint(
            condition=models.Q(**{f"{name}__has_keys": list(LANGUAGES)}),
            name=f"{app}_{model}_{name}_four_languages",
            violation_error_message=_("Il faut un texte par langue : fr, nl, de, en."),
        )
        for name in names
    ]
