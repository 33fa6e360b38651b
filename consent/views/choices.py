"""Cookie choices without a script: the page, and the forms of page and banner."""

import uuid
from datetime import UTC, datetime

from django.conf import settings
from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme, urlencode
from django.utils.safestring import mark_safe
from django.views.decorators.http import require_http_methods

from clicknconnect.errors import error_page
from clicknconnect.logs import logger
from consent import answers
from consent.acceptances import Acceptance, shown
from consent.actions import RecordNotWritten
from consent.enums import NECESSARY, Source
from consent.middleware import Consent
from consent.models import AccountLink, Record


@require_http_methods(["GET", "HEAD", "POST"])
def cookies_page(request: HttpRequest) -> HttpResponse:
    consent: Consent = request.consent  # type: ignore[attr-defined]
    if consent.snapshot is None:
        return error_page(request, 503, retry_after=30)
    if request.method == "POST":
        return _choose(request, consent)
    return _page(request, consent, outcome=_done(request, consent))


def _done(request: HttpRequest, consent: Consent) -> str:
    """What the address says was done, as far as it is so: an address can be sent to anybody."""
    said = request.GET.get("fait", "")
    decided = consent.choice is not None
    holds = {
        "accepte": decided and bool(consent.categories),
        "refuse": decided and not consent.categories,
        "retire": bool(_withdrawn_receipt(request)) and not consent.categories,
    }
    return said if holds.get(said) else ""


def _page(
    request: HttpRequest, consent: Consent, *, outcome: str = "", status: int = 200
) -> HttpResponse:
    assert consent.snapshot is not None
    view = consent.snapshot.views[request.LANGUAGE_CODE]  # type: ignore[attr-defined]
    form = str(view.preferences)
    for category in consent.categories:
        form = form.replace(f'name="{category}"', f'name="{category}" checked')
    record = consent.choice.record if consent.choice else None
    messages = {
        "accepte": "saved_accepted",
        "refuse": "saved_refused",
        "retire": "saved_withdrawn",
        "erreur": "error",
        "change": "stale",
    }
    key = messages.get(outcome)
    context = {
        "form": mark_safe(form),  # noqa: S308  rendered from escaped parts at publication
        "message": view.register["banner"][key] if key else "",
        "is_error": outcome in {"erreur", "change"},
        "choice": consent.choice,
        "receipt": answers.receipt_path(record) if record else _withdrawn_receipt(request),
        "acceptances": _acceptances(request, consent),
        "texts": view.register["banner"],
        "last_day": consent.snapshot.period.last_day(consent.choice.decided_on)
        if consent.choice
        else None,
        "period_text": view.register["banner"]["period"].replace(
            "%(lifetime)s", _lifetime(consent, request)
        ),
    }
    return render(request, "consent/cookies.html", context, status=status)


def _acceptances(request: HttpRequest, consent: Consent) -> list[Acceptance]:
    """Those that this browser may know: of its cookie, of a signed link, of its account."""
    keys = {}
    wanted = {consent.choice.record} if consent.choice and consent.choice.record else set()
    if _withdrawn_receipt(request):
        withdrawn = uuid.UUID(request.GET["preuve"])
        wanted.add(withdrawn)
        keys[str(withdrawn)] = request.GET["key"]
    try:
        if settings.SESSION_COOKIE_NAME in request.COOKIES and request.user.is_authenticated:
            links = AccountLink.objects.filter(account=request.user.pk)
            wanted |= set(links.values_list("record", flat=True))
        if not wanted:
            return []
        records = list(Record.objects.filter(pk__in=wanted, event="given").order_by("-pk"))
        language: str = request.LANGUAGE_CODE  # type: ignore[attr-defined]
        return shown(
            records,
            snapshot=consent.snapshot,
            language=language,
            now=datetime.now(UTC),
            keys=keys,
        )
    except DatabaseError:
        # Whoever wants to withdraw can, whatever fails; the receipt's own link says it is out.
        logger.error("acceptances_not_read")
        return []


def _withdrawn_receipt(request: HttpRequest) -> str:
    """The signed link to what was just withdrawn, when the address names it."""
    try:
        record = uuid.UUID(request.GET.get("preuve", ""))
    except ValueError:
        return ""
    key = request.GET.get("key", "")
    if not answers.is_signed(record, key):
        return ""
    return f"{answers.receipt_path(record)}?{urlencode({'key': key})}"


def _lifetime(consent: Consent, request: HttpRequest) -> str:
    assert consent.snapshot is not None
    register = consent.snapshot.views[request.LANGUAGE_CODE].register  # type: ignore[attr-defined]
    row = next(row for row in register["cookies"] if row["name"] == "cookieconsent_status")
    return str(row["lifetime"])


def _choose(request: HttpRequest, consent: Consent) -> HttpResponse:
    """A form of the banner or of the page: store, set the cookie, go back (POST, redirect, GET)."""
    assert consent.snapshot is not None
    action = request.POST.get("action", "")
    page = reverse("consent:cookies")
    if action == "customise":
        return HttpResponseRedirect(page)
    optional = consent.snapshot.optional
    chosen = {
        "accept-all": optional,
        "refuse-all": (),
        "save": tuple(key for key in optional if request.POST.get(key) in {"on", "1", "true"}),
    }.get(action)
    if chosen is None or NECESSARY in chosen:
        return _page(request, consent, outcome="erreur", status=400)
    asked = answers.Asked(
        categories=chosen,
        notice=_number(request.POST.get("notice", "")),
        source=Source.PAGE if _referer_path(request) == page else Source.BANNER,
    )
    now = datetime.now(UTC)
    try:
        outcome = answers.answer(answers.visitor(request), asked, now=now)
    except answers.StaleNotice:
        return _page(request, consent, outcome="change", status=409)
    except answers.TooMany as error:
        return error_page(request, 429, retry_after=error.seconds)
    except RecordNotWritten:
        return _page(request, consent, outcome="erreur", status=503)
    back = _referer_path(request)
    if outcome.withdrawn:
        # Said on the page of choices, with the receipt, while it can still be named.
        key = answers.receipt_key(outcome.withdrawn)
        target = f"{page}?fait=retire&preuve={outcome.withdrawn}&key={key}"
    elif back and back != page:
        target = back
    else:
        target = f"{page}?fait={'accepte' if chosen else 'refuse'}"
    response = HttpResponseRedirect(target)
    answers.set_cookie(response, request, outcome, now=now)
    return response


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None


def _referer_path(request: HttpRequest) -> str:
    """The page of this site that the form stood on, without its query; empty when unknown."""
    referer: str = request.META.get("HTTP_REFERER", "")
    if not url_has_allowed_host_and_scheme(referer, {request.get_host()}):
        return ""
    path = "/" + referer.split("://", 1)[-1].partition("/")[2].lstrip("/\\")
    return path.partition("?")[0].partition("#")[0]
