"""A request as staff see it: its clock in words and colours, its timeline, its letters."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.contrib.auth import get_user_model
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from consent.periods import local_day
from privacy import deadlines
from privacy.models import RequestEvent, RightsRequest
from privacy.requests import timeline

SOON_DAYS = 7


@dataclass(frozen=True, slots=True)
class Lateness:
    """`level` is a class of the style sheet: "bad", "warn", "good" or "done"; words say it too."""

    level: str
    words: str


def lateness(request: RightsRequest, today: date) -> Lateness:
    """How a request stands against the day by which the law wants its answer."""
    if not request.is_open:
        return Lateness("done", str(request.get_status_display()))
    left = (request.due_on - today).days
    if left < 0:
        return Lateness(
            "bad",
            ngettext("en retard de {n} jour", "en retard de {n} jours", -left).format(n=-left),
        )
    if left == 0:
        return Lateness("bad", _("échoit aujourd'hui"))
    words = ngettext("encore {n} jour", "encore {n} jours", left).format(n=left)
    return Lateness("warn" if left <= SOON_DAYS else "good", words)


def pause_of(request: RightsRequest) -> deadlines.Pause | None:
    if request.identity_asked_on is None:
        return None
    return deadlines.Pause(request.identity_asked_on, request.identity_came_on)


def suspended_due_on(request: RightsRequest, today: date) -> date | None:
    """The due date with the waiting for an identity; None where it changes nothing (TL-04)."""
    day = deadlines.suspended_due(
        request.due_on, received=request.received_on, pause=pause_of(request), today=today
    )
    return day if day != request.due_on else None


def steps(request: RightsRequest) -> list[dict[str, Any]]:
    """The timeline with the addresses of who acted."""
    events: list[RequestEvent] = timeline.of(request)
    who = dict(
        get_user_model()
        .objects.filter(pk__in={event.actor for event in events if event.actor})
        .values_list("pk", "email")
    )
    return [
        {"event": event, "by": who.get(event.actor, event.actor or "") if event.actor else ""}
        for event in events
    ]


def page(request: RightsRequest, *, now: datetime) -> dict[str, Any]:
    """What the request's page shows."""
    today = local_day(now)
    listed = steps(request)
    return {
        "asked": request,
        "lateness": lateness(request, today),
        "suspended_due_on": suspended_due_on(request, today),
        "may_extend": deadlines.may_extend(request.received_on, now=now),
        "deemed_refused_on": deadlines.deemed_refused_from(request.received_on),
        "steps": listed,
        "broken": timeline.first_broken([step["event"] for step in listed]),
        "written": request.messages.select_related("author").order_by("written_at", "pk"),
    }
