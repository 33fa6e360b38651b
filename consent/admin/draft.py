"""The register as a draft, its four languages side by side: nobody sees it before publishing."""

from collections.abc import Callable
from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from consent.enums import LANGUAGES
from consent.fields import TranslatedField
from consent.forms.presets import form_for
from consent.forms.rows import CookieForm, PolicyBlockForm, RowForm, ServiceForm
from consent.forms.texts import LABELS
from consent.models import (
    BannerText,
    Browser,
    Category,
    Cookie,
    Fact,
    PolicyBlock,
    PresetRule,
    Service,
)

SHORT = 90


def french(name: str, label: Any) -> Callable[[Any], str]:
    """A column with the French text, short."""

    @admin.display(description=label)
    def column(row: Any) -> str:
        text = str(getattr(row, name).get("fr", ""))
        return text if len(text) <= SHORT else f"{text[:SHORT]}…"

    return column


def _read_only(field: Any) -> Callable[[Any], str]:
    """Texts for somebody who may look and not write."""

    @admin.display(description=field.verbose_name)
    def shown(row: Any) -> str:
        value = getattr(row, field.name)
        texts = value if isinstance(value, list) else [value]
        return render_to_string(
            "consent_staff/_texts_shown.html",
            {"texts": [[(c, LABELS[c], text.get(c, "")) for c in LANGUAGES] for text in texts]},
        )

    shown.__name__ = f"{field.name}_shown"
    return shown


class DraftAdmin(admin.ModelAdmin):
    """A row of the register's draft: nobody sees it before it is published."""

    personal = False
    form = RowForm
    show_full_result_count = False
    list_per_page = 100
    change_list_template = "consent_staff/draft_list.html"
    change_form_template = "consent_staff/draft_form.html"
    delete_confirmation_template = "consent_staff/draft_delete.html"
    # What names the row; texts and overrides quote it, so it stays once it is there.
    name_field = "key"

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        if obj is not None and not self.has_change_permission(request, obj):
            return self.get_fields(request, obj)
        return (self.name_field,) if obj is not None and self.name_field else ()

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        if obj is not None and not self.has_change_permission(request, obj):
            return [
                _read_only(field)
                if isinstance(field, TranslatedField) or field.name == "items"
                else field.name
                for field in self.model._meta.fields
                if not field.primary_key
            ]
        return super().get_fields(request, obj)

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> Any:
        title = capfirst(self.opts.verbose_name_plural)
        return super().changelist_view(request, {"title": title})


class FixedRowsAdmin(DraftAdmin):
    """The code knows these rows by name: they are written, never added or taken away."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Fact)
class FactAdmin(DraftAdmin):
    list_display = ("key", french("words", _("mots (français)")), "amount", "unit")
    search_fields = ("key", "words__fr", "words__nl", "words__de", "words__en")
    fields = ("key", "words", "amount", "unit", "position")


@admin.register(Category)
class CategoryAdmin(DraftAdmin):
    list_display = ("__str__", "key", "required", french("description", _("description")))
    search_fields = ("key", "name__fr", "description__fr")
    fields = ("key", "required", "name", "description", "position")


@admin.register(Service)
class ServiceAdmin(DraftAdmin):
    form = ServiceForm
    list_display = (
        "__str__", "category", "country", french("purpose", _("finalité")), "transfer_reviewed_on",
    )  # fmt: skip
    list_select_related = ("category",)
    search_fields = ("key", "name__fr", "company__fr", "purpose__fr", "hosts")
    fields = ServiceForm.Meta.fields


@admin.register(Cookie)
class CookieAdmin(DraftAdmin):
    form = CookieForm
    name_field = ""
    list_display = (
        "name", "service", french("lifetime", _("durée, en mots")), "lifetime_seconds",
        french("purpose", _("finalité")),
    )  # fmt: skip
    list_select_related = ("service",)
    search_fields = ("name", "purpose__fr", "provenance__fr", "lifetime__fr")
    fields = CookieForm.Meta.fields


@admin.register(Browser)
class BrowserAdmin(DraftAdmin):
    form = RowForm
    list_display = ("label", "url", "is_obsolete")
    search_fields = ("key", "label", "url")
    fields = ("key", "label", "url", "is_obsolete", "position")


@admin.register(BannerText)
class BannerTextAdmin(FixedRowsAdmin):
    list_display = ("key", french("text", _("texte (français)")))
    search_fields = ("key", "text__fr", "text__nl", "text__de", "text__en")
    fields = ("key", "text")


@admin.register(PolicyBlock)
class PolicyBlockAdmin(DraftAdmin):
    form = PolicyBlockForm
    list_display = ("key", "kind", "french_text", "tension", "position")
    list_filter = ("kind",)
    search_fields = ("key", "text__fr", "items", "tension", "text__nl", "text__de", "text__en")
    fields = PolicyBlockForm.Meta.fields

    @admin.display(description=_("texte (français)"))
    def french_text(self, obj: PolicyBlock) -> str:
        texts = [obj.text.get("fr", ""), *(item.get("fr", "") for item in obj.items)]
        text = " · ".join(text for text in texts if text)
        return text if len(text) <= SHORT else f"{text[:SHORT]}…"


@admin.register(PresetRule)
class PresetRuleAdmin(FixedRowsAdmin):
    """What a preset replaces, field by field; it is chosen on the screen of the presets."""

    list_display = ("__str__",)
    search_fields = ("preset",)
    name_field = ""

    def get_form(
        self,
        request: HttpRequest,
        obj: Any = None,
        change: bool = False,  # noqa: FBT001, FBT002  Django's signature
        **kwargs: Any,
    ) -> Any:
        if obj is not None and self.has_change_permission(request, obj):
            return form_for(obj)
        return super().get_form(request, obj, change, **kwargs)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return ("preset", _replaced)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return ("preset", _replaced)

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        if obj is None or not self.has_change_permission(request, obj):
            return super().get_fieldsets(request, obj)
        rows = form_for(obj).rows
        names: dict[str, list[str]] = {"cookies": [], "browsers": [], "facts": []}
        for name, (section, _key, _what) in rows.items():
            names[section].append(name)
        return (
            (None, {"fields": ("preset",)}),
            (_("Cookies"), {"fields": names["cookies"]}),
            (_("Navigateurs"), {"fields": names["browsers"]}),
            (_("Faits de la politique"), {"fields": names["facts"], "classes": ("collapse",)}),
        )


@admin.display(description=_("remplacements"))
def _replaced(rule: PresetRule) -> str:
    rows = [
        (key, what, value.get("fr", "") if isinstance(value, dict) else value)
        for section in rule.overrides.values()
        for key, values in section.items()
        for what, value in values.items()
    ]
    return render_to_string("consent_staff/_replaced.html", {"rows": rows})
