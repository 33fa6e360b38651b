"""The screen where somebody looks at each text that may be about others, and the copy for post."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from consent import audit
from privacy.models import Archive, RightsRequest, User
from privacy.requests import copies
from privacy.requests.act import DECIDE, HANDLE
from privacy.requests.filing import target_of
from privacy.rights import archives, review
from privacy.rights.review import Decided, Looked
from privacy.views.rights_copy import stream

PER_PAGE = 25


def urls(screen: Any) -> list[Any]:
    """Of the admin of requests."""

    def reviewed(request: HttpRequest, key: UUID, copy: UUID) -> HttpResponse:
        return review_page(screen, request, key, copy)

    wrap = screen.admin_site.admin_view
    return [
        path(
            "<uuid:key>/copy/<uuid:copy>/review/",
            wrap(reviewed),
            name="privacy_rightsrequest_review",
        ),
        path("<uuid:key>/copy/<uuid:copy>/", wrap(for_post), name="privacy_rightsrequest_copy"),
    ]


def review_page(screen: Any, request: HttpRequest, key: UUID, copy: UUID) -> HttpResponse:
    """One page of texts, each with what was decided; posting decides those that were answered."""
    who, now = request.user, datetime.now(UTC)
    assert isinstance(who, User)
    if not who.has_perm(HANDLE):
        raise PermissionDenied
    asked = get_object_or_404(RightsRequest, pk=key)
    archive = Archive.objects.filter(pk=copy, request=asked).first()
    if archive is None:
        raise Http404
    number = _number(request.GET.get("page", "1"))
    problem = ""
    if request.method == "POST":
        problem = _decide(request, archive, by=who, now=now)
        if not problem:
            return HttpResponseRedirect(f"{request.path}?page={number}")
    with transaction.atomic():
        lines, total, left = _page(archive, number)
        audit.record(
            by=who, act="request.texts_viewed", now=now, target=target_of(asked),
            details={"copy": archive.kind, "page": number},
        )  # fmt: skip
    context = {
        **screen.admin_site.each_context(request),
        "title": _("Textes qui peuvent parler d'autres personnes"),
        "asked": asked,
        "archive": archive,
        "is_open": archive.state == Archive.State.REVIEW,
        "opts": screen.opts,
        "lines": lines,
        "total": total,
        "left": left,
        "number": number,
        "more": total > number * PER_PAGE,
        "problem": problem,
        "back": reverse("admin:privacy_rightsrequest_change", args=[asked.pk]),
    }
    status = 422 if problem else 200
    return render(request, "requests_staff/review.html", context, status=status)


def _number(text: str) -> int:
    return max(1, int(text)) if text.isascii() and text.isdigit() and len(text) < 7 else 1


def _page(archive: Archive, number: int) -> tuple[list[Looked], int, int]:
    """The texts of a page, how many there are, how many are undecided."""
    every, shown, left, total = review.looked(archive), [], 0, 0
    first = (number - 1) * PER_PAGE
    for one in every:
        if first <= total < first + PER_PAGE:
            shown.append(one)
        total += 1
        left += one.decision is None
    return shown, total, left


def _decide(request: HttpRequest, archive: Archive, *, by: User, now: datetime) -> str:
    """Keep what was answered; a sentence when something does not fit."""
    decided, problem = _answers(request)
    if problem:
        return problem
    try:
        with transaction.atomic():
            known = {
                (one.value.source, one.value.row, one.value.field, one.value_hash)
                for one in review.looked(archive)
            }
            if any((d.source, d.row, d.field, d.value_hash) not in known for d in decided):
                return _("Un texte a changé entre-temps. Relisez cette page.")
            count = review.decide(archive=archive, by=by, decided=decided, now=now)
            audit.record(
                by=by, act="request.texts_decided", now=now,
                target=f"privacy.rightsrequest:{archive.request_id}",
                details={"copy": archive.kind, "texts": count},
            )  # fmt: skip
    except review.CopyReleased:
        return _("La copie est libérée ou retirée : plus rien ne s'y décide.")
    said = ngettext("{n} texte décidé.", "{n} textes décidés.", count).format(n=count)
    messages.success(request, said)
    return ""


def _answers(request: HttpRequest) -> tuple[list[Decided], str]:
    decided: list[Decided] = []
    keeps_all = request.POST.get("all") == "keep"
    for number in range(1, PER_PAGE + 1):
        key = request.POST.get(f"key-{number}", "").split("|")
        answer = request.POST.get(f"answer-{number}", "") or ("keep" if keeps_all else "")
        if len(key) != 4 or answer not in ("keep", "mask"):
            continue
        reason = request.POST.get(f"reason-{number}", "").strip()
        if answer == "mask" and not reason:
            return [], _("Masquer un texte exige un motif : la personne le lira à sa place.")
        if len(reason) > 200 or "\0" in reason:
            return [], _("Un motif a au plus 200 signes.")
        source, row, field, digest = key
        decided.append(
            Decided(
                source=source, row=row, field=field, value_hash=digest, masked=answer == "mask",
                reason=reason,
            )
        )  # fmt: skip
    return decided, "" if decided else _("Rien n'a été choisi.")


@require_POST
def for_post(request: HttpRequest, key: UUID, copy: UUID) -> HttpResponseBase:
    """The copy for somebody without an e-mail address, to print or post; counted and recorded."""
    who = request.user
    assert isinstance(who, User)
    if not who.has_perm(DECIDE):
        raise PermissionDenied
    asked = get_object_or_404(RightsRequest, pk=key)
    archive = Archive.objects.filter(pk=copy, request=asked).first()
    if archive is None or asked.email:
        raise Http404
    try:
        return stream(copies.take(archive, how="post", now=datetime.now(UTC), by=who))
    except archives.ArchiveGone:
        messages.error(request, _("Cette copie n'est plus là."))
        return HttpResponseRedirect(reverse("admin:privacy_rightsrequest_change", args=[asked.pk]))
