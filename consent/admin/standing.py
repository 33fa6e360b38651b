"""How the sealed log stands, and what of the consent part waits for somebody."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Sum
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from clicknconnect.dashboard import Panel, ToDo, panel, to_do
from consent import csp_groups
from consent.log import anchors, seals
from consent.models import Unrecorded, Verification
from consent.periods import local_day

# Both happen once a day: two days without one is a day too long.
TOO_OLD = timedelta(days=2)
UNRECORDED_DAYS = 7


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Plain values; None: never. `anchors` is false where this site anchors nothing."""

    seal: int | None = None
    sealed_at: datetime | None = None
    sealed_hash: str = ""
    verified_at: datetime | None = None
    is_intact: bool = True
    problem: str = ""
    anchored_at: datetime | None = None
    anchors: bool = True


def standing() -> Standing:
    """Three queries."""
    seal = seals.newest()
    verification = Verification.objects.order_by("-at").first()
    anchor = anchors.last()
    return Standing(
        seal=seal.number if seal else None,
        sealed_at=seal.sealed_at if seal else None,
        sealed_hash=seal.hash if seal else "",
        verified_at=verification.at if verification else None,
        is_intact=verification.ok if verification else True,
        problem=verification.problem if verification else "",
        anchored_at=anchor.at if anchor else None,
        anchors=bool(settings.SEAL_ANCHOR),
    )


def _of(request: HttpRequest) -> Standing:
    """Asked once a request: the box and the lines show the same."""
    found: Standing | None = getattr(request, "_standing", None)
    if found is None:
        found = request._standing = standing()  # type: ignore[attr-defined]
    return found


@panel
def sealed_log(request: HttpRequest, now: datetime) -> Panel | None:
    if not request.user.has_perm("consent.view_record"):
        return None
    return Panel(
        title=_("Journal scellé"),
        template="consent_staff/_standing.html",
        context={"log": _of(request)},
        order=30,
    )


def troubles(log: Standing, now: datetime) -> Iterator[ToDo]:
    """What is amiss with the log, as lines."""
    if not log.is_intact:
        yield ToDo(
            text=_("La vérification du journal a échoué : {problem}").format(problem=log.problem),
            is_urgent=True,
        )
    if log.seal is not None and (log.verified_at is None or now - log.verified_at > TOO_OLD):
        yield ToDo(text=_("Le journal n’a pas été vérifié depuis plus de deux jours."))
    if (
        log.seal is not None
        and log.anchors
        and (log.anchored_at is None or now - log.anchored_at > TOO_OLD)
    ):
        yield ToDo(text=_("Le journal n’a pas été ancré depuis plus de deux jours."))


@to_do
def log_troubles(request: HttpRequest, now: datetime) -> Iterator[ToDo]:
    if request.user.has_perm("consent.view_record"):
        yield from troubles(_of(request), now)


@to_do
def unrecorded(request: HttpRequest, now: datetime) -> Iterator[ToDo]:
    if not request.user.has_perm("consent.view_unrecorded"):
        return
    since = local_day(now) - timedelta(days=UNRECORDED_DAYS)
    count = Unrecorded.objects.filter(day__gt=since).aggregate(sum=Sum("count"))["sum"] or 0
    if count:
        text = ngettext(
            "{count} choix en vigueur n’a pas pu être enregistré ces 7 derniers jours.",
            "{count} choix en vigueur n’ont pas pu être enregistrés ces 7 derniers jours.",
            count,
        )
        yield ToDo(
            text=text.format(count=count),
            url=reverse("admin:consent_unrecorded_changelist"),
            is_urgent=True,
        )


@to_do
def csp(request: HttpRequest, now: datetime) -> Iterator[ToDo]:
    if not request.user.has_perm("consent.view_cspreport"):
        return
    groups, count = csp_groups.open_counts()
    if groups:
        text = ngettext(
            "{groups} sorte de signalement CSP à examiner ({count} en tout).",
            "{groups} sortes de signalements CSP à examiner ({count} en tout).",
            groups,
        )
        yield ToDo(
            text=text.format(groups=groups, count=count),
            url=reverse("admin:consent_cspreport_changelist"),
        )
