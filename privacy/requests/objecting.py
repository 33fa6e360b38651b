"""Objection and withdrawal by button, with immediate effect (DR-16, DR-17, DR-18)."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from django import forms
from django.db import transaction
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from privacy import restriction
from privacy.actions import marketing, protection
from privacy.models import (
    Channel,
    DataSubject,
    Ground,
    Restriction,
    Right,
    RightsRequest,
    User,
)
from privacy.models.marketing import Source
from privacy.requests import answers, letters, matching, states
from privacy.requests.moves import NotPossible, in_language, locked_in

MARKETING, PROMOTION = "marketing", "promotion"
USES = {
    MARKETING: gettext_lazy("toute prospection (art. 21, § 2) : sans examen, aussitôt"),
    PROMOTION: gettext_lazy(
        "la promotion des services : gestion de la clientèle et études de marché (art. 21, § 1) ; "
        "le traitement est limité pendant l'examen (art. 18, § 1, d)"
    ),
}


class ObjectForm(forms.Form):
    uses = forms.MultipleChoiceField(
        label=gettext_lazy("À quoi la personne s'oppose"),
        choices=list(USES.items()),
        widget=forms.CheckboxSelectMultiple,
    )


class WithdrawForm(forms.Form):
    channels = forms.MultipleChoiceField(
        label=gettext_lazy("Accords retirés"),
        choices=Channel.choices,
        widget=forms.CheckboxSelectMultiple,
    )


@transaction.atomic
def object_to(*, request: RightsRequest, by: User, uses: list[str], now: datetime) -> RightsRequest:
    """Stop these uses from this moment on; twice changes nothing more. Raises NotPossible.

    An objection to legitimate interest restricts the data until somebody decided (DR-16): the lift
    of that restriction, told and with reasons, is the decision.
    """
    request = locked_in(request, states.COMPLETE.sources)
    with _person(request) as person:
        if MARKETING in uses:
            marketing.object_to_marketing(person=person, now=now, source=Source.REQUEST)
        if PROMOTION in uses:
            marketing.object_to_promotion(person=person, now=now, source=Source.REQUEST)
    if PROMOTION in uses and not _is_examined(request):
        protection.restrict(
            person=request.person_id,
            ground=Ground.OBJECTION,
            reason=_("Opposition à l'examen (demande %(reference)s).")
            % {"reference": request.reference},
            by=by,
            now=now,
        )
    body = letters.text(
        "objected", request, marketing=MARKETING in uses, promotion=PROMOTION in uses
    )
    return answers.answer(
        request,
        right=Right.OBJECTION,
        by=by,
        subject=in_language(request, gettext_lazy("Votre opposition est appliquée")),
        body=body,
        now=now,
        details={"uses": sorted(uses)},
    )


@transaction.atomic
def withdraw(
    *, request: RightsRequest, by: User, channels: list[str], now: datetime
) -> RightsRequest:
    """What was agreed to is no more, for each of these ways; the proof of the past stays (DR-18).

    Raises NotPossible.
    """
    request = locked_in(request, states.COMPLETE.sources)
    with _person(request) as person:
        changed = marketing.choose(
            person=person,
            wanted=dict.fromkeys(channels, False),
            shown={},
            now=now,
            source=Source.REQUEST,
        )
    with translation.override(request.language):
        words = {str(one): str(Channel(one).label) for one in channels}
    body = letters.text(
        "withdrawn",
        request,
        withdrawn=[words[one] for one in channels if one in changed],
        none=[words[one] for one in channels if one not in changed],
    )
    return answers.answer(
        request,
        right=Right.WITHDRAWAL,
        by=by,
        subject=in_language(request, gettext_lazy("Vos accords sont retirés")),
        body=body,
        now=now,
        details={"channels": sorted(channels), "changed": sorted(changed)},
    )


@contextmanager
def _person(request: RightsRequest) -> Iterator[DataSubject]:
    """Restricted or not: what the person says is always taken."""
    key: Any = matching.person_of(request)
    with restriction.handling():
        person = DataSubject.objects.filter(pk=key, anonymised_at__isnull=True).first()
        if person is None:
            raise NotPossible(_("Il n'y a plus rien sur cette personne."))
        yield person


def _is_examined(request: RightsRequest) -> bool:
    return Restriction.objects.filter(
        person=request.person_id, ground=Ground.OBJECTION, lifted_at__isnull=True
    ).exists()
