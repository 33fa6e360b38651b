"""Letters of a request on paper, its timeline as a file, and ready texts for an answer."""

import json
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import path
from django.views.decorators.http import require_safe

from consent import audit
from privacy.models import Direction, LetterKey, RequestMessage, RightsRequest
from privacy.requests import dossier, letter_pdf, letter_words
from privacy.requests.act import HANDLE
from privacy.requests.filing import target_of
from privacy.requests.forms import TextForm

VIEW = "privacy.view_rightsrequest"


def urls(screen: Any) -> list[Any]:
    """Of the admin of requests."""
    wrap = screen.admin_site.admin_view
    return [
        path(
            "<uuid:key>/letter/<uuid:message>/", wrap(letter), name="privacy_rightsrequest_letter"
        ),
        path("<uuid:key>/timeline/", wrap(timeline), name="privacy_rightsrequest_timeline"),
    ]


@require_safe
def letter(request: HttpRequest, key: UUID, message: UUID) -> HttpResponse:
    """As a PDF; the look is in the journal."""
    _may(request, HANDLE)
    found = (
        RequestMessage.objects.select_related("request")
        .filter(pk=message, request=key, direction=Direction.OUT)
        .first()
    )
    if found is None:
        raise Http404
    with transaction.atomic():
        made = letter_pdf.pdf(found)
        _noted(request, found.request, "request.letter_printed", message=str(found.pk))
    return _file(made, f"{found.request.reference}.pdf", "application/pdf")


@require_safe
def timeline(request: HttpRequest, key: UUID) -> HttpResponse:
    """For the authority: every step with its hashes, and every text that is kept."""
    _may(request, VIEW)
    found = get_object_or_404(RightsRequest, pk=key)
    with transaction.atomic():
        content = dossier.whole(found, now=datetime.now(UTC))
        _noted(request, found, "request.timeline_exported")
    made = json.dumps(content, ensure_ascii=False, indent=1).encode()
    return _file(made, f"{found.reference}.json", "application/json")


def ready_form(asked: RightsRequest, name: str) -> TextForm | None:
    """The form of an answer with a ready text in it, to change and send; None for no such text."""
    if name not in [str(key) for key in letter_words.READY]:
        return None
    words = letter_words.composed(LetterKey(name), asked)
    return TextForm(initial={"text": words.body}, auto_id="complete-%s")


def ready_choices() -> list[tuple[str, Any]]:
    return [(str(key), key.label) for key in letter_words.READY]


def _may(request: HttpRequest, permission: str) -> None:
    if not request.user.has_perm(permission):
        raise PermissionDenied


def _noted(request: HttpRequest, asked: RightsRequest, act: str, **details: str) -> None:
    audit.record(
        by=request.user,  # type: ignore[arg-type]
        act=act,
        now=datetime.now(UTC),
        target=target_of(asked),
        details=details,
    )


def _file(content: bytes, name: str, kind: str) -> HttpResponse:
    return HttpResponse(
        content,
        content_type=kind,
        headers={
            "Content-Disposition": f'attachment; filename="{name}"',
            "X-Content-Type-Options": "nosniff",
            "Cache-Control": "private, no-store",
        },
    )
