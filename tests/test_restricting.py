"""Restriction and its lift from a request (DR-14, DR-12)."""

from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import transaction
from django.test import Client

from privacy import restriction
from privacy.groups import AGENTS
from privacy.models import (
    DataSubject,
    Disclosure,
    RecipientTask,
    RequestMessage,
    Restriction,
    RightsRequest,
    User,
)
from privacy.requests import acts, desk, timeline
from privacy.requests.moves import NotPossible
from privacy.requests.states import Status
from tests import people
from tests.requests import colleague, filed, work

pytestmark = pytest.mark.django_db
GROUND = {"ground": "a", "reason": "Adresse contestée"}


def now() -> datetime:
    return datetime.now(UTC)


def do(act: str, request: RightsRequest, by: User, **data: Any) -> RightsRequest:
    return desk.ACTS[act].do(request=request, by=by, now=now(), **data)


def asked(person: DataSubject, boss: User, rights: tuple[str, ...] = ("restriction",)) -> Any:
    request = acts.confirm(request=filed(now=now(), rights=rights), now=now())
    return do("match", request, boss, person=person.reference)


def test_dr_14_restricted_at_once_told_and_answered() -> None:
    boss, person = colleague(), people.person()
    people.fill(person)
    request = do("restrict", asked(person, boss), boss, **GROUND)
    assert request.status == Status.ANSWERED
    assert not DataSubject.objects.filter(pk=person.pk).exists()
    assert not Disclosure.objects.exists()
    body = RequestMessage.objects.get(request=request, direction="out").body
    assert "l'exactitude des données est contestée" in body
    assert "avant que cela prenne fin" in body
    assert "- Me Leroy" in body
    assert RecipientTask.objects.get(request=request).why == "restriction"
    with pytest.raises(NotPossible):
        do("restrict", request, boss, **GROUND)


def test_dr_14_twice_on_a_ground_is_one_restriction() -> None:
    boss, person = colleague(), people.person()
    request = do("restrict", asked(person, boss, ("restriction", "access")), boss, **GROUND)
    assert request.status == Status.IN_PROGRESS
    with pytest.raises(NotPossible):
        do("restrict", request, boss, **GROUND)
    assert Restriction.objects.count() == 1


def test_dr_14_a_lift_waits_for_the_letter_and_a_second_person() -> None:
    one, two, person = colleague(), colleague("two@example.test"), people.person()
    request = do("restrict", asked(person, one), one, **GROUND)
    why = {"ground": "a", "reason": "L'adresse est corrigée."}
    with pytest.raises(NotPossible):
        do("lift", request, one, **why)
    work()
    do("announce-lift", request, one, **why)
    with pytest.raises(NotPossible):  # written, and not sent yet
        do("lift", request, one, **why)
    (letter,) = work()
    assert "L'adresse est corrigée." in letter.body
    assert "recours juridictionnel" in letter.body
    do("lift", request, one, **why)
    assert Restriction.objects.get().lifted_at is None
    assert not DataSubject.objects.filter(pk=person.pk).exists()
    with pytest.raises(NotPossible):
        do("approve", request, one)
    do("approve", request, two)
    placed = Restriction.objects.get()
    assert placed.lifted_by == two
    assert placed.told_at is not None
    assert DataSubject.objects.filter(pk=person.pk).exists()
    assert timeline.of(request)[-1].kind == "lifted"
    with pytest.raises(NotPossible):
        do("lift", request, one, **why)


def test_dr_14_another_persons_restriction_is_not_lifted() -> None:
    boss, mine, other = colleague(), people.person(), people.person()
    people.restrict(other)
    with pytest.raises(NotPossible):
        do("lift", asked(mine, boss), boss, **GROUND)


def test_dr_21_agents_do_not_restrict_and_the_page_shows_who() -> None:
    boss, person = colleague(), people.person()
    request = asked(person, boss)
    pages = Client(headers={"origin": "http://testserver"})
    page = f"/admin/privacy/rightsrequest/{request.pk}/"
    pages.force_login(colleague("agent2@example.test", group=AGENTS))
    assert pages.post(f"{page}act/restrict/", GROUND).status_code == 403
    pages.force_login(boss)
    assert pages.post(f"{page}act/restrict/", {"ground": "z", "reason": "x"}).status_code == 422
    assert pages.post(f"{page}act/restrict/", GROUND).status_code == 302
    body = pages.get(f"{page}change/").content.decode()
    assert person.reference in body
    assert "act/announce-lift/" in body
    with transaction.atomic(), restriction.seeing():
        assert DataSubject.objects.filter(pk=person.pk).exists()
