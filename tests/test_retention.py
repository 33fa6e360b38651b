"""The sweep: what is due goes, once, with evidence; what is held stays; it may stop anywhere."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.conf import settings
from django.db import connection, transaction

from clicknconnect.embedded import PROJECT_ROOT
from consent.models.evidence import WrittenOnce
from consent.periods import BRUSSELS
from privacy import restriction
from privacy.models import (
    ContactMessage,
    ContactReply,
    DataSubject,
    LegalHold,
    MarketingChoice,
    Restriction,
    RetentionRun,
    User,
)  # fmt: skip
from privacy.periods import purge_from
from privacy.retention import due, evidence, jobs
from privacy.retention import run as sweep
from tests.retention_rows import invoice, message, person

NOW = datetime(2026, 11, 24, 2, 10, tzinfo=UTC)
LONG_AGO = date(2015, 1, 1)
PAST = date(2020, 5, 5)


def totals(done: sweep.Done) -> dict[str, int]:
    return {rule: sum(counts.values()) for rule, counts in done.erased.items()}


def is_empty(one: DataSubject) -> bool:
    """Gone, or a row that says nothing."""
    with transaction.atomic(), restriction.seeing():
        row = DataSubject.objects.filter(pk=one.pk).first()
    return row is None or not (row.first_name or row.last_name or row.email)


def test_rt_07_what_is_due_goes_and_a_second_run_finds_nothing(own_database: str) -> None:
    account = User.objects.create_user("gone@example.test", "x")
    gone = person(opened=LONG_AGO, closed=PAST, account=account)
    MarketingChoice.objects.create(
        person=gone, channel="email", given=False, at=NOW - timedelta(days=3000), source="account"
    )
    stays = person(opened=LONG_AGO, closed=date(2024, 1, 1))
    handled = message(closed_at=NOW - timedelta(hours=1))
    ContactReply.objects.create(message=handled, body="Bonjour Camille", sent_at=NOW)
    done = sweep.run(now=NOW)
    assert done.erased["account"]["people"] == 1
    assert done.erased["contact"] == {"privacy.contactmessage": 1}
    assert is_empty(gone)
    assert not User.objects.filter(pk=account.pk).exists()
    assert not is_empty(stays)
    handled.refresh_from_db()
    assert (handled.body, handled.email, handled.purged_at) == ("", "", NOW)
    assert not ContactReply.objects.exists()
    again = sweep.run(now=NOW)
    assert totals(again) == {
        "contact": 0, "request_files": 0, "account": 0, "accounting": 0,
    }  # fmt: skip
    assert again.run != done.run


def test_rt_07_evidence_has_counts_and_versions_and_no_personal_data(own_database: str) -> None:
    gone = person(opened=LONG_AGO, closed=PAST)
    sweep.run(now=NOW)
    rows = list(RetentionRun.objects.order_by("pk"))
    assert sorted((row.rule, row.is_total) for row in rows) == [
        ("account", False), ("account", True), ("accounting", True), ("contact", True),
        ("request_files", True),
    ]  # fmt: skip
    for row in rows:
        assert row.hash == evidence.hash_of(row)
        assert row.publication
        assert len(row.publication_sha256) == len(row.declarations_sha256) == 64
    text = json.dumps([RetentionRun.objects.values().get(pk=row.pk) for row in rows], default=str)
    for word in (str(gone.pk), gone.reference, "Camille", "Durand", "example.test"):
        assert word not in text
    with pytest.raises(WrittenOnce):
        RetentionRun.objects.update(rule="x")
    from django.db import DatabaseError

    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("UPDATE privacy_retentionrun SET rule = 'x'")


def test_rt_09_present_a_second_before_gone_after(own_database: str) -> None:
    one = person(opened=LONG_AGO, closed=date(2021, 11, 28))
    moment = purge_from(date(2026, 11, 28))
    # A Sunday: no shift.
    assert moment == datetime(2026, 11, 29, tzinfo=BRUSSELS)
    sweep.run(now=moment - timedelta(seconds=1))
    assert not is_empty(one)
    sweep.run(now=moment)
    assert is_empty(one)


def test_rt_06_held_and_restricted_people_survive(own_database: str) -> None:
    kept = [person(opened=LONG_AGO, closed=PAST) for _ in range(4)]
    LegalHold.objects.create(
        person=kept[0], reason="procès", placed_at=NOW, review_on=date(2027, 1, 1)
    )
    for one, ground in zip(kept[1:3], "bc", strict=True):
        Restriction.objects.create(person=one, ground=ground, reason="x", placed_at=NOW)
    MarketingChoice.objects.create(
        person=kept[3], channel="sms", given=True, at=NOW, source="account"
    )
    assert totals(sweep.run(now=NOW))["account"] == 0
    assert not any(is_empty(one) for one in kept)
    LegalHold.objects.update(released_at=NOW)
    sweep.run(now=NOW)
    assert [is_empty(one) for one in kept] == [True, False, False, False]


def test_rt_02_invoices_outlive_the_account_and_nobody_destroys_them(own_database: str) -> None:
    one = person(opened=LONG_AGO, closed=PAST)
    document = invoice(one, date(2024, 6, 15))
    sweep.run(now=NOW)
    assert is_empty(one)
    document.refresh_from_db()
    assert document.name == one.full_name
    assert document.person_id == one.pk
    assert DataSubject.objects.get(pk=one.pk).anonymised_at == NOW


@pytest.mark.parametrize("stop_at", range(1, 6))
def test_rt_07_stopped_anywhere_it_goes_on(
    own_database: str, monkeypatch: pytest.MonkeyPatch, stop_at: int
) -> None:
    monkeypatch.setattr(sweep, "BATCH", 2)
    people = [person(opened=LONG_AGO, closed=PAST) for _ in range(5)]
    whole = evidence.write
    calls = iter(range(1, 100))

    def stops(*args: Any, **kwargs: Any) -> Any:
        if next(calls) == stop_at:
            raise KeyboardInterrupt
        return whole(*args, **kwargs)

    with monkeypatch.context() as patch:
        patch.setattr(evidence, "write", stops)
        with pytest.raises(KeyboardInterrupt):
            sweep.run(now=NOW)
    for one in people:
        # Whole or gone, never half.
        row = DataSubject.objects.filter(pk=one.pk).first()
        assert row is None or row.last_name == one.last_name
    sweep.run(now=NOW)
    assert all(is_empty(one) for one in people)
    parts = RetentionRun.objects.filter(rule="account", is_total=False)
    assert sum(row.counts["people"] for row in parts) == 5


def test_rt_07_two_workers_at_once_do_nothing_twice(own_database: str) -> None:
    people = [person(opened=LONG_AGO, closed=PAST) for _ in range(60)]
    for one in people[:20]:
        message(closed_at=NOW, to=one)
    found: list[sweep.Done] = []
    errors: list[Exception] = []

    def work() -> None:
        try:
            found.append(sweep.run(now=NOW))
        except Exception as error:
            errors.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert sum(done.erased["account"]["people"] for done in found) == 60
    assert all(is_empty(one) for one in people)
    assert not ContactMessage.objects.exclude(body="").exists()
    assert due.people(due.cuts(rules=sweep.published(), now=NOW)).count() == 0


def test_rt_07_kill_9_and_again(own_database: str) -> None:
    DataSubject.objects.bulk_create(
        DataSubject(
            first_name="Camille", last_name=f"Durand{number}", account_opened_on=LONG_AGO,
            account_closed_on=PAST,
        )
        for number in range(3000)
    )  # fmt: skip
    environment = {**os.environ, "ERASURE_JOURNAL_URL": settings.ERASURE_JOURNAL_URL}
    for name in ("DATABASE_URL", "DATABASE_OWNER_URL"):
        base = os.environ[name]
        environment[name] = f"{base.rpartition('/')[0]}/{own_database}"
    command = [sys.executable, "manage.py", "retention", "run", "--commit"]
    process = subprocess.Popen(
        command, cwd=PROJECT_ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    deadline = time.monotonic() + 60
    while not RetentionRun.objects.filter(rule="account").exists():
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.005)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    erased = sum(
        row.counts["people"] for row in RetentionRun.objects.filter(rule="account", is_total=False)
    )
    left = DataSubject.objects.exclude(last_name="").count()
    assert erased + left == 3000
    assert erased > 0
    subprocess.run(command, cwd=PROJECT_ROOT, env=environment, check=True, capture_output=True)
    assert not DataSubject.objects.exclude(last_name="").exists()
    parts = RetentionRun.objects.filter(rule="account", is_total=False)
    assert sum(row.counts["people"] for row in parts) == 3000


@pytest.mark.django_db
def test_rt_09_the_job_makes_up_for_a_downtime() -> None:
    assert jobs.is_time(NOW)
    this = evidence.begin(as_of=NOW.date(), now=NOW)
    evidence.write(this, rule="account", counts={}, now=NOW, seconds=0, is_total=True)
    assert jobs.is_time(NOW)  # stopped before its end
    evidence.write(this, rule="accounting", counts={}, now=NOW, seconds=0, is_total=True)
    assert not jobs.is_time(NOW + timedelta(hours=20))
    # The worker was away at 02:10; it works in its first hour.
    assert jobs.is_time(NOW + timedelta(hours=24))
    assert jobs.is_time(NOW + timedelta(hours=33))
