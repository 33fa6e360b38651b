"""The queue by program: the acts, guards and permissions of the admin (CONTRACT § 6)."""

from datetime import UTC, datetime
from typing import Any

from django.contrib import admin
from django.db import transaction
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request

from clicknconnect.errors import api_response
from consent import audit
from consent.api.serializers import ErrorOut
from consent.api.views import LightView
from consent.periods import local_day
from privacy import staff_tokens
from privacy.api import bodies
from privacy.api.requests import bearer
from privacy.api.shapes import (
    ActIn,
    EnteredIn,
    QueueOut,
    StaffRequestOut,
    StaffRequestWholeOut,
)
from privacy.models import RightsRequest, User
from privacy.requests import desk, entering, filing, four_eyes, letter_acts, matching, view
from privacy.requests.act import HANDLE
from privacy.requests.forms import EnteredByProgram
from privacy.requests.moves import NotPossible
from privacy.requests.states import OPEN, Status

PER_PAGE = 100
VIEW = "privacy.view_rightsrequest"
ERRORS = {401: ErrorOut, 403: ErrorOut, 404: ErrorOut}


class Refused(Exception):
    def __init__(self, response: HttpResponse) -> None:
        super().__init__("refused")
        self.response = response


def colleague(request: HttpRequest, permission: str) -> User:
    """Who calls, by token or session, if they may. Raises Refused."""
    token = bearer(request)
    if token:
        who = staff_tokens.account_of(token, now=datetime.now(UTC))
    elif admin.site.has_permission(request):
        who = request.user if isinstance(request.user, User) else None
    else:
        who = None
    if who is None:
        response = api_response(
            401,
            code="not_authenticated",
            detail=_("Connectez-vous, ou envoyez une clé valable de l'API."),
        )
        response.headers["WWW-Authenticate"] = "Bearer"
        raise Refused(response)
    if not who.has_perm(permission):
        raise Refused(api_response(403))
    return who


class StaffView(LightView):
    """Answers what `colleague` refuses, and what the request's state does not allow."""

    def handle_exception(self, exc: Exception) -> Any:
        if isinstance(exc, Refused):
            return exc.response
        if isinstance(exc, NotPossible):
            return api_response(409, code="not_possible", detail=str(exc))
        return super().handle_exception(exc)


class QueueView(StaffView):
    @extend_schema(
        responses={200: QueueOut, 400: ErrorOut, **ERRORS},
        operation_id="staff_requests_list",
        parameters=[
            OpenApiParameter("status", str, enum=[*Status.values, "open"]),
            OpenApiParameter("page", int),
        ],
    )
    def get(self, request: Request) -> HttpResponse:
        """By legal due date; a hundred at a time."""
        plain = request._request
        who = colleague(plain, VIEW)
        wanted, page = plain.GET.get("status", ""), plain.GET.get("page", "1")
        if wanted not in ("", "open", *Status.values) or not _is_page(page):
            return api_response(400, code="invalid")
        found = RightsRequest.objects.by_due_date().select_related("handler")
        if wanted:
            found = found.filter(status__in=OPEN if wanted == "open" else [wanted])
        number = int(page)
        rows = found[(number - 1) * PER_PAGE : number * PER_PAGE + 1]
        listed, now = list(rows), datetime.now(UTC)
        audit.record(
            by=who, act="admin.listed", now=now, target="privacy.rightsrequest",
            details={"by": "api"},
        )  # fmt: skip
        more = len(listed) > PER_PAGE
        return _said(
            {
                "count": found.count(),
                "next": f"?status={wanted}&page={number + 1}" if more else None,
                "results": [_row(asked, now) for asked in listed[:PER_PAGE]],
            }
        )

    @extend_schema(
        request=EnteredIn,
        responses={201: StaffRequestOut, 400: ErrorOut, **ERRORS},
        operation_id="staff_requests_enter",
    )
    def post(self, request: Request) -> HttpResponse:
        """Enter what came another way, with its true day of receipt."""
        plain = request._request
        who, now = colleague(plain, HANDLE), datetime.now(UTC)
        data = bodies.check(EnteredByProgram(), bodies.read(plain))
        try:
            filed = entering.enter(data, by=who, now=now)
        except filing.ReceivedLater:
            return api_response(
                400,
                code="invalid",
                detail=_("Certaines valeurs ne conviennent pas."),
                fields={"received_on": [_("Ce jour est encore à venir.")]},
            )
        return _said(_row(filed, now), status=201)


class OneView(StaffView):
    @extend_schema(
        responses={200: StaffRequestWholeOut, **ERRORS}, operation_id="staff_requests_one"
    )
    def get(self, request: Request, reference: str) -> HttpResponse:
        who, now = colleague(request._request, VIEW), datetime.now(UTC)
        asked = _found(reference)
        audit.record(
            by=who, act="admin.viewed", now=now, target=filing.target_of(asked),
            details={"by": "api"},
        )  # fmt: skip
        return _said(_whole(asked, who, now))


class ActView(StaffView):
    @extend_schema(
        request=ActIn,
        responses={200: StaffRequestWholeOut, 400: ErrorOut, 409: ErrorOut, **ERRORS},
        operation_id="staff_requests_act",
        parameters=[OpenApiParameter("act", str, OpenApiParameter.PATH, enum=list(desk.ACTS))],
    )
    def post(self, request: Request, reference: str, act: str) -> HttpResponse:
        """Do one act; what the state does not allow is 409 with the reason."""
        plain = request._request
        wanted = desk.ACTS.get(act)
        who = colleague(plain, wanted.permission if wanted is not None else VIEW)
        if wanted is None:
            return api_response(404)
        asked, now = _found(reference), datetime.now(UTC)
        data = bodies.check(wanted.form_of(asked), bodies.read(plain))
        with transaction.atomic():
            done = wanted.do(request=asked, by=who, now=now, **data)
        said = _whole(done, who, now)
        if secret := getattr(done, "shown_once", ""):
            said["shown_once"] = secret
        return _said(said)


def _found(reference: str) -> RightsRequest:
    found = RightsRequest.objects.select_related("handler").filter(reference=reference).first()
    if found is None:
        raise Refused(api_response(404))
    return found


def _is_page(text: str) -> bool:
    return text.isascii() and text.isdigit() and 0 < int(text) < 1_000_000


def _row(asked: RightsRequest, now: datetime) -> dict[str, Any]:
    return {
        "reference": asked.reference,
        "status": asked.status,
        "rights": asked.rights,
        "channel": asked.channel,
        "received_on": asked.received_on,
        "due_on": asked.legal_due_on,
        "policy_limit_on": asked.policy_limit_on,
        "target_on": asked.target_on,
        "extended_due_on": asked.extended_due_on,
        "suspended_due_on": view.suspended_due_on(asked, local_day(now)),
        "deemed_refused": asked.deemed_refused_at is not None,
        "handler": asked.handler.email if asked.handler is not None else None,
    }


def _whole(asked: RightsRequest, who: User, now: datetime) -> dict[str, Any]:
    pending = four_eyes.waiting(asked)
    return {
        **_row(asked, now),
        "name": asked.name,
        "email": asked.email,
        "language": asked.language,
        "message": asked.message,
        "person": matching.reference_of(asked),
        "pending": pending.act if pending is not None else None,
        "recipients": [
            {
                "id": str(task.pk),
                "name": task.recipient_name,
                "why": task.why,
                "due_on": task.due_on,
                "told_at": task.told_at,
            }
            for task in asked.recipient_tasks.order_by("due_on", "pk")
        ],
        "acts": [act.name for act in desk.offered(asked, to=who)],
        "letters": [
            {
                "id": str(one.pk),
                "subject": one.subject,
                "written_at": one.written_at,
                "state": one.state,
                "posted_at": one.posted_at,
            }
            for one in letter_acts.letters_of(asked)
        ],
        "timeline": [
            {
                "number": step["event"].number,
                "at": step["event"].at,
                "kind": step["event"].kind,
                "by": str(step["by"]) or None,
                "content_hash": step["event"].content_hash,
                "details": step["event"].details,
                "hash": step["event"].hash,
            }
            for step in view.steps(asked)
        ],
    }


def _said(body: dict[str, Any], *, status: int = 200) -> JsonResponse:
    response = JsonResponse(body, status=status)
    response.headers["Cache-Control"] = "private, no-store"
    return response
