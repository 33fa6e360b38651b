"""A text in four languages, and a list of such texts, as staff write them."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from consent.enums import LANGUAGES

# French first: it prevails. The names are those of a sentence: "en néerlandais".
NAMES = {
    "fr": _("français"),
    "nl": _("néerlandais"),
    "de": _("allemand"),
    "en": _("anglais"),
}
LABELS = {"fr": "Français", "nl": "Nederlands", "de": "Deutsch", "en": "English"}


def one_kind_of_line(text: str) -> str:
    """Browsers send CR LF; the register keeps LF."""
    return text.replace("\r\n", "\n").replace("\r", "\n")


def missing_languages(texts: dict[str, str]) -> str:
    """ "néerlandais, allemand": what `texts` lacks."""
    return ", ".join(str(NAMES[code]) for code in LANGUAGES if not texts[code])


class FourTexts(forms.MultiWidget):
    """Four textareas: `<name>_fr`, `_nl`, `_de`, `_en`."""

    template_name = "consent_staff/_four_texts.html"
    use_fieldset = True

    def __init__(self, attrs: Any = None) -> None:
        super().__init__(
            {code: forms.Textarea({"rows": 3, "lang": code}) for code in LANGUAGES}, attrs
        )

    def decompress(self, value: Any) -> list[str]:
        return [(value or {}).get(code, "") for code in LANGUAGES]

    def value_from_datadict(self, data: Any, files: Any, name: str) -> list[str]:
        values = super().value_from_datadict(data, files, name)
        return [one_kind_of_line(value or "") for value in values]

    def get_context(self, name: str, value: Any, attrs: Any) -> dict[str, Any]:
        context = super().get_context(name, value, attrs)
        parts = context["widget"]["subwidgets"]
        context["widget"]["languages"] = [
            {"code": code, "label": LABELS[code], "widget": part}
            for code, part in zip(LANGUAGES, parts, strict=True)
        ]
        return context


class FourTextsField(forms.MultiValueField):
    """`{"fr": …, "nl": …, "de": …, "en": …}`; the error names the language that is missing."""

    widget = FourTexts

    def __init__(self, **kwargs: Any) -> None:
        for name in ("encoder", "decoder", "max_length"):
            kwargs.pop(name, None)
        super().__init__(
            fields=[forms.CharField(required=False) for _code in LANGUAGES],
            require_all_fields=False,
            **kwargs,
        )

    def clean(self, value: Any) -> dict[str, str]:
        texts = {
            code: (text or "").strip()
            for code, text in zip(LANGUAGES, value or [""] * len(LANGUAGES), strict=True)
        }
        if any("\x00" in text for text in texts.values()):
            raise ValidationError(_("Ce texte contient un caractère qui ne peut pas être gardé."))
        if not any(texts.values()):
            if self.required:
                raise ValidationError(
                    _("Écrivez ce texte en français, néerlandais, allemand et anglais."),
                    code="required",
                )
            return texts
        if missing := missing_languages(texts):
            raise ValidationError(
                _("Il manque ce texte en : %(languages)s."),
                code="incomplete",
                params={"languages": missing},
            )
        return texts

    def compress(self, data_list: Any) -> Any:
        raise NotImplementedError("clean() makes the value")


class TextList(forms.Widget):
    """Texts in four languages, one after the other, with their order; some empty ones to fill."""

    template_name = "consent_staff/_text_list.html"
    use_fieldset = True
    EMPTY = 2
    MOST = 100

    def value_from_datadict(self, data: Any, files: Any, name: str) -> list[dict[str, str]]:
        count = str(data.get(f"{name}-count") or "0")
        rows = []
        for index in range(min(int(count) if count.isdigit() else 0, self.MOST)):
            order = str(data.get(f"{name}-{index}-order") or "")
            texts = {
                code: one_kind_of_line(data.get(f"{name}-{index}-{code}") or "").strip()
                for code in LANGUAGES
            }
            place = int(order) if order.isdigit() else self.MOST
            # At one place: what moved up comes first, what moved down last.
            moved = (place > index + 1) - (place < index + 1)
            rows.append((place, moved, index, texts))
        return [row[-1] for row in sorted(rows, key=lambda row: row[:3])]

    def value_omitted_from_data(self, data: Any, files: Any, name: str) -> bool:
        return f"{name}-count" not in data

    def format_value(self, value: Any) -> list[dict[str, str]]:
        return [row for row in value or [] if any(row.values())]

    def get_context(self, name: str, value: Any, attrs: Any) -> dict[str, Any]:
        context = super().get_context(name, None, attrs)
        filled = self.format_value(value)
        rows = [*filled, *({} for _index in range(self.EMPTY))]
        context["widget"]["rows"] = [
            {
                "index": index,
                "order": index + 1,
                "is_new": index >= len(filled),
                "languages": [
                    {"code": code, "label": LABELS[code], "text": row.get(code, "")}
                    for code in LANGUAGES
                ],
            }
            for index, row in enumerate(rows)
        ]
        return context


class TextListField(forms.Field):
    """`[{"fr": …, …}, …]`; an element with four empty texts is left out."""

    widget = TextList

    def clean(self, value: Any) -> list[dict[str, str]]:
        kept = [row for row in value or [] if any(row.values())]
        errors = [
            ValidationError(
                _("Élément %(number)s : il manque le texte en : %(languages)s."),
                params={"number": number, "languages": missing},
            )
            for number, row in enumerate(kept, 1)
            if (missing := missing_languages(row))
        ]
        if errors:
            raise ValidationError(errors)
        if self.required and not kept:
            raise ValidationError(self.error_messages["required"], code="required")
        return kept

    def has_changed(self, initial: Any, data: Any) -> bool:
        return list(initial or []) != [row for row in data or [] if any(row.values())]
