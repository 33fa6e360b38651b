"""Campaigns, and what people chose and objected to."""

from datetime import UTC, datetime
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from consent.admin.base import ReadOnlyAdmin
from consent.enums import LANGUAGES
from consent.forms.texts import LABELS
from privacy import campaigns
from privacy.campaigns import NotReady
from privacy.marketing import may_be_written_to
from privacy.models import (
    Campaign,
    CampaignDelivery,
    Channel,
    DataSubject,
    MarketingChoice,
    Objection,
)
from privacy.sending import State, tally

# Whose outcome somebody may want to look into; the rest are counted only.
TROUBLED = (State.UNKNOWN, State.REFUSED)
MOST_TROUBLED = 100


@admin.register(Campaign)
class CampaignAdmin(admin.ModelAdmin):
    """Written and read here; sent from a page that says how many it would reach now."""

    actions = None
    show_full_result_count = False
    list_display = ("name", "channel", "state", "started_at", "ended_at", "sending")
    ordering = ("-id",)
    fields = ("name", "channel", "subject", "body")
    readonly_fields = ("state", "created_by", "started_at", "ended_at", "sending")

    def get_fields(self, request: HttpRequest, obj: Campaign | None = None) -> Any:
        return self.fields if obj is None else (*self.fields, *self.readonly_fields)

    def has_change_permission(self, request: HttpRequest, obj: Campaign | None = None) -> bool:
        """What people got stays as it was sent."""
        return _is_draft(obj) and super().has_change_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Campaign | None = None) -> bool:
        return _is_draft(obj) and super().has_delete_permission(request, obj)

    def save_model(self, request: HttpRequest, obj: Campaign, form: Any, change: bool) -> None:  # noqa: FBT001  Django's signature
        if not change:
            obj.created_by = request.user  # type: ignore[assignment]
        super().save_model(request, obj, form, change)

    @admin.display(description=gettext_lazy("envoi"))
    def sending(self, obj: Campaign) -> SafeString:
        where = reverse("admin:privacy_campaign_send", args=[obj.pk])
        return format_html('<a href="{}">{}</a>', where, _("Aperçu, envoi et suivi"))

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.send)
        return [
            path("<uuid:pk>/send/", view, name="privacy_campaign_send"),
            *super().get_urls(),
        ]

    def send(self, request: HttpRequest, pk: Any) -> HttpResponse:
        """The letter in each language, how many it would reach now, the buttons, the progress."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        campaign = Campaign.objects.filter(pk=pk).first()
        if campaign is None:
            raise Http404
        if request.method == "POST":
            return self._act(request, campaign)
        now = datetime.now(UTC)
        is_draft, is_mail = _is_draft(campaign), campaign.channel == Channel.EMAIL
        deliveries = CampaignDelivery.objects.filter(campaign=campaign)
        context = {
            **self.admin_site.each_context(request),
            "title": campaign.name,
            "opts": self.opts,
            "campaign": campaign,
            "is_mail": is_mail,
            "is_written": campaigns.is_written(campaign),
            "may_send": request.user.has_perm("privacy.send_campaign"),
            "may_start": is_draft,
            "reach": may_be_written_to(campaign.channel, now).count()
            if is_draft or not is_mail
            else None,
            "letters": _letters(campaign) if is_mail else [],
            "tally": tally(deliveries),
            "troubled": deliveries.filter(state__in=TROUBLED)
            .select_related("person")
            .order_by("pk")[:MOST_TROUBLED],
        }
        return TemplateResponse(request, "privacy_staff/campaign.html", context)

    def _act(self, request: HttpRequest, campaign: Campaign) -> HttpResponse:
        if not request.user.has_perm("privacy.send_campaign"):
            raise PermissionDenied
        here = HttpResponseRedirect(reverse("admin:privacy_campaign_send", args=[campaign.pk]))
        if request.POST.get("confirm") != "yes":
            messages.error(request, _("Cochez la case qui confirme, puis recommencez."))
            return here
        who: Any = {"campaign": campaign, "by": request.user, "now": datetime.now(UTC)}
        try:
            match request.POST.get("act"):
                case "start":
                    messages.success(request, _planned(campaigns.start(**who)))
                case "stop":
                    campaigns.stop(**who)
                    messages.success(request, _("L'envoi est arrêté. Ce qui restait ne part pas."))
                case "export":
                    return _file(campaigns.export(**who))
                case _:
                    raise Http404
        except NotReady as error:
            messages.error(request, str(error))
        return here


def _is_draft(obj: Campaign | None) -> bool:
    return obj is None or obj.state == Campaign.State.DRAFT


def _planned(count: int) -> str:
    words = ngettext(
        "{count} message est prévu ; il part dans la minute.",
        "{count} messages sont prévus ; ils partent dans la minute.",
        count,
    )
    return words.format(count=count)


def _file(text: str) -> HttpResponse:
    response = HttpResponse(text, content_type="text/csv; charset=utf-8")
    response.headers["Content-Disposition"] = 'attachment; filename="campagne.csv"'
    response.headers["Cache-Control"] = "no-store"
    return response


def _letters(campaign: Campaign) -> list[dict[str, Any]]:
    """As somebody would get it; the link leads to nobody."""
    letters = []
    for code in LANGUAGES:
        letter = campaigns.letter(campaign, DataSubject(language=code))
        letters.append(
            {"code": code, "label": LABELS[code], "subject": letter.subject, "body": letter.body}
        )
    return letters


@admin.register(MarketingChoice)
class MarketingChoiceAdmin(ReadOnlyAdmin):
    list_display = ("at", "person", "channel", "given", "source")
    list_filter = ("channel", "given", "source")
    list_select_related = ("person",)
    search_fields = ("person__reference", "person__email")
    ordering = ("-id",)


@admin.register(Objection)
class ObjectionAdmin(ReadOnlyAdmin):
    list_display = ("at", "person", "kind", "source", "ended_at")
    list_filter = ("kind", "source")
    list_select_related = ("person",)
    search_fields = ("person__reference", "person__email")
    ordering = ("-id",)
