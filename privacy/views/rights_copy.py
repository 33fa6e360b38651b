"""Fetching the copy that answers a request: by login, or by the mailed link and the code."""

from datetime import UTC, datetime
from uuid import UUID

from django.http import Http404, HttpRequest, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST

from clicknconnect.errors import error_page
from privacy import limits
from privacy.models import Archive, RightsRequest
from privacy.requests import codes, copies
from privacy.rights import archives, sealed
from privacy.views.doors import by_account, by_mailed_link
from privacy.views.own import own_data
from privacy.views.rights_follow import followed


@never_cache
@require_POST
@own_data
@by_account
def own_copy(request: HttpRequest, asked: RightsRequest, archive: UUID) -> HttpResponseBase:
    return _given(request, _copy_of(asked, archive), how="login")


@sensitive_post_parameters("code")
@never_cache
@require_POST
@own_data
@limits.throttled
@by_mailed_link
def copy_by_link(request: HttpRequest, asked: RightsRequest, archive: UUID) -> HttpResponseBase:
    """The link alone opens nothing: it lies in the mail, the code does not."""
    now = datetime.now(UTC)
    found = _copy_of(asked, archive)
    if not archives.is_open(found, now):
        return error_page(request, 410)
    limits.count(request, asked.reference, limits.COPY, now=now)
    if not codes.is_right(asked, request.POST.get("code", "")):
        return followed(
            request, asked, by_link=True, status=422, code_error=_("Ce code ne convient pas.")
        )
    return _given(request, found, how="code")


def _copy_of(asked: RightsRequest, archive: UUID) -> Archive:
    """Raises Http404: also before it was let out, when nothing says that there is one."""
    found = Archive.objects.filter(pk=archive, request=asked, released_by__isnull=False).first()
    if found is None:
        raise Http404
    return found


def _given(request: HttpRequest, found: Archive, *, how: str) -> HttpResponseBase:
    try:
        return stream(copies.take(found, how=how, now=datetime.now(UTC)))
    except archives.ArchiveGone:
        return error_page(request, 410)


def stream(taken: Archive) -> HttpResponseBase:
    """The ZIP of a download that was counted. Raises ArchiveGone."""
    name = f"clicknconnect-{taken.kind}-{taken.created_at:%Y-%m-%d}.zip"
    return StreamingHttpResponse(
        archives.open_stream(taken),
        content_type="application/zip",
        headers={
            "Content-Disposition": f'attachment; filename="{name}"',
            "Content-Length": str(sealed.clear_size(taken.size)),
            "X-Content-Type-Options": "nosniff",
            "Cache-Control": "private, no-store",
        },
    )
