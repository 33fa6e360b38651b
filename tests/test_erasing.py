"""Erasure from a request: preview, two people, the deed, the certificate (DR-13, DR-19)."""

from datetime import UTC, date, datetime
from typing import Any

import pytest
from django.test import Client

from privacy.models import (
    Approval,
    ContactMessage,
    DataSubject,
    ErasureEvidence,
    Invoice,
    LegalHold,
    RecipientTask,
    RequestMessage,
    RightsRequest,
    User,
)
from privacy.plans import plan as plans
from privacy.plans.sweep import identifiers, sweep
from privacy.requests import acts, desk, effects, erasing, timeline
from privacy.requests.moves import NotPossible
from privacy.requests.states import Status
from tests import people
from tests.requests import colleague, filed, queued, work

pytestmark = pytest.mark.django_db


def now() -> datetime:
    return datetime.now(UTC)


def do(act: str, request: RightsRequest, by: User, **data: Any) -> RightsRequest:
    return desk.ACTS[act].do(request=request, by=by, now=now(), **data)


def kinds(request: RightsRequest) -> list[str]:
    return [event.kind for event in timeline.of(request)]


def asked(person: DataSubject, boss: User, **values: Any) -> RightsRequest:
    given = {"rights": ("erasure",), "email": "elsewhere@example.test", **values}
    request = acts.confirm(request=filed(now=now(), **given), now=now())
    return do("match", request, boss, person=person.reference)


def erase_job() -> None:
    for args in queued("privacy.requests.erasing_jobs.erase_for"):
        erasing.carry_out(**args, now=now())


@pytest.fixture
def two() -> tuple[User, User]:
    return colleague(), colleague("two@example.test")


def test_dr_13_preview_approval_deed_and_certificate(two: tuple[User, User]) -> None:
    one, other = two
    person, stranger = people.with_account(), people.with_account(phone="+3224445566")
    people.fill(person, 2)
    people.fill(stranger)
    wanted = identifiers(person.pk)
    request = asked(person, one)
    shown = effects.preview(person.pk, now=now())
    do("erase", request, one)
    # Nothing before the second person.
    erase_job()
    assert ContactMessage.objects.filter(person=person).count() == 2
    with pytest.raises(NotPossible):
        do("approve", request, one)
    do("approve", request, other)
    assert ContactMessage.objects.filter(person=person).count() == 2
    erase_job()
    request.refresh_from_db()
    assert request.status == Status.ANSWERED
    assert request.decided_by == other.pk
    assert sweep(wanted, kept=frozenset({"privacy_invoice", "consent_act"})) == []
    assert ContactMessage.objects.filter(person=stranger).count() == 1
    assert Invoice.objects.filter(person=person).count() == 2
    certificate = RequestMessage.objects.get(request=request, direction="out").body
    for line in (*shown.gone, *shown.emptied):
        assert f"- {line.title} : {line.rows}\n" in certificate
    for stays in shown.stays:
        assert f"- {stays.title} ({stays.why})" in certificate
    # The last invoice's end by the published rule.
    assert "31 décembre 2031" in certificate
    assert "- Me Leroy" in certificate
    steps = [kind for kind in kinds(request) if kind != "acknowledged"]
    assert steps[-5:] == ["proposed", "approved", "recipient_to_tell", "erased", "answered"]
    assert Approval.objects.get().state == "done"
    letter = work()[-1]
    assert letter.to == ["elsewhere@example.test"]


def test_dr_13_the_certificate_lists_exactly_what_the_evidence_says(two: tuple[User, User]) -> None:
    person = people.person()
    people.fill(person)
    request = asked(person, two[0])
    do("erase", request, two[0])
    do("approve", request, two[1])
    erase_job()
    plan = Approval.objects.get().data["plan"]
    rows = {
        (source, action): count
        for source, action, count in ErasureEvidence.objects.filter(run=plan).values_list(
            "source", "action", "rows"
        )
    }
    effect = effects.done(plan, person.pk, now=now())
    listed = sum(line.rows for line in (*effect.gone, *effect.emptied))
    named = {("privacy.plannedperson", "delete"), ("privacy.pseudonym", "delete")}
    assert listed == sum(count for key, count in rows.items() if key not in named)


def test_dr_13_in_the_persons_language(two: tuple[User, User]) -> None:
    request = asked(people.person(), two[0], language="nl")
    do("erase", request, two[0])
    do("approve", request, two[1])
    erase_job()
    assert RequestMessage.objects.get(request=request).request.language == "nl"


def test_dr_13_a_double_click_and_a_job_that_runs_twice_are_one_erasure(
    two: tuple[User, User],
) -> None:
    person = people.person()
    people.fill(person)
    request = asked(person, two[0])
    do("erase", request, two[0])
    with pytest.raises(NotPossible):
        do("erase", request, two[0])
    do("approve", request, two[1])
    with pytest.raises(NotPossible):
        do("approve", request, two[1])
    assert len(queued("privacy.requests.erasing_jobs.erase_for")) == 1
    erase_job()
    erase_job()
    assert RequestMessage.objects.filter(request=request, direction="out").count() == 1
    assert kinds(request).count("erased") == 1


@pytest.mark.parametrize("dies_at", ["before", "inside", "after"])
def test_dr_13_a_worker_killed_between_ends_as_undisturbed(
    two: tuple[User, User], monkeypatch: Any, dies_at: str
) -> None:
    person = people.person()
    people.fill(person)
    request = asked(person, two[0])
    do("erase", request, two[0])
    do("approve", request, two[1])

    def dies(*args: Any, **kwargs: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as killed:
        where = {
            "before": (plans, "execute"),
            "inside": (plans.deed, "erase_batch"),
            "after": (erasing, "_certify"),
        }[dies_at]
        killed.setattr(*where, dies)
        with pytest.raises(KeyboardInterrupt):
            erase_job()
    request.refresh_from_db()
    assert request.status != Status.ANSWERED
    erase_job()
    request.refresh_from_db()
    assert request.status == Status.ANSWERED
    assert not ContactMessage.objects.filter(person=person).exists()
    assert kinds(request).count("erased") == 1
    assert RequestMessage.objects.filter(request=request, direction="out").count() == 1


def test_dr_13_what_changed_after_the_proposal_is_not_erased(two: tuple[User, User]) -> None:
    person = people.person()
    request = asked(person, two[0])
    do("erase", request, two[0])
    ContactMessage.objects.create(person=person, body="x", received_at=now())
    with pytest.raises(NotPossible):
        do("approve", request, two[1])
    assert queued("privacy.requests.erasing_jobs.erase_for") == []


def test_dr_13_what_changed_after_the_approval_stops_it_and_staff_propose_again(
    two: tuple[User, User],
) -> None:
    person = people.person()
    request = asked(person, two[0])
    do("erase", request, two[0])
    do("approve", request, two[1])
    ContactMessage.objects.create(person=person, body="x", received_at=now())
    erase_job()
    request.refresh_from_db()
    assert request.status == Status.RECEIVED
    assert Approval.objects.get().state == "dropped"
    do("erase", request, two[0])
    do("approve", request, two[1])
    erase_job()
    request.refresh_from_db()
    assert request.status == Status.ANSWERED


def test_rt_06_a_hold_keeps_from_erasing(two: tuple[User, User]) -> None:
    person = people.person()
    LegalHold.objects.create(person=person, reason="x", placed_at=now(), review_on=date(2027, 5, 1))
    request = asked(person, two[0])
    assert "bloquée" in effects.preview(person.pk, now=now()).kept
    with pytest.raises(NotPossible):
        do("erase", request, two[0])


def test_dr_13_nobody_is_erased_unrecognised_nor_a_colleague(two: tuple[User, User]) -> None:
    request = acts.confirm(request=filed(rights=("erasure",), now=now()), now=now())
    with pytest.raises(NotPossible):
        do("erase", request, two[0])
    theirs = asked(people.person(account=two[1]), two[0])
    with pytest.raises(NotPossible):
        do("erase", theirs, two[0])


def test_dr_12_each_recipient_is_a_task_of_its_own_request(two: tuple[User, User]) -> None:
    person, other = people.person(), people.person()
    people.fill(person)
    people.fill(other)
    mine, theirs = asked(person, two[0]), asked(other, two[0], email="b@example.test")
    for request in (mine, theirs):
        do("erase", request, two[0])
        do("approve", request, two[1])
    pages = Client(headers={"origin": "http://testserver"})
    pages.force_login(two[0])
    task = RecipientTask.objects.get(request=mine)
    foreign = RecipientTask.objects.get(request=theirs)
    page = f"/admin/privacy/rightsrequest/{mine.pk}/"
    # Another request's task is none of this one's.
    wrong = pages.post(f"{page}act/recipient-told/", {"recipient": foreign.pk, "how": "e-mail"})
    assert wrong.status_code == 422
    with pytest.raises(NotPossible):
        do("recipient-told", mine, two[0], recipient=str(foreign.pk), how="e-mail")
    pages.post(f"{page}act/recipient-told/", {"recipient": task.pk, "how": "e-mail du 24"})
    task.refresh_from_db()
    assert (task.how, task.told_by) == ("e-mail du 24", two[0].pk)
    assert "e-mail du 24" in pages.get(f"{page}change/").content.decode()
    with pytest.raises(NotPossible):
        do("recipient-told", mine, two[0], recipient=str(task.pk), how="encore")


def test_the_page_shows_the_preview(two: tuple[User, User]) -> None:
    person = people.person()
    people.fill(person)
    request = asked(person, two[0])
    pages = Client(headers={"origin": "http://testserver"})
    pages.force_login(two[0])
    body = pages.get(f"/admin/privacy/rightsrequest/{request.pk}/change/").content.decode()
    for words in ("Ce que l&#x27;effacement ferait", "Factures : 1", "31 décembre 2031"):
        assert words in body or words.replace("&#x27;", "'") in body
