"""Telling people of a new version of the policy, and how far that is."""

from datetime import UTC, datetime
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from consent.admin.base import ReadOnlyAdmin
from consent.audit import Actor
from consent.models import Publication
from consent.offers import Offer, offer
from privacy.models import PolicyNotice
from privacy.notices import active_people, announce_version
from privacy.sending import State

SCREEN = "admin:privacy_policynotice_changelist"
# Older versions are over: whoever comes later never knew them.
SHOWN = 10


def _announce(publication: Publication, by: Actor, now: datetime) -> str:
    planned = announce_version(publication, by, now)
    words = ngettext(
        "{count} personne active sera prévenue par e-mail.",
        "{count} personnes actives seront prévenues par e-mail.",
        planned,
    )
    return words.format(count=planned)


offer(
    Offer(
        key="notify",
        label=gettext_lazy("Prévenir les personnes actives par e-mail de ce qui change."),
        do=_announce,
    )
)


@admin.register(PolicyNotice)
class PolicyNoticeAdmin(ReadOnlyAdmin):
    """Its list is the screen: versions with their progress; it names nobody."""

    list_select_related = ("person",)

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        may_announce = request.user.has_perm("consent.publish_publication")
        newest = Publication.objects.defer("source", "content").order_by("-number")
        if request.method == "POST":
            if not may_announce:
                raise PermissionDenied
            return self._announce(request, newest.first())
        versions = list(newest[:SHOWN])
        context = {
            **self.admin_site.each_context(request),
            "title": _("Avis de changement de la politique"),
            "opts": self.opts,
            "versions": [(version, states) for version, states in _progress(versions)],
            "active": active_people(datetime.now(UTC)).count(),
            "may_announce": may_announce,
        }
        return TemplateResponse(request, "privacy_staff/policy_notices.html", context)

    def _announce(self, request: HttpRequest, newest: Publication | None) -> HttpResponse:
        """Only the newest: a letter about an older one would be wrong by now."""
        if newest is None or request.POST.get("version") != str(newest.number):
            messages.error(
                request, _("Une autre version est en vigueur depuis. Relisez, puis recommencez.")
            )
        elif request.POST.get("confirm") != "yes":
            messages.error(request, _("Cochez la case qui confirme, puis recommencez."))
        else:
            user: Any = request.user
            messages.success(request, _announce(newest, user, datetime.now(UTC)))
        return redirect(SCREEN)


def _progress(versions: list[Publication]) -> list[tuple[Publication, list[dict[str, Any]]]]:
    """Each version with its states and how many are in each; one query."""
    counted: dict[int, dict[str, int]] = {}
    found = PolicyNotice.objects.filter(publication__in=[one.number for one in versions])
    for number, state, count in found.values_list("publication", "state").annotate(Count("pk")):
        counted.setdefault(number, {})[state] = count
    return [
        (
            version,
            [
                {"label": state.label, "count": counted[version.number][state]}
                for state in State
                if state in counted.get(version.number, {})
            ],
        )
        for version in versions
    ]
