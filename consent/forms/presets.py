"""What a preset replaces, as fields: per cookie, per browser, per fact."""

from collections.abc import Iterator
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from consent.forms.texts import FourTextsField
from consent.models import Browser, Cookie, Fact, PresetRule

# cookie-<pk>-hidden …: the names of rows may hold any sign, their numbers none.
CHOICE = "cookieconsent_status"  # the only one that may be counted in months
_COOKIE = (
    ("hidden", forms.BooleanField, _("ne pas montrer")),
    ("lifetime_seconds", forms.IntegerField, _("durée en secondes")),
    ("choice_months", forms.IntegerField, _("durée en mois du calendrier")),
    ("lifetime", FourTextsField, _("durée, en mots")),
)


class PresetRuleForm(forms.ModelForm):
    """Its fields are made for the rows of the draft (`form_for`)."""

    rows: dict[str, tuple[str, str, str]]  # field → section, row, what is replaced

    class Meta:
        model = PresetRule
        fields: tuple[str, ...] = ()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, (section, key, what) in self.rows.items():
            given = self.instance.overrides.get(section, {}).get(key, {})
            self.initial[name] = given.get(what)

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        for name, (_section, _key, what) in self.rows.items():
            months = name.removesuffix("lifetime_seconds") + "choice_months"
            if what == "lifetime_seconds" and cleaned.get(months) and not cleaned.get(name):
                self.add_error(name, ValidationError(_("Une durée en mois a aussi ses secondes.")))
        return cleaned

    def overrides(self) -> dict[str, dict[str, dict[str, Any]]]:
        """As the register keeps them: only what is replaced. What has no field here stays."""
        found = self._without_field()
        for name, (section, key, what) in self.rows.items():
            value = self.cleaned_data.get(name)
            if isinstance(value, dict) and not any(value.values()):
                continue
            if value not in (None, "", False):
                found.setdefault(section, {}).setdefault(key, {})[what] = value
        return found

    def _without_field(self) -> dict[str, dict[str, dict[str, Any]]]:
        found: dict[str, dict[str, dict[str, Any]]] = {}
        for section, keys in self.instance.overrides.items():
            for key, values in keys.items():
                for what, value in values.items():
                    if (section, key, what) not in self.rows.values():
                        found.setdefault(section, {}).setdefault(key, {})[what] = value
        return found

    def save(self, commit: bool = True) -> Any:  # noqa: FBT001, FBT002  Django's signature
        self.instance.overrides = self.overrides()
        return super().save(commit=commit)


def form_for(rule: PresetRule) -> type[PresetRuleForm]:
    """The form of `rule`, a field for each thing that it may replace in the draft of now."""
    fields: dict[str, Any] = {}
    rows: dict[str, tuple[str, str, str]] = {}
    for name, place, field in _fields():
        fields[name], rows[name] = field, place
    return type("PresetRuleForm", (PresetRuleForm,), {**fields, "rows": rows})


def _fields() -> Iterator[tuple[str, tuple[str, str, str], forms.Field]]:
    for cookie in Cookie.objects.all():
        for what, kind, label in _COOKIE:
            if what == "choice_months" and cookie.name != CHOICE:
                continue
            yield (
                f"cookie-{cookie.pk}-{what}",
                ("cookies", cookie.name, what),
                kind(label=f"{cookie.name} – {label}", required=False),
            )
    for browser in Browser.objects.all():
        yield (
            f"browser-{browser.pk}-hidden",
            ("browsers", browser.key, "hidden"),
            forms.BooleanField(
                label=_("%(browser)s – ne pas montrer") % {"browser": browser.label},
                required=False,
            ),
        )
    for fact in Fact.objects.all():
        yield (
            f"fact-{fact.pk}-words",
            ("facts", fact.key, "words"),
            FourTextsField(
                label=f"{fact.key} ({fact.words.get('fr', '')})",
                required=False,
            ),
        )
