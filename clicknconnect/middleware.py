"""What happens around every request: its log line, its figures, its size."""

from collections.abc import Callable
from time import perf_counter

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import Resolver404, resolve

from clicknconnect import metrics
from clicknconnect.errors import error_page
from clicknconnect.logs import logger
from consent.middleware import FALLBACK_POLICY

type Handler = Callable[[HttpRequest], HttpResponse]

PERMISSIONS_POLICY = ", ".join(
    f"{feature}=()"
    for feature in (
        "accelerometer", "autoplay", "browsing-topics", "camera", "display-capture",
        "encrypted-media", "fullscreen", "geolocation", "gyroscope", "hid",
        "identity-credentials-get", "idle-detection", "local-fonts", "magnetometer", "microphone",
        "midi", "payment", "picture-in-picture", "publickey-credentials-get", "screen-wake-lock",
        "serial", "storage-access", "usb", "xr-spatial-tracking",
    )
)  # fmt: skip
# Asked every few seconds by machines: counted, not logged.
_QUIET = {"/healthz", "/readyz", "/metrics"}


def observe(get_response: Handler) -> Handler:
    """One log line and one count a request: the route's pattern, never the address itself."""

    def middleware(request: HttpRequest) -> HttpResponse:
        started = perf_counter()
        response = get_response(request)
        seconds = perf_counter() - started
        response.headers["Permissions-Policy"] = PERMISSIONS_POLICY
        # An answer made before the policy of the page was known, as for a foreign host.
        response.headers.setdefault("Content-Security-Policy", FALLBACK_POLICY)
        match = request.resolver_match
        route = match.route if match else "unmatched"
        if request.path in _QUIET:
            metrics.observe_request(request.method or "", route, response.status_code, seconds)
        else:
            note(request.method or "", route, response.status_code, seconds)
        return response

    return middleware


def note(method: str, route: str, status: int, seconds: float) -> None:
    """The count and the log line of one request."""
    metrics.observe_request(method, route, status, seconds)
    logger.info(
        "request", method=method, route=route, status=status, milliseconds=round(seconds * 1000, 1)
    )


def takes_files[**P, R](view: Callable[P, R]) -> Callable[P, R]:
    """Mark a view whose form has files: its multipart bodies may be MAX_UPLOAD_BYTES long."""
    view.takes_files = True  # type: ignore[attr-defined]
    return view


def _limit(request: HttpRequest) -> int:
    if request.method == "POST" and request.content_type == "multipart/form-data":
        try:
            view = resolve(request.path_info).func
        except Resolver404:
            return int(settings.MAX_BODY_BYTES)
        if getattr(view, "takes_files", False):
            return int(settings.MAX_UPLOAD_BYTES)
    return int(settings.MAX_BODY_BYTES)


def limit_body(get_response: Handler) -> Handler:
    """Bodies over 64 KiB are 413 before anything reads them; only forms with files get more."""

    def middleware(request: HttpRequest) -> HttpResponse:
        length = request.META.get("CONTENT_LENGTH") or "0"
        if not length.isdigit() or (
            int(length) > settings.MAX_BODY_BYTES and int(length) > _limit(request)
        ):
            return error_page(request, 413 if length.isdigit() else 400)
        if request.META.get("HTTP_TRANSFER_ENCODING"):
            body = request.read(settings.MAX_BODY_BYTES + 1)
            if len(body) > settings.MAX_BODY_BYTES:
                return error_page(request, 413)
            request._body = body  # type: ignore[attr-defined]
        return get_response(request)

    return middleware
