"""The acts of a person's page: who may, what to fill in, what follows, and what is called."""

from dataclasses import dataclass
from datetime import datetime, time
from typing import TYPE_CHECKING, Any, ClassVar
from uuid import UUID

from django import forms
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from consent.audit import Actor
from consent.periods import BRUSSELS
from privacy import held
from privacy.actions import people, protection
from privacy.models import DataSubject, Ground

if TYPE_CHECKING:
    PersonForm = forms.ModelForm[DataSubject]
else:
    PersonForm = forms.ModelForm

SHORTEST_REASON = 10


def _reason() -> forms.CharField:
    return forms.CharField(
        label=_("Motif"),
        min_length=SHORTEST_REASON,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("Au moins 10 signes. Ne nommez personne : le motif reste au journal."),
    )


def _day(label: Any, help_text: Any = "") -> forms.DateField:
    widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    return forms.DateField(label=label, help_text=help_text, widget=widget)


class ActForm(forms.Form):
    """`run` does it: `person` is a key, `row` that of the protection it is about."""

    def run(self, *, person: UUID, row: UUID | None, by: Actor, now: datetime) -> None:
        raise NotImplementedError

    def given(self) -> dict[str, Any]:
        return {name: value for name, value in self.cleaned_data.items() if name != "confirm"}


def _confirm(words: Any) -> forms.BooleanField:
    return forms.BooleanField(label=words)


class CorrectForm(PersonForm):
    reason = _reason()
    confirm = _confirm(_("J'ai vérifié ces données auprès de la personne."))

    class Meta:
        model = DataSubject
        fields = people.CORRECTED
        widgets: ClassVar = {"iban": forms.TextInput}

    def run(self, *, person: UUID, row: UUID | None, by: Actor, now: datetime) -> None:
        values = {name: self.cleaned_data[name] for name in people.CORRECTED}
        for name in ("phone", "iban", "vat_number", "email"):
            values[name] = getattr(self.instance, name)
        people.correct(
            person=person, values=values, reason=self.cleaned_data["reason"], by=by, now=now
        )


class CloseForm(ActForm):
    closed_on = _day(_("Expiré le"), _("Au plus tard aujourd'hui."))
    reason = _reason()
    confirm = _confirm(_("Le délai de cinq ans commence à cette date."))

    def run(self, *, person: UUID, row: UUID | None, by: Actor, now: datetime) -> None:
        people.close_account(person=person, by=by, now=now, **self.given())


class ReopenForm(ActForm):
    reason = _reason()
    confirm = _confirm(_("Le compte n'expire plus, et la personne peut de nouveau se connecter."))

    def run(self, *, person: UUID, row: UUID | None, by: Actor, now: datetime) -> None:
        people.reopen_account(person=person, by=by, now=now, **self.given())


class HoldForm(ActForm):
    review_on = _day(_("À revoir le"), _("Dans les douze mois."))
    reason = _reason()
    confirm = _confirm(_("Rien de cette personne ne sera détruit avant que le blocage soit levé."))

    def run(self, *, person: UUID, row: UUID | None, by: Actor, now: datetime) -> None:
        protection.place_hold(person=person, by=by, now=now, **self.given())


class ReleaseForm(ActForm):
    reason = _reason()
    confirm = _confirm(_("Ce qui est échu sera détruit à la prochaine exécution."))

    def run(self, *, person: UUID, row: UUID | None, by: Actor, now: datetime) -> None:
        protection.release_hold(hold=row, person=person, by=by, now=now, **self.given())


class RestrictForm(ActForm):
    ground = forms.ChoiceField(label=_("Motif de l'article 18, § 1"), choices=Ground)
    reason = _reason()
    confirm = _confirm(
        _("Les données de cette personne seront conservées et plus utilisées : ni liste, ni envoi.")
    )

    def run(self, *, person: UUID, row: UUID | None, by: Actor, now: datetime) -> None:
        protection.restrict(person=person, by=by, now=now, **self.given())


class ToldForm(ActForm):
    told_on = _day(_("Personne avertie le"))
    confirm = _confirm(_("La personne a été avertie que la limitation sera levée (art. 18, § 3)."))

    def run(self, *, person: UUID, row: UUID | None, by: Actor, now: datetime) -> None:
        # The middle of the day; not after now, where it is today.
        told_at = datetime.combine(self.cleaned_data["told_on"], time(12), BRUSSELS)
        if self.cleaned_data["told_on"] > now.astimezone(BRUSSELS).date():
            raise people.WrongState
        protection.note_told(placed=row, person=person, told_at=min(told_at, now), by=by, now=now)


class LiftForm(ActForm):
    reason = _reason()
    confirm = _confirm(_("Les données de cette personne seront de nouveau utilisées."))

    def run(self, *, person: UUID, row: UUID | None, by: Actor, now: datetime) -> None:
        protection.lift(placed=row, person=person, by=by, now=now, **self.given())


class _Given(ActForm):
    recipient_name = forms.CharField(label=_("Destinataire"), max_length=200)
    purpose = forms.ChoiceField(label=_("Finalité"), choices=held.PURPOSES)
    categories = forms.MultipleChoiceField(
        label=_("Données transmises"), choices=held.CATEGORIES, widget=forms.CheckboxSelectMultiple
    )


class DiscloseForm(_Given):
    recipient = forms.ChoiceField(
        label=_("Catégorie de destinataire"),
        choices=[
            (key, words) for key, words in held.RECIPIENTS.items() if key != protection.COMPLAINANT
        ],
    )
    on = _day(_("Transmis le"))
    confirm = _confirm(_("La réponse à une demande d'accès nommera ce destinataire."))

    field_order = ("recipient", "recipient_name", "purpose", "categories", "on")

    def run(self, *, person: UUID, row: UUID | None, by: Actor, now: datetime) -> None:
        given = self.given()
        day = given.pop("on")
        if day > now.astimezone(BRUSSELS).date():
            raise people.WrongState
        at = min(datetime.combine(day, time(12), BRUSSELS), now)
        protection.disclose(person=person, at=at, by=by, now=now, **given)


class ProposeForm(_Given):
    balancing = forms.CharField(
        label=_("Mise en balance des intérêts"),
        min_length=SHORTEST_REASON,
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 6}),
        help_text=_("L'intérêt du tiers, celui de la personne, et lequel prévaut."),
    )
    confirm = _confirm(_("Rien n'est transmis avant l'accord d'un second responsable."))

    def run(self, *, person: UUID, row: UUID | None, by: Actor, now: datetime) -> None:
        protection.propose(person=person, by=by, now=now, **self.given())


class ApproveForm(ActForm):
    confirm = _confirm(_("J'ai lu la mise en balance et je l'approuve."))

    def run(self, *, person: UUID, row: UUID | None, by: Actor, now: datetime) -> None:
        protection.approve(proposal=row, person=person, by=by, now=now)


class DeclineForm(ActForm):
    reason = _reason()
    confirm = _confirm(_("Rien ne sera transmis."))

    def run(self, *, person: UUID, row: UUID | None, by: Actor, now: datetime) -> None:
        protection.decline(proposal=row, person=person, by=by, now=now, **self.given())


class SeeForm(ActForm):
    """Not an act on the data but the recorded exception: `person_acts` shows the page."""

    reason = _reason()
    confirm = _confirm(_("Je consulte ces données malgré la limitation, pour ce motif seulement."))

    def run(self, *, person: UUID, row: UUID | None, by: Actor, now: datetime) -> None:
        return None


@dataclass(frozen=True, slots=True)
class PersonAct:
    """`of_row`: about one hold, restriction or proposal, offered beside it and not in the list."""

    key: str
    title: Any
    permission: str
    form: Any
    done: Any
    of_row: bool = False


ACTS = {
    act.key: act
    for act in (
        PersonAct("correct", _("Corriger les données"), "privacy.correct_datasubject",
                  CorrectForm, _("Les données sont corrigées.")),
        PersonAct("close", _("Clore le compte"), "privacy.correct_datasubject",
                  CloseForm, _("Le compte est clos.")),
        PersonAct("reopen", _("Rouvrir le compte"), "privacy.correct_datasubject",
                  ReopenForm, _("Le compte est rouvert.")),
        PersonAct("hold", _("Bloquer la suppression"), "privacy.add_legalhold",
                  HoldForm, _("La suppression est bloquée.")),
        PersonAct("release", _("Lever le blocage"), "privacy.release_legalhold",
                  ReleaseForm, _("Le blocage est levé."), of_row=True),
        PersonAct("restrict", _("Limiter le traitement"), "privacy.add_restriction",
                  RestrictForm, _("Le traitement est limité.")),
        PersonAct("told", _("Noter que la personne est avertie"), "privacy.change_restriction",
                  ToldForm, _("C'est noté : la limitation peut être levée."), of_row=True),
        PersonAct("lift", _("Lever la limitation"), "privacy.change_restriction",
                  LiftForm, _("La limitation est levée."), of_row=True),
        PersonAct("disclose", _("Noter une transmission"), "privacy.add_disclosure",
                  DiscloseForm, _("La transmission est notée.")),
        PersonAct("propose", _("Proposer une transmission à un tiers plaignant"),
                  "privacy.add_disclosure", ProposeForm,
                  _("La proposition attend l'accord d'un second responsable.")),
        PersonAct("approve", _("Approuver la transmission"), "privacy.add_disclosure",
                  ApproveForm, _("La transmission est approuvée et notée."), of_row=True),
        PersonAct("decline", _("Refuser la transmission"), "privacy.add_disclosure",
                  DeclineForm, _("La transmission est refusée."), of_row=True),
        PersonAct("see", _("Voir les données malgré la limitation"), "privacy.view_restriction",
                  SeeForm, ""),
    )
}  # fmt: skip


def offered(request: HttpRequest, person: Any) -> list[PersonAct]:
    """What this member of staff may do with the person as they stand."""
    return [
        act
        for act in ACTS.values()
        if not act.of_row and request.user.has_perm(act.permission) and fits(act.key, person)
    ]


def fits(key: str, person: Any) -> bool:
    """Whether the act makes sense as the person stands."""
    if key == "see":
        return bool(person.is_restricted)
    if key in ("correct", "close", "reopen"):
        if person.is_restricted or person.anonymised_at is not None:
            return False
        is_closed = person.account_closed_on is not None
        return {
            "correct": person.archived_at is None,
            "close": person.account_opened_on is not None and not is_closed,
            "reopen": is_closed and person.archived_at is None,
        }[key]
    return True
