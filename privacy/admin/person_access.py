"""Which person a staff page is about, and whether this member of staff may see them."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse

from clicknconnect.audited import target_of
from consent import audit
from privacy.access import may_view_archive
from privacy.models import DataSubject
from privacy.person_states import with_states


def person_for(site: Any, request: HttpRequest, key: str | UUID) -> Any:
    """With states. Raises Http404, and PermissionDenied for who may not see this person.

    A look into the archive is in the journal by itself (RT-11).
    """
    if not site.has_view_permission(request):
        raise PermissionDenied
    try:
        key = key if isinstance(key, UUID) else UUID(key)
    except ValueError as error:
        raise Http404 from error
    person = with_states(DataSubject.objects.all()).filter(pk=key).first()
    if person is None:
        raise Http404
    if person.archived_at is not None:
        if not may_view_archive(request):
            raise PermissionDenied
        note(request, "archive.viewed", person)
    return person


def note(request: HttpRequest, act: str, person: Any, **details: Any) -> None:
    """In the journal, beside what the admin writes itself; the target is the person's key."""
    audit.record(
        by=request.user,  # type: ignore[arg-type]
        act=act,
        now=datetime.now(UTC),
        target=target_of(person),
        details=details,
    )


def rendered(site: Any, request: HttpRequest, template: str, **context: Any) -> HttpResponse:
    """At once, inside the transaction: what it may see ends with it."""
    status = context.pop("status", 200)
    return TemplateResponse(
        request,
        f"admin/people/{template}",
        {**site.admin_site.each_context(request), "opts": site.opts, **context},
        status=status,
    ).render()
