"""Plan → approve → execute (issue 4 § 3)."""

from datetime import UTC, datetime
from typing import Any

import pytest

from consent.models import Act
from privacy.models import (
    ContactMessage,
    DataSubject,
    ErasurePlan,
    LegalHold,
    PlannedPerson,
    User,
)
from privacy.plans import execute as deed
from privacy.plans.plan import Drifted, NotApproved, approve, execute, plan_people
from tests.people import Filled, rows_of

NOW = datetime(2026, 11, 24, 9, tzinfo=UTC)


def planned(*people: DataSubject) -> ErasurePlan:
    return plan_people([p.pk for p in people], kind="request", rule="account", now=NOW)


def staff() -> User:
    return User.objects.create(email="dpo@example.test", is_staff=True)


@pytest.mark.django_db
def test_plan_changes_nothing_and_execution_takes_what_it_says() -> None:
    one = Filled("zwaluw").everything()
    before = rows_of(one)
    plan = planned(one)
    assert rows_of(one) == before
    with pytest.raises(NotApproved):
        execute(plan, now=NOW)
    approve(plan, by=staff(), now=NOW)
    assert Act.objects.get(act="erasure.approved").target == str(plan.pk)
    counts = execute(plan, now=NOW)
    assert counts.pop("people") == 1
    assert counts == plan.counts
    assert plan.state == ErasurePlan.State.EXECUTED
    assert not execute(plan, now=NOW)
    with pytest.raises(Drifted):
        approve(plan, by=staff_again(), now=NOW)


def staff_again() -> User:
    return User.objects.get(email="dpo@example.test")


@pytest.mark.django_db
@pytest.mark.parametrize("change", ["more", "less", "hold"])
def test_execution_refuses_what_was_not_approved(change: str) -> None:
    one, other = Filled("zwaluw").everything(), Filled("merel").everything()
    plan = planned(one, other)
    approve(plan, by=staff(), now=NOW)
    if change == "more":
        ContactMessage.objects.create(person=one, body="x", received_at=NOW)
    elif change == "less":
        deed.erase_people([one.pk], run=plan.pk, rule="account", now=NOW)
    else:
        LegalHold.objects.create(
            person=one, reason="x", placed_at=NOW, review_on=NOW.date().replace(year=2027)
        )
    before = rows_of(one), rows_of(other)
    with pytest.raises(Drifted):
        execute(plan, now=NOW)
    assert (rows_of(one), rows_of(other)) == before


@pytest.mark.django_db
def test_interrupted_plan_goes_on_where_it_stopped(monkeypatch: Any) -> None:
    people = [DataSubject.objects.create(last_name="zwaluw") for _ in range(5)]
    monkeypatch.setattr(deed, "BATCH", 2)
    plan = planned(*people)
    approve(plan, by=staff(), now=NOW)
    whole, batches = deed.erase_batch, []

    def dies(*args: Any, **kwargs: Any) -> Any:
        batches.append(1)
        if len(batches) == 2:
            raise KeyboardInterrupt
        return whole(*args, **kwargs)

    monkeypatch.setattr(deed, "erase_batch", dies)
    with pytest.raises(KeyboardInterrupt):
        execute(plan, now=NOW)
    assert DataSubject.objects.count() == PlannedPerson.objects.count() == 3
    assert execute(plan, now=NOW)["people"] == 3
    assert not DataSubject.objects.exists()
    assert plan.state == ErasurePlan.State.EXECUTED
