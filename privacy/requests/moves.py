"""What every act on a request is made of: the conditional move, the letter, the note, the journal.

A state changes by conditional UPDATE: two people who act at once are one act and one NotPossible.
"""

from datetime import datetime
from typing import Any

from django.db.models import F, Value
from django.db.models.functions import Coalesce
from django.utils import translation
from django.utils.translation import gettext as _

from consent import audit
from consent.log.ids import uuid7
from consent.periods import local_day
from privacy.models import (
    Direction,
    LetterState,
    RequestEventKind,
    RequestMessage,
    RightsRequest,
    User,
)
from privacy.requests import timeline
from privacy.requests.filing import target_of
from privacy.requests.jobs import send_message
from privacy.requests.states import FINAL, Move, Status


class NotPossible(Exception):
    """The act does not fit the request as it stands; the sentence says why."""


def moved(request: RightsRequest, move: Move, **changes: Any) -> RightsRequest:
    """`request` as the database has it after `move`. Raises NotPossible."""
    if move.to not in FINAL:
        changes = {"ended_at": None, "decided_by": None, **changes}
    wanted = RightsRequest.objects.filter(pk=request.pk, status__in=move.sources)
    if move.to != Status.CLOSED:
        wanted = wanted.filter(content_erased_at=None)
    done = wanted.update(status=move.to, **changes)
    fresh = RightsRequest.objects.select_for_update().get(pk=request.pk)
    # One that nobody confirmed may be open and empty; then it is closed and nothing else.
    if move.to != Status.CLOSED:
        _require_contents(fresh)
    if not done:
        raise not_while(fresh)
    return fresh


def decided(
    request: RightsRequest, move: Move, *, by: User, now: datetime, **changes: Any
) -> RightsRequest:
    """The same for a move that ends the request with a word to the person."""
    return moved(
        request,
        move,
        decided_by=by.pk,
        ended_at=now,
        followed_up_at=followed_up(now),
        **changes,
    )


def note_answered(request: RightsRequest, *, by: User, body: str, now: datetime) -> None:
    """The step of an answer says whether it came in time."""
    timeline.record(
        request,
        RequestEventKind.ANSWERED,
        by=by.pk,
        now=now,
        text=body,
        details={"late": local_day(now) > request.due_on},
    )


def not_while(request: RightsRequest) -> NotPossible:
    return NotPossible(
        _("Ce n'est pas possible : la demande est « %(status)s ».")
        % {"status": Status(request.status).label}
    )


def locked_in(request: RightsRequest, sources: tuple[Status, ...]) -> RightsRequest:
    """`request`, locked, in one of these states. Raises NotPossible."""
    fresh = locked(request)
    if fresh.status not in sources:
        raise not_while(fresh)
    return fresh


def locked(request: RightsRequest) -> RightsRequest:
    """Raises NotPossible where the contents have gone."""
    found = RightsRequest.objects.select_for_update().get(pk=request.pk)
    _require_contents(found)
    return found


def _require_contents(request: RightsRequest) -> None:
    if request.content_erased_at is not None:
        raise NotPossible(_("Le contenu de cette demande est effacé."))


def note_act(request: RightsRequest, act: str, *, by: User, now: datetime, **details: Any) -> None:
    audit.record(by=by, act=act, now=now, target=target_of(request), details=details)


def followed_up(now: datetime) -> Any:
    return Coalesce(F("followed_up_at"), Value(now))


def clear_flag(request: RightsRequest, *, by: User, now: datetime) -> None:
    """A late answer clears the flag; that it stood is in the timeline for ever (T-14)."""
    if request.deemed_refused_at is not None:
        RightsRequest.objects.filter(pk=request.pk).update(deemed_refused_at=None)
        timeline.record(request, RequestEventKind.FLAG_CLEARED, by=by.pk, now=now)


def write(
    request: RightsRequest, *, by: User | None, subject: str, body: str, now: datetime
) -> RequestMessage:
    """Keep a letter to the person, and mail it where they gave an address."""
    message = RequestMessage.objects.create(
        id=uuid7(now),
        request=request,
        direction=Direction.OUT,
        author=by,
        subject=subject,
        body=body,
        written_at=now,
        state=LetterState.WAITING if request.email else "",
    )
    if request.email:
        send_message.defer(message=str(message.pk))
    return message


def in_language(request: RightsRequest, sentence: Any) -> str:
    with translation.override(request.language):
        return str(sentence)


def keep_note(request: RightsRequest, *, by: User, text: str, now: datetime) -> None:
    RequestMessage.objects.create(
        id=uuid7(now),
        request=request,
        direction=Direction.NOTE,
        author=by,
        subject="",
        body=text,
        written_at=now,
    )
