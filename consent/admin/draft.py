"""The register as a draft: nobody sees it before it is published."""

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

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


class DraftAdmin(admin.ModelAdmin):
    """A row of the register's draft: nobody sees it before it is published."""

    personal = False
    show_full_result_count = False


@admin.register(Cookie)
class CookieAdmin(DraftAdmin):
    list_display = ("name", "service", "french_lifetime", "lifetime_seconds")
    list_select_related = ("service",)

    @admin.display(description=_("durée, en mots"))
    def french_lifetime(self, obj: Cookie) -> str:
        return str(obj.lifetime.get("fr", ""))


@admin.register(Service)
class ServiceAdmin(DraftAdmin):
    list_display = ("__str__", "category", "country", "transfer_reviewed_on")
    list_select_related = ("category",)


@admin.register(Category)
class CategoryAdmin(DraftAdmin):
    list_display = ("__str__", "key", "required")


@admin.register(PolicyBlock)
class PolicyBlockAdmin(DraftAdmin):
    list_display = ("key", "kind", "french", "tension", "position")
    list_filter = ("kind",)

    @admin.display(description=_("texte"))
    def french(self, obj: PolicyBlock) -> str:
        return str(obj.text.get("fr", ""))[:100]


@admin.register(Fact, BannerText, Browser, PresetRule)
class PlainDraftAdmin(DraftAdmin):
    pass
