"""The page of one person: what protects them first, then everything held, by purpose."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from consent.periods import local_day
from privacy import held as holding
from privacy import restriction
from privacy.access import may_see_restricted
from privacy.admin.person_access import note, person_for, rendered
from privacy.admin.person_forms import offered
from privacy.models import Disclosure, DisclosureProposal, LegalHold, Objection, Restriction
from privacy.person_states import tags
from privacy.sources.base import sources

MOST_PROTECTIONS = 20


def page(site: Any, request: HttpRequest, key: str) -> HttpResponse:
    """Of a restricted person only the protections; the data after an act with its reason."""
    with transaction.atomic(), restriction.seeing():
        person = person_for(site, request, key)
        return whole(site, request, person, shows_data=not person.is_restricted)


def whole(site: Any, request: HttpRequest, person: Any, *, shows_data: bool) -> HttpResponse:
    """Inside `restriction.seeing`; its queries do not grow with what is held."""
    knows = shows_data or may_see_restricted(request)
    years = holding.fiscal_years() if shows_data else []
    return rendered(
        site,
        request,
        "person.html",
        title=person.full_name if shows_data and person.full_name else person.reference,
        person=person,
        tags=tags(person),
        shows_data=shows_data,
        knows=knows,
        today=local_day(datetime.now(UTC)),
        protections=_protections(person) if knows else {},
        purposes=holding.by_purpose(person.pk, years=years) if shows_data else [],
        acts=offered(request, person) if knows else [],
    )


def _protections(person: Any) -> dict[str, Any]:
    """The newest of each kind; open ones come first."""
    kinds: dict[str, Any] = {
        "restrictions": Restriction.objects.order_by("-lifted_at", "-placed_at"),
        "holds": LegalHold.objects.order_by("-released_at", "-placed_at"),
        "objections": Objection.objects.order_by("-ended_at", "-at"),
        "disclosures": Disclosure.objects.order_by("-at"),
        "proposals": DisclosureProposal.objects.order_by("-proposed_at"),
    }
    by = {"restrictions": "placed_by", "holds": "placed_by", "disclosures": "by",
          "proposals": "proposed_by"}  # fmt: skip
    found = {}
    for name, rows in kinds.items():
        mine = rows.filter(person=person)
        if name in by:
            mine = mine.select_related(by[name])
        found[name] = list(mine[:MOST_PROTECTIONS])
    return found


def held(site: Any, request: HttpRequest, key: UUID, label: str) -> HttpResponse:
    """All rows of one source, by pages; none of a restricted person's."""
    source = sources().get(label)
    if source is None or source not in holding.shown_sources():
        raise Http404
    number = _number(request)
    with transaction.atomic():
        person = person_for(site, request, key)
        rows = holding.rows_of(
            source,
            person.pk,
            years=holding.fiscal_years(),
            start=(number - 1) * holding.MOST_ROWS,
        )
        note(request, "person.viewed", person, source=label)
        return rendered(
            site,
            request,
            "held.html",
            title=f"{rows.title} – {_('page')} {number}",
            person=person,
            held=rows,
            previous=number - 1,
            following=number + 1 if rows.has_more else 0,
        )


def _number(request: HttpRequest) -> int:
    asked = request.GET.get("p", "")
    return max(int(asked), 1) if asked.isascii() and asked.isdigit() and len(asked) < 6 else 1
