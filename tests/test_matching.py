"""Who a request is about: candidates with reasons, and a person who decides (DR-04, DR-05)."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from privacy.groups import OFFICERS
from privacy.models import DataSubject, RightsRequest, User
from privacy.requests import acts, desk, matching, timeline
from privacy.requests.moves import NotPossible
from tests import people
from tests.requests import RECEIVED, colleague, filed

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


def reasons(request: RightsRequest) -> list[tuple[DataSubject, list[str]]]:
    return [(one.person, one.reasons) for one in matching.candidates(request)]


def do(act: str, request: RightsRequest, by: User, **data: Any) -> RightsRequest:
    return desk.ACTS[act].do(request=request, by=by, now=RECEIVED + HOUR, **data)


def test_dr_04_a_confirmed_address_proves_and_an_unconfirmed_one_says_so() -> None:
    person = people.person(email="ada@example.test")
    people.person()
    request = filed()
    assert reasons(request) == [(person, ["même adresse e-mail, que personne n'a confirmée"])]
    request = acts.confirm(request=request, now=RECEIVED + HOUR)
    assert reasons(request) == [(person, ["même adresse e-mail, prouvée"])]


def test_dr_04_candidates_have_reasons_and_the_likeliest_is_first() -> None:
    named = people.person(first_name="Ada", last_name="Canary", phone="+3224445566")
    turned = people.person(first_name="Canary", last_name="Ada", phone="")
    mailed = people.person(email="ada@example.test")
    people.person(first_name="Ada", last_name="Other")
    request = filed(message="Mon numéro : 02 444 55 66")
    request = acts.confirm(request=request, now=RECEIVED + HOUR)
    found = reasons(request)
    assert [person for person, _why in found] == [mailed, named, turned]
    assert found[1][1] == ["même nom", "son téléphone est dans le message"]
    assert found[2][1] == ["même nom"]


def test_dr_04_nobody_is_matched_by_the_program() -> None:
    people.person(email="ada@example.test")
    request = acts.confirm(request=filed(), now=RECEIVED + HOUR)
    assert request.person_id is None


def test_dr_14_a_restricted_person_is_found_for_their_own_request() -> None:
    person = people.person(email="ada@example.test")
    people.restrict(person)
    request, boss = filed(), colleague()
    assert [found.reference for found, _why in reasons(request)] == [person.reference]
    done = do("match", request, boss, person=person.reference)
    assert done.person_id == person.pk
    assert matching.reference_of(done) == person.reference


def test_matching_is_a_step_without_a_name_and_can_be_undone() -> None:
    person, boss, request = people.person(), colleague(), filed()
    done = do("match", request, boss, person=person.reference.lower())
    with pytest.raises(NotPossible):
        do("match", request, boss, person=person.reference)
    step = timeline.of(done)[-1]
    assert (step.kind, step.details) == ("matched", {"proved": False})
    undone = do("unmatch", request, boss, reason="Quelqu'un d'autre")
    assert undone.person_id is None
    assert timeline.of(done)[-1].kind == "unmatched"
    with pytest.raises(NotPossible):
        do("unmatch", request, boss, reason="Encore")
    with pytest.raises(NotPossible):
        do("match", request, boss, person="P-NOBODY")


def test_rt_11_who_is_archived_is_shown_by_reference_alone() -> None:
    people.person(email="ada@example.test", archived_at=RECEIVED)
    (one,) = matching.candidates(filed())
    assert "Durand" not in one.label


def test_dr_21_the_page_proposes_and_only_handlers_match() -> None:
    person, request = people.person(email="ada@example.test"), filed()
    pages = Client(headers={"origin": "http://testserver"})
    page = f"/admin/privacy/rightsrequest/{request.pk}/"
    pages.force_login(colleague(group=OFFICERS))
    body = pages.get(f"{page}change/").content.decode()
    assert person.reference in body
    assert "act/match/" not in body
    wanted = {"person": person.reference}
    assert pages.post(f"{page}act/match/", wanted).status_code == 403
    pages.force_login(colleague("two@example.test"))
    assert pages.get(f"{page}change/").content.decode().count("act/match/") == 2
    pages.post(f"{page}act/match/", wanted)
    request.refresh_from_db()
    assert request.person_id == person.pk
