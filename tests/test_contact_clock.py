"""When a contact message ends (CONFORMITY § 6.6): the clock, and the SQL that says it too."""

import random
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from privacy import contact_clock as clock
from privacy.actions.contact_purge import close_silent
from privacy.contact_clock import Life
from privacy.contact_life import life_of
from privacy.models import ContactMessage, ContactReply

BRUSSELS = ZoneInfo("Europe/Brussels")
START = datetime(2026, 1, 1, 9, 0, tzinfo=UTC)
DAY = timedelta(days=1)
pytestmark = pytest.mark.rule("RT-03")


def lives(count: int) -> list[tuple[Life, datetime]]:
    """Lives of every kind, and a moment to ask about, the same in each run."""
    chance = random.Random(66)

    def later(at: datetime, most: int) -> datetime:
        return at + timedelta(minutes=chance.randrange(most * 1440))

    found = []
    for _ in range(count):
        received = later(START, 700)
        acted = later(received, 120) if chance.random() < 0.8 else None
        replied = acted if acted and chance.random() < 0.8 else None
        answered = later(received, 130) if chance.random() < 0.3 else None
        explicit = later(acted, 60) if acted and chance.random() < 0.4 else None
        reasoned = later(received, 200) if chance.random() < 0.3 else None
        life = Life(
            received_at=received, acted_at=acted, replied_at=replied, answered_at=answered,
            reasoned_at=reasoned, closed_at=explicit, is_reply_unsettled=chance.random() < 0.1,
        )  # fmt: skip
        found.append((life, later(received, 250)))
    return found


@pytest.mark.parametrize(
    ("replied", "ends"),
    [
        # A day ends at 24:00 in Brussels: fourteen whole days after that of the reply.
        (datetime(2026, 11, 2, 9, 0, tzinfo=BRUSSELS), datetime(2026, 11, 17, tzinfo=BRUSSELS)),
        (datetime(2026, 11, 2, 23, 59, tzinfo=BRUSSELS), datetime(2026, 11, 17, tzinfo=BRUSSELS)),
        # Across both changes of the clock, and over the end of February and of the year.
        (datetime(2026, 10, 20, 12, 0, tzinfo=BRUSSELS), datetime(2026, 11, 4, tzinfo=BRUSSELS)),
        (datetime(2026, 3, 20, 12, 0, tzinfo=BRUSSELS), datetime(2026, 4, 4, tzinfo=BRUSSELS)),
        (datetime(2028, 2, 20, 12, 0, tzinfo=BRUSSELS), datetime(2028, 3, 6, tzinfo=BRUSSELS)),
        (datetime(2026, 12, 20, 12, 0, tzinfo=BRUSSELS), datetime(2027, 1, 4, tzinfo=BRUSSELS)),
        # 23:30 in London is the next day here.
        (datetime(2026, 11, 2, 23, 30, tzinfo=UTC), datetime(2026, 11, 18, tzinfo=BRUSSELS)),
    ],
)
def test_rt_03_silence_ends_after_fourteen_days(replied: datetime, ends: datetime) -> None:
    life = Life(received_at=replied - DAY, replied_at=replied)
    assert clock.silence_at(life) == ends
    assert not clock.is_closed(life, ends - timedelta(microseconds=1))
    assert clock.is_closed(life, ends)
    assert clock.purged_by(life) == ends + timedelta(hours=24)


def test_rt_03_without_a_reply_silence_never_ends() -> None:
    life = Life(received_at=START, acted_at=START + DAY)
    assert clock.closes_at(life) is None
    assert clock.purged_by(life) is None
    assert not clock.is_closed(life, START + 1000 * DAY)


def test_rt_03_an_answer_stops_the_silence_until_the_next_reply() -> None:
    answered = Life(received_at=START, replied_at=START + DAY, answered_at=START + 3 * DAY)
    assert clock.closes_at(answered) is None
    again = Life(received_at=START, replied_at=START + 5 * DAY, answered_at=START + 3 * DAY)
    assert clock.closes_at(again) == datetime(2026, 1, 21, tzinfo=BRUSSELS)


def test_rt_03_a_reply_that_may_not_have_left_ends_nothing() -> None:
    life = Life(received_at=START, replied_at=START, is_reply_unsettled=True)
    assert clock.closes_at(life) is None


def test_rt_03_idle_from_the_sixtieth_day() -> None:
    life = Life(received_at=START, acted_at=START + 10 * DAY)
    assert not clock.is_idle(life, START + 69 * DAY)
    assert clock.is_idle(life, START + 70 * DAY)
    assert clock.is_idle(Life(received_at=START), START + 60 * DAY)


def test_rt_03_a_reason_every_thirty_days_once_open_for_more_than_ninety() -> None:
    life = Life(received_at=START)
    assert not clock.needs_reason(life, START + 90 * DAY)
    assert clock.needs_reason(life, START + 91 * DAY)
    given = Life(received_at=START, reasoned_at=START + 91 * DAY)
    assert not clock.needs_reason(given, START + 120 * DAY)
    assert clock.needs_reason(given, START + 121 * DAY)


def test_rt_03_closed_is_the_earliest_and_once_closed_stays_closed() -> None:
    seen = {True: 0, False: 0}
    for life, now in lives(2000):
        ends = [at for at in (life.closed_at, clock.silence_at(life)) if at is not None]
        at = clock.closes_at(life)
        assert at == (min(ends) if ends else None)
        seen[clock.is_closed(life, now)] += 1
        states = [clock.is_closed(life, now + n * 7 * DAY) for n in range(10)]
        assert all(later or not earlier for earlier, later in pairwise(states))
        if at is not None:
            assert clock.is_closed(life, at)
            assert not clock.is_closed(life, at - timedelta(microseconds=1))
            assert clock.purged_by(life) == at + clock.PURGE_WITHIN
            assert not clock.is_idle(life, at)
            assert not clock.needs_reason(life, at)
    assert min(seen.values()) > 100


def test_rt_03_silence_is_fourteen_whole_days_and_less_than_fifteen() -> None:
    for life, _ in lives(2000):
        at = clock.silence_at(life)
        if at is not None:
            assert life.replied_at is not None
            hour = timedelta(hours=1)  # a change of the clock
            assert 14 * DAY - hour <= at - life.replied_at <= 15 * DAY + hour
            local = at.astimezone(BRUSSELS)
            assert (local.hour, local.minute) == (0, 0)


@pytest.mark.django_db
def test_rt_03_the_periodic_job_and_the_clock_agree() -> None:
    now = datetime(2027, 6, 15, 12, 0, tzinfo=UTC)
    expected = {}
    for life, _ in lives(300):
        message = ContactMessage.objects.create(
            received_at=life.received_at, last_staff_act_at=life.acted_at,
            last_reply_at=life.replied_at, last_answer_at=life.answered_at,
        )  # fmt: skip
        if life.is_reply_unsettled:
            ContactReply.objects.create(message=message, body="x", state="unknown")
        at = clock.closes_at(life_of(message))
        expected[message.pk] = at if at is not None and at <= now else None
    count = sum(at is not None for at in expected.values())
    assert count > 50
    batches: list[Any] = [close_silent(now, 20) for _ in range(count // 20 + 2)]
    assert sum(batches) == count
    assert max(batches) == 20
    assert dict(ContactMessage.objects.values_list("pk", "closed_at")) == expected
    assert close_silent(now, 20) == 0


def test_rt_03_days_are_those_of_brussels() -> None:
    late = datetime(2026, 3, 1, 22, 59, tzinfo=UTC)  # 23:59 here
    life = Life(received_at=late)
    assert clock.days_open(life, late + timedelta(minutes=1)) == 1
    assert clock.days_idle(life, late) == 0
    assert late.astimezone(BRUSSELS).date() == date(2026, 3, 1)
