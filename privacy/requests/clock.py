"""What time does to requests: reminders, sorting, a flag. It never ends one (DR-19, T-14)."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db import transaction
from django.utils import translation
from django.utils.translation import gettext as _

from consent import audit
from consent.periods import local_day
from privacy import deadlines
from privacy.models import RequestEventKind, RightsRequest
from privacy.requests import identity, inbox, letters, moves, timeline
from privacy.requests.filing import target_of
from privacy.requests.jobs import remind
from privacy.requests.states import OPEN, SORT

CONFIRM_WITHIN = timedelta(days=3)


@dataclass(frozen=True, slots=True)
class Done:
    """How many requests each step concerned."""

    sorted: int
    alerted: int
    flagged: int
    destroyed: int
    left: int


def run(*, now: datetime) -> Done:
    """Each request in a transaction of its own; again at once it does nothing."""
    return Done(
        sorted=_sort(now),
        alerted=_alert(now),
        flagged=_flag(now),
        destroyed=identity.destroy_decided(now=now),
        left=inbox.leave(now=now),
    )


def _sort(now: datetime) -> int:
    """Without confirmation after three days it is staff's to look at; its clock runs all along."""
    waiting = RightsRequest.objects.filter(
        status__in=SORT.sources, received_at__lt=now - CONFIRM_WITHIN
    )
    return sum(_sort_one(request, now) for request in waiting.order_by("pk"))


@transaction.atomic
def _sort_one(request: RightsRequest, now: datetime) -> bool:
    done = RightsRequest.objects.filter(pk=request.pk, status__in=SORT.sources).update(
        status=SORT.to
    )
    if done:
        timeline.record(request, RequestEventKind.TO_TRIAGE, by=None, now=now)
    return bool(done)


def due_alerts(request: RightsRequest, now: datetime) -> list[str]:
    """The reminders whose moment has come and that were not given; alarms use the earlier date."""
    return [
        alert.name
        for alert in deadlines.alerts(request.received_on, _alarm_day(request))
        if alert.at <= now and alert.name not in request.alerts_given
    ]


def _alarm_day(request: RightsRequest) -> date:
    return request.extended_due_on or min(request.target_on, request.legal_due_on)


def _alert(now: datetime) -> int:
    """Several that fall together, after a stop of the worker, are one reminder."""
    found = RightsRequest.objects.open().filter(received_at__lt=now).order_by("pk")
    return sum(_alert_one(r, now) for r in found.iterator(chunk_size=500) if due_alerts(r, now))


@transaction.atomic
def _alert_one(request: RightsRequest, now: datetime) -> bool:
    fresh = RightsRequest.objects.select_for_update().filter(pk=request.pk, status__in=OPEN).first()
    names = due_alerts(fresh, now) if fresh is not None else []
    if fresh is None or not names:
        return False
    fresh.alerts_given = [*fresh.alerts_given, *names]
    fresh.save(update_fields=["alerts_given"])
    timeline.record(fresh, RequestEventKind.ALERTED, by=None, now=now, details={"alerts": names})
    remind.defer(request=str(fresh.pk), why=names[-1])
    return True


def _flag(now: datetime) -> int:
    silent = RightsRequest.objects.open().filter(
        policy_limit_on__lt=local_day(now), followed_up_at=None, deemed_refused_at=None
    )
    return sum(_flag_one(request, now) for request in silent.order_by("pk"))


@transaction.atomic
def _flag_one(request: RightsRequest, now: datetime) -> bool:
    """The policy's "réputée rejetée": told to the person with their remedies, and to managers."""
    done = RightsRequest.objects.filter(
        pk=request.pk, status__in=OPEN, followed_up_at=None, deemed_refused_at=None
    ).update(deemed_refused_at=now)
    if not done:
        return False
    body = letters.text("deemed_refused", request, due=request.due_on)
    with translation.override(request.language):
        subject = _("Nous ne vous avons pas répondu à temps")
    moves.write(request, by=None, subject=subject, body=body, now=now)
    timeline.record(request, RequestEventKind.DEEMED_REFUSED, by=None, now=now, text=body)
    timeline.record(
        request, RequestEventKind.INCIDENT, by=None, now=now, details={"article": "12(3)"}
    )
    audit.record(by=None, act="request.deemed_refused", now=now, target=target_of(request))
    remind.defer(request=str(request.pk), why="deemed_refused")
    return True
