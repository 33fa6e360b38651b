"""Erasure by button (GDPR art. 17): a plan that is shown, a second person, a deed, a certificate.

The plan is written down when somebody proposes it; the second person approves its fingerprint; the
worker does it, so that a process that dies does not leave half an approval. What was done is read
from the evidence of the deed: a job that begins again says the same.
"""

from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from privacy.models import (
    Approval,
    ErasurePlan,
    PlannedPerson,
    RecipientTask,
    RequestEvent,
    RequestEventKind,
    Right,
    RightsRequest,
    User,
)
from privacy.plans import plan as plans
from privacy.plans.execute import kept as keeping
from privacy.requests import (
    answers,
    effects,
    four_eyes,
    letters,
    matching,
    recipients,
    states,
    timeline,
)
from privacy.requests.erasing_jobs import erase_for
from privacy.requests.jobs import remind
from privacy.requests.moves import NotPossible, in_language, keep_note, locked, locked_in

RULE = "request"


def prepare(*, request: RightsRequest, by: User, now: datetime) -> dict[str, Any]:
    """The plan of what goes, to approve. Raises NotPossible."""
    request = locked_in(request, states.COMPLETE.sources)
    person = matching.person_of(request)
    if User.objects.filter(subject=person, is_staff=True).exists():
        raise NotPossible(_("C'est le compte d'un membre du personnel : retirez-le d'abord."))
    if keeping([person]).people:
        raise NotPossible(
            _("Un blocage ou une limitation garde tout de cette personne : levez-le d'abord.")
        )
    made = plans.plan_people([person], kind="request", rule=RULE, now=now)
    return {"plan": str(made.pk), "fingerprint": made.fingerprint}


def begin(
    *, request: RightsRequest, by: User, now: datetime, plan: str, fingerprint: str
) -> RightsRequest:
    """Approved: the worker does it. Raises NotPossible when rows came or went since."""
    request = locked_in(request, states.COMPLETE.sources)
    person = matching.person_of(request)
    found = ErasurePlan.objects.get(pk=plan, fingerprint=fingerprint)
    planned = dict(PlannedPerson.objects.filter(plan=found).values_list("person", "fingerprint"))
    if set(planned) != {person} or plans.described([person])[0] != planned:
        raise NotPossible(
            _("Depuis la proposition, les données ont changé : écartez-la et proposez à nouveau.")
        )
    try:
        plans.approve(found, by=by, now=now)
    except plans.Drifted as error:
        raise NotPossible(_("Ce plan a déjà été approuvé.")) from error
    recipients.to_tell(request, why=RecipientTask.Why.ERASURE, by=by, now=now)
    erase_for.defer(request=str(request.pk), plan=plan)
    return locked(request)


def carry_out(*, request: Any, plan: Any, now: datetime) -> None:
    """The worker's part; again after a kill it goes on where it stood, and answers once."""
    found = ErasurePlan.objects.get(pk=plan)
    try:
        plans.execute(found, now=now)
    except plans.Drifted:
        _drop(request, found, now)
    else:
        _certify(request, found, now)


@transaction.atomic
def _certify(key: Any, plan: ErasurePlan, now: datetime) -> None:
    request = RightsRequest.objects.select_for_update().filter(pk=key).first()
    if request is None or _is_told(request, plan):
        return
    by = _approver(plan)
    with translation.override(request.language):
        effect = effects.done(plan.pk, request.person_id, now=now)
    body = letters.text("erased", request, effect=effect, recipients=_told(request))
    answers.answer(
        request,
        right=Right.ERASURE,
        by=by,
        subject=in_language(request, gettext_lazy("Vos données sont effacées : le certificat")),
        body=body,
        now=now,
        details={"plan": str(plan.pk), "rows": plan.counts},
        ends=True,
    )
    _end(request, plan, Approval.State.DONE)


@transaction.atomic
def _drop(key: Any, plan: ErasurePlan, now: datetime) -> None:
    """Rows came or went after the approval: nothing was erased, staff propose again."""
    request = RightsRequest.objects.select_for_update().filter(pk=key).first()
    if request is None or not _end(request, plan, Approval.State.DROPPED):
        return
    text = _("L'effacement n'a pas eu lieu : les données ont changé après l'accord.")
    keep_note(request, by=_approver(plan), text=text, now=now)
    timeline.record(
        request,
        RequestEventKind.DECLINED,
        by=None,
        now=now,
        text=text,
        details={"act": "erase", "plan": str(plan.pk)},
    )
    remind.defer(request=str(request.pk), why="drifted")


def _end(request: RightsRequest, plan: ErasurePlan, state: Approval.State) -> bool:
    approval = four_eyes.standing(request)
    if approval is None or approval.data.get("plan") != str(plan.pk):
        return not four_eyes.needs("erase")
    return four_eyes.ended(approval, state)


def _is_told(request: RightsRequest, plan: ErasurePlan) -> bool:
    return RequestEvent.objects.filter(
        request=request.pseudonym, kind=RequestEventKind.ERASED, details__plan=str(plan.pk)
    ).exists()


def _approver(plan: ErasurePlan) -> User:
    assert plan.approved_by is not None
    return plan.approved_by


def _told(request: RightsRequest) -> list[str]:
    tasks = RecipientTask.objects.filter(request=request, why=RecipientTask.Why.ERASURE)
    return sorted({task.recipient_name for task in tasks})


def asks(request: RightsRequest) -> bool:
    return Right.ERASURE in request.rights and request.person_id is not None


def panel(*, asked: RightsRequest, who: User | None, now: datetime) -> dict[str, Any] | None:
    """The preview, to whoever decides."""
    if who is None or not asks(asked) or asked.status not in states.COMPLETE.sources:
        return None
    return {"effect": effects.preview(asked.person_id, now=now)}


four_eyes.register(
    "erase",
    label=gettext_lazy("Effacer les données de la personne"),
    do=begin,
    prepare=prepare,
    is_later=True,
)
