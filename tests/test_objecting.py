"""Objection and withdrawal from a request: at once (DR-16, DR-17, DR-18)."""

from datetime import UTC, datetime
from typing import Any

import pytest
from django.test import Client

from privacy.groups import OFFICERS
from privacy.marketing import suppression_hash
from privacy.models import (
    DataSubject,
    MarketingChoice,
    Objection,
    RequestMessage,
    Restriction,
    RightsRequest,
    Suppression,
    User,
)
from privacy.requests import acts, desk, timeline
from privacy.requests.moves import NotPossible
from privacy.requests.states import Status
from tests import people
from tests.requests import colleague, filed

pytestmark = pytest.mark.django_db


def now() -> datetime:
    return datetime.now(UTC)


def do(act: str, request: RightsRequest, by: User, **data: Any) -> RightsRequest:
    return desk.ACTS[act].do(request=request, by=by, now=now(), **data)


def agreed(*channels: str, **values: Any) -> DataSubject:
    person = people.person(**values)
    for channel in channels:
        MarketingChoice.objects.create(
            person=person, channel=channel, given=True, at=people.AT, source="account"
        )
    return person


def asked(person: DataSubject, boss: User, *rights: str) -> RightsRequest:
    request = acts.confirm(
        request=filed(now=now(), rights=rights, email="else@example.test"), now=now()
    )
    return do("match", request, boss, person=person.reference)


def newest(person: DataSubject) -> dict[str, bool]:
    from privacy.actions.marketing import choices_of

    return choices_of(person)


def test_dr_17_a_confirmed_objection_stops_marketing_before_staff_look() -> None:
    person, other = agreed("email", email="ada@example.test"), agreed("email")
    request = filed(rights=("objection",), now=now())
    # Nobody proved anything yet.
    assert not Objection.objects.exists()
    assert not Suppression.objects.exists()
    acts.confirm(request=request, now=now())
    assert Objection.objects.get().person_id == person.pk
    assert not any(newest(person).values())
    assert newest(other)["email"]
    assert Suppression.objects.filter(pk=suppression_hash("ada@example.test")).exists()
    request.refresh_from_db()
    assert (request.status, request.person_id) == (Status.RECEIVED, None)
    step = timeline.of(request)[-1]
    assert (step.kind, step.actor, step.details["at_once"]) == ("objected", None, True)


def test_dr_17_an_account_objects_as_it_sends() -> None:
    person = people.with_account()
    assert person.account is not None
    MarketingChoice.objects.create(
        person=person, channel="sms", given=True, at=people.AT, source="account"
    )
    request = filed(rights=("objection",), account=person.account, email=person.email, now=now())
    assert Objection.objects.get().person_id == person.pk
    assert not any(newest(person).values())
    # What the program did wants an answer of somebody all the same.
    assert request.status == Status.RECEIVED
    done = do("object", request, colleague(), uses=["marketing"])
    assert done.status == Status.ANSWERED
    assert Objection.objects.count() == 1


def test_dr_17_other_rights_stop_nothing() -> None:
    person = agreed("email", email="ada@example.test")
    acts.confirm(request=filed(rights=("access",), now=now()), now=now())
    assert newest(person)["email"]


def test_dr_16_legitimate_interest_stops_and_is_restricted_while_examined() -> None:
    boss, person = colleague(), agreed("email")
    request = do("object", asked(person, boss, "objection"), boss, uses=["promotion"])
    assert Restriction.objects.get().ground == "d"
    assert not DataSubject.objects.filter(pk=person.pk).exists()
    body = RequestMessage.objects.get(request=request, direction="out").body
    assert "études de marché" in body
    assert "prospection" not in body
    assert request.status == Status.ANSWERED


def test_dr_16_a_second_click_restricts_no_second_time() -> None:
    boss, person = colleague(), agreed("email")
    request = asked(person, boss, "objection", "access")
    for _click in range(2):
        request = do("object", request, boss, uses=["promotion", "marketing"])
    assert Restriction.objects.count() == 1


def test_dr_18_a_withdrawal_per_channel_keeps_the_past() -> None:
    boss, person = colleague(), agreed("email", "sms")
    request = do("withdraw", asked(person, boss, "withdrawal"), boss, channels=["email", "paper"])
    assert newest(person) == {"paper": False, "email": False, "sms": True, "events": False}
    assert MarketingChoice.objects.filter(person=person, channel="email", given=True).exists()
    body = RequestMessage.objects.get(request=request, direction="out").body
    withdrawn, _, without = body.partition("Sans accord de votre part")
    assert "lettres d'information électroniques" in withdrawn
    assert "lettres d'information papier" in without
    assert "reste licite" in body
    assert request.status == Status.ANSWERED
    with pytest.raises(NotPossible):
        do("withdraw", request, boss, channels=["sms"])


def test_dr_18_a_restricted_person_withdraws_all_the_same() -> None:
    boss, person = colleague(), agreed("email")
    request = asked(person, boss, "withdrawal")
    placed = people.restrict(person)
    do("withdraw", request, boss, channels=["email"])
    Restriction.objects.filter(pk=placed.pk).update(told_at=now(), lifted_at=now())
    assert not newest(person)["email"]


def test_dr_21_officers_apply_nothing_and_unknown_uses_are_refused() -> None:
    boss, person = colleague(), agreed("email")
    request = asked(person, boss, "objection")
    pages = Client(headers={"origin": "http://testserver"})
    page = f"/admin/privacy/rightsrequest/{request.pk}/act/object/"
    pages.force_login(colleague("dpo@example.test", group=OFFICERS))
    assert pages.post(page, {"uses": ["marketing"]}).status_code == 403
    pages.force_login(boss)
    assert pages.post(page, {"uses": ["everything"]}).status_code == 422
    assert pages.post(page, {}).status_code == 422


def test_dr_17_by_the_api_as_in_the_admin() -> None:
    from privacy import staff_tokens

    boss, person = colleague(), agreed("email")
    request = asked(person, boss, "objection")
    token = staff_tokens.make(account=boss, now=now())
    api = Client(headers={"authorization": f"Bearer {token}"})
    where = f"/api/v1/staff/requests/{request.reference}/object/"
    wrong = api.post(where, {"uses": "marketing"}, content_type="application/json")
    assert wrong.status_code == 400
    done = api.post(where, {"uses": ["marketing"]}, content_type="application/json").json()
    assert (done["status"], done["person"]) == ("answered", person.reference)
    assert (done["recipients"], done["pending"]) == ([], None)
    assert not any(newest(person).values())
