"""The letters of requests on their way: each leaves once, or staff see that nobody knows."""

from datetime import UTC, datetime

from django.core.mail import EmailMessage
from django.db import transaction
from django.utils.translation import gettext as _

from consent.log.ids import uuid7
from privacy import one_letter
from privacy.models import (
    Direction,
    LetterState,
    RequestEventKind,
    RequestMessage,
    RightsRequest,
    User,
)
from privacy.one_letter import OneLetter
from privacy.requests import letters, timeline
from privacy.requests.jobs import remind, send_message
from privacy.requests.moves import NotPossible, locked, note_act

UNSETTLED = (LetterState.UNKNOWN, LetterState.REFUSED)


def acknowledgement_of(request: RightsRequest, *, now: datetime) -> RequestMessage:
    """The one of the request, written now if there is none; its row is locked.

    Kept without its links: these are derived, and no database holds one.
    """
    found = request.messages.filter(is_acknowledgement=True).first()
    if found is not None:
        return found
    subject, body = letters.acknowledgement_words(request, with_links=False)
    return RequestMessage.objects.create(
        id=uuid7(now),
        request=request,
        direction=Direction.OUT,
        subject=subject,
        body=body,
        written_at=now,
        is_acknowledgement=True,
        state=LetterState.WAITING if request.email else "",
    )


def send(message: str) -> None:
    """Nothing where it has left, or may have."""
    found = RequestMessage.objects.select_related("request").filter(pk=message).first()
    if found is None or not found.request.email or found.state == "":
        return
    one_letter.send(
        OneLetter(
            row=RequestMessage.objects.filter(pk=message),
            letter=lambda: _letter(found),
            sent=lambda: note_sent(found, by=None, now=datetime.now(UTC)),
            unknown=lambda: _unknown(found, now=datetime.now(UTC)),
            kind="request_letter",
        )
    )


def _letter(found: RequestMessage) -> EmailMessage:
    if found.is_acknowledgement:
        return letters.acknowledgement(found.request)
    return letters.message(found)


@transaction.atomic
def note_sent(found: RequestMessage, *, by: User | None, now: datetime) -> None:
    request = locked(found.request)
    RequestMessage.objects.filter(pk=found.pk).update(state=LetterState.SENT, mailed_at=now)
    if found.is_acknowledgement:
        actor = by.pk if by is not None else None
        timeline.record(request, RequestEventKind.ACKNOWLEDGED, by=actor, now=now, text=found.body)


@transaction.atomic
def _unknown(found: RequestMessage, *, now: datetime) -> None:
    """Nobody may overlook it: a step, and a letter to who follows the request."""
    timeline.record(
        locked(found.request),
        RequestEventKind.SENDING_UNKNOWN,
        by=None,
        now=now,
        text=found.body,
    )
    remind.defer(request=str(found.request_id), why="unknown")


@transaction.atomic
def settle(
    *, request: RightsRequest, by: User, message: str, outcome: str, now: datetime
) -> RightsRequest:
    """Somebody has looked: it "arrived", or it is sent "again"."""
    asked = locked(request)
    found = asked.messages.select_for_update().filter(pk=message, state__in=UNSETTLED).first()
    if found is None:
        raise NotPossible(_("Cette lettre n'attend rien de tel."))
    if outcome == "arrived":
        note_sent(found, by=by, now=now)
    else:
        RequestMessage.objects.filter(pk=found.pk).update(state=LetterState.WAITING)
        send_message.defer(message=str(found.pk))
    timeline.record(
        asked,
        RequestEventKind.WRITTEN,
        by=by.pk,
        now=now,
        text=found.body,
        details={"sending": outcome},
    )
    note_act(asked, f"request.letter_{outcome}", by=by, now=now, message=str(found.pk))
    return locked(asked)


@transaction.atomic
def post(*, request: RightsRequest, by: User, message: str, now: datetime) -> RightsRequest:
    """It went to the letter box."""
    asked = locked(request)
    done = asked.messages.filter(pk=message, direction=Direction.OUT, posted_at=None).update(
        posted_at=now
    )
    if not done:
        raise NotPossible(_("Cette lettre n'attend rien de tel."))
    found = RequestMessage.objects.get(pk=message)
    timeline.record(asked, RequestEventKind.POSTED, by=by.pk, now=now, text=found.body)
    if found.is_acknowledgement and found.mailed_at is None:
        timeline.record(asked, RequestEventKind.ACKNOWLEDGED, by=by.pk, now=now, text=found.body)
    note_act(asked, "request.letter_posted", by=by, now=now, message=str(found.pk))
    return asked
