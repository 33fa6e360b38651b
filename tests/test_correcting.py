"""Rectification: proposed by the person, decided value by value by staff (DR-12)."""

from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from privacy.groups import AGENTS
from privacy.models import (
    Correction,
    DataSubject,
    RecipientTask,
    RequestMessage,
    RightsRequest,
    User,
)
from privacy.requests import acts, correcting, desk, links, timeline
from privacy.requests.moves import NotPossible
from privacy.requests.states import Status
from tests import people
from tests.requests import colleague, filed

pytestmark = pytest.mark.django_db
NEW_IBAN = "BE62510007547061"


def now() -> datetime:
    return datetime.now(UTC)


def do(act: str, request: RightsRequest, by: User, **data: Any) -> RightsRequest:
    return desk.ACTS[act].do(request=request, by=by, now=now(), **data)


def asked(person: DataSubject | None = None, **values: Any) -> RightsRequest:
    given = {"rights": ("rectification",), **values}
    request = acts.confirm(request=filed(now=now(), **given), now=now())
    if person is None:
        return request
    return do("match", request, colleague("m@example.test"), person=person.reference)


def address(request: RightsRequest, token: str = "") -> str:
    token = token or links.token(request, links.Purpose.FOLLOW)
    return f"/privacy/rights/{request.reference}/{token}/correct/"


@pytest.fixture
def visitor() -> Client:
    return Client(headers={"origin": "http://testserver"})


def test_dr_12_the_person_proposes_what_is_valid_and_sees_nothing_held(visitor: Client) -> None:
    person = people.person(email="ada@example.test", city="Liège")
    request = asked(person)
    page = links.follow_path(request)
    before = visitor.get(page).content.decode()
    assert "Proposer ces corrections" in before
    assert "Liège" not in before
    wrong = visitor.post(address(request), {"iban": "BE00 0000", "city": "Namur"})
    assert wrong.status_code == 422
    assert "vérifiez chaque chiffre" in wrong.content.decode()
    assert not Correction.objects.exists()
    assert visitor.post(address(request), {}).status_code == 422
    good = visitor.post(address(request), {"iban": "BE62 5100 0754 7061", "city": "Namur"})
    assert good.status_code == 303
    assert {(one.field, one.new) for one in Correction.objects.all()} == {
        ("iban", NEW_IBAN), ("city", "Namur"),
    }  # fmt: skip
    assert not visitor.cookies
    body = visitor.get(page).content.decode()
    assert "Namur" in body
    assert "à examiner" in body
    assert "Liège" not in body
    person.refresh_from_db()
    assert person.city == "Liège"


def test_dr_12_sending_twice_keeps_one_proposal(visitor: Client) -> None:
    request = asked()
    for city in ("Namur", "Mons", "Mons"):
        assert visitor.post(address(request), {"city": city}).status_code == 303
    assert Correction.objects.get().new == "Mons"


def test_dr_21_only_its_own_link_proposes(visitor: Client) -> None:
    mine, other = asked(), asked(email="b@example.test")
    foreign = links.token(other, links.Purpose.FOLLOW)
    assert visitor.post(address(mine, foreign), {"city": "Mons"}).status_code == 404
    assert visitor.get(address(mine)).status_code == 405
    access = asked(rights=("access",), email="c@example.test")
    assert visitor.post(address(access), {"city": "Mons"}).status_code == 409
    unproved = filed(rights=("rectification",), email="d@example.test", now=now())
    assert visitor.post(address(unproved), {"city": "Mons"}).status_code == 409
    stranger = Client(headers={"origin": "https://evil.test"}, enforce_csrf_checks=True)
    assert stranger.post(address(mine), {"city": "Mons"}).status_code == 403
    assert not Correction.objects.exists()


def test_dr_12_each_is_decided_kept_told_and_answered_in_one_letter() -> None:
    boss, person = colleague(), people.person(city="Liège")
    people.fill(person)
    request = asked(person)
    correcting.propose(
        request=request, values={"iban": NEW_IBAN, "city": "Namur", "phone": "+3224445566"},
        now=now(),
    )  # fmt: skip
    do("rectify", request, boss, field="iban", reason="Relevé de banque vu.")
    do("refuse-correction", request, boss, field="phone", reason="Ce numéro est à un autre.")
    assert not RequestMessage.objects.filter(request=request, direction="out").exists()
    done = do("rectify", request, boss, field="city", reason="Registre national.")
    person.refresh_from_db()
    assert (person.iban, person.city, person.phone) == (NEW_IBAN, "Namur", "+3227771234")
    history = {one.field: one for one in Correction.objects.all()}
    assert (history["iban"].old, history["iban"].new) == (people.IBAN, NEW_IBAN)
    assert history["phone"].state == "refused"
    assert done.status == Status.ANSWERED
    body = RequestMessage.objects.get(request=request, direction="out").body
    changed, _, same = body.partition("Laissé tel quel")
    assert "IBAN" in changed
    assert "Registre national." in changed
    assert "Ce numéro est à un autre." in same
    assert "recours juridictionnel" in same
    assert NEW_IBAN not in body
    # Who got the data hears of it, once as long as nobody told them.
    assert [task.why for task in RecipientTask.objects.all()] == ["rectification"]
    assert timeline.of(request)[-2].details == {"accepted": 2, "refused": 1}
    with pytest.raises(NotPossible):
        do("rectify", request, boss, field="city", reason="Encore")


def test_dr_12_the_history_is_encrypted_in_the_database() -> None:
    boss, person = colleague(), people.person()
    request = asked(person)
    correcting.propose(request=request, values={"iban": NEW_IBAN}, now=now())
    do("rectify", request, boss, field="iban", reason="Vu")
    with connection.cursor() as cursor:
        cursor.execute("SELECT string_agg(c::text, ' ') FROM privacy_correction c")
        (held,) = cursor.fetchone()
        cursor.execute("SELECT string_agg(e::text, ' ') FROM privacy_requestevent e")
        (steps,) = cursor.fetchone()
    for value in (people.IBAN, NEW_IBAN):
        assert value not in held
        assert value not in steps


def test_dr_12_who_contests_is_restricted_and_corrected_all_the_same() -> None:
    boss, person = colleague(), people.person(city="Liège")
    request = asked(person)
    correcting.propose(request=request, values={"city": "Namur"}, now=now())
    people.restrict(person, "a")
    do("rectify", request, boss, field="city", reason="Vu")
    assert Correction.objects.get().old == "Liège"


def test_dr_12_nothing_is_corrected_of_nobody() -> None:
    request, boss = asked(), colleague()
    correcting.propose(request=request, values={"city": "Namur"}, now=now())
    with pytest.raises(NotPossible):
        do("rectify", request, boss, field="city", reason="Vu")


def test_dr_12_staff_see_old_beside_new_and_only_managers_decide(visitor: Client) -> None:
    boss, person = colleague(), people.person(city="Liège")
    request = asked(person)
    correcting.propose(request=request, values={"city": "Namur"}, now=now())
    page = f"/admin/privacy/rightsrequest/{request.pk}/"
    visitor.force_login(boss)
    body = visitor.get(f"{page}change/").content.decode()
    old, _, new = body.partition("<dd>Liège</dd>")
    assert "Ancienne valeur" in old
    assert "<dd>Namur</dd>" in new
    values = {"field": "city", "reason": "Vu"}
    unknown = visitor.post(f"{page}act/rectify/", {**values, "field": "phone"})
    assert unknown.status_code == 422
    visitor.force_login(colleague("a@example.test", group=AGENTS))
    assert visitor.post(f"{page}act/rectify/", values).status_code == 403
    visitor.force_login(boss)
    visitor.post(f"{page}act/rectify/", values)
    person.refresh_from_db()
    assert person.city == "Namur"


def test_dr_12_what_may_be_corrected_comes_from_the_declaration() -> None:
    found = correcting.fields()
    assert {"first_name", "iban", "email", "city"} <= set(found)
    assert not {"account_opened_on", "reference", "first_key", "language"} & set(found)
