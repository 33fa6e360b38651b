"""Why an answer came late, in staff's words, for the yearly report."""

from datetime import UTC, datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from consent.periods import local_day
from privacy.models import RequestEventKind, RightsRequest, User
from privacy.requests import timeline
from privacy.requests.act import HANDLE, Act
from privacy.requests.forms import ReasonForm
from privacy.requests.moves import NotPossible, locked, note_act
from privacy.requests.states import Status


def is_late(request: RightsRequest, *, now: datetime) -> bool:
    """Ended after its due day, or open after it."""
    return local_day(request.ended_at or now) > request.due_on


@transaction.atomic
def explain(*, request: RightsRequest, by: User, reason: str, now: datetime) -> RightsRequest:
    """Raises NotPossible for a request that is in time."""
    request = locked(request)
    if not is_late(request, now=now):
        raise NotPossible(_("Cette demande n'est pas en retard."))
    request.late_reason = reason
    request.save(update_fields=["late_reason"])
    timeline.record(
        request, RequestEventKind.NOTED, by=by.pk, now=now, text=reason,
        details={"about": "lateness"},
    )  # fmt: skip
    note_act(request, "request.lateness_explained", by=by, now=now)
    return request


ACTS = (
    Act(
        name="explain-lateness",
        label=_("Expliquer le retard"),
        permission=HANDLE,
        form=ReasonForm,
        sources=tuple(Status),
        do=explain,
        suits=lambda request: is_late(request, now=datetime.now(UTC)),
    ),
)
