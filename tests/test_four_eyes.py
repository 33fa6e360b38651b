"""Acts that take two people, in the database too (DR-06, DR-07, DR-19)."""

from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.test import Client

from privacy import staff_tokens
from privacy.groups import AGENTS, OFFICERS
from privacy.models import Approval, RightsRequest, User
from privacy.requests import acts, desk, four_eyes, timeline
from privacy.requests.moves import NotPossible
from privacy.requests.states import Status
from tests.requests import colleague, filed, work

pytestmark = pytest.mark.django_db
STAFF = "/api/v1/staff/requests/"
REFUSAL = {"ground": "excessive", "reason": "Trente fois la même.", "evidence": "Les lettres."}


def now() -> datetime:
    return datetime.now(UTC)


def worked_on(**asked: Any) -> RightsRequest:
    return acts.confirm(request=filed(now=now(), **asked), now=now())


def do(act: str, request: RightsRequest, by: User, **data: Any) -> RightsRequest:
    return desk.ACTS[act].do(request=request, by=by, now=now(), **data)


def api(who: User) -> Client:
    token = staff_tokens.make(account=who, now=now())
    return Client(headers={"authorization": f"Bearer {token}"})


def post(client: Client, request: RightsRequest, act: str, body: Any = None) -> Any:
    return client.post(
        f"{STAFF}{request.reference}/{act}/", body or {}, content_type="application/json"
    )


def kinds(request: RightsRequest) -> list[str]:
    return [event.kind for event in timeline.of(request)]


def test_dr_06_a_refusal_takes_two_managers() -> None:
    one, two, request = colleague(), colleague("two@example.test"), worked_on()
    first, second = api(one), api(two)
    asked = post(first, request, "refuse", REFUSAL)
    assert (asked.status_code, asked.json()["status"]) == (200, "received")
    assert asked.json()["pending"] == "refuse"
    work()
    own = post(first, request, "approve")
    assert (own.status_code, own.json()["code"]) == (409, "not_possible")
    done = post(second, request, "approve").json()
    assert (done["status"], done["pending"]) == ("refused", None)
    (letter,) = work()
    assert "Trente fois la même." in letter.body
    assert "recours juridictionnel" in letter.body
    request.refresh_from_db()
    assert request.decided_by == two.pk
    steps = [kind for kind in kinds(request) if kind != "acknowledged"]
    assert steps[-3:] == ["proposed", "approved", "refused"]
    # A second click is one act.
    assert post(second, request, "approve").status_code == 409
    assert kinds(request).count("refused") == 1


def test_dr_19_declining_leaves_the_request_open() -> None:
    one, two, request = colleague(), colleague("two@example.test"), worked_on()
    do("refuse", request, one, **REFUSAL)
    done = post(api(two), request, "decline", {"reason": "Pas assez de preuves"}).json()
    assert (done["status"], done["pending"]) == ("received", None)
    assert kinds(request)[-1] == "declined"
    with pytest.raises(NotPossible):
        do("approve", request, two)
    assert do("complete", request, two, text="Voici.").status == Status.ANSWERED


def test_one_act_waits_at_a_time_and_a_proposer_may_take_it_back() -> None:
    one, request = colleague(), worked_on()
    do("refuse", request, one, **REFUSAL)
    with pytest.raises(NotPossible):
        do("refuse", request, one, **REFUSAL)
    do("decline", request, one, reason="Erreur")
    do("refuse", request, one, **REFUSAL)
    assert Approval.objects.count() == 2


def test_dr_06_what_no_longer_fits_is_not_approved_and_still_waits() -> None:
    one, two, request = colleague(), colleague("two@example.test"), worked_on()
    do("refuse", request, one, **REFUSAL)
    do("complete", request, one, text="Voici tout de même.")
    with pytest.raises(NotPossible):
        do("approve", request, two)
    request.refresh_from_db()
    assert request.status == Status.ANSWERED
    assert four_eyes.waiting(request) is not None


def test_dr_06_without_four_eyes_one_manager_refuses(settings: Any) -> None:
    settings.FOUR_EYES = ("erase",)
    assert do("refuse", worked_on(), colleague(), **REFUSAL).status == Status.REFUSED


@pytest.mark.parametrize(
    ("change", "constraint"),
    [
        ("state = 'done', decided_by = proposed_by, decided_at = now()", "two_people"),
        ("state = 'approved', decided_by = proposed_by, decided_at = now()", "two_people"),
        ("state = 'done'", "decided_by_somebody"),
        ("proposed_by = gen_random_uuid()", "never changes"),
        ("data = '{}'", "never changes"),
        ("act = 'erase'", "never changes"),
        ("state = 'dropped', decided_by = gen_random_uuid(), decided_at = now()", "does not go"),
    ],
)
def test_dr_06_sql_cannot_approve_alone_or_something_else(change: str, constraint: str) -> None:
    do("refuse", worked_on(), colleague(), **REFUSAL)
    with (
        pytest.raises(IntegrityError, match=constraint),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(f"UPDATE privacy_approval SET {change}")


def test_dr_06_sql_cannot_begin_approved() -> None:
    request = worked_on()
    with pytest.raises(IntegrityError, match="begins waiting"), transaction.atomic():
        Approval.objects.create(
            request=request, act="refuse", state="done", proposed_by=request.pk, proposed_at=now(),
            decided_by=request.pseudonym, decided_at=now(),
        )  # fmt: skip


@pytest.mark.parametrize("group", [AGENTS, OFFICERS])
def test_dr_21_only_managers_approve(group: str) -> None:
    request = worked_on()
    do("refuse", request, colleague(), **REFUSAL)
    other = colleague("other@example.test", group=group)
    assert post(api(other), request, "approve").status_code == 403
    assert post(api(other), request, "decline", {"reason": "x"}).status_code == 403
    pages = Client(headers={"origin": "http://testserver"})
    pages.force_login(other)
    page = f"/admin/privacy/rightsrequest/{request.pk}/"
    assert pages.post(f"{page}act/approve/").status_code == 403


def test_the_page_says_what_waits_and_offers_the_button_to_the_other_only() -> None:
    one, two, request = colleague(), colleague("two@example.test"), worked_on()
    pages = Client(headers={"origin": "http://testserver"})
    page = f"/admin/privacy/rightsrequest/{request.pk}/"
    pages.force_login(one)
    said = pages.post(f"{page}act/refuse/", REFUSAL, follow=True).content.decode()
    assert "Une seconde personne doit l" in said
    assert "une autre personne doit l" in said
    pages.force_login(two)
    body = pages.get(f"{page}change/").content.decode()
    assert "Attend un second accord" in body
    assert "excessive, avec intention abusive" in body
    assert f"{page}act/approve/" in body
    pages.post(f"{page}act/approve/")
    request.refresh_from_db()
    assert request.status == Status.REFUSED


def test_dr_21_a_reference_that_is_not_there_is_a_404() -> None:
    boss = colleague()
    answer = api(boss).post(f"{STAFF}DSR-2026-AAAAAA/approve/", {}, content_type="application/json")
    assert answer.status_code == 404


def test_the_front_page_tells_the_other_manager_what_waits() -> None:
    one, two, request = colleague(), colleague("two@example.test"), worked_on()
    do("refuse", request, one, **REFUSAL)
    pages = Client(headers={"origin": "http://testserver"})
    said = f"{request.reference} attend votre accord : Refuser."
    pages.force_login(one)
    assert said not in pages.get("/admin/").content.decode()
    pages.force_login(two)
    assert said in pages.get("/admin/").content.decode()
