"""Acts that take two people: one proposes, another approves or declines.

Which ones is settled by the setting FOUR_EYES. A subject registers how its act is done:

    four_eyes.register("release", do=release, label=_("Remettre la copie"))
    Act(name="release", do=four_eyes.guarded("release"), ...)

`guarded` proposes the act where it needs a second person, and does it at once where it does not.
PostgreSQL refuses an approval by whoever proposed (privacy_approval_two_people).
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from consent.log.canonical import dumps
from consent.log.ids import uuid7
from privacy.models import (
    Approval,
    Ground,
    RefusalGround,
    RequestEventKind,
    RightsRequest,
    User,
)
from privacy.requests import timeline
from privacy.requests.act import DECIDE
from privacy.requests.moves import NotPossible, keep_note, locked, note_act

State = Approval.State
_WORDS = {
    "ground": gettext_lazy("Motif légal"),
    "reason": gettext_lazy("Raisons"),
    "evidence": gettext_lazy("Preuves"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Guarded:
    """`do` takes request, by, now and the data, which JSON can hold; it raises NotPossible.

    `prepare` makes the data to keep of what was typed, and raises NotPossible where the act is not
    possible anyway. `is_later`: the deed is a job's, which ends the approval (`finish`, `drop`).
    """

    act: str
    label: Any
    do: Callable[..., RightsRequest]
    prepare: Callable[..., dict[str, Any]] | None = None
    is_later: bool = False


_ACTS: dict[str, Guarded] = {}


def register(act: str, **how: Any) -> None:
    _ACTS[act] = Guarded(act=act, **how)


def needs(act: str) -> bool:
    """Whether a second person has to agree."""
    return act in settings.FOUR_EYES


def guarded(act: str) -> Callable[..., RightsRequest]:
    """What an Act does: propose, or at once."""

    def do(*, request: RightsRequest, by: User, now: datetime, **data: Any) -> RightsRequest:
        how = _ACTS[act]
        with transaction.atomic():
            if how.prepare is not None:
                data = how.prepare(request=request, by=by, now=now, **data)
            if needs(act):
                return propose(request=request, act=act, by=by, now=now, data=data)
            if standing(request) is not None:
                raise NotPossible(_("Un acte attend déjà un second accord pour cette demande."))
            return how.do(request=request, by=by, now=now, **data)

    return do


@transaction.atomic
def propose(
    *, request: RightsRequest, act: str, by: User, now: datetime, data: dict[str, Any]
) -> RightsRequest:
    """Nothing of it is done yet. Raises NotPossible when something waits already."""
    request = locked(request)
    if standing(request) is not None:
        raise NotPossible(_("Un acte attend déjà un second accord pour cette demande."))
    Approval.objects.create(
        id=uuid7(now), request=request, act=act, data=data, proposed_by=by.pk, proposed_at=now
    )
    timeline.record(
        request,
        RequestEventKind.PROPOSED,
        by=by.pk,
        now=now,
        text=dumps(data).decode(),
        details={"act": act},
    )
    note_act(request, "request.proposed", by=by, now=now, proposed=act)
    return request


def waiting(request: RightsRequest) -> Approval | None:
    """What waits for a second person."""
    return Approval.objects.filter(request=request, state=State.WAITING).first()


def standing(request: RightsRequest) -> Approval | None:
    """What waits, or was approved and is not done yet."""
    return Approval.objects.filter(request=request, state__in=Approval.STANDING).first()


def label_of(approval: Approval) -> str:
    how = _ACTS.get(approval.act)
    return str(how.label if how is not None else approval.act)


@transaction.atomic
def approve(*, request: RightsRequest, by: User, now: datetime) -> RightsRequest:
    """The second person agrees, and it is done. Raises NotPossible; then it still waits."""
    request = locked(request)
    found = _waiting(request)
    if found.proposed_by == by.pk:
        raise NotPossible(
            _("Vous avez proposé cet acte : une autre personne doit donner le second accord.")
        )
    how = _ACTS[found.act]
    found.state = State.APPROVED if how.is_later else State.DONE
    found.decided_by, found.decided_at = by.pk, now
    found.save(update_fields=["state", "decided_by", "decided_at"])
    timeline.record(
        request, RequestEventKind.APPROVED, by=by.pk, now=now, details={"act": found.act}
    )
    note_act(request, "request.approved", by=by, now=now, approved=found.act)
    return how.do(request=request, by=by, now=now, **found.data)


@transaction.atomic
def decline(*, request: RightsRequest, by: User, reason: str, now: datetime) -> RightsRequest:
    """The second person does not agree, or the first takes it back; the request goes on."""
    request = locked(request)
    found = _waiting(request)
    found.state, found.decided_by, found.decided_at = State.DECLINED, by.pk, now
    found.save(update_fields=["state", "decided_by", "decided_at"])
    keep_note(request, by=by, text=reason, now=now)
    timeline.record(
        request,
        RequestEventKind.DECLINED,
        by=by.pk,
        now=now,
        text=reason,
        details={"act": found.act},
    )
    note_act(request, "request.declined", by=by, now=now, declined=found.act)
    return request


def ended(approval: Approval, state: Approval.State) -> bool:
    """A job did what was approved (DONE) or could not (DROPPED); whether it was still to do."""
    found = Approval.objects.filter(pk=approval.pk, state=State.APPROVED)
    return bool(found.update(state=state))


def may_decide(request: RightsRequest) -> bool:
    return waiting(request) is not None


def panel(*, asked: RightsRequest, who: User | None, now: datetime) -> dict[str, Any] | None:
    """What waits for a second person, on the page of staff."""
    found = standing(asked)
    if found is None or who is None:
        return None
    proposer = User.objects.filter(pk=found.proposed_by).first()
    return {
        "approval": found,
        "label": label_of(found),
        "proposer": proposer.email if proposer is not None else "",
        "is_mine": found.proposed_by == who.pk,
        "may_decide": who.has_perm(DECIDE),
        "is_waiting": found.state == State.WAITING,
        "details": [
            (_WORDS[key], _words(found.act, key, value))
            for key, value in found.data.items()
            if key in _WORDS and isinstance(value, str)
        ],
    }


def _words(act: str, key: str, value: str) -> str:
    if key != "ground":
        return value
    return str((RefusalGround if act == "refuse" else Ground)(value).label)


def _waiting(request: RightsRequest) -> Approval:
    found = Approval.objects.select_for_update().filter(request=request, state=State.WAITING)
    approval = found.first()
    if approval is None:
        raise NotPossible(_("Rien n'attend un second accord."))
    return approval
