"""The site's own pages, and what machines ask."""

import hmac
import ipaddress
import json
from datetime import UTC, date, datetime, time, timedelta

from django.conf import settings
from django.db import DatabaseError, connections
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse, HttpResponsePermanentRedirect, JsonResponse
from django.shortcuts import render
from django.templatetags.static import static
from django.views.decorators.http import conditional_page, require_safe

from clicknconnect import metrics, startup, unreplayed
from clicknconnect.network import client_address
from consent import snapshots
from consent.log import seals
from consent.middleware import public_page

# The day from which this site honours Global Privacy Control as the specification of that day says.
GPC_SINCE = date(2026, 11, 22)


@require_safe
@public_page
def front(request: HttpRequest) -> HttpResponse:
    return render(request, "front.html")


@require_safe
@public_page
def contact(request: HttpRequest) -> HttpResponse:
    return render(request, "contact.html")


@require_safe
def alive(request: HttpRequest) -> HttpResponse:
    return HttpResponse("ok\n", content_type="text/plain")


_migrated = False


def _problems() -> list[str]:
    """Why this process should get no traffic."""
    global _migrated
    try:
        problems = startup.role_dangers()
        if not _migrated:
            executor = MigrationExecutor(connections["default"])
            targets = executor.loader.graph.leaf_nodes()
            _migrated = not executor.migration_plan(targets)
        if not _migrated:
            problems.append("The database is not migrated.")
        if snapshots.current() is None:
            problems.append("No version of the policy is published.")
        if _migrated:
            problems += unreplayed.problems()
    except DatabaseError:
        return ["The database cannot be reached."]
    return problems


@require_safe
def ready(request: HttpRequest) -> HttpResponse:
    problems = _problems()
    return JsonResponse(
        {"ready": not problems, "problems": problems}, status=503 if problems else 200
    )


@require_safe
def figures(request: HttpRequest) -> HttpResponse:
    """For the machine itself and for whoever holds METRICS_TOKEN."""
    sent = request.META.get("HTTP_AUTHORIZATION", "").removeprefix("Bearer ")
    token = settings.METRICS_TOKEN
    known = bool(token) and hmac.compare_digest(sent.encode(), token.encode())
    address = client_address(request)
    forwarded = "HTTP_X_FORWARDED_FOR" in request.META and not settings.TRUSTED_PROXIES
    near = not forwarded and address is not None and ipaddress.ip_address(address).is_loopback
    if not known and not near:
        return HttpResponse(status=404)
    return HttpResponse(metrics.render(), content_type="text/plain; version=0.0.4; charset=utf-8")


@require_safe
def gpc(request: HttpRequest) -> HttpResponse:
    """W3C Global Privacy Control: this site honours the signal (GA-10)."""
    return HttpResponse(
        json.dumps({"gpc": True, "lastUpdate": GPC_SINCE.isoformat()}),
        content_type="application/json",
    )


@require_safe
@conditional_page
def consent_log(request: HttpRequest) -> HttpResponse:
    """Every public key of the consent log, old ones too, and its newest seal (docs/proof.md)."""
    newest = seals.newest()
    response = JsonResponse(
        {"keys": seals.all_keys(), "seal": newest.statement() if newest else None}
    )
    response.headers["Cache-Control"] = "public, max-age=60"
    return response


@require_safe
def security_txt(request: HttpRequest) -> HttpResponse:
    """RFC 9116."""
    expires = datetime.combine(datetime.now(UTC).date(), time(), UTC) + timedelta(days=180)
    lines = [
        f"Contact: mailto:{settings.DEFAULT_FROM_EMAIL}",
        f"Expires: {expires:%Y-%m-%dT%H:%M:%SZ}",
        "Preferred-Languages: fr, nl, de, en",
        f"Canonical: {settings.SITE_URL}/.well-known/security.txt",
    ]
    return HttpResponse("\n".join(lines) + "\n", content_type="text/plain; charset=utf-8")


@require_safe
def favicon(request: HttpRequest) -> HttpResponse:
    return HttpResponsePermanentRedirect(static("site/icon.svg"))
