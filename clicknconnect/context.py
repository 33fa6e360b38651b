"""What every template knows."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest

from clicknconnect.language import of_path


def alternates(path: str) -> list[tuple[str, str, str]]:
    """(code, name, address) of this page in each language; none where the address names none."""
    if path.startswith(("/api/", "/admin/")):
        return []
    bare = path[3:] if of_path(path) != settings.LANGUAGE_CODE else path
    return [
        (code, name, bare if code == settings.LANGUAGE_CODE else f"/{code}{bare}")
        for code, name in settings.LANGUAGES
    ]


def facts(request: HttpRequest) -> dict[str, str]:
    """The published facts, by key, in the language of the page; empty when nothing is published."""
    snapshot = getattr(getattr(request, "consent", None), "snapshot", None)
    if snapshot is None:
        return {}
    view = snapshot.views[getattr(request, "LANGUAGE_CODE", settings.LANGUAGE_CODE)]
    return {row["key"]: row["words"] for row in view.register["facts"]}


def site(request: HttpRequest) -> dict[str, Any]:
    return {
        "alternates": alternates(request.path),
        "facts": facts(request),
        "has_session": settings.SESSION_COOKIE_NAME in request.COOKIES,
        "site_url": settings.SITE_URL,
    }
