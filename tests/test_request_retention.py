"""The data of a request has its own end: contents go, the figures and the chain stay."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.urls import reverse

from privacy.models import (
    LegalHold,
    RefusalGround,
    RequestMessage,
    Restriction,
    RetentionRun,
    RightsRequest,
)
from privacy.requests import acts, desk, emptying, timeline
from privacy.requests.moves import NotPossible
from privacy.retention import due, preview
from privacy.retention import run as sweep
from privacy.retention.rules import published
from tests import people
from tests.requests import colleague, filed

pytestmark = pytest.mark.rule("RT-01")
RECEIVED = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
ENDED = datetime(2026, 2, 1, 23, 30, tzinfo=UTC)  # 2 February in Brussels
# The second of February 2031 is its last day.
LAST = datetime(2031, 2, 2, 22, 59, 59, tzinfo=UTC)
GONE = LAST + timedelta(seconds=1)


def refused(email: str = "canary@example.test", **values: Any) -> RightsRequest:
    boss = colleague(f"boss-{email}")
    request = filed(now=RECEIVED, name="Ada Canary", email=email, message="Canary", **values)
    request = acts.accept(request=request, by=boss, now=RECEIVED)
    request = acts.ask_identity(
        request=request, by=boss, reason="Canary doute", now=RECEIVED + timedelta(days=1)
    )
    request = acts.extend(
        request=request, by=boss, reason="Canary motif", now=RECEIVED + timedelta(days=2)
    )
    acts.note(request=request, by=boss, text="Canary note", now=RECEIVED + timedelta(days=2))
    return acts.refuse(
        request=request, by=boss, ground=RefusalGround.UNFOUNDED, reason="Canary raison",
        evidence="Canary preuve", now=ENDED,
    )  # fmt: skip


def found(now: datetime) -> list[due.Item]:
    return list(due.items("request_files", due.cuts(rules=published(), now=now)))


def empty(*requests: RightsRequest, now: datetime = GONE) -> int:
    from uuid import uuid4

    return emptying.empty([one.pk for one in requests], run=uuid4(), now=now)


@pytest.mark.django_db
def test_rt_01_a_request_is_due_five_years_after_its_end_to_the_second() -> None:
    request = refused()
    assert found(LAST) == []
    (item,) = found(GONE)
    assert (item.key, item.since, item.last_day) == (
        request.pk, date(2026, 2, 2), date(2031, 2, 2),
    )  # fmt: skip
    assert item.words == "demande terminée"


@pytest.mark.django_db
def test_rt_01_one_that_nobody_confirmed_is_due_five_years_after_it_came() -> None:
    request = filed(now=RECEIVED, email="never@example.test")
    confirmed = filed(now=RECEIVED, email="open@example.test")
    RightsRequest.objects.filter(pk=confirmed.pk).update(confirmed_at=RECEIVED, status="received")
    (item,) = found(datetime(2031, 1, 6, 12, 0, tzinfo=UTC))
    assert (item.key, item.last_day, item.reason) == (
        request.pk, date(2031, 1, 5), "unconfirmed",
    )  # fmt: skip


@pytest.mark.django_db
def test_rt_07_nothing_of_the_person_stays_and_the_chain_verifies() -> None:
    request = refused()
    before = {name: getattr(request, name) for name in ("status", "rights", "channel", "ended_at")}
    steps = len(timeline.of(request))
    assert empty(request) == 1
    assert empty(request) == 0
    request.refresh_from_db()
    assert {name: getattr(request, name) for name in before} == before
    assert request.refusal_ground == RefusalGround.UNFOUNDED
    assert request.content_erased_at == GONE
    assert not RequestMessage.objects.exists()
    row = str(list(RightsRequest.objects.values()))
    assert "canary" not in row.lower()
    events = timeline.of(request)
    assert (len(events), events[-1].kind) == (steps + 1, "content_erased")
    assert timeline.first_broken(events) is None


@pytest.mark.django_db
@pytest.mark.parametrize("protection", ["hold", "file", "b", "c"])
def test_rt_06_a_hold_or_a_restriction_keeps_the_file(protection: str) -> None:
    who = people.person()
    request = refused()
    RightsRequest.objects.filter(pk=request.pk).update(person=who)
    if protection in ("hold", "file"):
        LegalHold.objects.create(
            person=who, reason="x", placed_at=RECEIVED, review_on=date(2026, 12, 1),
            source="" if protection == "hold" else "privacy.rightsrequest",
        )  # fmt: skip
    else:
        Restriction.objects.create(person=who, ground=protection, reason="x", placed_at=RECEIVED)
    assert found(GONE) == []
    assert empty(request) == 0
    request.refresh_from_db()
    assert request.message == "Canary"


@pytest.mark.django_db
def test_rt_07_an_emptied_request_takes_no_contents_and_no_act() -> None:
    request, boss = refused(), colleague("second@example.test")
    empty(request)
    request.refresh_from_db()
    assert [act.name for act in desk.offered(request, to=boss)] == ["close"]
    for act in (
        lambda: acts.note(request=request, by=boss, text="x", now=GONE),
        lambda: acts.reopen(request=request, by=boss, reason="x", now=GONE),
    ):
        with pytest.raises(NotPossible, match="effacé"), transaction.atomic():
            act()
    for change in ("name = 'Ada'", "content_erased_at = NULL", "status = 'in_progress'"):
        with pytest.raises(IntegrityError), transaction.atomic():
            connection.cursor().execute(f"UPDATE privacy_rightsrequest SET {change}")
    page = Client()
    page.force_login(boss)
    where = reverse("admin:privacy_rightsrequest_change", args=[request.pk])
    assert "a été effacé le" in page.get(where).content.decode()


@pytest.mark.django_db
def test_rt_07_the_preview_shows_it_with_day_and_reason() -> None:
    request = refused()
    sections = preview.sections(rules=published(), now=GONE)
    section = next(one for one in sections if one.rule.key == "request_files")
    assert section.horizons[0][2] == {"privacy.rightsrequest": 1, "privacy.requestmessage": 4}
    (record,) = preview.records("request_files", rules=published(), now=GONE)
    assert preview.as_data(record, date(2031, 2, 3)) == {
        "horizon": 0,
        "source": "privacy.rightsrequest",
        "reference": request.reference,
        "since": "2026-02-02",
        "last_day": "2031-02-02",
        "due_on": "2031-02-03",
        "reason": "request",
    }


def test_rt_07_the_nights_run_empties_what_is_due_with_its_evidence(own_database: str) -> None:
    gone, stays = refused(), filed(now=GONE, email="new@example.test")
    done = sweep.run(now=GONE)
    assert done.erased["request_files"] == {"privacy.rightsrequest": 1}
    assert sweep.run(now=GONE).erased["request_files"] == {}
    gone.refresh_from_db()
    stays.refresh_from_db()
    assert (gone.name, stays.name) == ("", "Ada Canary")
    batch = RetentionRun.objects.get(rule="request_files", is_total=False)
    assert batch.counts == {"privacy.rightsrequest": 1}
    assert timeline.first_broken(timeline.of(gone)) is None
