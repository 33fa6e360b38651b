"""Rectification (GDPR art. 16): the person proposes values, staff accept or refuse each.

What is held is shown to staff alone, beside what is proposed: a mailed link proves an address, and
shows nothing of a person whom nobody recognised yet.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import translation
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from consent.log.ids import uuid7
from privacy import restriction
from privacy.actions import people
from privacy.models import (
    Correction,
    DataSubject,
    RecipientTask,
    RequestEventKind,
    Right,
    RightsRequest,
    User,
)
from privacy.requests import answers, letters, matching, recipients, states, timeline
from privacy.requests.moves import NotPossible, in_language, locked, locked_in, note_act
from privacy.sources.base import Personal, source_of
from privacy.validation import CANONICAL

State = Correction.State
# The language is a preference, which an account changes itself.
_NOT_ASKED = ("language",)


def fields() -> list[str]:
    """What may be corrected: what staff may, where its source says that the person provided it."""
    declared = source_of("privacy.datasubject").personal()
    return [
        name
        for name in people.CORRECTED
        if name not in _NOT_ASKED
        and isinstance(declared.get(name), Personal)
        and declared[name].provided  # type: ignore[union-attr]
    ]


def label(name: str) -> str:
    return str(capfirst(str(DataSubject._meta.get_field(name).verbose_name)))  # type: ignore[union-attr]


class ProposeForm(forms.Form):
    """One field for each value that may be corrected; what stays empty stays as it is."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in fields():
            limit = getattr(DataSubject._meta.get_field(name), "max_length", None) or 100
            self.fields[name] = forms.CharField(label=label(name), required=False, max_length=limit)

    def clean(self) -> dict[str, Any]:
        """Validated as everywhere else: by the model's own field; then in its canonical form."""
        for name in [name for name in fields() if self.cleaned_data.get(name)]:
            field: Any = DataSubject._meta.get_field(name)
            value = self.cleaned_data[name].lower() if name == "email" else self.cleaned_data[name]
            try:
                value = field.clean(value, None)
                value = CANONICAL[name](value) if name in CANONICAL else value
            except ValidationError as error:
                self.add_error(name, error)
            else:
                self.cleaned_data[name] = value
        if not self.errors and not any(self.cleaned_data.values()):
            raise ValidationError(_("Écrivez au moins une valeur à corriger."))
        return self.cleaned_data

    def values(self) -> dict[str, str]:
        return {name: value for name, value in self.cleaned_data.items() if value}


def may_propose(request: RightsRequest) -> bool:
    """Who proved who they are, for a request that asks for it and is open."""
    return Right.RECTIFICATION in request.rights and request.is_open and matching.is_proved(request)


@transaction.atomic
def propose(*, request: RightsRequest, values: Mapping[str, str], now: datetime) -> None:
    """Keep what the person wants corrected; a newer value takes the place of one that nobody has
    looked at. Raises NotPossible."""
    request = locked(request)
    if not may_propose(request):
        raise NotPossible(_("Cette demande n'attend pas de correction."))
    for name, value in values.items():
        Correction.objects.update_or_create(
            request=request,
            field=name,
            state=State.PROPOSED,
            defaults={"new": value, "proposed_at": now},
            create_defaults={"id": uuid7(now), "new": value, "proposed_at": now},
        )
    timeline.record(
        request,
        RequestEventKind.HEARD,
        by=request.account_id,
        now=now,
        details={"corrections": sorted(values)},
    )


class DecideForm(forms.Form):
    """`field`: of what waits for a decision."""

    field = forms.ChoiceField(label=gettext_lazy("Donnée"))
    reason = forms.CharField(
        label=gettext_lazy("Motif, tel que la personne le lira"),
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3}),
    )

    def __init__(self, *args: Any, request: RightsRequest, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choice = self.fields["field"]
        assert isinstance(choice, forms.ChoiceField)
        choice.choices = [(one.field, label(one.field)) for one in _open(request)]


@transaction.atomic
def accept(
    *, request: RightsRequest, by: User, field: str, reason: str, now: datetime
) -> RightsRequest:
    """Write the new value; who got the old one is told (art. 19). Raises NotPossible.

    A restricted person's data is corrected too, on their own demand (art. 18(2)).
    """
    request = locked_in(request, states.COMPLETE.sources)
    person = matching.person_of(request)
    wanted = _one(request, field)
    with restriction.handling():
        row = DataSubject.objects.select_for_update().filter(pk=person).first()
        old = str(getattr(row, field)) if row is not None else ""
        try:
            people.correct(person=person, values={field: wanted.new}, reason=reason, by=by, now=now)
        except people.NotThere as error:
            raise NotPossible(_("Il n'y a plus rien sur cette personne.")) from error
        except ValidationError as error:
            raise NotPossible(" ".join(error.messages)) from error
    _decide(wanted, State.ACCEPTED, by=by, reason=reason, now=now, old=old)
    recipients.to_tell(request, why=RecipientTask.Why.RECTIFICATION, by=by, now=now)
    note_act(request, "request.correction_accepted", by=by, now=now, field=field)
    return _answer(request, by=by, now=now)


@transaction.atomic
def refuse(
    *, request: RightsRequest, by: User, field: str, reason: str, now: datetime
) -> RightsRequest:
    """The value stays; the letter says why, and the remedies. Raises NotPossible."""
    request = locked_in(request, states.COMPLETE.sources)
    wanted = _one(request, field)
    row = matching.recognised(request)
    old = str(getattr(row, field)) if row is not None else ""
    _decide(wanted, State.REFUSED, by=by, reason=reason, now=now, old=old)
    note_act(request, "request.correction_refused", by=by, now=now, field=field)
    return _answer(request, by=by, now=now)


def _decide(
    wanted: Correction, state: Correction.State, *, by: User, reason: str, now: datetime, old: str
) -> None:
    wanted.state, wanted.old, wanted.reason = state, old, reason
    wanted.decided_at, wanted.decided_by = now, by.pk
    wanted.save(update_fields=["state", "old", "reason", "decided_at", "decided_by"])


def _answer(request: RightsRequest, *, by: User, now: datetime) -> RightsRequest:
    """One letter when the last proposal is decided: it lists what was decided since the last."""
    if _open(request):
        return locked(request)
    told = [
        step.at
        for step in timeline.of(request)
        if step.kind == RequestEventKind.RECTIFIED and step.actor is not None
    ]
    decided = Correction.objects.filter(request=request).exclude(state=State.PROPOSED)
    if told:
        decided = decided.filter(decided_at__gt=told[-1])
    listed = list(decided.order_by("decided_at", "pk"))
    with translation.override(request.language):
        done = [(label(one.field), one.reason) for one in listed if one.state == State.ACCEPTED]
        not_done = [(label(one.field), one.reason) for one in listed if one.state == State.REFUSED]
    tasks = RecipientTask.objects.filter(request=request, why=RecipientTask.Why.RECTIFICATION)
    body = letters.text(
        "rectified",
        request,
        done=done,
        not_done=not_done,
        recipients=sorted({task.recipient_name for task in tasks}) if done else [],
    )
    return answers.answer(
        request,
        right=Right.RECTIFICATION,
        by=by,
        subject=in_language(request, gettext_lazy("Vos corrections")),
        body=body,
        now=now,
        details={"accepted": len(done), "refused": len(not_done)},
    )


def _open(request: RightsRequest) -> list[Correction]:
    found = Correction.objects.filter(request=request, state=State.PROPOSED)
    return list(found.order_by("field"))


def has_open(request: RightsRequest) -> bool:
    return Correction.objects.filter(request=request, state=State.PROPOSED).exists()


def _one(request: RightsRequest, field: str) -> Correction:
    found = Correction.objects.select_for_update().filter(
        request=request, field=field, state=State.PROPOSED
    )
    wanted = found.first()
    if wanted is None:
        raise NotPossible(_("Aucune correction de cette donnée n'attend de décision."))
    return wanted
