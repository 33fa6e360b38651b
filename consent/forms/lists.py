"""Lists that staff write one to a line: addresses that a service calls, facts of the policy."""

import re
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from consent.forms.texts import one_kind_of_line
from consent.models.register import HOST

KINDS = {
    "script": _("Scripts"),
    "connect": _("Envois de mesures"),
    "img": _("Images"),
    "frame": _("Contenus affichés dans un cadre"),
}
FACT = re.compile(r"PF-\d{2,3}")


def lines(text: str) -> list[str]:
    return [line.strip() for line in one_kind_of_line(text).split("\n") if line.strip()]


class Hosts(forms.MultiWidget):
    """Four textareas, one a kind of address."""

    template_name = "consent_staff/_hosts.html"
    use_fieldset = True

    def __init__(self, attrs: Any = None) -> None:
        super().__init__(
            {kind: forms.Textarea({"rows": 3, "spellcheck": "false"}) for kind in KINDS}, attrs
        )

    def decompress(self, value: Any) -> list[str]:
        return ["\n".join((value or {}).get(kind, [])) for kind in KINDS]

    def value_from_datadict(self, data: Any, files: Any, name: str) -> list[str]:
        values = super().value_from_datadict(data, files, name)
        return [one_kind_of_line(value or "") for value in values]

    def get_context(self, name: str, value: Any, attrs: Any) -> dict[str, Any]:
        context = super().get_context(name, value, attrs)
        context["widget"]["kinds"] = [
            {"label": label, "widget": part}
            for label, part in zip(KINDS.values(), context["widget"]["subwidgets"], strict=True)
        ]
        return context


class HostsField(forms.MultiValueField):
    """`{"script": [address, …], "connect": …, "img": …, "frame": …}`, addresses as in a CSP."""

    widget = Hosts

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            fields=[forms.CharField(required=False) for _kind in KINDS],
            require_all_fields=False,
            **kwargs,
        )

    def clean(self, value: Any) -> dict[str, list[str]]:
        hosts = {
            kind: lines(text or "")
            for kind, text in zip(KINDS, value or [""] * len(KINDS), strict=True)
        }
        errors = [
            ValidationError(
                _(
                    "%(kind)s : « %(address)s » n'est pas une adresse de la forme "
                    "https://exemple.com ou https://*.exemple.com, sans chemin."
                ),
                params={"kind": KINDS[kind], "address": address[:100]},
            )
            for kind, addresses in hosts.items()
            for address in addresses
            if not HOST.fullmatch(address)
        ]
        if errors:
            raise ValidationError(errors)
        return hosts

    def compress(self, data_list: Any) -> Any:
        raise NotImplementedError("clean() makes the value")


class FactListField(forms.CharField):
    """`["PF-60", "PF-61"]`, one to a line."""

    widget = forms.Textarea({"rows": 3, "spellcheck": "false"})

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(value) if isinstance(value, list) else value

    def clean(self, value: Any) -> list[str]:
        facts = lines(value or "")
        if wrong := [fact for fact in facts if not FACT.fullmatch(fact)]:
            raise ValidationError(
                _("« %(fact)s » n'est pas un fait de la politique : PF-60, par exemple."),
                params={"fact": wrong[0][:50]},
            )
        return facts

    def has_changed(self, initial: Any, data: Any) -> bool:
        return list(initial or []) != lines(data or "")
