"""Files of requests, as downloads for staff who handle them."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import get_object_or_404
from django.urls import path
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_GET, require_POST

from clicknconnect.errors import error_page
from privacy.models import FileType, RequestFile, RightsRequest, User
from privacy.requests import files, identity, stored
from privacy.requests.act import HANDLE
from privacy.requests.uploads import clean_name


def urls(wrap: Callable[[Any], Any]) -> list[Any]:
    return [
        path(
            "<uuid:object_id>/file/<uuid:file>/", wrap(one_file), name="privacy_rightsrequest_file"
        ),
        path("<uuid:object_id>/document/", wrap(document), name="privacy_rightsrequest_document"),
    ]


@require_GET
def one_file(request: HttpRequest, object_id: Any, file: Any) -> HttpResponseBase:
    who = request.user
    assert isinstance(who, User)
    if not who.has_perm(HANDLE):
        raise PermissionDenied
    row = get_object_or_404(
        RequestFile.objects.select_related("request"), pk=file, request=object_id
    )
    try:
        pieces = files.look(row, by=who, now=datetime.now(UTC))
    except stored.FileGone:
        return error_page(request, 410)
    return download(pieces, name=row.name, filetype=row.type)


@require_POST
def document(request: HttpRequest, object_id: Any) -> HttpResponseBase:
    """The handler's alone: a manager who does not handle the request gets a 403."""
    who = request.user
    assert isinstance(who, User)
    if not who.has_perm(HANDLE):
        raise PermissionDenied
    asked = get_object_or_404(RightsRequest, pk=object_id)
    try:
        row, data = identity.look(request=asked, by=who, now=datetime.now(UTC))
    except identity.NotTheHandler as error:
        raise PermissionDenied from error
    except stored.FileGone:
        return error_page(request, 410)
    name = clean_name(asked.reference, FileType(row.type))
    return download(iter([data]), name=name, filetype=row.type)


def download(pieces: Iterator[bytes], *, name: str, filetype: str) -> StreamingHttpResponse:
    """Never shown in the browser, whatever it takes the bytes for."""
    response = StreamingHttpResponse(pieces, content_type=filetype)
    response.headers["Content-Disposition"] = (
        content_disposition_header(as_attachment=True, filename=name) or ""
    )
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Content-Security-Policy"] = "sandbox; default-src 'none'"
    response.headers["Cache-Control"] = "private, no-store"
    return response
