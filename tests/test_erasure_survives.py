"""Erasing is interrupted everywhere it can be, and ends as if it had not been (issue 4 § 6)."""

import os
import random
import subprocess
import sys
import time
import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.db.models import Sum

from clicknconnect.backup import programs
from privacy.journal import journal, replay
from privacy.models import (
    Complaint,
    ContactMessage,
    DataSubject,
    ErasureBatch,
    ErasureEvidence,
    ErasurePlan,
    PlannedPerson,
    User,
)
from privacy.plans.again import replay_all
from privacy.plans.execute import erase_people
from privacy.plans.plan import approve, execute, plan_people
from tests.browser.site import with_database
from tests.canaries import Filled, many, rows_of
from tests.conftest import drop_database, owner_connection, use_database
from tests.environment import ROOT

NOW = datetime(2026, 11, 24, 9, tzinfo=UTC)


class Stopped(BaseException):
    """As if the process ended."""


def stopping_at(number: int) -> Callable[..., Any]:
    """Lets `number` statements pass, then stops."""
    passed = 0

    def wrapper(run: Any, *args: Any) -> Any:
        nonlocal passed
        passed += 1
        if passed > number:
            raise Stopped
        return run(*args)

    return wrapper


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # cursors of Stopped
def test_rt_07_stopped_at_every_statement_it_is_as_before_or_done(own_database: str) -> None:
    one, other = Filled("zwaluw").everything(), Filled("merel").everything()
    before, untouched = rows_of(one), rows_of(other)
    run, stops = uuid.uuid4(), 0
    while True:
        try:
            with connection.execute_wrapper(stopping_at(stops)):
                erase_people([one.pk], run=run, rule="account", now=NOW)
            break
        except Stopped:
            assert rows_of(one) == before, stops
            assert not ErasureEvidence.objects.exists()
            assert not replay.lacking()
            stops += 1
    assert stops > 20
    assert rows_of(one).keys() == {
        "privacy.datasubject", "privacy.invoice", "privacy.invoiceline",
        "privacy.rightsrequest", "privacy.requestmessage", "privacy.approval",
        "privacy.recipienttask", "privacy.requestfile",
    }  # fmt: skip
    assert rows_of(other) == untouched
    assert len(ErasureEvidence.objects.values("pseudonym").distinct()) == 1


def test_rt_07_killed_ten_times_it_ends_as_undisturbed(
    own_database: str, settings: Any, tmp_path: Path
) -> None:
    settings.ERASURE_JOURNAL_URL = str(tmp_path / "journal")
    other = Filled("merel").everything()
    untouched = rows_of(other)
    people = many(600)
    plan = plan_people(people, kind="test", rule="account", now=NOW)
    approve(plan, by=User.objects.create(email="dpo@example.test"), now=NOW)
    environment = {
        **os.environ, "DJANGO_SETTINGS_MODULE": "clicknconnect.settings",
        "ERASURE_JOURNAL_URL": settings.ERASURE_JOURNAL_URL,
        "DATABASE_URL": with_database(os.environ["DATABASE_URL"], own_database),
        "DATABASE_OWNER_URL": with_database(os.environ["DATABASE_OWNER_URL"], own_database),
        "FIELD_ENCRYPTION_KEYS": ",".join(settings.FIELD_ENCRYPTION_KEYS),
    }  # fmt: skip
    chance = random.Random(4)
    kills = 0
    for _ in range(10):
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.erase_process", str(plan.pk)],
            cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        time.sleep(chance.uniform(0, 0.25))
        kills += process.poll() is None
        process.kill()
        process.wait()
        process.stdout.close()
        left = set(DataSubject.objects.filter(last_name="Zwaluw").values_list("pk", flat=True))
        with_rows = set(Complaint.objects.values_list("person", flat=True)) - {other.pk}
        assert with_rows == left  # all of a person, or nothing: no row without its person
        assert not replay.lacking()
    assert kills == 10
    execute(plan, now=NOW)
    assert plan.state == ErasurePlan.State.EXECUTED
    assert not DataSubject.objects.filter(pk__in=people).exists()
    assert not PlannedPerson.objects.exists()
    assert ContactMessage.objects.filter(person=None, body="").count() == len(people)
    evidence = ErasureEvidence.objects.filter(run=plan.pk).values("source").annotate(n=Sum("rows"))
    assert {row["source"]: row["n"] for row in evidence} == plan.counts
    assert rows_of(other) == untouched
    assert ErasureBatch.objects.filter(done_at=None).count() <= 10


def test_rt_08_restored_dump_is_brought_back_to_the_law(
    own_database: str, settings: Any, tmp_path: Path
) -> None:
    """1 000 erased since the dump, 1 000 newcomers under the keys of others erased since."""
    url = with_database(os.environ["DATABASE_OWNER_URL"], own_database)
    Filled("merel").everything()
    erased = many(1000, rows=4, prefix=1)
    dump = tmp_path / "dump"
    major = programs.server_major()
    subprocess.run([programs.find("pg_dump", major), "-Fc", "-f", dump, url], check=True)
    short = many(1000, prefix=2)
    erase_people([*erased, *short], run=uuid.uuid4(), rule="account", now=NOW)
    assert len(list(journal().read())) == 2000
    again = f"{own_database}_again"
    drop_database(again)
    with owner_connection() as owner:
        owner.execute(f'CREATE DATABASE "{again}"')
    try:
        subprocess.run(
            [programs.find("pg_restore", major), "--no-owner", "-d",
             with_database(os.environ["DATABASE_OWNER_URL"], again), dump],
            check=True,
        )  # fmt: skip
        use_database(again)
        assert replay.lacking()
        DataSubject.objects.bulk_create(
            [DataSubject(pk=key, last_name="Zwaluw", reference=f"N{n}") for n, key in
             enumerate(short)]
        )  # fmt: skip
        others = DataSubject.objects.exclude(pk__in=erased).order_by("pk")
        before = list(others.values())
        assert replay_all(now=NOW, commit=True) == {"resurrected": 1000, "wrong": 1000}
        assert list(others.values()) == before
        assert not DataSubject.objects.filter(pk__in=erased).exists()
        assert not Complaint.objects.filter(subject="zwaluw").exists()
        assert not replay.lacking()
    finally:
        use_database(own_database)
        drop_database(again)
