"""Error answers: pages for people, `{"code", "detail", "fields"}` for programs."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.html import format_html
from django.utils.translation import gettext as _
from rest_framework import exceptions
from rest_framework.response import Response

from clicknconnect.logs import logger

LAST_RESORT = (
    '<!doctype html><html lang="fr"><meta charset="utf-8"><title>{title}</title>'
    '<h1>{title}</h1><p>{advice}</p><p><a href="/">Click&#x27;n CoNNect</a></p></html>'
)
CODES = {
    400: "bad_request",
    403: "forbidden",
    404: "not_found",
    405: "method_not_allowed",
    406: "not_acceptable",
    410: "gone",
    413: "too_large",
    415: "unsupported_media_type",
    429: "too_many_requests",
    500: "server_error",
    503: "unavailable",
}


def _texts(status: int) -> tuple[str, str]:
    """(title, what to do) for a status, in the language of the request."""
    return {
        400: (
            _("Nous n'avons pas compris cette demande"),
            _("Revenez à la page précédente et essayez à nouveau."),
        ),
        403: (
            _("Cette page ne vous est pas ouverte"),
            _("Revenez à la page précédente, rechargez-la et essayez à nouveau."),
        ),
        404: (
            _("Cette page n'existe pas"),
            _("L'adresse est peut-être incomplète, ou la page a changé de place."),
        ),
        405: (_("Cette adresse ne s'utilise pas ainsi"), _("Revenez à la page précédente.")),
        410: (
            _("Ce lien ne fonctionne plus"),
            _("Il a déjà servi ou il est trop ancien. Demandez-en un nouveau."),
        ),
        413: (_("C'est trop grand"), _("Envoyez moins de données à la fois.")),
        429: (
            _("Trop de demandes en peu de temps"),
            _("Attendez un peu, puis essayez à nouveau."),
        ),
        500: (
            _("Quelque chose n'a pas marché chez nous"),
            _("Rien n'a été enregistré. Essayez à nouveau dans quelques minutes."),
        ),
        503: (
            _("Le site est momentanément indisponible"),
            _("Essayez à nouveau dans quelques minutes."),
        ),
    }.get(status, (_("Cette demande n'a pas abouti"), _("Essayez à nouveau.")))


def api_response(
    status: int,
    *,
    code: str = "",
    detail: str = "",
    fields: dict[str, Any] | None = None,
    retry_after: int | None = None,
    **more: Any,
) -> JsonResponse:
    """The error shape of the API; `detail` in the language of the request."""
    response = JsonResponse(
        {
            "code": code or CODES.get(status, "error"),
            "detail": detail or " ".join(part.rstrip(".") + "." for part in _texts(status)),
            "fields": fields or {},
            **more,
        },
        status=status,
    )
    response.headers["Cache-Control"] = "no-store"
    if retry_after is not None:
        response.headers["Retry-After"] = str(retry_after)
    return response


def error_page(
    request: HttpRequest, status: int, *, detail: str = "", retry_after: int | None = None
) -> HttpResponse:
    """The page of the site for a status, or JSON under /api/."""
    if request.path.startswith("/api/"):
        return api_response(status, detail=detail, retry_after=retry_after)
    title, advice = _texts(status)
    context = {"status": status, "title": title, "advice": detail or advice}
    try:
        response = render(request, "error.html", context, status=status)
    except Exception:  # the layout itself failed: the person still gets an answer
        if status != 500:
            raise
        logger.exception("error_page_failed")
        response = HttpResponse(
            format_html(LAST_RESORT, title=title, advice=context["advice"]), status=status
        )
    response.headers["Cache-Control"] = "no-store"
    if retry_after is not None:
        response.headers["Retry-After"] = str(retry_after)
    return response


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return error_page(request, 400)


def permission_denied(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return error_page(request, 403)


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return error_page(request, 404)


def server_error(request: HttpRequest) -> HttpResponse:
    return error_page(request, 500)


def forbidden_origin(request: HttpRequest, reason: str = "") -> HttpResponse:
    """An unsafe request that did not come from a page of this site, or lacks its token."""
    detail = _("Pour votre sécurité, cette demande doit venir d'une page de ce site.")
    if request.path.startswith("/api/"):
        code = "token_missing" if reason == "token" else "wrong_origin"
        return api_response(403, code=code, detail=detail)
    return error_page(request, 403, detail=detail)


def _fields(detail: Any) -> dict[str, Any]:
    if isinstance(detail, dict):
        return {name: _flat(value) for name, value in detail.items()}
    return {}


def _flat(value: Any) -> list[str]:
    if isinstance(value, dict):
        return [f"{name}: {text}" for name, part in value.items() for text in _flat(part)]
    if isinstance(value, (list, tuple)):
        return [text for part in value for text in _flat(part)]
    return [str(value)]


def api_error(error: Exception, context: dict[str, Any]) -> Response | JsonResponse | None:
    """Django REST framework's exception handler."""
    if isinstance(error, Http404):
        return api_response(404)
    if isinstance(error, PermissionDenied):
        return api_response(403)
    if not isinstance(error, exceptions.APIException):
        return None
    if isinstance(error, exceptions.ValidationError):
        return api_response(
            400,
            code="invalid",
            detail=_("Certaines valeurs ne conviennent pas."),
            fields=_fields(error.detail),
        )
    if isinstance(error, exceptions.ParseError):
        return api_response(
            400, code="malformed", detail=_("Le corps de la demande n'est pas du JSON valable.")
        )
    wait = getattr(error, "wait", None)
    return api_response(error.status_code, retry_after=int(wait) + 1 if wait else None)
