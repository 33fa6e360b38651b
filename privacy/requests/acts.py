"""What is done with a request: one function an act, each one transaction with its timeline step.

Every act of staff is in the journal too.
"""

from datetime import datetime

from django.db import transaction
from django.db.models import Case, F, Value, When
from django.utils import translation
from django.utils.translation import gettext as _

from consent.periods import local_day
from privacy import deadlines
from privacy.models import LetterKey, RefusalGround, RequestEventKind, RightsRequest, User
from privacy.requests import letter_words, letters, objecting_now, states, timeline
from privacy.requests.moves import (
    NotPossible,
    clear_flag,
    decided,
    followed_up,
    keep_note,
    locked,
    moved,
    note_act,
    note_answered,
    write,
)  # fmt: skip
from privacy.requests.states import OPEN, Status

# --- By the person -------------------------------------------------------------------------------


@transaction.atomic
def confirm(*, request: RightsRequest, now: datetime) -> RightsRequest:
    """The button behind the mailed link: the address is proved. Raises NotPossible when spent."""
    request = moved(request, states.CONFIRM, confirmed_at=now)
    timeline.record(request, RequestEventKind.CONFIRMED, by=None, now=now)
    objecting_now.at_once(request, now=now)
    return request


# --- By staff ------------------------------------------------------------------------------------


@transaction.atomic
def accept(*, request: RightsRequest, by: User, now: datetime) -> RightsRequest:
    """Take up a request that nobody confirmed."""
    request = moved(request, states.ACCEPT)
    timeline.record(request, RequestEventKind.ACCEPTED, by=by.pk, now=now)
    note_act(request, "request.accepted", by=by, now=now)
    return request


@transaction.atomic
def assign(*, request: RightsRequest, by: User, handler: User, now: datetime) -> RightsRequest:
    """Give it to a colleague; what was merely received is now being worked on."""
    done = RightsRequest.objects.filter(pk=request.pk, status__in=OPEN).update(
        handler=handler,
        status=Case(
            When(status=Status.RECEIVED, then=Value(Status.IN_PROGRESS)), default=F("status")
        ),
    )
    request = locked(request)
    if not done:
        raise NotPossible(_("Une demande terminée n'est plus attribuée ; rouvrez-la d'abord."))
    timeline.record(
        request,
        RequestEventKind.ASSIGNED,
        by=by.pk,
        now=now,
        details={"handler": str(handler.pk)},
    )
    note_act(request, "request.assigned", by=by, now=now, handler=str(handler.pk))
    return request


@transaction.atomic
def ask_identity(*, request: RightsRequest, by: User, reason: str, now: datetime) -> RightsRequest:
    """Ask who it is, for a reasonable doubt that is written down (DR-04). Once."""
    today = local_day(now)
    if request.identity_asked_on is not None:
        raise NotPossible(_("L'identification a déjà été demandée."))
    request = moved(
        request,
        states.ASK_IDENTITY,
        identity_asked_on=today,
        identity_reason=reason,
        followed_up_at=followed_up(now),
    )
    subject, body = letters.composed(LetterKey.IDENTITY, request, reason=reason)
    write(request, by=by, subject=subject, body=body, now=now)
    timeline.record(
        request,
        RequestEventKind.IDENTITY_ASKED,
        by=by.pk,
        now=now,
        text=body,
        details={"pauses": deadlines.may_pause(request.received_on, asked=today)},
    )
    note_act(request, "request.identity_asked", by=by, now=now)
    return request


@transaction.atomic
def receive_identity(*, request: RightsRequest, by: User, now: datetime) -> RightsRequest:
    """The person proved who they are: the clock goes on."""
    if request.status != Status.AWAITING_IDENTITY:
        raise NotPossible(_("Aucune identification n'est attendue."))
    request = moved(request, states.START, identity_came_on=local_day(now))
    timeline.record(request, RequestEventKind.IDENTITY_RECEIVED, by=by.pk, now=now)
    note_act(request, "request.identity_received", by=by, now=now)
    return request


@transaction.atomic
def extend(*, request: RightsRequest, by: User, reason: str, now: datetime) -> RightsRequest:
    """Two months more, once, told to the person within the first month with reasons (TL-02)."""
    if not reason.strip():
        raise NotPossible(_("Une prolongation doit être motivée."))
    if not deadlines.may_extend(request.received_on, now=now):
        raise NotPossible(
            _("Trop tard : une prolongation s'annonce dans le premier mois. Répondez au plus vite.")
        )
    due = deadlines.extended_due(request.received_on)
    done = RightsRequest.objects.filter(
        pk=request.pk, status__in=OPEN, extended_due_on=None
    ).update(
        extended_due_on=due,
        extension_reason=reason,
        extension_told_at=now,
        followed_up_at=followed_up(now),
        alerts_given=[],
    )
    request = locked(request)
    if not done:
        raise NotPossible(
            _("Le délai a déjà été prolongé.")
            if request.extended_due_on
            else _("Une demande terminée ne se prolonge pas.")
        )
    subject, body = letters.composed(LetterKey.EXTENDED, request, reason=reason, due=due)
    write(request, by=by, subject=subject, body=body, now=now)
    timeline.record(
        request,
        RequestEventKind.EXTENDED,
        by=by.pk,
        now=now,
        text=body,
        details={"extended_due_on": due.isoformat()},
    )
    clear_flag(request, by=by, now=now)
    note_act(request, "request.extended", by=by, now=now)
    return locked(request)


@transaction.atomic
def refuse(
    *,
    request: RightsRequest,
    by: User,
    ground: RefusalGround,
    reason: str,
    evidence: str,
    now: datetime,
) -> RightsRequest:
    """Only a person refuses, with ground, reasons and evidence; the letter names the remedies."""
    if not (reason.strip() and evidence.strip()):
        raise NotPossible(_("Un refus a un motif, des raisons et des preuves."))
    request = decided(
        request,
        states.REFUSE,
        by=by,
        now=now,
        refusal_ground=ground,
        refusal_reason=reason,
        refusal_evidence=evidence,
    )
    with translation.override(request.language):
        words = str(RefusalGround(ground).label)
    subject, body = letters.composed(LetterKey.REFUSED, request, reason=reason, ground=words)
    write(request, by=by, subject=subject, body=body, now=now)
    timeline.record(
        request,
        RequestEventKind.REFUSED,
        by=by.pk,
        now=now,
        text=body,
        details={"ground": str(ground)},
    )
    clear_flag(request, by=by, now=now)
    note_act(request, "request.refused", by=by, now=now, ground=str(ground))
    return locked(request)


@transaction.atomic
def complete(*, request: RightsRequest, by: User, text: str, now: datetime) -> RightsRequest:
    """Answer with a letter; late or not, an answer is always possible (T-14)."""
    if not text.strip():
        raise NotPossible(_("Une réponse a un texte."))
    request = decided(request, states.COMPLETE, by=by, now=now)
    subject = letter_words.composed(LetterKey.ANSWER, request).subject
    body = letters.answer(request, text)
    write(request, by=by, subject=subject, body=body, now=now)
    note_answered(request, by=by, body=body, now=now)
    clear_flag(request, by=by, now=now)
    note_act(request, "request.completed", by=by, now=now)
    return locked(request)


@transaction.atomic
def close(*, request: RightsRequest, by: User, reason: str, now: datetime) -> RightsRequest:
    """End it for a written reason: a duplicate, no request at all, settled otherwise."""
    if not reason.strip():
        raise NotPossible(_("Clore une demande exige un motif."))
    request = moved(request, states.CLOSE, decided_by=by.pk, ended_at=now)
    keep_note(request, by=by, text=reason, now=now)
    timeline.record(request, RequestEventKind.CLOSED, by=by.pk, now=now, text=reason)
    note_act(request, "request.closed", by=by, now=now)
    return request


@transaction.atomic
def reopen(*, request: RightsRequest, by: User, reason: str, now: datetime) -> RightsRequest:
    """An answer that came back, or left something out."""
    request = moved(request, states.REOPEN)
    keep_note(request, by=by, text=reason, now=now)
    timeline.record(request, RequestEventKind.REOPENED, by=by.pk, now=now, text=reason)
    note_act(request, "request.reopened", by=by, now=now)
    return request


@transaction.atomic
def note(*, request: RightsRequest, by: User, text: str, now: datetime) -> RightsRequest:
    """For colleagues only."""
    request = locked(request)
    keep_note(request, by=by, text=text, now=now)
    timeline.record(request, RequestEventKind.NOTED, by=by.pk, now=now, text=text)
    note_act(request, "request.noted", by=by, now=now)
    return request
