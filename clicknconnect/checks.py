"""System checks of the wiring."""

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, register


@register(Tags.security)
def forgery_protection_is_on(**kwargs: Any) -> list[CheckMessage]:
    """Stands for Django's security.W003, which knows its own class only."""
    wanted = "clicknconnect.csrf.OriginCsrfMiddleware"
    if wanted in settings.MIDDLEWARE:
        return []
    return [Error(f"{wanted} is not in MIDDLEWARE.", id="clicknconnect.E001")]
