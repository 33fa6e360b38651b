"""Acceptances that end although nobody clicks (CP-01, CK-16)."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction

from consent import ends, states
from consent.enums import State
from consent.log import sealing
from consent.models import Ended, EndsWritten, Notice, Publication, Record
from tests import ledger

pytestmark = pytest.mark.django_db
# Its choices hold for a year.
MADE = datetime(2025, 3, 2, 9, tzinfo=UTC)
LATER = MADE + timedelta(days=366, hours=1)


def write(now: datetime = LATER, **options: Any) -> ends.Done:
    return ends.write(clock=lambda: now, **options)


def events(event: str) -> list[Record]:
    return list(Record.objects.filter(event=event).order_by("pk"))


def add(event: str, names: Any, **changes: Any) -> Record:
    """A record that names `previous`, as a person's click does."""
    from consent.log.ids import uuid7

    old = Record.objects.get(pk=names)
    at = changes.pop("at", old.recorded_at + timedelta(days=1))
    values = {field.name: getattr(old, field.name) for field in Record._meta.fields}
    values |= {"id": uuid7(at), "recorded_at": at, "event": event, "previous": names}
    values["categories"] = ["analytics"] if event == "given" else []
    record = Record(**{**values, **changes})
    record.save()
    return record


def new_notice(at: datetime) -> None:
    first = Publication.objects.get(number=1)
    notice = Notice.objects.create(number=2, content={}, sha256="b" * 64, created_at=at)
    Publication.objects.create(
        number=2, notice=notice, preset=first.preset, published_at=at, in_force_on=at.date(),
        source=first.source, content=first.content, sha256="c" * 64,
    )  # fmt: skip


def test_cp_01_each_acceptance_that_expired_gets_one_record() -> None:
    keys = ledger.fill(6, start=MADE)
    given = [r.pk for r in events("given")]
    assert write(MADE + timedelta(days=365)) == ends.Done()
    assert write() == ends.Done(expired=4)
    assert write() == ends.Done()
    written = events("expired")
    assert sorted(r.previous for r in written) == sorted(given)
    assert Ended.objects.count() == 4
    first, old = written[0], Record.objects.get(pk=keys[0])
    assert (first.source, first.categories, first.recorded_at) == ("automatic", [], LATER)
    for name in ("notice", "publication", "revision", "language", "preset", "decided_on",
                 "expires_on"):  # fmt: skip
        assert getattr(first, name) == getattr(old, name)


def test_cp_01_what_was_withdrawn_or_replaced_does_not_expire_too() -> None:
    keys = ledger.fill(2, start=MADE)
    add("withdrawn", keys[0])
    newer = add("given", keys[1], at=MADE + timedelta(days=20),
                expires_on=(MADE + timedelta(days=385)).date())  # fmt: skip
    assert write() == ends.Done()
    assert write(MADE + timedelta(days=386, hours=1)) == ends.Done(expired=1)
    assert [r.previous for r in events("expired")] == [newer.pk]


def test_cp_01_a_late_withdrawal_wins_over_a_batch_that_is_under_way(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Between looking and writing somebody withdraws: nothing ends twice."""
    keys = ledger.fill(2, start=MADE)
    untouched = ends._end

    def end(cursor: Any, *rest: Any) -> int:
        add("withdrawn", keys[0])
        return untouched(cursor, *rest)

    monkeypatch.setattr(ends, "_end", end)
    assert write() == ends.Done(expired=1)
    assert [r.previous for r in events("expired")] == [keys[1]]


def test_cp_01_days_go_by_and_nothing_is_left_out() -> None:
    """Each run looks only at what became due since the last one; also after a month of silence."""
    ledger.fill(30, start=MADE, step=timedelta(hours=20))
    found = 0
    for days in (300, 366, 367, 372, 380, 430):
        now = MADE + timedelta(days=days, hours=3)
        found += write(now).expired
        due = Record.objects.filter(event="given", expires_on__lt=now.date()).count()
        assert found == due == len(events("expired"))
    assert found == 20


def test_cp_01_small_batches_write_the_same() -> None:
    ledger.fill(30, start=MADE)
    assert write(batch=7).expired == 20
    assert len({r.previous for r in events("expired")}) == 20


def test_ck_16_cp_01_a_new_notice_supersedes_what_holds() -> None:
    ledger.fill(3, start=MADE - timedelta(days=200))
    held = [r.pk for r in events("given")]
    gone = ledger.fill(1, start=MADE - timedelta(days=600), salt="x")
    new_notice(MADE)
    assert write(MADE + timedelta(minutes=5)) == ends.Done(expired=1)
    done = write(MADE + timedelta(minutes=11))
    assert done == ends.Done(superseded=2)
    assert [r.previous for r in events("expired")] == gone
    assert sorted(r.previous for r in events("superseded")) == held
    assert {r.notice for r in events("superseded")} == {1}
    assert write(MADE + timedelta(days=400)) == ends.Done()
    row = EndsWritten.objects.get()
    assert (row.notice, row.day) == (2, (MADE + timedelta(days=400)).date())


@pytest.mark.parametrize("changes", [
    {"source": "banner"}, {"previous": None}, {"categories": ["analytics"]},
    {"event": "lapsed", "source": "banner"},
])  # fmt: skip
def test_cp_01_the_database_refuses_an_end_that_is_none(changes: dict[str, Any]) -> None:
    (key,) = ledger.fill(1, start=MADE)
    with pytest.raises(IntegrityError), transaction.atomic():
        add(**{"event": "expired", "names": key, "source": "automatic", **changes})
    add("expired", key, source="automatic")


def test_cp_01_an_acceptance_ends_by_itself_once() -> None:
    (key,) = ledger.fill(1, start=MADE)
    write()
    with pytest.raises(IntegrityError), transaction.atomic():
        Ended(acceptance=key, record=ledger.keys()[0], at=LATER).save()
    for statement in ("UPDATE consent_ended SET at = now()", "DELETE FROM consent_ended"):
        with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)


def test_cp_01_ends_are_sealed_and_verified() -> None:
    ledger.fill(3, start=MADE)
    sealing.seal(now=MADE + timedelta(minutes=1), everything=True)
    write()
    sealing.seal(now=LATER + timedelta(minutes=1), everything=True)
    assert ledger.verify().ok
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM consent_sealed")
        assert cursor.fetchone() == (5,)


def test_cp_01_the_worker_knows_the_job() -> None:
    from procrastinate.contrib.django import app

    app.perform_import_paths()
    crons = {t.task.name: t.cron for t in app.periodic_registry.periodic_tasks.values()}
    assert crons["consent.jobs.end"] == "10 * * * *"


def test_cp_01_the_state_of_an_acceptance_is_said() -> None:
    keys = ledger.fill(5, start=MADE)
    given = [keys[i] for i in (0, 1, 3, 4)]
    withdrawal = add("withdrawn", given[0])
    add("given", given[1])

    def said(now: datetime) -> list[tuple[State, datetime, bool]]:
        standing = states.of([Record.objects.get(pk=key) for key in given], now=now)
        return [(s.state, s.since, s.record is not None) for s in map(standing.get, given) if s]

    early = said(MADE + timedelta(days=30))
    assert early[0] == (State.WITHDRAWN, withdrawal.recorded_at, True)
    assert early[1][0] == State.SUPERSEDED
    assert early[2][::2] == (State.IN_FORCE, False)
    midnight = datetime(2026, 3, 2, 23, tzinfo=UTC)
    assert said(midnight - timedelta(seconds=1))[3][0] == State.IN_FORCE
    assert said(midnight)[3] == (State.EXPIRED, midnight, False)
    write()
    assert said(LATER)[3] == (State.EXPIRED, midnight, True)
    assert said(LATER)[0] == early[0]


def test_ck_16_the_state_says_replaced_before_the_job_ran() -> None:
    (key,) = ledger.fill(1, start=MADE)
    at = MADE + timedelta(days=10)
    new_notice(at)
    record = Record.objects.get(pk=key)
    for is_written in (False, True):
        standing = states.of([record], now=at + timedelta(hours=1))[key]
        assert (standing.state, standing.since) == (State.SUPERSEDED, at)
        assert (standing.record is not None) == is_written
        write(at + timedelta(hours=1))
