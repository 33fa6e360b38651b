"""Requests by program: the same as the form of the site (CONTRACT § 6)."""

from datetime import UTC, datetime
from typing import Any

from django import forms
from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request

from clicknconnect.errors import api_response
from consent.api.serializers import ErrorOut
from consent.api.views import LightView
from privacy import limits
from privacy.api import bodies
from privacy.api.shapes import RequestAskedOut, RequestIn, RequestOut
from privacy.models import Direction, RightsRequest
from privacy.requests import codes, links
from privacy.requests.forms import RightsForm
from privacy.views.rights import account_of, send


class ApiForm(RightsForm):
    """The form, and the language that a page has in its address."""

    language = forms.ChoiceField(label=_("Langue"), choices=settings.LANGUAGES, required=False)
    # JSON holds no files: they go with the form of the site.
    documents = None  # type: ignore[assignment]


class RequestsView(LightView):
    @extend_schema(
        request=RequestIn,
        responses={
            201: RequestAskedOut, 202: RequestAskedOut, 400: ErrorOut, 403: ErrorOut,
            413: ErrorOut, 429: ErrorOut,
        },
        operation_id="rights_request_file",
    )  # fmt: skip
    def post(self, request: Request) -> HttpResponse:
        """Ask; the answer is the same for a known and an unknown address (DR-05)."""
        plain = request._request
        account = account_of(plain)
        body = bodies.read(plain)
        if account is not None:  # the account's own are used
            body = {key: value for key, value in body.items() if key != "email"}
            if account.name:
                body.pop("name", None)
        form = ApiForm(account=account)
        data = bodies.check(form, body)
        asked = {**form.asked(), "language": data["language"] or "fr"}
        try:
            filed = send(plain, asked, account, now=datetime.now(UTC))
        except limits.TooManyAttempts as error:
            return api_response(429, retry_after=error.seconds)
        said = _filed(filed)
        if code := codes.first_of(filed.reference):
            said["download_code"] = code
        return _said(said, status=202 if account is None else 201)


class RequestView(LightView):
    @extend_schema(
        responses={200: RequestOut, 404: ErrorOut, 410: ErrorOut},
        operation_id="rights_request_follow",
    )
    def get(self, request: Request, reference: str) -> HttpResponse:
        """Follow one's own: by login, or by Bearer with the token of the mailed link."""
        plain = request._request
        try:
            found = own_request(plain, reference, now=datetime.now(UTC))
        except links.SpentLink:
            return api_response(410)
        if found is None:
            return api_response(404)
        return _said(_followed(found))


def own_request(request: HttpRequest, reference: str, *, now: datetime) -> RightsRequest | None:
    """By Bearer or login; None for a stranger's. Raises links.SpentLink."""
    token = bearer(request)
    if token:
        try:
            return links.to_follow(reference, token, now=now)
        except links.UnknownLink:
            return None
    account = account_of(request)
    if account is None:
        return None
    return RightsRequest.objects.filter(reference=reference, account=account).first()


def bearer(request: HttpRequest) -> str:
    """The token of `Authorization: Bearer …`; empty when there is none."""
    scheme, _space, token = request.META.get("HTTP_AUTHORIZATION", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


def _filed(request: RightsRequest) -> dict[str, Any]:
    return {
        "reference": request.reference,
        "status": request.status,
        "due_on": request.legal_due_on,
    }


def _followed(request: RightsRequest) -> dict[str, Any]:
    written = request.messages.exclude(direction=Direction.NOTE).order_by("written_at", "pk")
    return {
        **_filed(request),
        "rights": request.rights,
        "received_on": request.received_on,
        "policy_limit_on": request.policy_limit_on,
        "extended_due_on": request.extended_due_on,
        "deemed_refused": request.deemed_refused_at is not None,
        "ended_at": request.ended_at,
        "messages": [
            {
                "direction": message.direction,
                "subject": message.subject,
                "body": message.body,
                "written_at": message.written_at,
            }
            for message in written
        ],
    }


def _said(body: dict[str, Any], *, status: int = 200) -> JsonResponse:
    response = JsonResponse(body, status=status)
    response.headers["Cache-Control"] = "private, no-store"
    return response
