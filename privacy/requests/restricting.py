"""Restriction by button, and its lift: told first, then two people (GDPR art. 18, DR-14)."""

from datetime import datetime
from typing import Any

from django import forms
from django.db import transaction
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from privacy.actions import protection
from privacy.models import (
    Ground,
    RecipientTask,
    RequestEvent,
    RequestEventKind,
    RequestMessage,
    Restriction,
    Right,
    RightsRequest,
    User,
)
from privacy.requests import answers, four_eyes, letters, matching, recipients, states, timeline
from privacy.requests.moves import (
    NotPossible,
    in_language,
    locked,
    locked_in,
    note_act,
    write,
)  # fmt: skip


class RestrictForm(forms.Form):
    ground = forms.ChoiceField(label=gettext_lazy("Motif légal"), choices=Ground.choices)
    reason = forms.CharField(
        label=gettext_lazy("Explication, pour le dossier"),
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3}),
    )


class LiftForm(RestrictForm):
    """`ground`: of the restrictions that are open."""

    reason = forms.CharField(
        label=gettext_lazy("Raisons, telles que la personne les lira"),
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3}),
    )

    def __init__(self, *args: Any, request: RightsRequest, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choice = self.fields["ground"]
        assert isinstance(choice, forms.ChoiceField)
        choice.choices = [(one.ground, one.get_ground_display()) for one in open_of(request)]


@transaction.atomic
def restrict(
    *, request: RightsRequest, by: User, ground: str, reason: str, now: datetime
) -> RightsRequest:
    """From now on the data is stored and nothing else; the person reads it in a letter.

    Raises NotPossible.
    """
    request = locked_in(request, states.COMPLETE.sources)
    person = matching.person_of(request)
    told = recipients.to_tell(request, why=RecipientTask.Why.RESTRICTION, by=by, now=now)
    try:
        protection.restrict(person=person, ground=ground, reason=reason, by=by, now=now)
    except protection.NotOpen as error:
        raise NotPossible(_("Le traitement est déjà limité pour ce motif.")) from error
    body = letters.text("restricted", request, ground=_words(request, ground), recipients=told)
    return answers.answer(
        request,
        right=Right.RESTRICTION,
        by=by,
        subject=in_language(request, gettext_lazy("Vos données sont gardées sans être utilisées")),
        body=body,
        now=now,
        details={"ground": ground},
    )


@transaction.atomic
def announce_lift(
    *, request: RightsRequest, by: User, ground: str, reason: str, now: datetime
) -> RightsRequest:
    """Tell the person that the restriction will be lifted, and why (art. 18(3))."""
    request = locked(request)
    placed = _open(request, ground)
    body = letters.text("lift", request, ground=_words(request, ground), reason=reason)
    subject = in_language(request, gettext_lazy("La limitation de vos données va prendre fin"))
    message = write(request, by=by, subject=subject, body=body, now=now)
    timeline.record(
        request,
        RequestEventKind.WRITTEN,
        by=by.pk,
        now=now,
        text=body,
        details={"lift_of": str(placed.pk), "message": str(message.pk)},
    )
    note_act(request, "request.lift_announced", by=by, now=now, ground=ground)
    return request


def before_lift(
    *, request: RightsRequest, by: User, ground: str, reason: str, now: datetime
) -> dict[str, Any]:
    """Raises NotPossible while the person has not been told."""
    request = locked(request)
    placed = _open(request, ground)
    if placed.told_at is None:
        told_at = _told_at(request, placed)
        if told_at is None:
            raise NotPossible(
                _("La personne doit d'abord être avertie : annoncez la levée, puis attendez que la "
                  "lettre soit partie.")
            )  # fmt: skip
        protection.note_told(
            placed=placed.pk, person=placed.person_id, told_at=told_at, by=by, now=now
        )
    return {"restriction": str(placed.pk), "reason": reason}


@transaction.atomic
def lift(
    *, request: RightsRequest, by: User, restriction: str, reason: str, now: datetime
) -> RightsRequest:
    """Raises NotPossible."""
    request = locked(request)
    try:
        protection.lift(
            placed=restriction, person=matching.person_of(request), reason=reason, by=by, now=now
        )
    except protection.NotOpen as error:
        raise NotPossible(_("Cette limitation est déjà levée.")) from error
    except protection.NotTold as error:
        raise NotPossible(_("La personne doit d'abord être avertie.")) from error
    timeline.record(request, RequestEventKind.LIFTED, by=by.pk, now=now, text=reason)
    note_act(request, "request.lifted", by=by, now=now)
    return request


def _told_at(request: RightsRequest, placed: Restriction) -> datetime | None:
    """When the letter about this lift left; where there is no address, when it was written."""
    step = (
        RequestEvent.objects.filter(
            request=request.pseudonym,
            kind=RequestEventKind.WRITTEN,
            details__lift_of=str(placed.pk),
        )
        .order_by("-number")
        .first()
    )
    if step is None:
        return None
    message = RequestMessage.objects.filter(pk=step.details["message"]).first()
    if message is None:
        return None
    return message.mailed_at if request.email else message.written_at


def open_of(request: RightsRequest) -> list[Restriction]:
    if request.person_id is None:
        return []
    found = Restriction.objects.filter(person=request.person_id, lifted_at__isnull=True)
    return list(found.order_by("placed_at"))


def has_open(request: RightsRequest) -> bool:
    return bool(open_of(request))


def _open(request: RightsRequest, ground: str) -> Restriction:
    matching.person_of(request)
    for placed in open_of(request):
        if placed.ground == ground:
            return placed
    raise NotPossible(_("Aucune limitation n'est ouverte pour ce motif."))


def _words(request: RightsRequest, ground: str) -> str:
    with translation.override(request.language):
        return str(Ground(ground).label)


four_eyes.register("lift", label=gettext_lazy("Lever la limitation"), do=lift, prepare=before_lift)
