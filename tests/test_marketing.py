"""Who may be written to, as a matrix: each thing alone that forbids it does."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from consent.publishing import publish
from privacy.actions.marketing import choose, object_to_marketing, object_to_promotion
from privacy.marketing import (
    earliest_end,
    may_be_written_to,
    promotion_segment,
    suppression_hash,
)
from privacy.models import (
    Channel,
    DataSubject,
    MarketingChoice,
    Objection,
    Restriction,
    Suppression,
)
from privacy.models.marketing import Source
from tests.writable import NOW, account, person, says

pytestmark = [pytest.mark.django_db, pytest.mark.rule("MK-01", "DR-17")]
YESTERDAY = NOW - timedelta(days=1)


def allowed(channel: str = Channel.EMAIL) -> list[str]:
    return sorted(may_be_written_to(channel, NOW).values_list("email", flat=True))


def change(**fields: Any) -> Callable[[DataSubject], None]:
    def make(who: DataSubject) -> None:
        DataSubject.objects.filter(pk=who.pk).update(**fields)

    return make


def restrict(who: DataSubject) -> None:
    Restriction.objects.create(person=who, ground="a", reason="x", placed_at=YESTERDAY)


def suppress(who: DataSubject) -> None:
    Suppression.objects.create(address_hash=suppression_hash(who.email), at=YESTERDAY)


def objects(who: DataSubject) -> None:
    Objection.objects.create(person=who, kind="marketing", at=YESTERDAY, source="link")


def shut_out(who: DataSubject) -> None:
    DataSubject.objects.filter(pk=who.pk).update(
        account=account("other@example.test", is_active=False)
    )


FORBIDS: dict[str, Callable[[DataSubject], Any]] = {
    "a later no": lambda who: says(who, given=False, at=NOW - timedelta(minutes=1)),
    "no choice at all": lambda who: MarketingChoice.objects.filter(person=who).delete(),
    "an objection to marketing": objects,
    "a restriction": restrict,
    "the list of addresses": suppress,
    # The database takes whoever has an account out of the archive.
    "the archive": change(archived_at=YESTERDAY, account_closed_on=date(2026, 11, 22)),
    "being emptied": change(anonymised_at=YESTERDAY),
    "a closed account": change(account_closed_on=date(2026, 11, 24)),
    "a closed account though a contract runs": change(
        account_closed_on=date(2026, 11, 23), contract_started_on=date(2020, 1, 1)
    ),
    "only a contract, and it has ended": change(
        account_opened_on=None,
        contract_started_on=date(2020, 1, 1),
        contract_ended_on=date(2026, 11, 24),
    ),
    "an account that staff shut": shut_out,
    "no address": change(email=""),
}


@pytest.mark.rule("MK-01", "MK-02", "DR-14", "DR-17", "DR-18", "RT-05")
@pytest.mark.parametrize("why", FORBIDS)
def test_mk_01_each_of_these_alone_forbids_a_message(why: str) -> None:
    who = person()
    says(who, at=YESTERDAY - timedelta(days=1))
    assert allowed() == ["marie@example.test"]
    FORBIDS[why](who)
    assert allowed() == []


@pytest.mark.rule("MK-04", "MK-01")
def test_mk_04_legitimate_interest_alone_never_sends() -> None:
    client = person(contract_started_on=date(2020, 1, 1))
    assert promotion_segment(NOW).get() == client
    for channel in Channel.values:
        assert allowed(channel) == []


@pytest.mark.rule("MK-03")
@pytest.mark.parametrize("channel", Channel.values)
def test_mk_03_a_yes_for_one_channel_is_none_for_another(channel: str) -> None:
    says(person(), channel=channel, at=YESTERDAY)
    assert [one for one in Channel.values if allowed(one)] == [channel]


@pytest.mark.parametrize(
    ("channel", "missing"),
    [
        (Channel.SMS, {"phone": ""}),
        (Channel.PAPER, {"street": ""}),
        (Channel.PAPER, {"city": ""}),
        (Channel.EVENTS, {"email": "", "phone": "", "street": ""}),
    ],
)
def test_mk_01_a_channel_needs_its_way_to_the_person(channel: str, missing: dict[str, str]) -> None:
    who = person()
    says(who, channel=channel, at=YESTERDAY)
    assert may_be_written_to(channel, NOW).exists()
    change(**missing)(who)
    assert not may_be_written_to(channel, NOW).exists()


@pytest.mark.parametrize(
    "keeps",
    [
        change(account_opened_on=None),  # somebody met at a fair, who said yes
        change(account_opened_on=None, contract_started_on=date(2020, 1, 1)),
        change(contract_started_on=date(2020, 1, 1), contract_ended_on=date(2021, 1, 1)),
        lambda who: Objection.objects.create(
            person=who, kind="legitimate_interest", at=NOW, source="account"
        ),
        lambda who: Objection.objects.create(
            person=who, kind="marketing", at=NOW, source="link", ended_at=NOW, ended_because="x"
        ),
        lambda who: Suppression.objects.create(
            address_hash=suppression_hash("somebody@else.test"), at=NOW
        ),
    ],
)
def test_mk_01_what_says_nothing_about_messages_forbids_none(keeps: Any) -> None:
    who = person()
    says(who, at=YESTERDAY)
    keeps(who)
    assert allowed() == ["marie@example.test"]


def test_mk_01_a_choice_of_the_future_counts_only_then() -> None:
    says(person(), at=NOW + timedelta(hours=1))
    assert allowed() == []
    assert may_be_written_to(Channel.EMAIL, NOW + timedelta(hours=1)).count() == 1


def test_mk_01_the_queries_do_not_grow_with_the_people() -> None:
    Suppression.objects.create(address_hash=suppression_hash("n3@example.test"), at=NOW)
    costs = []
    for size in (5, 50):
        for number in range(DataSubject.objects.count(), size):
            says(person(f"n{number}@example.test"), at=YESTERDAY)
        with CaptureQueriesContext(connection) as queries:
            assert len(may_be_written_to(Channel.EMAIL, NOW)) == size - 1
        costs.append(len(queries))
    assert costs == [5, 5]


@pytest.mark.rule("MK-02")
def test_mk_02_who_was_erased_and_comes_back_is_not_written_to_before_choosing_again() -> None:
    who = person()
    object_to_marketing(person=who, now=NOW, source=Source.LINK)
    who.delete()
    again = person("Marie@example.test".lower())
    says(again, at=YESTERDAY)
    assert allowed() == []
    choose(person=again, wanted={"email": False}, shown={}, now=NOW)
    later = NOW + timedelta(minutes=1)
    choose(person=again, wanted={"email": True}, shown={}, now=later)
    assert may_be_written_to(Channel.EMAIL, later).get() == again


@pytest.mark.rule("DR-18")
def test_dr_18_a_withdrawal_leaves_the_proof_of_what_was_before() -> None:
    who = person()
    choose(person=who, wanted={"email": True, "sms": False}, shown={"email": "a" * 64}, now=NOW)
    choose(person=who, wanted={"email": False}, shown={}, now=NOW + timedelta(seconds=1))
    events = MarketingChoice.objects.order_by("at").values_list("channel", "given", "shown")
    # A no that was a no already is no event.
    assert list(events) == [("email", True, "a" * 64), ("email", False, "")]


# --- Promotion by legitimate interest ------------------------------------------------------------


@pytest.mark.rule("RT-04", "RT-10")
@pytest.mark.parametrize(
    ("ended", "today", "is_in"),
    [
        (None, date(2026, 11, 24), True),
        (date(2026, 11, 23), date(2026, 11, 24), True),
        (date(2021, 11, 24), date(2026, 11, 24), True),  # the last day
        (date(2021, 11, 23), date(2026, 11, 24), False),
        (date(2024, 2, 29), date(2029, 2, 28), True),
        (date(2024, 2, 29), date(2029, 3, 1), False),
        (date(2027, 2, 28), date(2032, 2, 29), False),
    ],
)
def test_rt_04_promotion_ends_by_its_own_date(ended: Any, today: date, is_in: bool) -> None:
    # The account is open: its own clock has not even begun (RT-01).
    person(contract_started_on=date(2020, 1, 1), contract_ended_on=ended)
    now = datetime(today.year, today.month, today.day, 12, tzinfo=UTC)
    assert promotion_segment(now).exists() is is_in


@pytest.mark.rule("RT-04")
def test_rt_04_the_earliest_end_agrees_with_the_clamped_period_on_every_day() -> None:
    from consent.periods import add_months

    for step in range(4 * 366):
        today = date(2028, 1, 1) + timedelta(days=step)
        first = earliest_end(today, 60)
        assert add_months(first, 60) >= today > add_months(first - timedelta(days=1), 60)


@pytest.mark.rule("DR-16", "DR-14", "RT-10")
@pytest.mark.parametrize(
    "ends",
    [
        lambda who: object_to_promotion(person=who, now=NOW, source=Source.ACCOUNT),
        lambda who: object_to_marketing(person=who, now=NOW, source=Source.LINK),
        restrict,
        change(
            archived_at=YESTERDAY,
            account_closed_on=date(2026, 11, 22),
            contract_ended_on=date(2026, 11, 22),
        ),
        change(anonymised_at=YESTERDAY),
        change(contract_started_on=None),
    ],
)
def test_dr_16_promotion_stops_at_once(ends: Any) -> None:
    who = person(contract_started_on=date(2020, 1, 1))
    assert promotion_segment(NOW).exists()
    ends(who)
    assert not promotion_segment(NOW).exists()


@pytest.mark.parametrize(
    ("ended", "heard_of", "is_in"),
    [
        (None, None, True),  # a client is no prospect
        (date(2023, 11, 24), None, True),  # the last day of three years
        (date(2023, 11, 23), None, False),
        (date(2022, 1, 1), date(2024, 5, 1), True),
        (date(2022, 1, 1), date(2023, 11, 23), False),
        (date(2021, 11, 23), date(2026, 11, 1), False),  # the policy's five years hold as well
    ],
)
def test_t_19_the_strict_preset_lets_silent_former_clients_be(
    ended: Any, heard_of: Any, is_in: bool
) -> None:
    person(contract_started_on=date(2020, 1, 1), contract_ended_on=ended, last_contact_on=heard_of)
    assert promotion_segment(NOW).exists() is (ended != date(2021, 11, 23))
    publish(now=NOW, preset="strict_be_fr")
    assert promotion_segment(NOW).exists() is is_in
