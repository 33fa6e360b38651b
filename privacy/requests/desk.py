"""What staff may do with a request: the same acts, guards and permissions in the admin and by the
API."""

from datetime import datetime
from typing import Any

from django.utils.translation import gettext_lazy as _

from privacy.models import RefusalGround, RightsRequest, User
from privacy.requests import (
    acts,
    copy_acts,
    doing,
    four_eyes,
    inbox_acts,
    lateness,
    letter_acts,
    states,
    uniting,
)
from privacy.requests.act import DECIDE, HANDLE, Act
from privacy.requests.forms import AssignForm, NothingForm, ReasonForm, RefusalForm, TextForm
from privacy.requests.moves import locked_in
from privacy.requests.states import OPEN, Status


def _assign(
    *, request: RightsRequest, by: User, now: datetime, handler: User | None
) -> RightsRequest:
    return acts.assign(request=request, by=by, handler=handler or by, now=now)


def _refuse(*, ground: str, **values: Any) -> RightsRequest:
    return acts.refuse(ground=RefusalGround(ground), **values)


def _before_refusal(
    *, request: RightsRequest, by: User, now: datetime, **data: Any
) -> dict[str, Any]:
    locked_in(request, states.REFUSE.sources)
    return data


four_eyes.register("refuse", label=_("Refuser"), do=_refuse, prepare=_before_refusal)


_ACTS = (
    Act(
        name="assign",
        label=_("Attribuer"),
        permission=HANDLE,
        form=AssignForm,
        sources=OPEN,
        do=_assign,
    ),
    Act(
        name="accept",
        label=_("Accepter sans confirmation"),
        permission=HANDLE,
        form=NothingForm,
        sources=states.ACCEPT.sources,
        do=acts.accept,
    ),
    Act(
        name="complete",
        label=_("Répondre"),
        permission=HANDLE,
        form=TextForm,
        sources=states.COMPLETE.sources,
        do=acts.complete,
    ),
    Act(
        name="ask-identity",
        label=_("Demander une identification, pour un doute raisonnable"),
        permission=HANDLE,
        form=ReasonForm,
        sources=states.ASK_IDENTITY.sources,
        do=acts.ask_identity,
    ),
    Act(
        name="receive-identity",
        label=_("L'identification est reçue"),
        permission=HANDLE,
        form=NothingForm,
        sources=(Status.AWAITING_IDENTITY,),
        do=acts.receive_identity,
    ),
    Act(
        name="note",
        label=_("Noter pour les collègues"),
        permission=HANDLE,
        form=TextForm,
        sources=tuple(Status),
        do=acts.note,
    ),
    Act(
        name="extend",
        label=_("Prolonger de deux mois"),
        permission=DECIDE,
        form=ReasonForm,
        sources=OPEN,
        do=acts.extend,
    ),
    Act(
        name="refuse",
        label=_("Refuser"),
        permission=DECIDE,
        form=RefusalForm,
        sources=states.REFUSE.sources,
        do=four_eyes.guarded("refuse"),
    ),
    Act(
        name="close",
        label=_("Clore sans réponse"),
        permission=DECIDE,
        form=ReasonForm,
        sources=states.CLOSE.sources,
        do=acts.close,
    ),
    Act(
        name="reopen",
        label=_("Rouvrir"),
        permission=DECIDE,
        form=ReasonForm,
        sources=states.REOPEN.sources,
        do=acts.reopen,
    ),
)
# A subject with acts of its own adds its tuple here.
ACTS = {
    act.name: act
    for act in (
        *_ACTS,
        *doing.ACTS,
        *copy_acts.ACTS,
        *letter_acts.ACTS,
        *inbox_acts.ACTS,
        *uniting.ACTS,
        *lateness.ACTS,
    )
}


def offered(request: RightsRequest, *, to: User) -> list[Act]:
    """What `to` may do with it as it stands."""
    return [act for act in ACTS.values() if act.fits(request) and to.has_perm(act.permission)]
