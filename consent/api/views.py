"""The consent API: state, notice, choice, withdrawal, receipt (docs/api.md)."""

import json
import uuid
from datetime import UTC, datetime
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseNotModified, JsonResponse
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.views import APIView

from clicknconnect.csrf import origin_exempt
from clicknconnect.errors import api_response
from consent import answers
from consent import csp_reports as reports
from consent.actions import RecordNotWritten
from consent.answers import Asked, Outcome
from consent.api import bodies, receipts
from consent.api.serializers import ChoiceIn, ChoiceOut, ErrorOut, StatusOut
from consent.enums import LANGUAGES, NECESSARY, Source, Status
from consent.log import seals
from consent.middleware import PUBLIC_CACHE, Consent
from consent.snapshots import Snapshot


def _consent(request: Request | HttpRequest) -> Consent:
    return request.consent  # type: ignore[union-attr, no-any-return]


def _unpublished() -> JsonResponse:
    return api_response(503, retry_after=30)


class LightView(APIView):
    """APIView without what this API does not use: content negotiation, versions, users."""

    def perform_content_negotiation(self, request: Request, force: bool = False) -> Any:  # noqa: FBT001, FBT002
        return self.renderer_classes[0](), "application/json"

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        self.format_kwarg = None


class ConsentView(LightView):
    @extend_schema(responses=StatusOut, operation_id="consent_status")
    def get(self, request: Request) -> HttpResponse:
        """The state of the caller's cookie; no query to the database."""
        consent = _consent(request)
        if consent.snapshot is None:
            return _unpublished()
        choice = consent.choice
        return JsonResponse(
            {
                "status": consent.status.value,
                "categories": _answered(consent.snapshot, consent.categories),
                "notice": consent.snapshot.notice,
                "decided_on": choice.decided_on.isoformat() if choice else None,
                "expires_on": consent.snapshot.period.last_day(choice.decided_on).isoformat()
                if choice
                else None,
                "gpc": consent.gpc,
            }
        )

    @extend_schema(
        request=ChoiceIn,
        responses={201: ChoiceOut, 400: ErrorOut, 403: ErrorOut, 409: ErrorOut, 413: ErrorOut,
                   429: ErrorOut, 503: ErrorOut},
        operation_id="consent_choose",
        parameters=[
            OpenApiParameter("Idempotency-Key", str, OpenApiParameter.HEADER,
                             description="128 random bits made for one click."),
            OpenApiParameter("Consent-Previous", str, OpenApiParameter.HEADER,
                             description="The cookie as it was before a script rewrote it."),
        ],
    )  # fmt: skip
    def post(self, request: Request) -> HttpResponse:
        """Store a choice and set the cookie. An acceptance needs the current notice's number."""
        consent = _consent(request)
        if consent.snapshot is None:
            return _unpublished()
        asked = bodies.asked(request._request.body, request.META, consent.snapshot.optional)
        return _answer(request, asked, status=201)

    @extend_schema(
        request=None, responses={200: ChoiceOut, 403: ErrorOut}, operation_id="consent_withdraw"
    )
    def delete(self, request: Request) -> HttpResponse:
        """Withdraw: the cookie becomes a refusal; the answer names what was withdrawn."""
        consent = _consent(request)
        if consent.snapshot is None:
            return _unpublished()
        asked = Asked(
            categories=(),
            notice=consent.snapshot.notice,
            source=Source.API,
            previous=request.META.get("HTTP_CONSENT_PREVIOUS"),
        )
        return _answer(request, asked, status=200)


def _answered(snapshot: Snapshot, categories: tuple[str, ...]) -> dict[str, bool]:
    return {NECESSARY: True, **{key: key in categories for key in snapshot.optional}}


def _answer(request: Request, asked: Asked, *, status: int) -> HttpResponse:
    now = datetime.now(UTC)
    http_request = request._request
    snapshot = _consent(request).snapshot
    assert snapshot is not None
    try:
        outcome = answers.answer(answers.visitor(http_request), asked, now=now)
    except answers.StaleNotice:
        return api_response(
            409,
            code="stale_notice",
            detail=_("Les informations ont changé entre-temps : choisissez à nouveau."),
            notice=snapshot.notice,
        )
    except answers.TooMany as error:
        return api_response(429, retry_after=error.seconds)
    except RecordNotWritten:
        return api_response(
            503,
            code="not_recorded",
            detail=_("Votre accord n'a pas pu être enregistré. Rien n'est activé."),
            retry_after=5,
        )
    response = JsonResponse(said(snapshot, outcome, is_withdrawal=status == 200), status=status)
    response.headers["Cache-Control"] = "private, no-store"
    answers.set_cookie(response, http_request, outcome, now=now)
    return response


def said(snapshot: Snapshot, outcome: Outcome, *, is_withdrawal: bool) -> dict[str, Any]:
    """The body of the answer to a choice."""
    record = outcome.withdrawn if is_withdrawal else outcome.choice.record
    body: dict[str, Any] = {
        "status": Status.DECIDED.value,
        "categories": _answered(snapshot, outcome.choice.categories),
        "record": str(record) if record else None,
        "receipt": answers.receipt_path(record, signed=is_withdrawal) if record else None,
    }
    if not is_withdrawal and outcome.withdrawn:
        body["withdrawn"] = {
            "record": str(outcome.withdrawn),
            "receipt": answers.receipt_path(outcome.withdrawn, signed=True),
        }
    return body


class NoticeView(LightView):
    @extend_schema(
        responses={200: dict, 304: None},
        parameters=[OpenApiParameter("lang", str, enum=list(LANGUAGES))],
        operation_id="consent_notice",
    )
    def get(self, request: Request) -> HttpResponse:
        """The notice as data, as it was published; cacheable, with an ETag."""
        snapshot = _consent(request).snapshot
        if snapshot is None:
            return _unpublished()
        language = request.GET.get("lang", "fr")
        if language not in LANGUAGES:
            return api_response(
                400,
                code="invalid",
                detail=_("Certaines valeurs ne conviennent pas."),
                fields={"lang": [", ".join(LANGUAGES)]},
            )
        view = snapshot.views[language]
        if request.META.get("HTTP_IF_NONE_MATCH", "") in {view.etag, f"W/{view.etag}"}:
            response: HttpResponse = HttpResponseNotModified()
        else:
            response = HttpResponse(view.notice_json, content_type="application/json")
        response.headers["ETag"] = view.etag
        response.headers["Cache-Control"] = PUBLIC_CACHE
        response.headers["Content-Language"] = language
        response.is_public = True  # type: ignore[attr-defined]
        return response


class ReceiptView(LightView):
    @extend_schema(
        responses={200: dict, 404: ErrorOut},
        parameters=[OpenApiParameter("key", str, description="Of a link given at withdrawal.")],
        operation_id="consent_receipt",
    )
    def get(self, request: Request, record: uuid.UUID) -> HttpResponse:
        """The receipt of an acceptance, for whoever holds its cookie, its link or its account."""
        if not receipts.may_read(request._request, record):
            return api_response(404)
        receipt = receipts.receipt(record, now=datetime.now(UTC))
        if receipt is None and seals.has_left(record):
            return api_response(
                404,
                code="proof_erased",
                detail=_("Cette preuve a été effacée : sa durée de conservation est terminée."),
            )
        if receipt is None:
            return api_response(404)
        response = HttpResponse(
            json.dumps(receipt, ensure_ascii=False, indent=2), content_type="application/json"
        )
        response.headers["Content-Disposition"] = f'attachment; filename="preuve-{record}.json"'
        response.headers["Cache-Control"] = "private, no-store"
        return response


@origin_exempt
def csp_reports(request: HttpRequest) -> HttpResponse:
    """Violations that browsers report; counted, never kept one by one."""
    if request.method != "POST":
        return api_response(405)
    reports.receive(request, now=datetime.now(UTC))
    return HttpResponse(status=204)
