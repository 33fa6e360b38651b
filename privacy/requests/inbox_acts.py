"""What staff do with mail that arrived: say what it asks, or that it asks nothing."""

from datetime import datetime

from django import forms
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from privacy.models import InboxMail, RequestChannel, RequestEventKind, RightsRequest, User
from privacy.requests import states, timeline
from privacy.requests.act import DECIDE, HANDLE, Act
from privacy.requests.forms import NothingForm
from privacy.requests.moves import NotPossible, locked, moved, note_act
from privacy.requests.states import OPEN, Status
from privacy.requests.words import choices


class RightsOnlyForm(forms.Form):
    rights = forms.MultipleChoiceField(
        label=gettext_lazy("Droits"), choices=choices, widget=forms.CheckboxSelectMultiple
    )


@transaction.atomic
def set_rights(
    *, request: RightsRequest, by: User, rights: list[str], now: datetime
) -> RightsRequest:
    """Say which rights it is about, as its words turned out to mean."""
    request = locked(request)
    if not request.is_open:
        raise NotPossible(_("Une demande terminée ne change plus de droits."))
    request.rights = list(dict.fromkeys(rights))
    request.save(update_fields=["rights"])
    timeline.record(
        request, RequestEventKind.NOTED, by=by.pk, now=now, details={"rights": request.rights}
    )
    note_act(request, "request.rights_set", by=by, now=now, rights=request.rights)
    return request


@transaction.atomic
def not_a_request(*, request: RightsRequest, by: User, now: datetime) -> RightsRequest:
    """Advertising, a delivery note: it is closed, and its content leaves within 24 hours."""
    request = locked(request)
    mail = InboxMail.objects.filter(request=request, outcome=InboxMail.Outcome.REQUEST)
    if request.channel != RequestChannel.EMAIL or not mail.exists():
        raise NotPossible(_("Seul un e-mail importé peut n'être pas une demande."))
    if request.status != Status.TRIAGE:
        raise NotPossible(_("Cette demande n'est plus à trier : répondez-y ou clôturez-la."))
    request = moved(request, states.CLOSE, decided_by=by.pk, ended_at=now)
    mail.update(no_request_at=now)
    timeline.record(
        request, RequestEventKind.CLOSED, by=by.pk, now=now, details={"why": "not_a_request"}
    )
    note_act(request, "request.not_a_request", by=by, now=now)
    return request


def _is_mail(request: RightsRequest) -> bool:
    return request.channel == RequestChannel.EMAIL


ACTS: tuple[Act, ...] = (
    Act(
        name="set-rights",
        label=gettext_lazy("Dire de quels droits il s'agit"),
        permission=HANDLE,
        form=RightsOnlyForm,
        sources=OPEN,
        do=set_rights,
    ),
    Act(
        name="not-a-request",
        label=gettext_lazy("Ce n'est pas une demande : effacer dans les 24 heures"),
        permission=DECIDE,
        form=NothingForm,
        sources=(Status.TRIAGE,),
        do=not_a_request,
        suits=_is_mail,
    ),
)
