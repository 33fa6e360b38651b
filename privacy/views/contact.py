"""The contact page: the same for every stranger, and without a query until something is sent."""

import re
from datetime import UTC, datetime
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from consent.middleware import public_page
from privacy import limits
from privacy.actions.contact import receive
from privacy.contact_forms import ContactForm
from privacy.models import DataSubject
from privacy.views.own import own_data

SENT = "envoye"
REFERENCE = re.compile(r"MSG-[2-9A-HJKMNP-Z]{6}")


@own_data
@require_http_methods(["GET", "HEAD", "POST"])
def contact_page(request: HttpRequest) -> HttpResponse:
    if request.method == "POST":
        return _receive(request)
    if SENT in request.GET:
        found = REFERENCE.fullmatch(request.GET[SENT])
        return render(request, "contact_sent.html", {"reference": found[0] if found else ""})
    if settings.SESSION_COOKIE_NAME in request.COOKIES and request.user.is_authenticated:
        return _page(request, ContactForm(initial=_known(request)))
    return _blank(request)


@public_page
def _blank(request: HttpRequest) -> HttpResponse:
    return _page(request, ContactForm())


def _receive(request: HttpRequest) -> HttpResponse:
    form = ContactForm(request.POST)
    if not form.is_valid():
        return _page(request, form, status=422)
    now = datetime.now(UTC)
    try:
        limits.count(request, form.cleaned_data["email"], limits.CONTACT, now=now)
    except limits.TooManyAttempts as error:
        # With what was written: nobody should have to write it again.
        response = _page(request, form, status=429, wait=-(-error.seconds // 60))
        response.headers["Retry-After"] = str(error.seconds)
        return response
    message = receive(
        **form.cleaned_data, language=request.LANGUAGE_CODE, person=_person(request), now=now
    )
    return HttpResponseRedirect(f"{reverse('contact')}?{SENT}={message.reference}")


def _page(
    request: HttpRequest, form: ContactForm, *, status: int = 200, wait: int = 0
) -> HttpResponse:
    return render(request, "contact.html", {"form": form, "wait": wait}, status=status)


def _person(request: HttpRequest) -> DataSubject | None:
    if not request.user.is_authenticated:
        return None
    return DataSubject.objects.filter(account=request.user, anonymised_at=None).first()


def _known(request: HttpRequest) -> dict[str, Any]:
    """What the account tells already, so that it is not asked for again (WCAG 3.3.7)."""
    account, person = request.user, _person(request)
    assert account.is_authenticated
    return {
        "name": (person.full_name if person else "") or account.name,
        "email": (person.email if person else "") or account.email,
        "phone": person.phone if person else "",
    }
