"""« Conformité »: the warnings, by level, and one page each to work through."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseNotAllowed,
    HttpResponseRedirect,
)
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from clicknconnect.dashboard import ToDo, to_do
from consent.admin.base import ReadOnlyAdmin
from consent.admin.shown import people
from consent.conformity import (
    NotOpen,
    ShortReason,
    Status,
    acknowledge,
    open_warnings,
    statuses,
)
from consent.models import Acknowledgement

LEVELS = {
    "L1": _("Loi contredite si les mots sont pris à la lettre"),
    "L2": _("Recommandation d'une autorité"),
    "L3": _("Fait périmé ou incohérent"),
    "watch": _("À suivre : pas encore une loi"),
}
LONGEST_REASON = 4000


@to_do
def open_ones(request: HttpRequest, now: datetime) -> Iterator[ToDo]:
    """One line of the front page: how many warnings wait, and whether the law is at stake."""
    if not request.user.has_perm("consent.view_acknowledgement"):
        return
    waiting = open_warnings(now=now)
    if waiting:
        yield ToDo(
            text=ngettext(
                "%(count)d avertissement de conformité attend une réponse.",
                "%(count)d avertissements de conformité attendent une réponse.",
                len(waiting),
            )
            % {"count": len(waiting)},
            url=reverse("admin:consent_acknowledgement_changelist"),
            is_urgent=any(warning.level == "L1" for warning in waiting),
        )


@admin.register(Acknowledgement)
class ConformityAdmin(ReadOnlyAdmin):
    """Its list is the list of warnings; what staff answered stands on the page of each."""

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        return [
            path("", wrap(self.warnings), name="consent_acknowledgement_changelist"),
            # Django's own but for its last, which would take every address after it.
            *(url for url in super().get_urls() if url.name),
            path("<slug:warning>/", wrap(self.warning), name="consent_conformity_warning"),
        ]

    def _require_view(self, request: HttpRequest) -> None:
        if not self.has_view_permission(request):
            raise PermissionDenied

    def _page(self, request: HttpRequest, template: str, **context: Any) -> HttpResponse:
        return TemplateResponse(
            request,
            f"consent_staff/{template}",
            {**self.admin_site.each_context(request), "opts": self.opts, **context},
        )

    def warnings(self, request: HttpRequest) -> HttpResponse:
        self._require_view(request)
        found = statuses(now=datetime.now(UTC))
        levels = [
            {
                "id": level,
                "title": title,
                "statuses": [s for s in found if s.concern.level == level],
                "open": sum(s.concern.level == level and s.state == "open" for s in found),
                "all": sum(s.concern.level == level for s in found),
            }
            for level, title in LEVELS.items()
        ]
        return self._page(
            request,
            "conformity.html",
            title=_("Conformité"),
            levels=levels,
            open_count=sum(s.state == "open" for s in found),
        )

    def warning(self, request: HttpRequest, warning: str) -> HttpResponse:
        return _one(self, request, warning)


def _one(site: ConformityAdmin, request: HttpRequest, warning: str) -> HttpResponse:
    site._require_view(request)
    if request.method not in {"GET", "HEAD", "POST"}:
        return HttpResponseNotAllowed(["GET", "HEAD", "POST"])
    now = datetime.now(UTC)
    error = ""
    if request.method == "POST":
        if not request.user.has_perm("consent.add_acknowledgement"):
            raise PermissionDenied
        error = _answered(request, warning, now)
        if not error:
            return HttpResponseRedirect(request.path)
    status = next((s for s in statuses(now=now) if s.concern.id == warning), None)
    if status is None:
        raise Http404
    return site._page(
        request,
        "warning.html",
        title=f"{status.concern.id} – {status.concern.title}",
        status=status,
        level=LEVELS[status.concern.level],
        history=_history(status),
        may_answer=request.user.has_perm("consent.add_acknowledgement"),
        error=error,
        reason=request.POST.get("reason", ""),
    )


def _answered(request: HttpRequest, warning: str, now: datetime) -> str:
    """Accept; else the sentence that says what to mend."""
    user: Any = request.user
    reason = request.POST.get("reason", "").replace("\r\n", "\n")
    if len(reason) > LONGEST_REASON or "\x00" in reason:
        return str(_("Le motif est trop long."))
    try:
        acknowledge(
            warning=warning,
            sha256=request.POST.get("sha256", ""),
            reason=reason,
            by=user,
            now=now,
        )
    except ShortReason:
        return str(_("Écrivez un motif que quelqu'un comprendra plus tard : au moins 10 signes."))
    except NotOpen:
        return str(
            _(
                "Rien n'a été enregistré : cet avertissement n'est plus ouvert pour les mots que "
                "vous aviez sous les yeux. Voici son état de maintenant."
            )
        )
    messages.success(request, _("Le motif est enregistré."))
    return ""


def _history(status: Status) -> list[dict[str, Any]]:
    rows = list(Acknowledgement.objects.filter(warning=status.concern.id).order_by("-at"))
    names = people(row.actor for row in rows)
    return [
        {
            "at": row.at,
            "who": names.get(row.actor, "—"),
            "reason": row.reason,
            "publication": row.publication,
            "quoted": row.quoted,
            "holds": row.sha256 == status.sha256,
        }
        for row in rows
    ]
