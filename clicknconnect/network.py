"""Who calls, as far as the proxies in front are trusted. Never stored, never logged."""

import ipaddress
from collections.abc import Mapping

from django.conf import settings
from django.http import HttpRequest


def _address(text: str) -> str | None:
    try:
        return str(ipaddress.ip_address(text.strip()))
    except ValueError:
        return None


def client_address(request: HttpRequest) -> str | None:
    """The caller's address; X-Forwarded-For counts only as far as trusted proxies wrote it."""
    return address_in(request.META)


def address_in(sent: Mapping[str, str]) -> str | None:
    """The same, of a WSGI environment."""
    address = _address(sent.get("REMOTE_ADDR", ""))
    if not settings.TRUSTED_PROXIES:
        return address
    hops = sent.get("HTTP_X_FORWARDED_FOR", "").split(",")
    while address is not None and hops and _trusted(address):
        previous = _address(hops.pop())
        if previous is None:
            break
        address = previous
    return address


def _trusted(address: str) -> bool:
    return any(ipaddress.ip_address(address) in network for network in settings.TRUSTED_PROXIES)


def network_of(address: str | None) -> str:
    """/24 or /56: what one visitor, household or office shares."""
    if address is None:
        return "unknown"
    bits = 24 if ipaddress.ip_address(address).version == 4 else 56
    return str(ipaddress.ip_network(f"{address}/{bits}", strict=False))
