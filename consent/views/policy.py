"""The policy page and every version of it."""

from functools import lru_cache

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from clicknconnect.errors import error_page
from consent import render as rendering
from consent.difference import line_changes
from consent.middleware import public_page
from consent.models import Publication
from consent.register.effective import with_facts
from consent.snapshots import Snapshot


def _snapshot(request: HttpRequest) -> Snapshot | None:
    return request.consent.snapshot  # type: ignore[attr-defined, no-any-return]


@require_safe
@public_page
def current(request: HttpRequest) -> HttpResponse:
    """The policy in force, as it was rendered when it was published."""
    snapshot = _snapshot(request)
    if snapshot is None:
        return error_page(request, 503, retry_after=30)
    view = snapshot.views[request.LANGUAGE_CODE]  # type: ignore[attr-defined]
    return render(request, "consent/policy.html", {"policy": view.policy, "version": snapshot})


@require_safe
@public_page
def versions(request: HttpRequest) -> HttpResponse:
    published = Publication.objects.order_by("-number").defer("source", "content")
    return render(request, "consent/versions.html", {"versions": published})


@require_safe
@public_page
def version(request: HttpRequest, number: int) -> HttpResponse:
    """One published version, unchanged, with the difference to the one before."""
    if number > 2**31 - 1:
        raise Http404
    publication = get_object_or_404(Publication.objects.defer("source"), pk=number)
    language = request.LANGUAGE_CODE  # type: ignore[attr-defined]
    policy, difference = _rendered(number, language)
    return render(
        request,
        "consent/version.html",
        {"version": publication, "policy": policy, "difference": difference},
    )


@lru_cache(maxsize=64)
def _rendered(number: int, language: str) -> tuple[str, list[tuple[str, str]] | None]:
    """A version never changes, so its page body does not either."""
    register = with_facts(Publication.objects.get(pk=number).content, language)
    before = Publication.objects.filter(pk=number - 1).first()
    difference = (
        line_changes(
            rendering.policy_lines(with_facts(before.content, language)),
            rendering.policy_lines(register),
        )
        if before is not None
        else None
    )
    return rendering.policy(register, language=language), difference
