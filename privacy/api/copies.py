"""The copy that answers a request, by program (CONTRACT § 6)."""

from datetime import UTC, datetime

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request

from clicknconnect.errors import api_response
from consent.api.serializers import ErrorOut
from consent.api.views import LightView
from privacy import limits
from privacy.api.requests import bearer, own_request
from privacy.models import Archive, RightsRequest
from privacy.requests import codes, copies, links
from privacy.rights import archives
from privacy.views.rights_copy import stream

CODE_HEADER = "X-Download-Code"


class CopyView(LightView):
    @extend_schema(
        responses={
            (200, "application/zip"): OpenApiTypes.BINARY, 403: ErrorOut, 404: ErrorOut,
            409: ErrorOut, 410: ErrorOut, 429: ErrorOut,
        },
        operation_id="rights_request_archive",
        parameters=[
            OpenApiParameter("copy", str, enum=Archive.Kind.values),
            OpenApiParameter(
                CODE_HEADER, str, OpenApiParameter.HEADER,
                description="With Bearer: the code that was shown once. Not needed by login.",
            ),
        ],
    )  # fmt: skip
    def get(self, request: Request, reference: str) -> HttpResponseBase:
        """Download the newest copy; each counts as one of five."""
        plain, now = request._request, datetime.now(UTC)
        by_token = bool(bearer(plain))
        # A page elsewhere must not use up the downloads of somebody who is logged in.
        if not by_token and plain.headers.get("Sec-Fetch-Site") in ("cross-site", "same-site"):
            return api_response(403)
        try:
            asked = own_request(plain, reference, now=now)
        except links.SpentLink:
            return api_response(410)
        found = _newest(plain, asked) if asked is not None else None
        if asked is None or found is None:
            return api_response(404)
        if found.state in (Archive.State.REVIEW, *_ON_THE_WAY):
            return api_response(
                409, code="not_ready", detail=_("La copie de vos données n'est pas encore prête.")
            )
        if not archives.is_open(found, now):
            return api_response(410)
        if by_token:
            try:
                limits.count(plain, asked.reference, limits.COPY, now=now)
            except limits.TooManyAttempts as error:
                return api_response(429, retry_after=error.seconds)
            if not codes.is_right(asked, plain.headers.get(CODE_HEADER, "")):
                return api_response(403, code="wrong_code", detail=_("Ce code ne convient pas."))
        try:
            return stream(copies.take(found, how="code" if by_token else "login", now=now))
        except archives.ArchiveGone:
            return api_response(410)


_ON_THE_WAY = (Archive.State.WAITING, Archive.State.BUILDING, Archive.State.FAILED)


def _newest(request: HttpRequest, asked: RightsRequest) -> Archive | None:
    wanted = request.GET.get("copy", "")
    for one in copies.of(asked):
        if wanted in ("", one.kind):
            return one
    return None
