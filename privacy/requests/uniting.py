"""Two requests that are one, and one that is two: rights and clocks are never lost on the way."""

from datetime import datetime
from typing import Any

from django import forms
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from consent.log.ids import uuid7
from privacy.models import (
    Direction,
    RequestEventKind,
    RequestFile,
    RequestMessage,
    RightsRequest,
    User,
)
from privacy.models.request import new_request_reference
from privacy.requests import states, timeline
from privacy.requests.act import HANDLE, Act
from privacy.requests.moves import NotPossible, in_language, moved, note_act, write
from privacy.requests.states import OPEN, Status
from privacy.requests.words import PLAIN


class MergeForm(forms.Form):
    into = forms.CharField(
        label=gettext_lazy("Référence de la demande qui reste"),
        max_length=15,
        help_text=gettext_lazy("La plus ancienne des deux, de la même personne ou adresse."),
    )

    def clean_into(self) -> RightsRequest:
        reference = self.cleaned_data["into"].strip().upper()
        found = RightsRequest.objects.filter(reference=reference).first()
        if found is None:
            raise forms.ValidationError(_("Aucune demande n'a cette référence."))
        return found


class SplitForm(forms.Form):
    rights = forms.MultipleChoiceField(
        label=gettext_lazy("Droits de la nouvelle demande"), widget=forms.CheckboxSelectMultiple
    )

    def __init__(self, *args: Any, request: RightsRequest, **options: Any) -> None:
        super().__init__(*args, **options)
        field = self.fields["rights"]
        assert isinstance(field, forms.MultipleChoiceField)
        field.choices = [
            (right.value, words) for right, (words, _name) in PLAIN.items()
            if right.value in request.rights
        ]  # fmt: skip


def _both(first: RightsRequest, second: RightsRequest) -> tuple[RightsRequest, RightsRequest]:
    """As the database has them, locked in one order: two merges at once do not wait for ever."""
    rows = {
        row.pk: row
        for row in RightsRequest.objects.select_for_update()
        .filter(pk__in=[first.pk, second.pk])
        .order_by("pk")
    }
    return rows[first.pk], rows[second.pk]


@transaction.atomic
def merge(*, request: RightsRequest, by: User, into: RightsRequest, now: datetime) -> RightsRequest:
    """Close a duplicate; what it asks, says and holds goes on in `into`, which is not younger.

    Raises NotPossible. The clock of `into` began first: nothing is due later than before.
    """
    if request.pk == into.pk:
        raise NotPossible(_("Une demande ne se réunit pas à elle-même."))
    request, into = _both(request, into)
    _must_fit(request, into)
    moved(request, states.CLOSE, decided_by=by.pk, ended_at=now)
    into.rights = list(dict.fromkeys([*into.rights, *request.rights]))
    into.save(update_fields=["rights"])
    if request.message:
        RequestMessage.objects.create(
            id=uuid7(now), request=into, direction=Direction.IN, author=None,
            subject=request.reference, body=request.message, written_at=request.received_at,
        )  # fmt: skip
    # What was heard goes on; our own letters stay with the request that they were about.
    RequestMessage.objects.filter(request=request).exclude(direction=Direction.OUT).update(
        request=into
    )
    RequestFile.objects.filter(request=request).update(request=into)
    for one, other in ((request, into), (into, request)):
        timeline.record(
            one,
            RequestEventKind.MERGED,
            by=by.pk,
            now=now,
            details={"with": str(other.pseudonym), "stays": one is into},
        )
    _tell(request, into, by=by, now=now)
    note_act(request, "request.merged", by=by, now=now, into=str(into.pk))
    request.refresh_from_db()
    return request


def _must_fit(request: RightsRequest, into: RightsRequest) -> None:
    same = (request.person_id is not None and request.person_id == into.person_id) or (
        bool(request.email) and request.email == into.email
    )
    if not same:
        raise NotPossible(_("Ces deux demandes ne sont pas de la même personne ou adresse."))
    if not (request.is_open and into.is_open):
        raise NotPossible(_("Les deux demandes doivent être ouvertes."))
    if into.received_on > request.received_on:
        raise NotPossible(
            _("Réunissez la plus récente à la plus ancienne : aucun délai ne s'allonge ainsi.")
        )
    if into.due_on > request.due_on:
        raise NotPossible(
            _(
                "Le délai de la demande qui reste a été prolongé : l'autre aurait sa réponse "
                "plus tard."
            )
        )
    if (request.represented_by, request.represented_name) != (
        into.represented_by, into.represented_name,
    ):  # fmt: skip
        raise NotPossible(_("Ces deux demandes ne sont pas faites pour la même personne."))


def _tell(request: RightsRequest, into: RightsRequest, *, by: User, now: datetime) -> None:
    """The person knows both references; one of them goes on."""
    body = in_language(
        request,
        gettext_lazy(
            "Bonjour,\n\nVotre demande %(one)s dit la même chose que votre demande %(other)s, plus "
            "ancienne. Nous les traitons ensemble sous la référence %(other)s, dans le délai de la "
            "plus ancienne. Rien de ce que vous avez demandé n'est perdu.\n\nClick'n CoNNect"
        ),
    ) % {"one": request.reference, "other": into.reference}
    subject = in_language(into, gettext_lazy("Vos deux demandes n'en font plus qu'une"))
    write(into, by=by, subject=subject, body=body, now=now)


_COPIED = (
    "name", "email", "message", "language", "channel", "received_at", "received_on",
    "legal_due_on", "policy_limit_on", "target_on", "extended_due_on", "extension_reason",
    "extension_told_at", "identity_asked_on", "identity_reason", "identity_came_on",
    "followed_up_at", "deemed_refused_at", "alerts_given", "confirmed_at", "represented_by",
    "represented_name", "person_id", "account_id", "handler_id",
)  # fmt: skip


@transaction.atomic
def split(*, request: RightsRequest, by: User, rights: list[str], now: datetime) -> RightsRequest:
    """Some rights go on in a request of their own, with the same receipt and clock.

    Raises NotPossible. Files and messages stay; the new one has the person's words too.
    """
    request = RightsRequest.objects.select_for_update().get(pk=request.pk)
    if not request.is_open:
        raise NotPossible(_("Une demande terminée ne se sépare pas."))
    left = [right for right in request.rights if right not in rights]
    if not left or not set(rights) <= set(request.rights):
        raise NotPossible(_("Au moins un droit reste dans chacune des deux demandes."))
    request.rights = left
    request.save(update_fields=["rights"])
    first = request.status in states.FIRST
    new = RightsRequest(
        id=uuid7(now),
        reference=new_request_reference(request.received_on.year),
        rights=list(dict.fromkeys(rights)),
        status=request.status if first else Status.RECEIVED,
        **{name: getattr(request, name) for name in _COPIED},
    )
    new.save(force_insert=True)
    if not first:
        # The database lets a request begin in few states only.
        RightsRequest.objects.filter(pk=new.pk).update(status=request.status)
        new.status = request.status
    for one, other in ((request, new), (new, request)):
        timeline.record(
            one,
            RequestEventKind.SPLIT,
            by=by.pk,
            now=now,
            details={"with": str(other.pseudonym), "rights": list(one.rights)},
        )
    note_act(request, "request.split", by=by, now=now, into=str(new.pk))
    return new


def _has_several(request: RightsRequest) -> bool:
    return len(request.rights) > 1


ACTS: tuple[Act, ...] = (
    Act(
        name="merge",
        label=gettext_lazy("Réunir à une autre demande de la même personne"),
        permission=HANDLE,
        form=MergeForm,
        sources=OPEN,
        do=merge,
    ),
    Act(
        name="split",
        label=gettext_lazy("Séparer en deux demandes"),
        permission=HANDLE,
        form=SplitForm,
        sources=OPEN,
        do=split,
        about_request=True,
        suits=_has_several,
    ),
)
