"""Forgery protection without a cookie for anonymous people (CK-14, T-06).

Anonymous unsafe requests must come from this site: a same-origin `Origin`, or
`Sec-Fetch-Site: same-origin`. Logged-in ones need that and Django's token as well.
"""

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.middleware.csrf import CsrfViewMiddleware, RejectRequest

from clicknconnect.errors import forbidden_origin

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})


def origin_exempt[**P, R](view: Callable[P, R]) -> Callable[P, R]:
    """Mark a view that may be called from anywhere: CSP reports, the one-click objection."""
    view.origin_exempt = True  # type: ignore[attr-defined]
    return view


class OriginCsrfMiddleware(CsrfViewMiddleware):
    """`csrf_exempt` opens nothing here; only `origin_exempt` does."""

    def process_request(self, request: HttpRequest) -> None:
        # Without the cookie there is nothing to read: the hot path of anonymous pages.
        if settings.CSRF_COOKIE_NAME in request.COOKIES:
            super().process_request(request)

    def process_view(  # type: ignore[override]
        self,
        request: HttpRequest,
        callback: Callable[..., Any],
        callback_args: Any,
        callback_kwargs: Any,
    ) -> HttpResponseBase | None:
        # Also tells Django's own decorators (admin) that the check was made here.
        request.csrf_processing_done = True  # type: ignore[attr-defined]
        if request.method in SAFE_METHODS or getattr(callback, "origin_exempt", False):
            return None
        if getattr(request, "_dont_enforce_csrf_checks", False):
            return None
        if "HTTP_AUTHORIZATION" in request.META and not request.COOKIES:
            return None
        if not self.same_origin(request):
            return forbidden_origin(request, reason="origin")
        if settings.SESSION_COOKIE_NAME in request.COOKIES and request.user.is_authenticated:
            try:
                self._check_token(request)  # type: ignore[attr-defined]
            except RejectRequest:
                return forbidden_origin(request, reason="token")
        return None

    def same_origin(self, request: HttpRequest) -> bool:
        origin = request.META.get("HTTP_ORIGIN")
        if origin is not None and origin != "null":
            return bool(self._origin_verified(request))  # type: ignore[attr-defined]
        return request.META.get("HTTP_SEC_FETCH_SITE") == "same-origin"

    def process_response(  # type: ignore[override]
        self, request: HttpRequest, response: HttpResponse
    ) -> HttpResponse:
        """The token is sent once, after login, and never renewed (CK-12) nor sent to a stranger."""
        name = settings.CSRF_COOKIE_NAME
        # Django's own decorators may have set it on the way out.
        if name in response.cookies and response.cookies[name].value:
            del response.cookies[name]
        if (
            request.META.get("CSRF_COOKIE_NEEDS_UPDATE")
            and request.COOKIES.get(name) != request.META["CSRF_COOKIE"]
            and request.user.is_authenticated
        ):
            self._set_csrf_cookie(request, response)  # type: ignore[attr-defined]
        return response
