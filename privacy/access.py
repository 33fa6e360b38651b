"""Who may see what, and where a person goes after logging in."""

from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme

from consent import states
from consent.models import AccountLink, Record
from privacy.models import DataSubject, User


def next_page(request: HttpRequest) -> str:
    """The page of this site that was asked for before logging in; else the own space."""
    target = request.POST.get("next") or request.GET.get("next") or ""
    if url_has_allowed_host_and_scheme(
        target, {request.get_host()}, require_https=request.is_secure()
    ):
        return target
    return reverse("account:home")


def acceptances_of(account: User) -> list[Record]:
    """What was agreed to while logged in, newest first. A refusal belongs to nobody (CP-05)."""
    links = AccountLink.objects.filter(account=account).values("record")
    return list(Record.objects.filter(pk__in=links).order_by("-pk"))


def history_of(acceptances: list[Record]) -> list[Record]:
    """`acceptances` and the records that name one of them as what they end, newest first."""
    found = {record.pk: record for record in acceptances}
    found |= {record.pk: record for record in states.naming(list(found))}
    return sorted(found.values(), key=lambda record: record.pk, reverse=True)


def may_see_person(user: Any, person: DataSubject) -> bool:
    """Whether this member of staff may open the person: those in the archive only with a
    permission of its own (RT-11)."""
    if not user.has_perm("privacy.view_datasubject"):
        return False
    return person.archived_at is None or bool(user.has_perm("privacy.view_archive"))


def people_seen_by(user: Any) -> "QuerySet[DataSubject]":
    """The people that `may_see_person` allows, as one query."""
    if not user.has_perm("privacy.view_datasubject"):
        return DataSubject.objects.none()
    everyone = DataSubject.objects.all()
    if user.has_perm("privacy.view_archive"):
        return everyone
    return everyone.filter(archived_at__isnull=True)


def may_view_archive(request: HttpRequest) -> bool:
    """Data that only retention keeps (RT-11)."""
    return request.user.has_perm("privacy.view_archive")


def may_see_restricted(request: HttpRequest) -> bool:
    """Who is restricted; each look at the data itself is a recorded exception (DR-14)."""
    return request.user.has_perm("privacy.view_restriction")
