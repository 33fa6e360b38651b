"""Staff ask the person something, and the person writes back on their page."""

from datetime import datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext as _

from consent.log.ids import uuid7
from privacy.models import (
    Direction,
    LetterKey,
    RequestEventKind,
    RequestMessage,
    RightsRequest,
    User,
)
from privacy.requests import letters, timeline
from privacy.requests.jobs import remind
from privacy.requests.moves import (
    NotPossible,
    clear_flag,
    followed_up,
    locked,
    note_act,
    write,
)
from privacy.requests.states import OPEN

# The same words within this time are one click that came twice.
SAME_MESSAGE = timedelta(minutes=10)


@transaction.atomic
def ask(*, request: RightsRequest, by: User, text: str, now: datetime) -> RightsRequest:
    """Ask for what is needed to answer; the clock goes on."""
    done = RightsRequest.objects.filter(pk=request.pk, status__in=OPEN).update(
        followed_up_at=followed_up(now)
    )
    if not done:
        raise NotPossible(_("La demande est terminée ; rouvrez-la d'abord."))
    asked = locked(request)
    subject, body = letters.composed(LetterKey.CLARIFICATION, asked, reason=text)
    write(asked, by=by, subject=subject, body=body, now=now)
    timeline.record(asked, RequestEventKind.CLARIFICATION_ASKED, by=by.pk, now=now, text=body)
    clear_flag(asked, by=by, now=now)
    note_act(asked, "request.clarification_asked", by=by, now=now)
    return locked(asked)


@transaction.atomic
def hear(*, request: RightsRequest, text: str, by: User | None, now: datetime) -> RequestMessage:
    """Keep what the person wrote, also when the request has ended, and tell staff.

    `by` is their account, if they are logged in. The same words twice are one message.
    """
    asked = locked(request)
    same = asked.messages.filter(
        direction=Direction.IN, body=text, written_at__gt=now - SAME_MESSAGE
    ).first()
    if same is not None:
        return same
    message = RequestMessage.objects.create(
        id=uuid7(now), request=asked, direction=Direction.IN, author=None, subject="", body=text,
        written_at=now,
    )  # fmt: skip
    actor = by.pk if by is not None else None
    timeline.record(asked, RequestEventKind.HEARD, by=actor, now=now, text=text)
    remind.defer(request=str(asked.pk), why="heard")
    return message
