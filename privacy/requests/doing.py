"""What staff do with a request beyond answering it, as acts of the desk."""

from django import forms
from django.utils.translation import gettext_lazy as _

from privacy.requests import (
    correcting,
    erasing,
    four_eyes,
    matching,
    objecting,
    recipients,
    restricting,
    states,
)
from privacy.requests.act import DECIDE, HANDLE, Act
from privacy.requests.forms import NothingForm, ReasonForm
from privacy.requests.states import OPEN, Status


class MatchForm(forms.Form):
    person = forms.CharField(label=_("Référence de la personne (P-…)"), max_length=20)


ACTS = (
    Act(
        name="approve",
        label=_("Approuver ce qui est proposé"),
        permission=DECIDE,
        form=NothingForm,
        sources=tuple(Status),
        do=four_eyes.approve,
        suits=four_eyes.may_decide,
    ),
    Act(
        name="decline",
        label=_("Écarter ce qui est proposé"),
        permission=DECIDE,
        form=ReasonForm,
        sources=tuple(Status),
        do=four_eyes.decline,
        suits=four_eyes.may_decide,
    ),
    Act(
        name="match",
        label=_("Reconnaître la personne"),
        permission=HANDLE,
        form=MatchForm,
        sources=OPEN,
        do=matching.match,
        suits=lambda request: not matching.has_person(request),
    ),
    Act(
        name="unmatch",
        label=_("Dissocier la personne"),
        permission=HANDLE,
        form=ReasonForm,
        sources=OPEN,
        do=matching.unmatch,
        suits=matching.has_person,
    ),
    Act(
        name="erase",
        label=_("Effacer les données de la personne"),
        permission=DECIDE,
        form=NothingForm,
        sources=states.COMPLETE.sources,
        do=four_eyes.guarded("erase"),
        suits=erasing.asks,
    ),
    Act(
        name="recipient-told",
        label=_("Un destinataire est prévenu"),
        permission=HANDLE,
        form=recipients.ToldForm,
        sources=tuple(Status),
        do=recipients.told,
        about_request=True,
        suits=recipients.has_open,
    ),
    Act(
        name="restrict",
        label=_("Limiter le traitement"),
        permission=DECIDE,
        form=restricting.RestrictForm,
        sources=states.COMPLETE.sources,
        do=restricting.restrict,
        suits=matching.has_person,
    ),
    Act(
        name="announce-lift",
        label=_("Annoncer la levée de la limitation"),
        permission=DECIDE,
        form=restricting.LiftForm,
        sources=tuple(Status),
        do=restricting.announce_lift,
        about_request=True,
        suits=restricting.has_open,
    ),
    Act(
        name="lift",
        label=_("Lever la limitation"),
        permission=DECIDE,
        form=restricting.LiftForm,
        sources=tuple(Status),
        do=four_eyes.guarded("lift"),
        about_request=True,
        suits=restricting.has_open,
    ),
    Act(
        name="object",
        label=_("Appliquer l'opposition"),
        permission=HANDLE,
        form=objecting.ObjectForm,
        sources=states.COMPLETE.sources,
        do=objecting.object_to,
        suits=matching.has_person,
    ),
    Act(
        name="withdraw",
        label=_("Retirer des accords"),
        permission=HANDLE,
        form=objecting.WithdrawForm,
        sources=states.COMPLETE.sources,
        do=objecting.withdraw,
        suits=matching.has_person,
    ),
    Act(
        name="rectify",
        label=_("Accepter une correction"),
        permission=DECIDE,
        form=correcting.DecideForm,
        sources=states.COMPLETE.sources,
        do=correcting.accept,
        about_request=True,
        suits=correcting.has_open,
    ),
    Act(
        name="refuse-correction",
        label=_("Refuser une correction"),
        permission=DECIDE,
        form=correcting.DecideForm,
        sources=states.COMPLETE.sources,
        do=correcting.refuse,
        about_request=True,
        suits=correcting.has_open,
    ),
)
