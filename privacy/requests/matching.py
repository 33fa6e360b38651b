"""Who of the register of people a request is about: candidates with reasons, and a person decides.

Only an account's own session says it by itself (`filing.file`). What proves who asks is enough when
it is the account or a confirmed address (DR-04); anything less is said.
"""

import re
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from privacy import restriction
from privacy.models import DataSubject, RequestEventKind, RightsRequest, User
from privacy.models.person import folded
from privacy.requests import four_eyes, timeline
from privacy.requests.moves import NotPossible, locked, note_act
from privacy.requests.states import OPEN

MOST = 20
# Shorter runs of digits are in many texts.
LEAST_DIGITS = 8


@dataclass(slots=True)
class Candidate:
    """`reasons` are sentences; `strength`: 3 the account, 2 an address, 1 a number, 0 a name."""

    person: DataSubject
    reasons: list[str] = field(default_factory=list)
    strength: int = 0

    @property
    def label(self) -> str:
        """Whoever is in the archive is shown by reference alone (RT-11)."""
        if self.person.archived_at is not None:
            return str(_("(aux archives)"))
        return self.person.full_name

    def add(self, reason: str, strength: int) -> None:
        self.reasons.append(reason)
        self.strength = max(self.strength, strength)


def is_proved(request: RightsRequest) -> bool:
    """Whether an account or the mailed link says who asks."""
    return request.account_id is not None or request.confirmed_at is not None


def candidates(request: RightsRequest) -> list[Candidate]:
    """The likeliest first. Two queries; restricted people are among them: it is their request."""
    with transaction.atomic(), restriction.seeing():
        sure = Q(account=request.account_id) if request.account_id else Q()
        if request.email:
            sure |= Q(email=request.email.lower())
        known = DataSubject.objects.filter(anonymised_at__isnull=True)
        people = {p.pk: p for p in known.filter(sure)[:MOST]} if sure else {}
        named = {p.pk: p for p in known.filter(_named(request.name)).order_by("pk")[:MOST]}
    found = {key: Candidate(person) for key, person in (named | people).items()}
    said = _digits(request.message)
    for key, candidate in found.items():
        _weigh(candidate, request, has_name=key in named, said=said)
    return sorted(found.values(), key=lambda one: (-one.strength, str(one.person.pk)))


def _weigh(one: Candidate, request: RightsRequest, *, has_name: bool, said: str) -> None:
    person = one.person
    if request.account_id is not None and person.account_id == request.account_id:
        one.add(_("même compte"), 3)
    if request.email and person.email == request.email.lower():
        if is_proved(request):
            one.add(_("même adresse e-mail, prouvée"), 2)
        else:
            one.add(_("même adresse e-mail, que personne n'a confirmée"), 1)
    if has_name or folded(request.name) == folded(person.full_name):
        one.add(_("même nom"), 0)
    for value, words in (
        (person.phone, _("son téléphone est dans le message")),
        (person.vat_number, _("son numéro de TVA est dans le message")),
        (person.iban, _("son numéro de compte est dans le message")),
    ):
        # Without the country in front, and the zero that numbers have at home.
        digits = re.sub(r"\D", "", value)[-LEAST_DIGITS:]
        if len(digits) == LEAST_DIGITS and digits in said:
            one.add(words, 1)


def _digits(text: str) -> str:
    return re.sub(r"[\s./()-]", "", text)


def _named(name: str) -> Q:
    """Every way to cut a name in two, in both orders; each an equality that an index serves."""
    words, wanted = folded(name).split(), Q(pk__in=())
    for cut in range(1, len(words)):
        one, other = " ".join(words[:cut]), " ".join(words[cut:])
        wanted |= Q(first_key=one, last_key=other) | Q(first_key=other, last_key=one)
    return wanted


@transaction.atomic
def match(*, request: RightsRequest, by: User, person: str, now: datetime) -> RightsRequest:
    """`person` is a reference ("P-…"). Raises NotPossible."""
    request = locked(request)
    if request.status not in OPEN:
        raise NotPossible(_("Une demande terminée n'est plus rattachée ; rouvrez-la d'abord."))
    if request.person_id is not None:
        raise NotPossible(_("Une personne est déjà reconnue ; dissociez-la d'abord."))
    with restriction.seeing():
        found = DataSubject.objects.filter(
            reference=person.strip().upper(), anonymised_at__isnull=True
        ).first()
    if found is None:
        raise NotPossible(_("Personne n'a cette référence."))
    RightsRequest.objects.filter(pk=request.pk).update(person=found.pk)
    proved = is_proved(request)
    timeline.record(
        request, RequestEventKind.MATCHED, by=by.pk, now=now, details={"proved": proved}
    )
    note_act(request, "request.matched", by=by, now=now, person=str(found.pk))
    return locked(request)


@transaction.atomic
def unmatch(*, request: RightsRequest, by: User, reason: str, now: datetime) -> RightsRequest:
    """Raises NotPossible, while something about the person waits for a second one, too."""
    request = locked(request)
    if request.person_id is None:
        raise NotPossible(_("Personne n'est reconnu."))
    if request.status not in OPEN:
        raise NotPossible(_("Une demande terminée garde sa personne ; rouvrez-la d'abord."))
    if four_eyes.standing(request) is not None:
        raise NotPossible(_("Un acte attend un second accord : écartez-le d'abord."))
    key = request.person_id
    RightsRequest.objects.filter(pk=request.pk).update(person=None)
    timeline.record(request, RequestEventKind.UNMATCHED, by=by.pk, now=now, text=reason)
    note_act(request, "request.unmatched", by=by, now=now, person=str(key), reason=reason)
    return locked(request)


def person_of(request: RightsRequest) -> Any:
    """The key of who is recognised. Raises NotPossible."""
    if request.person_id is None:
        raise NotPossible(_("Reconnaissez d'abord la personne dans nos données."))
    return request.person_id


def recognised(request: RightsRequest) -> DataSubject | None:
    """Their row, restricted or not."""
    if request.person_id is None:
        return None
    with transaction.atomic(), restriction.seeing():
        return DataSubject.objects.filter(pk=request.person_id).first()


def reference_of(request: RightsRequest) -> str | None:
    person = recognised(request)
    return person.reference if person is not None else None


def has_person(request: RightsRequest) -> bool:
    return request.person_id is not None


def panel(*, asked: RightsRequest, who: User | None, now: datetime) -> dict[str, Any] | None:
    if who is None:
        return None
    if asked.person_id is not None:
        return {"person": recognised(asked), "proved": is_proved(asked), "candidates": []}
    if not asked.is_open:
        return None
    return {
        "person": None,
        "proved": is_proved(asked),
        "candidates": candidates(asked),
        "may_match": who.has_perm("privacy.handle_rightsrequest"),
    }
