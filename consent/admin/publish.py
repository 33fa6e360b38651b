"""The screens that publish: the draft beside what is in force, its discard, the presets."""

from datetime import UTC, datetime
from typing import Any

from django.conf import settings
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from consent import presets
from consent.admin import shown
from consent.draft import Review, review
from consent.enums import LANGUAGES, Preset
from consent.forms.texts import LABELS
from consent.models import Publication
from consent.offers import offers
from consent.periods import local_day
from consent.publishing import DraftChanged, RegisterDisagrees, discard, publish
from consent.register.file import MalformedRegister

MAY_PUBLISH = "consent.publish_publication"


def may_publish(request: HttpRequest) -> bool:
    return request.user.has_perm(MAY_PUBLISH)


def require_view(request: HttpRequest) -> None:
    if not request.user.has_perm("consent.view_publication"):
        raise PermissionDenied


def _require_publish(request: HttpRequest) -> None:
    if not may_publish(request):
        raise PermissionDenied


def _page(request: HttpRequest, template: str, title: str, context: dict[str, Any]) -> HttpResponse:
    return TemplateResponse(
        request,
        template,
        {
            **admin.site.each_context(request),
            "title": title,
            "may_publish": may_publish(request),
            "opts": Publication._meta,
            **context,
        },
    )


def _told(found: Review) -> dict[str, Any]:
    places = shown.Places()
    return {
        "review": found,
        "preset_label": Preset(found.preset).label,
        "changes": shown.changes(found.changes, places),
        "problems": shown.problems(found.problems, places),
        "reasons": shown.reasons(found.reasons, places),
        "lines": [
            {"code": code, "label": LABELS[code], "difference": found.lines.get(code, [])}
            for code in LANGUAGES
        ],
        "previews": [
            {"code": code, "label": LABELS[code], "url": preview_url(code, found)}
            for code in LANGUAGES
        ],
        "today": local_day(datetime.now(UTC)),
    }


def preview_url(language: str, found: Review, what: str = "policy") -> str:
    address = reverse("admin:consent_preview", args=[what, language])
    return f"{address}?preset={found.preset}"


def _confirmed(request: HttpRequest) -> bool:
    if request.POST.get("confirm") == "yes":
        return True
    messages.error(request, _("Cochez la case qui confirme, puis recommencez."))
    return False


def _drifted(request: HttpRequest) -> None:
    messages.error(
        request,
        _(
            "Rien n'a été fait : le brouillon, ou ce qui est publié, a changé depuis que vous "
            "l'avez regardé. Voici l'état de maintenant ; relisez-le, puis confirmez."
        ),
    )


def _published(request: HttpRequest, version: Publication | None, before: int) -> None:
    if version is None:
        messages.warning(request, _("Rien n'a changé depuis la dernière version."))
    elif version.notice_id == before:
        messages.success(
            request,
            _(
                "La version %(number)s est publiée et en vigueur. Personne ne doit choisir à "
                "nouveau."
            )
            % {"number": version.number},
        )
    else:
        messages.success(
            request,
            _(
                "La version %(number)s est publiée et en vigueur. Chaque visiteur doit choisir à "
                "nouveau (notice %(notice)s)."
            )
            % {"number": version.number, "notice": version.notice_id},
        )


def _newest_notice() -> int:
    return Publication.objects.order_by("-number").values_list("notice_id", flat=True).first() or 0


@require_http_methods(["GET", "HEAD", "POST"])
def publish_view(request: HttpRequest) -> HttpResponse:
    require_view(request)
    here = reverse("admin:consent_publish")
    if request.method == "POST":
        _require_publish(request)
        if _confirmed(request):
            before = _newest_notice()
            version = _try(request, before, preset=presets.chosen())
            if version is not None:
                _take_offers(request, version)
                page = reverse("admin:consent_publication_change", args=[version.number])
                return HttpResponseRedirect(page)
        return HttpResponseRedirect(here)
    context = {**_told(review(preset=presets.chosen())), "offers": list(offers.values())}
    return _page(request, "consent_staff/publish.html", _("Publier le brouillon"), context)


def _take_offers(request: HttpRequest, version: Publication) -> None:
    """What was ticked, in the transaction of the publication."""
    user: Any = request.user
    for made in offers.values():
        if request.POST.get(f"offer-{made.key}") == "yes":
            messages.success(request, made.do(version, user, datetime.now(UTC)))


def _try(request: HttpRequest, before: int, *, preset: str) -> Publication | None:
    now, token = datetime.now(UTC), request.POST.get("token", "")
    user: Any = request.user
    try:
        version = publish(now=now, preset=preset, by=user, expected=token)
    except DraftChanged:
        _drifted(request)
        return None
    except (RegisterDisagrees, MalformedRegister):
        # The screen that follows names each problem with its row.
        messages.error(request, _("Rien n'a été publié : corrigez d'abord ce qui bloque."))
        return None
    _published(request, version, before)
    return version


@require_http_methods(["GET", "HEAD", "POST"])
def discard_view(request: HttpRequest) -> HttpResponse:
    _require_publish(request)
    if request.method == "POST":
        if not _confirmed(request):
            return HttpResponseRedirect(reverse("admin:consent_discard"))
        user: Any = request.user
        try:
            discard(by=user, now=datetime.now(UTC), expected=request.POST.get("token", ""))
        except DraftChanged:
            _drifted(request)
            return HttpResponseRedirect(reverse("admin:consent_discard"))
        messages.success(request, _("Le brouillon est de nouveau ce qui est publié."))
        return HttpResponseRedirect(reverse("admin:consent_publish"))
    last = Publication.objects.order_by("-number").values_list("preset", flat=True).first()
    found = review(preset=last or presets.chosen())
    title = _("Abandonner le brouillon")
    return _page(request, "consent_staff/discard.html", title, _told(found))


@require_http_methods(["GET", "HEAD", "POST"])
def preset_view(request: HttpRequest) -> HttpResponse:
    """The other preset: its effect, before it is published."""
    require_view(request)
    here = reverse("admin:consent_preset")
    current = presets.chosen()
    other = next(preset for preset in Preset.values if preset != current)
    now_review = review(preset=current)
    if request.method == "POST":
        _require_publish(request)
        if now_review.changes_something or request.POST.get("preset") != other:
            _drifted(request)
        elif _confirmed(request):
            version = _switch(request, other)
            if version is not None:
                page = reverse("admin:consent_publication_change", args=[version.number])
                return HttpResponseRedirect(page)
        return HttpResponseRedirect(here)
    # An open draft waits; what is shown is the preset's own effect on what is published.
    kept = now_review.last.source if now_review.changes_something and now_review.last else None
    context = _told(review(preset=other, source=kept))
    context |= {
        "current": current,
        "current_label": Preset(current).label,
        "other": other,
        "has_open_draft": now_review.changes_something,
        "by_staff": presets.by_staff(),
        "environment": Preset(settings.POLICY_PRESET).label,
    }
    return _page(request, "consent_staff/preset.html", _("Préréglage de la politique"), context)


def _switch(request: HttpRequest, other: str) -> Publication | None:
    user: Any = request.user
    before = _newest_notice()
    try:
        version = presets.switch(
            to=other, by=user, now=datetime.now(UTC), expected=request.POST.get("token", "")
        )
    except DraftChanged:
        _drifted(request)
        return None
    except (RegisterDisagrees, MalformedRegister):
        messages.error(request, _("Rien n'a été publié : corrigez d'abord ce qui bloque."))
        return None
    _published(request, version, before)
    return version
