"""The queue of requests by due date, the page of one, and what staff do there."""

from datetime import UTC, datetime, timedelta
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Count, F, Q, QuerySet
from django.db.models.functions import Coalesce
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import path, reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from clicknconnect.dashboard import ToDo, to_do
from clicknconnect.middleware import takes_files
from consent.admin.base import ReadOnlyAdmin
from consent.periods import local_day
from privacy.admin import request_copies, request_files, request_letters, request_report
from privacy.admin.people import ShortPaginator
from privacy.models import Right, RightsRequest, User
from privacy.requests import desk, entering, filing, four_eyes, panels, view
from privacy.requests.act import HANDLE
from privacy.requests.forms import EnteredForm
from privacy.requests.moves import NotPossible
from privacy.requests.states import OPEN, Status
from privacy.requests.suggested import is_suggested

ENTER = HANDLE


class LatenessFilter(admin.SimpleListFilter):
    """What is open, unless somebody asks for more: it is a queue."""

    title = gettext_lazy("échéance")
    parameter_name = "late"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [
            ("open", _("ouvertes")),
            ("all", _("toutes, les terminées aussi")),
            ("late", _("en retard")),
            ("deemed", _("réputées rejetées")),
            ("triage", _("à trier")),
        ]

    def choices(self, changelist: Any) -> Any:
        """Without Django's « all », which stands for no parameter."""
        for number, (value, words) in enumerate(self.lookup_choices):
            yield {
                "selected": self.value() == value or (not number and self.value() is None),
                "query_string": changelist.get_query_string({self.parameter_name: value}),
                "display": words,
            }

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        match self.value():
            case "open" | None:
                return queryset.filter(status__in=OPEN)
            case "late":
                today = local_day(datetime.now(UTC))
                return queryset.filter(status__in=OPEN, due__lt=today)
            case "deemed":
                return queryset.filter(deemed_refused_at__isnull=False)
            case "triage":
                return queryset.filter(status=Status.TRIAGE)
        return queryset


class RightFilter(admin.SimpleListFilter):
    title = gettext_lazy("droit")
    parameter_name = "right"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return list(Right.choices)

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(rights__contains=[self.value()]) if self.value() else queryset


@admin.register(RightsRequest)
class RightsRequestAdmin(ReadOnlyAdmin):
    list_display = (
        "reference",
        "standing",
        "due_day",
        "status",
        "asked_rights",
        "channel",
        "handler",
    )
    list_filter = (LatenessFilter, "status", RightFilter, "channel")
    list_select_related = ("handler",)
    search_fields = ("reference", "name", "email")
    change_list_template = "requests_staff/list.html"
    # Neither the count, nor one page of all, nor counts beside the filters read every request.
    paginator = ShortPaginator
    list_max_show_all = 0
    show_facets = admin.ShowFacets.NEVER

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        due = Coalesce(F("extended_due_on"), F("legal_due_on"))
        found: QuerySet[Any] = super().get_queryset(request)
        with_due: QuerySet[Any] = found.annotate(due=due)
        return with_due

    def get_ordering(self, request: HttpRequest) -> Any:
        return ("legal_due_on", "pk")

    @admin.display(description=gettext_lazy("délai"))
    def standing(self, obj: RightsRequest) -> str:
        found = view.lateness(obj, local_day(datetime.now(UTC)))
        return format_html('<span class="staff-tag due-{}">{}</span>', found.level, found.words)

    @admin.display(description=gettext_lazy("échéance"), ordering="legal_due_on")
    def due_day(self, obj: RightsRequest) -> Any:
        return obj.due_on

    @admin.display(description=gettext_lazy("droits"))
    def asked_rights(self, obj: RightsRequest) -> str:
        return ", ".join(obj.rights_words)

    def get_urls(self) -> list[Any]:
        wrap = self.admin_site.admin_view
        return [
            path("report/", wrap(self.report_view), name="privacy_rightsrequest_report"),
            path("enter/", wrap(self.enter_view), name="privacy_rightsrequest_enter"),
            path(
                "<uuid:object_id>/act/<str:act>/",
                wrap(self.act_view),
                name="privacy_rightsrequest_act",
            ),
            *request_copies.urls(self),
            *request_letters.urls(self),
            *request_files.urls(wrap),
            *super().get_urls(),
        ]

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        extra = {"may_enter": request.user.has_perm(ENTER), **(extra_context or {})}
        return super().changelist_view(request, extra)

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """The request's own page; what changes it is posted to an act."""
        if request.method == "POST" or not self.has_view_permission(request):
            raise PermissionDenied
        found = self.get_object(request, object_id)
        if found is None:
            raise Http404
        ready = request_letters.ready_form(found, request.GET.get("ready", ""))
        return self._page(request, found, bound=ready, opened="complete" if ready else "")

    def _page(
        self,
        request: HttpRequest,
        asked: RightsRequest,
        *,
        bound: forms.Form | None = None,
        opened: str = "",
        shown_once: str = "",
        status: int = 200,
    ) -> HttpResponse:
        who, now = request.user, datetime.now(UTC)
        assert isinstance(who, User)
        offered: list[dict[str, Any]] = [
            {
                "act": act,
                "form": bound
                if act.name == opened and bound is not None
                else act.form_of(asked, auto_id=f"{act.name}-%s"),
                "is_open": act.name == opened,
                "url": reverse("admin:privacy_rightsrequest_act", args=[asked.pk, act.name]),
            }
            for act in desk.offered(asked, to=who)
        ]
        first = [line for line in offered if is_suggested(line["act"].name, asked)]
        others = [line for line in offered if line not in first]
        context = {
            **self.admin_site.each_context(request),
            **view.page(asked, now=now),
            "title": asked.reference,
            "opts": self.opts,
            "groups": [
                (_("Ce qui est demandé"), first),
                (_("Autres actes") if first else _("Que faire"), others),
            ],
            "shown_once": shown_once,
            "ready": request_letters.ready_choices(),
            "may_print": who.has_perm(HANDLE),
            "panels": panels.shown(panels.STAFF, asked, who=who, now=now),
        }
        return render(request, "requests_staff/request.html", context, status=status)

    def act_view(self, request: HttpRequest, object_id: Any, act: str) -> HttpResponse:
        return _act(self, request, object_id, act)

    def report_view(self, request: HttpRequest) -> HttpResponse:
        return request_report.page(self, request)

    @takes_files
    def enter_view(self, request: HttpRequest) -> HttpResponse:
        return _enter(self, request)


def _act(screen: RightsRequestAdmin, request: HttpRequest, key: Any, name: str) -> HttpResponse:
    who, act = request.user, desk.ACTS.get(name)
    assert isinstance(who, User)
    if act is None:
        raise Http404
    if request.method != "POST" or not who.has_perm(act.permission):
        raise PermissionDenied
    asked = get_object_or_404(RightsRequest, pk=key)
    form = act.form_of(asked, request.POST, auto_id=f"{act.name}-%s")
    if not form.is_valid():
        return screen._page(request, asked, bound=form, opened=name, status=422)
    try:
        done = act.do(request=asked, by=who, now=datetime.now(UTC), **form.cleaned_data)
    except NotPossible as error:
        messages.error(request, str(error))
    else:
        if four_eyes.needs(name) and four_eyes.waiting(done) is not None:
            words = _("Proposé : %(act)s. Une seconde personne doit l'approuver.")
            messages.success(request, words % {"act": act.label})
            return HttpResponseRedirect(
                reverse("admin:privacy_rightsrequest_change", args=[asked.pk])
            )
        # What is shown once goes into no message, which would lie in a cookie or a session.
        if secret := getattr(done, "shown_once", ""):
            return screen._page(request, done, shown_once=secret)
        messages.success(request, _("C'est fait : %(act)s.") % {"act": act.label})
    return HttpResponseRedirect(reverse("admin:privacy_rightsrequest_change", args=[asked.pk]))


def _enter(screen: RightsRequestAdmin, request: HttpRequest) -> HttpResponse:
    who = request.user
    assert isinstance(who, User)
    if not who.has_perm(ENTER):
        raise PermissionDenied
    is_sent = request.method == "POST"
    form = EnteredForm(request.POST if is_sent else None, request.FILES if is_sent else None)
    if form.is_valid():
        try:
            filed = entering.enter(form.cleaned_data, by=who, now=datetime.now(UTC))
        except filing.ReceivedLater:
            form.add_error("received_on", _("Ce jour est encore à venir."))
        else:
            messages.success(
                request, _("Demande %(reference)s enregistrée.") % {"reference": filed.reference}
            )
            return HttpResponseRedirect(
                reverse("admin:privacy_rightsrequest_change", args=[filed.pk])
            )
    context = {
        **screen.admin_site.each_context(request),
        "title": _("Enregistrer une demande"),
        "opts": screen.opts,
        "form": form,
    }
    return render(request, "requests_staff/enter.html", context, status=422 if form.errors else 200)


@to_do
def requests_waiting(request: HttpRequest, now: datetime) -> Any:
    """Late first, then what is due soon, then what nobody confirmed."""
    if not request.user.has_perm("privacy.view_rightsrequest"):
        return
    page, today = reverse("admin:privacy_rightsrequest_changelist"), local_day(now)
    due = Coalesce(F("extended_due_on"), F("legal_due_on"))
    counted = (
        RightsRequest.objects.open()
        .annotate(due=due)
        .aggregate(
            late=Count("pk", filter=Q(due__lte=today)),
            soon=Count(
                "pk", filter=Q(due__gt=today, due__lte=today + timedelta(days=view.SOON_DAYS))
            ),
            sort=Count("pk", filter=Q(status=Status.TRIAGE)),
        )
    )
    late, soon, sort = counted["late"], counted["soon"], counted["sort"]
    if late:
        text = ngettext(
            "{n} demande en retard ou qui échoit aujourd'hui.",
            "{n} demandes en retard ou qui échoient aujourd'hui.",
            late,
        )
        yield ToDo(text=text.format(n=late), url=f"{page}?late=open", is_urgent=True)
    if soon:
        text = ngettext(
            "{n} demande échoit dans les sept jours.",
            "{n} demandes échoient dans les sept jours.",
            soon,
        )
        yield ToDo(text=text.format(n=soon), url=f"{page}?late=open")
    if sort:
        text = ngettext("{n} demande à trier.", "{n} demandes à trier.", sort)
        yield ToDo(text=text.format(n=sort), url=f"{page}?late=triage")
