"""What browsers report against the content security policy, as counts without personal data."""

import json
import re
from collections import Counter
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from django.db import connection
from django.http import HttpRequest
from django.urls import Resolver404, resolve

from clicknconnect import metrics, throttle
from clicknconnect.network import client_address, network_of
from consent.periods import local_day

_DIRECTIVE = re.compile(r"[a-z-]{1,40}", re.ASCII)
_KEYWORDS = {
    "inline",
    "eval",
    "data",
    "blob",
    "trusted-types-sink",
    "trusted-types-policy",
    "wasm-eval",
}
_MOST_PER_CALL = 20
_COUNT = """
INSERT INTO consent_cspreport (day, directive, blocked, route, count, last_at)
VALUES (%s, %s, %s, %s, %s, %s)
ON CONFLICT ON CONSTRAINT consent_cspreport_one_a_day
DO UPDATE SET count = consent_cspreport.count + excluded.count,
              last_at = greatest(consent_cspreport.last_at, excluded.last_at)
"""


def receive(request: HttpRequest, *, now: datetime) -> int:
    """Count the violations in the body, in either format; how many were taken."""
    who = network_of(client_address(request))
    if throttle.hit("csp", who, limit=60, period=timedelta(minutes=1), now=now):
        return 0
    counts = Counter(_rows(request.body)[:_MOST_PER_CALL])
    with connection.cursor() as cursor:
        for (directive, blocked, route), count in sorted(counts.items()):
            cursor.execute(_COUNT, [local_day(now), directive, blocked, route, count, now])
            metrics.CSP_REPORTS.labels(directive).inc(count)
    return sum(counts.values())


def _rows(body: bytes) -> list[tuple[str, str, str]]:
    try:
        data = json.loads(body)
    except (ValueError, RecursionError):
        return []
    entries = data if isinstance(data, list) else [data]
    return [row for entry in entries[:100] if (row := _row(entry)) is not None]


def _row(entry: Any) -> tuple[str, str, str] | None:
    if not isinstance(entry, dict):
        return None
    old = entry.get("csp-report")
    new = entry.get("body") if entry.get("type") == "csp-violation" else None
    if isinstance(old, dict):
        directive = old.get("effective-directive") or old.get("violated-directive")
        blocked, page = old.get("blocked-uri"), old.get("document-uri")
    elif isinstance(new, dict):
        directive = new.get("effectiveDirective")
        blocked, page = new.get("blockedURL"), new.get("documentURL")
    else:
        return None
    words = str(directive or "").split()
    if not words or not _DIRECTIVE.fullmatch(words[0]):
        return None
    return words[0], _origin(str(blocked or "")), _route(str(page or ""))


def _origin(blocked: str) -> str:
    """The origin, or the keyword that stands for it; never a path or a query."""
    if blocked in _KEYWORDS:
        return blocked
    try:
        parts = urlsplit(blocked)
    except ValueError:
        return "other"
    if parts.scheme and parts.hostname:
        return f"{parts.scheme}://{parts.hostname}"[:100]
    return parts.scheme[:100] if parts.scheme in _KEYWORDS else "other"


def _route(page: str) -> str:
    """The pattern of the address, so that no token in it is kept."""
    try:
        return resolve(urlsplit(page).path).route[:100]
    except (Resolver404, ValueError):
        return "other"
