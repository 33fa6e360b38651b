"""The register of breaches: the 72 hours, the authority's form, the people (DR-22)."""

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from clicknconnect.dashboard import ToDo, to_do
from privacy.admin.breach_forms import BreachForm, ChoiceForm
from privacy.breaches import acts, authority, letters, telling
from privacy.breaches.acts import NotPossible
from privacy.breaches.standing import standing_of
from privacy.breaches.timeline import CHAIN
from privacy.models import Breach, BreachNotice, User
from privacy.sending import State, tally

if TYPE_CHECKING:
    Admin = admin.ModelAdmin[Breach]
else:
    Admin = admin.ModelAdmin

CHANGE = "privacy.change_breach"
# Whose outcome somebody may want to look into, or who has to be told otherwise.
TROUBLED = (State.UNKNOWN, State.REFUSED, State.SKIPPED)
MOST_TROUBLED = 100
# Lines of « À traiter ».
MOST_LINES = 5
ACTS = {"close": acts.close, "reopen": acts.reopen}


@admin.register(Breach)
class BreachAdmin(Admin):
    form = BreachForm
    change_form_template = "breaches/breach.html"
    actions = None
    show_full_result_count = False
    list_display = ("reference", "title", "standing", "risk", "aware_at", "authority_told_at")
    list_filter = ("risk", ("closed_at", admin.EmptyFieldListFilter))
    search_fields = ("reference", "title")
    ordering = ("-aware_at", "-id")
    fieldsets = (
        (None, {"fields": ("title", "aware_at")}),
        (
            gettext_lazy("Nature de la violation (art. 33, § 3, a)"),
            {
                "fields": (
                    "happened", "data_categories", "people_categories", "records_count",
                    "people_count",
                )
            },
        ),
        (
            gettext_lazy("Conséquences et risque (art. 33, § 3, c)"),
            {"fields": ("consequences", "risk", "risk_reasons")},
        ),
        (gettext_lazy("Mesures (art. 33, § 3, d)"), {"fields": ("measures",)}),
        (
            gettext_lazy("L'autorité (art. 33, § 1)"),
            {"fields": ("authority_told_at", "authority_reference", "late_reasons")},
        ),
        (
            gettext_lazy("Les personnes (art. 34)"),
            {"fields": ("notice", "people_told_at", "not_told_reasons")},
        ),
    )  # fmt: skip

    def get_readonly_fields(self, request: HttpRequest, obj: Breach | None = None) -> Any:
        """When it became known never changes: the clock hangs on it."""
        return ("aware_at",) if obj is not None else ()

    def has_change_permission(self, request: HttpRequest, obj: Breach | None = None) -> bool:
        is_closed = obj is not None and obj.closed_at is not None
        return not is_closed and super().has_change_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Breach | None = None) -> bool:
        return False

    def save_model(self, request: HttpRequest, obj: Breach, form: Any, change: bool) -> None:  # noqa: FBT001  Django's signature
        now = datetime.now(UTC)
        if not change:
            acts.record(acts.start(obj, by=request.user, now=now), by=request.user, now=now)
        elif form.changed_data:
            try:
                acts.change(obj, set(form.changed_data), by=request.user, now=now)
            except NotPossible as error:
                messages.error(request, str(error))

    @admin.display(description=gettext_lazy("délai"))
    def standing(self, obj: Breach) -> SafeString:
        found = standing_of(obj, datetime.now(UTC))
        return format_html('<span class="staff-tag due-{}">{}</span>', found.level, found.words)

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        breach: Breach | None = kwargs.get("obj")
        if breach is not None:
            steps = CHAIN.of(breach.pk)
            keys = {step.actor for step in steps if step.actor}
            by = dict(User.objects.filter(pk__in=keys).values_list("pk", "email"))
            context |= {
                "standing": standing_of(breach, datetime.now(UTC)),
                "steps": [(step, by.get(step.actor, "") if step.actor else "") for step in steps],
                "broken": CHAIN.first_broken(steps),
                "tally": tally(BreachNotice.objects.filter(breach=breach)),
                "may_change": request.user.has_perm(CHANGE),
            }
        return super().render_change_form(request, context, *args, **kwargs)

    def get_urls(self) -> list[Any]:
        wrap = self.admin_site.admin_view
        return [
            path("<uuid:pk>/act/<str:act>/", wrap(self.act_view), name="privacy_breach_act"),
            path(
                "<uuid:pk>/authority/", wrap(self.authority_view), name="privacy_breach_authority"
            ),
            path("<uuid:pk>/people/", wrap(self.people_view), name="privacy_breach_people"),
            *super().get_urls(),
        ]

    def act_view(self, request: HttpRequest, pk: Any, act: str) -> HttpResponse:
        breach = self._breach(request, pk)
        if act not in ACTS:
            raise Http404
        if request.method != "POST" or not request.user.has_perm(CHANGE):
            raise PermissionDenied
        try:
            ACTS[act](breach, by=request.user, now=datetime.now(UTC))
        except NotPossible as error:
            messages.error(request, str(error))
        except ValidationError as error:
            messages.error(request, " ".join(error.messages))
        else:
            messages.success(request, _("C'est fait."))
        return HttpResponseRedirect(reverse("admin:privacy_breach_change", args=[breach.pk]))

    def authority_view(self, request: HttpRequest, pk: Any) -> HttpResponse:
        """The answers on a page to print; posted, as a file, with its step in the timeline."""
        breach = self._breach(request, pk)
        if request.method == "POST":
            if not request.user.has_perm(CHANGE):
                raise PermissionDenied
            text = json.dumps(authority.as_data(breach), ensure_ascii=False, indent=2)
            acts.exported(breach, by=request.user, now=datetime.now(UTC), text=text)
            response = HttpResponse(text, content_type="application/json")
            name = f"{breach.reference}.json"
            response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
            response.headers["Cache-Control"] = "no-store"
            return response
        context = {
            "breach": breach,
            "sections": authority.sections(breach),
            "may_change": request.user.has_perm(CHANGE),
        }
        return self._page(request, "breaches/authority.html", _("Pour l'autorité"), context)

    def people_view(self, request: HttpRequest, pk: Any) -> HttpResponse:
        """Who is concerned: chosen, counted, then told; how far that is."""
        breach = self._breach(request, pk)
        if request.method == "POST":
            return self._order(request, breach)
        form = ChoiceForm(request.GET) if request.GET else ChoiceForm()
        choice = form.choice() if form.is_bound and form.is_valid() else None
        notices = BreachNotice.objects.filter(breach=breach)
        context = {
            "breach": breach,
            "form": form,
            "choice": choice,
            "reach": telling.reach(breach, choice) if choice else None,
            "is_written": telling.is_written(breach),
            "letters": _letters(breach) if telling.is_written(breach) else [],
            "tally": tally(notices),
            "troubled": notices.filter(state__in=TROUBLED)
            .order_by("pk")
            .values_list("person__reference", "state", "at")[:MOST_TROUBLED],
            "states": dict(State.choices),
            "may_change": request.user.has_perm(CHANGE) and breach.closed_at is None,
        }
        status = 422 if form.is_bound and form.errors else 200
        title = _("Personnes concernées")
        return self._page(request, "breaches/people.html", title, context, status=status)

    def _order(self, request: HttpRequest, breach: Breach) -> HttpResponse:
        if not request.user.has_perm(CHANGE):
            raise PermissionDenied
        form = ChoiceForm(request.POST)
        here = HttpResponseRedirect(reverse("admin:privacy_breach_people", args=[breach.pk]))
        if not form.is_valid() or request.POST.get("confirm") != "yes":
            messages.error(request, _("Cochez la case qui confirme, puis recommencez."))
            return here
        now = datetime.now(UTC)
        try:
            planned = telling.order(breach, form.choice(), by=request.user, now=now)
        except NotPossible as error:
            messages.error(request, str(error))
            return here
        words = ngettext(
            "{count} message est prévu ; il part dans la minute.",
            "{count} messages sont prévus ; ils partent dans la minute.",
            planned,
        )
        messages.success(request, words.format(count=planned))
        return here

    def _breach(self, request: HttpRequest, pk: Any) -> Breach:
        if not self.has_view_permission(request):
            raise PermissionDenied
        breach = Breach.objects.filter(pk=pk).first()
        if breach is None:
            raise Http404
        return breach

    def _page(
        self,
        request: HttpRequest,
        template: str,
        title: str,
        context: dict[str, Any],
        *,
        status: int = 200,
    ) -> HttpResponse:
        common = {**self.admin_site.each_context(request), "title": title, "opts": self.opts}
        return TemplateResponse(request, template, {**common, **context}, status=status)


def _letters(breach: Breach) -> list[dict[str, str]]:
    from consent.forms.texts import LABELS

    made = {code: letters.notice(breach, language=code, to="") for code in LABELS}
    return [
        {
            "code": code,
            "label": LABELS[code],
            "subject": str(letter.subject),
            "body": str(letter.body),
        }
        for code, letter in made.items()
    ]


@to_do
def breaches_running(request: HttpRequest, now: datetime) -> Any:
    """While the 72 hours run, and after them, until the authority is told."""
    if not request.user.has_perm("privacy.view_breach"):
        return
    running = list(Breach.objects.running().order_by("due_at", "pk")[: MOST_LINES + 1])
    for breach in running[:MOST_LINES]:
        yield ToDo(
            text=_("Violation de données {reference} : {words}.").format(
                reference=breach.reference, words=standing_of(breach, now).words
            ),
            url=reverse("admin:privacy_breach_change", args=[breach.pk]),
            is_urgent=True,
        )
    if len(running) > MOST_LINES:
        yield ToDo(
            text=_("D'autres violations de données attendent d'être annoncées."),
            url=reverse("admin:privacy_breach_changelist"),
            is_urgent=True,
        )
