"""Objecting to marketing by the link of a message, or the button of a mail program (RFC 8058)."""

from datetime import UTC, datetime

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from clicknconnect.csrf import origin_exempt
from clicknconnect.errors import error_page
from privacy import restriction
from privacy.actions.marketing import object_to_marketing
from privacy.models import DataSubject
from privacy.models.marketing import Source
from privacy.objection_links import WrongLink, key_of


@origin_exempt
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def page(request: HttpRequest, token: str) -> HttpResponse:
    """Opening it changes nothing: mail programs open links too. A POST may come from anywhere, any
    number of times; its answer is the same for who is known, erased, or has objected already."""
    try:
        key = key_of(token)
    except WrongLink:
        return error_page(request, 404)
    if request.method == "POST":
        with transaction.atomic(), restriction.handling():
            person = DataSubject.objects.filter(pk=key, anonymised_at__isnull=True).first()
            if person is not None:
                object_to_marketing(person=person, now=datetime.now(UTC), source=_source(request))
    context = {"is_done": request.method == "POST"}
    response = render(request, "objection/page.html", context)
    # The address speaks for somebody: no other site gets it.
    response.headers["Referrer-Policy"] = "no-referrer"
    return response


def _source(request: HttpRequest) -> Source:
    one_click = request.POST.get("List-Unsubscribe") == "One-Click"
    return Source.ONE_CLICK if one_click else Source.LINK
