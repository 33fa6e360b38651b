"""What the rights are, in the policy's own words, and the form to use one or several."""

import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from clicknconnect.errors import error_page
from clicknconnect.middleware import takes_files
from clicknconnect.network import client_address, network_of
from consent.log.canonical import dumps
from consent.render import inline
from privacy import limits
from privacy.encryption import keyed_hash
from privacy.models import RightsRequest, User
from privacy.requests import codes, filing, links
from privacy.requests.forms import RightsForm
from privacy.requests.uploads import Upload
from privacy.requests.words import PLAIN
from privacy.views.own import own_data


@takes_files
@require_http_methods(["GET", "HEAD", "POST"])
@own_data
@limits.throttled
def rights_page(request: HttpRequest) -> HttpResponse:
    """Nobody needs an account, a script or a cookie to ask."""
    account = account_of(request)
    if request.method != "POST":
        return _page(request, RightsForm(account=account))
    form = RightsForm(request.POST, request.FILES, account=account)
    if not form.is_valid():
        return _page(request, form, status=422)
    language = request.LANGUAGE_CODE  # type: ignore[attr-defined]
    asked = {**form.asked(), "language": language}
    uploads = form.cleaned_data["documents"]
    filed = send(request, asked, account, now=datetime.now(UTC), uploads=uploads)
    ticket = links.ticket(
        {
            "reference": filed.reference,
            "received": filed.received_on.isoformat(),
            "due": filed.legal_due_on.isoformat(),
            "target": filed.target_on.isoformat(),
            "confirmed": "yes" if account is not None else "",
        }
    )
    return HttpResponseRedirect(reverse("rights:sent", args=[ticket]), status=303)


def account_of(request: HttpRequest) -> User | None:
    return request.user if isinstance(request.user, User) else None


def send(
    request: HttpRequest,
    asked: dict[str, Any],
    account: User | None,
    *,
    now: datetime,
    uploads: Sequence[Upload] = (),
) -> RightsRequest:
    """File what was asked on the site or by its API. Raises limits.TooManyAttempts."""
    limits.count(request, asked["email"], limits.RIGHTS, now=now)
    network = network_of(client_address(request))
    sending = keyed_hash(
        dumps([network, *(asked[key] for key in sorted(asked)), *map(_digest, uploads)]).decode(),
        about="request-sending",
    )
    return filing.file(
        asked=filing.Asked(**asked), account=account, now=now, sending=sending, uploads=uploads
    )


def _digest(upload: Upload) -> str:
    return hashlib.sha256(upload.data).hexdigest()


def _page(request: HttpRequest, form: RightsForm, *, status: int = 200) -> HttpResponse:
    snapshot = request.consent.snapshot  # type: ignore[attr-defined]
    if snapshot is None:
        return error_page(request, 503, retry_after=30)
    view = snapshot.views[request.LANGUAGE_CODE]  # type: ignore[attr-defined]
    blocks = view.register["policy"]
    start = next(i for i, block in enumerate(blocks) if block.get("anchor") == "droits")
    rights = next(block for block in blocks[start:] if block.get("items"))
    chosen = set(form["rights"].value() or ())
    context = {
        "rights": map(inline, rights["items"]),
        "form": form,
        "boxes": [
            (right.value, words, name, right.value in chosen)
            for right, (words, name) in PLAIN.items()
        ],
        "account": form.account,
    }
    response = render(request, "rights/explained.html", context, status=status)
    if form.account is None and not form.is_bound:
        response.is_public = True  # type: ignore[attr-defined]
    return response


@own_data
@require_safe
def sent(request: HttpRequest, ticket: str) -> HttpResponse:
    """What happens next. Its address says it all but for the code, which is shown once: it is made
    now, so that no address, log or letter holds it."""
    try:
        values = links.read_ticket(ticket)
    except links.UnknownLink as error:
        raise Http404 from error
    except links.SpentLink:
        return error_page(request, 410)
    days = {
        key: datetime.fromisoformat(values[key]).date() for key in ("received", "due", "target")
    }
    # A browser that only looks whether the page is there is shown nothing.
    code = codes.first_of(values["reference"]) if request.method == "GET" else ""
    response = render(request, "rights/sent.html", {**values, **days, "code": code})
    response.headers["Cache-Control"] = "private, no-store"
    response.headers["X-Robots-Tag"] = "noindex, nofollow"
    return response
