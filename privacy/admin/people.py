"""People: the list and its search. The page of one person is in `person_page`."""

from typing import TYPE_CHECKING, Any, ClassVar

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db import transaction
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path
from django.utils.functional import cached_property
from django.utils.html import format_html_join
from django.utils.translation import gettext_lazy as _

from consent.admin.base import ReadOnlyAdmin
from privacy import restriction
from privacy.access import may_see_restricted, may_view_archive
from privacy.admin import person_acts, person_page
from privacy.models import DataSubject, LegalHold, Objection, Restriction
from privacy.person_states import tags, with_states
from privacy.searching import matching

if TYPE_CHECKING:
    Choices = list[tuple[str, Any]]


class ShortPaginator(Paginator):  # type: ignore[type-arg]
    """Counts no further than somebody would turn pages."""

    MOST = 5_000

    @cached_property
    def count(self) -> int:
        rows: Any = self.object_list
        return int(rows.order_by()[: self.MOST].count())


class AccountFilter(admin.SimpleListFilter):
    title = _("compte")
    parameter_name = "account"

    def lookups(self, request: HttpRequest, model_admin: Any) -> "Choices":
        return [
            ("open", _("ouvert")),
            ("closed", _("expiré")),
            ("none", _("jamais ouvert")),
            ("archived", _("archivé")),
            ("anonymised", _("anonymisé")),
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        opened = Q(account_opened_on__isnull=False)
        states = {
            "open": opened & Q(account_closed_on__isnull=True),
            "closed": Q(account_closed_on__isnull=False, anonymised_at__isnull=True),
            "none": ~opened & Q(anonymised_at__isnull=True),
            "archived": Q(archived_at__isnull=False),
            "anonymised": Q(anonymised_at__isnull=False),
        }
        return queryset.filter(states.get(self.value() or "", Q()))


class ProtectionFilter(admin.SimpleListFilter):
    """Restricted people are in the list only where somebody asked for them."""

    title = _("protection")
    parameter_name = "protection"

    def lookups(self, request: HttpRequest, model_admin: Any) -> "Choices":
        found: Choices = [("held", _("suppression bloquée")), ("objecting", _("opposition"))]
        if may_see_restricted(request):
            found.append(("restricted", _("traitement limité")))
        return found

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        kinds = {
            "held": LegalHold.objects.filter(released_at__isnull=True),
            "objecting": Objection.objects.filter(ended_at__isnull=True),
            "restricted": Restriction.objects.filter(lifted_at__isnull=True),
        }
        rows = kinds.get(self.value() or "")
        return queryset if rows is None else queryset.filter(pk__in=rows.values("person"))


@admin.register(DataSubject)
class PersonAdmin(ReadOnlyAdmin):
    """May be looked at; what changes is done by the acts of a person's page, each with a reason."""

    list_display = ("reference", "name", "states", "email", "city", "language")
    list_display_links = ("reference", "name")
    list_filter = (AccountFilter, ProtectionFilter, "language")
    list_per_page = 50
    sortable_by = ()
    # They would count everybody.
    show_facets = admin.ShowFacets.NEVER
    # The key is a time: the newest first, by an index.
    ordering = ("-pk",)
    paginator = ShortPaginator
    # Any name: `get_search_results` knows where to look.
    search_fields = ("reference",)
    search_help_text = _(
        "Début du nom ou du prénom, adresse e-mail ou téléphone en entier, référence (P-…, MSG-…) "
        "ou numéro de facture. Une personne dont le traitement est limité n'apparaît que par le "
        "filtre « traitement limité »."
    )

    class Media:
        css: ClassVar = {"all": ["site/people.css"]}

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        if obj is not None and obj.archived_at is not None and not may_view_archive(request):
            return False
        return super().has_view_permission(request, obj)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        found = super().get_queryset(request)
        if not may_view_archive(request):
            found = found.filter(archived_at__isnull=True)
        return with_states(found)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        return queryset.filter(matching(search_term)), False

    @admin.display(description=_("nom"))
    def name(self, person: Any) -> str:
        return person.full_name or "—"

    @admin.display(description=_("état"))
    def states(self, person: Any) -> str:
        found = [(tag.level, tag.text) for tag in tags(person)]
        return format_html_join(" ", '<span class="person-tag {}">{}</span>', found)

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Rendered at once: what a transaction may see ends with it."""
        asked = request.GET.get("protection") == "restricted" and may_see_restricted(request)
        with transaction.atomic():
            if not asked:
                return _rendered(super().changelist_view(request, extra_context))
            with restriction.seeing():
                return _rendered(super().changelist_view(request, extra_context))

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        own = [
            path(
                "<uuid:object_id>/held/<str:label>/",
                wrap(self.held_view),
                name="privacy_person_held",
            ),
            path(
                "<uuid:object_id>/act/<slug:act>/", wrap(self.act_view), name="privacy_person_act"
            ),
        ]
        return own + super().get_urls()

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        if request.method not in ("GET", "HEAD"):
            raise PermissionDenied
        return person_page.page(self, request, object_id)

    def held_view(self, request: HttpRequest, object_id: Any, label: str) -> HttpResponse:
        return person_page.held(self, request, object_id, label)

    def act_view(self, request: HttpRequest, object_id: Any, act: str) -> HttpResponse:
        return person_acts.view(self, request, object_id, act)

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """What staff did with a person, a restricted one too for who may know of it."""
        if not may_see_restricted(request):
            return super().history_view(request, object_id, extra_context)
        with transaction.atomic(), restriction.seeing():
            return _rendered(super().history_view(request, object_id, extra_context))


def _rendered(response: Any) -> HttpResponse:
    if hasattr(response, "render") and not response.is_rendered:
        response.render()
    return response  # type: ignore[no-any-return]
