"""The acts of staff about the copy that answers a request."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from privacy.models import Archive, Right, RightsRequest
from privacy.requests import copies
from privacy.requests.act import DECIDE, HANDLE, Act
from privacy.requests.forms import ReasonForm
from privacy.requests.states import Status

State = Archive.State
_PREPARED = (Status.RECEIVED, Status.IN_PROGRESS, Status.ANSWERED)
_BEGUN = (State.REVIEW, State.WAITING, State.BUILDING)
_WITHDRAWN = (State.REVIEW, State.READY, State.FAILED)
_COPIED = {Right.ACCESS.value, Right.PORTABILITY.value}


class CopyForm(forms.Form):
    """Which copy: of all that is held, or of what the person gave to take along."""

    copy = forms.ChoiceField(label=_("Copie"))

    def __init__(self, *args: Any, request: RightsRequest, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [(kind, copies.KINDS[kind]) for kind in self.kinds(request)]
        field = self.fields["copy"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = choices
        if len(choices) == 1:
            field.initial = choices[0][0]

    @staticmethod
    def kinds(request: RightsRequest) -> list[str]:
        """What was asked for and is not on its way."""
        asked = [kind for kind in copies.KINDS if kind in request.rights]
        if not asked or request.person_id is None:
            return []
        begun = {one.kind for one in copies.of(request) if one.state in _BEGUN}
        return [kind for kind in asked if kind not in begun]


class ReviewedForm(CopyForm):
    @staticmethod
    def kinds(request: RightsRequest) -> list[str]:
        return [one.kind for one in copies.of(request) if one.state == State.REVIEW]


class WithdrawForm(CopyForm):
    reason = forms.CharField(
        label=_("Motif"), max_length=2000, widget=forms.Textarea(attrs={"rows": 3})
    )

    @staticmethod
    def kinds(request: RightsRequest) -> list[str]:
        return [one.kind for one in copies.of(request) if one.state in _WITHDRAWN]


def _has(*states: str) -> Any:
    return lambda request: any(one.state in states for one in copies.of(request))


ACTS = (
    Act(
        name="prepare-copy",
        label=_("Préparer une copie des données"),
        permission=HANDLE,
        form=CopyForm,
        sources=_PREPARED,
        do=copies.prepare,
        about_request=True,
        suits=lambda request: bool(CopyForm.kinds(request)),
    ),
    Act(
        name="release",
        label=_("Libérer la copie, comme seconde personne"),
        permission=DECIDE,
        form=ReviewedForm,
        sources=tuple(Status),
        do=copies.release,
        about_request=True,
        suits=_has(State.REVIEW),
    ),
    Act(
        name="withdraw-copy",
        label=_("Retirer la copie"),
        permission=DECIDE,
        form=WithdrawForm,
        sources=tuple(Status),
        do=copies.withdraw,
        about_request=True,
        suits=_has(*_WITHDRAWN),
    ),
    Act(
        name="new-code",
        label=_("Donner un nouveau code de téléchargement"),
        permission=DECIDE,
        form=ReasonForm,
        sources=_PREPARED,
        do=copies.renew_code,
        suits=lambda request: (
            request.account_id is None
            and bool(_COPIED & set(request.rights))
            and copies.is_established(request)
        ),
    ),
)
