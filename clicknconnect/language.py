"""The language of a page is in its address (CK-21); programs and staff may send theirs."""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import translation
from django.utils.translation import get_supported_language_variant, trans_real

# Addresses without a language of their own.
_NEGOTIATED = ("/api/", "/admin/")
prefixes = {f"/{code}/": code for code, _ in settings.LANGUAGES if code != settings.LANGUAGE_CODE}


def of_path(path: str) -> str:
    """The language that `path` names: `/nl/…` is Dutch, an address without a prefix French."""
    return prefixes.get(path[:4], settings.LANGUAGE_CODE)


def negotiated(header: str) -> str:
    """The best of our languages for an Accept-Language header; French where it names none."""
    for code, _quality in trans_real.parse_accept_lang_header(header.lower()[:500]):
        if code == "*":
            break
        try:
            return get_supported_language_variant(code)
        except LookupError:
            continue
    return settings.LANGUAGE_CODE


def language_of_path(
    get_response: Callable[[HttpRequest], HttpResponse],
) -> Callable[[HttpRequest], HttpResponse]:
    def middleware(request: HttpRequest) -> HttpResponse:
        path = request.path_info
        if path.startswith(_NEGOTIATED):
            language = negotiated(request.META.get("HTTP_ACCEPT_LANGUAGE", ""))
        else:
            language = of_path(path)
        translation.activate(language)
        request.LANGUAGE_CODE = language  # type: ignore[attr-defined]
        response = get_response(request)
        response.headers.setdefault("Content-Language", language)
        return response

    return middleware
