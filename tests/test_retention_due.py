"""What is due: the questions asked of all people at once say what the claims say of each."""

import random
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from consent.periods import BRUSSELS
from privacy import restriction
from privacy.claims import Facts, claims_of, end_of
from privacy.models import (
    Complaint,
    ContactMessage,
    DataSubject,
    FiscalYear,
    Invoice,
    LegalHold,
    MarketingChoice,
    Objection,
    Restriction,
)  # fmt: skip
from privacy.periods import purge_from
from privacy.retention import due
from privacy.retention.rules import Rule, published
from tests.retention_rows import invoice, message, person

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 24, 3, 0, tzinfo=UTC)
TODAY = date(2026, 11, 24)
LONG_AGO = date(2015, 1, 1)


def cuts(now: datetime = NOW, ahead: int = 0) -> due.Cuts:
    return due.cuts(rules=published(), now=now, ahead=ahead)


def due_people(now: datetime = NOW) -> set[Any]:
    return {item.key for item in due.items("account", cuts(now))}


def test_rt_09_present_a_second_before_due_at_the_moment() -> None:
    gone = person(opened=LONG_AGO, closed=date(2021, 11, 23))
    moment = purge_from(date(2026, 11, 23))
    assert moment == datetime(2026, 11, 24, tzinfo=BRUSSELS)
    assert due_people(moment - timedelta(seconds=1)) == set()
    assert due_people(moment) == {gone.pk}


def test_rt_09_after_a_downtime_what_was_missed_is_due() -> None:
    late = person(opened=LONG_AGO, closed=date(2016, 2, 29))
    (item,) = due.items("account", cuts())
    assert (item.key, item.last_day, item.reason) == (late.pk, date(2021, 2, 28), "account")


@pytest.mark.parametrize("seed", range(4))
def test_rt_10_due_is_what_the_claims_say(seed: int) -> None:
    draw = random.Random(seed)

    def some_day() -> date:
        return TODAY - timedelta(days=draw.choice([10, 1700, 1825, 1826, 1827, 2500]))

    known: dict[Any, Facts] = {}
    for _ in range(120):
        opened = draw.choice([None, LONG_AGO])
        started = draw.choice([None, LONG_AGO])
        one = person(
            opened=opened, closed=opened and draw.choice([None, some_day(), some_day()]),
            started=started, ended=started and draw.choice([None, some_day(), some_day()]),
        )  # fmt: skip
        complaints = tuple(
            draw.choice([None, some_day(), some_day()]) for _ in range(draw.choice([0, 0, 0, 1, 2]))
        )
        for closed_on in complaints:
            Complaint.objects.create(
                person=one, subject="x", body="x", received_on=LONG_AGO, closed_on=closed_on
            )
        given = draw.choice([None, None, None, True, False])
        if given is not None:
            for number, choice in enumerate((not given, given)):
                MarketingChoice.objects.create(
                    person=one, channel="email", given=choice, source="account",
                    at=NOW - timedelta(days=9 - number),
                )  # fmt: skip
        objects = draw.random() < 0.2
        if objects:
            Objection.objects.create(person=one, kind="marketing", at=NOW, source="link")
        ground = draw.choice([None, None, None, None, "a", "b", "c", "d"])
        if ground:
            Restriction.objects.create(person=one, ground=ground, reason="x", placed_at=NOW)
        held = draw.choice([None, None, None, None, "", "privacy.complaint", "privacy.invoice"])
        if held is not None:
            LegalHold.objects.create(
                person=one, source=held, reason="x", placed_at=NOW, review_on=TODAY
            )
        known[one.pk] = Facts(
            account_opened_on=one.account_opened_on, account_closed_on=one.account_closed_on,
            contract_started_on=one.contract_started_on, contract_ended_on=one.contract_ended_on,
            complaints=complaints, has_marketing_consent=bool(given),
            objects_to_marketing=objects, is_kept_by_restriction=ground in ("b", "c"),
            is_held=held in ("", "privacy.complaint"),
        )  # fmt: skip
    ends = {
        key: end_of(claims_of(facts, years=5, promotion_years=5)) for key, facts in known.items()
    }
    for ahead in (0, 30, 90):
        day = TODAY + timedelta(days=ahead)
        found = {item.key: item.last_day for item in due.items("account", cuts(ahead=ahead))}
        assert found == {
            key: end.last_day for key, end in ends.items() if end.last_day and end.last_day < day
        }
        assert found
    findings = {key for key, end in ends.items() if end.is_finding}
    assert findings
    with restriction.seeing():
        assert {one.pk for one in due.without_anchor()} == findings


def test_rt_02_invoices_whatever_became_of_the_account() -> None:
    active = person(opened=LONG_AGO)
    old, young = invoice(active, date(2018, 12, 31)), invoice(active, date(2019, 1, 1))
    (item,) = due.items("accounting", cuts())
    assert (item.key, item.reference, item.last_day) == (old.pk, old.number, date(2025, 12, 31))
    assert item.due_on == date(2026, 1, 1)
    soon = {one.key for one in due.items("accounting", cuts(ahead=38))}
    assert soon == {old.pk, young.pk}
    assert {one.key for one in due.items("accounting", cuts(ahead=37))} == {old.pk}


def test_rt_02_the_table_of_fiscal_years_counts() -> None:
    FiscalYear.objects.create(starts_on=date(2018, 7, 1), ends_on=date(2019, 12, 31))
    one = invoice(person(opened=LONG_AGO), date(2018, 12, 31))
    assert list(due.items("accounting", cuts())) == []
    (item,) = due.items("accounting", cuts(ahead=60))
    assert (item.key, item.last_day) == (one.pk, date(2026, 12, 31))


@pytest.mark.parametrize(
    ("source", "whose", "kept"),
    [("", None, True), ("privacy.invoice", "own", True), ("privacy.invoice", "other", False),
     ("privacy.invoice", None, True), ("privacy.complaint", None, False)],
)  # fmt: skip
def test_rt_06_a_held_document_is_not_due(source: str, whose: str | None, *, kept: bool) -> None:
    one = person(opened=LONG_AGO)
    document = invoice(one, date(2018, 6, 15))
    record = {"own": document.pk, "other": one.pk, None: None}[whose]
    hold = LegalHold.objects.create(
        person=one, source=source, record=record, reason="x", placed_at=NOW, review_on=TODAY
    )
    assert bool(list(due.items("accounting", cuts()))) != kept
    hold.released_at = NOW
    hold.save()
    assert len(list(due.items("accounting", cuts()))) == 1


def test_rt_06_restriction_b_keeps_documents_and_messages() -> None:
    one = person(opened=LONG_AGO)
    invoice(one, date(2018, 6, 15))
    message(closed_at=NOW, to=one)
    restriction = Restriction.objects.create(person=one, ground="b", reason="x", placed_at=NOW)
    for rule in ("accounting", "contact"):
        assert list(due.items(rule, cuts())) == []
    restriction.ground = "a"
    restriction.save()
    for rule in ("accounting", "contact"):
        assert len(list(due.items(rule, cuts()))) == 1


def test_rt_03_a_message_is_due_from_the_moment_it_is_closed() -> None:
    one = message(closed_at=NOW)
    message(closed_at=None)
    assert list(due.items("contact", cuts(NOW - timedelta(seconds=1)))) == []
    (item,) = due.items("contact", cuts())
    assert (item.key, item.reference, item.due_on) == (one.pk, one.reference, TODAY)
    ContactMessage.objects.filter(pk=one.pk).update(name="", email="", body="", purged_at=NOW)
    assert list(due.items("contact", cuts())) == []


def test_rt_01_t_18_the_rules_are_those_of_the_register() -> None:
    rules: dict[str, Rule] = published()
    assert (rules["account"].amount, rules["accounting"].amount) == (5, 7)


def test_rt_01_the_queries_are_few_whatever_the_number_of_rows() -> None:
    for number in range(30):
        invoice(person(opened=LONG_AGO, closed=date(2016, 1, 1 + number)), date(2018, 6, 15))
    with CaptureQueriesContext(
        connection,
    ) as asked:
        at = cuts()
        for rule in due.RULES:
            list(due.items(rule, at))
    beside = ("SAVEPOINT", "set_config")
    reads = [one for one in asked if not any(word in one["sql"] for word in beside)]
    # The fiscal years, then one per rule.
    assert len(reads) == 5
    assert Invoice.objects.count() == DataSubject.objects.count() == 30
