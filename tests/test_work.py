"""Background work: done once however many workers, again after a kill, seen by staff."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.contrib.auth.models import Group
from django.db import connection, connections, transaction
from django.test import Client
from procrastinate.contrib.django import app
from procrastinate.contrib.django.models import ProcrastinateJob
from procrastinate.contrib.django.utils import connector_params
from procrastinate.exceptions import AlreadyEnqueued

from clicknconnect import job_words, work
from clicknconnect.jobs import clean_up, retry_stalled
from clicknconnect.management.commands.worker import Connector
from clicknconnect.models import Run
from consent.models import Act
from privacy.groups import AGENTS, AUDITORS, MANAGERS
from privacy.models import User
from tests.environment import ROOT

SCREEN = "/admin/clicknconnect/run/"


def staff(group: str) -> Client:
    user = User.objects.create_user("staff@example.test", "x", is_staff=True)
    user.groups.add(Group.objects.get(name=group))
    client = Client(headers={"origin": "http://testserver", "accept-language": "fr"})
    client.force_login(user)
    return client


# --- Real workers -------------------------------------------------------------------------------


@contextmanager
def worker(database: str) -> Iterator[subprocess.Popen[bytes]]:
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "clicknconnect.settings",
        **{
            name: urlsplit(os.environ[name])._replace(path=f"/{database}").geturl()
            for name in ("DATABASE_URL", "DATABASE_OWNER_URL")
        },
    }
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.worker_process"],
        cwd=ROOT, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        yield process
    finally:
        process.kill()
        process.wait()


@pytest.fixture
def traced(own_database: str) -> str:
    with connections["owner"].cursor() as cursor:
        cursor.execute("CREATE TABLE trace (what text, number bigint, pid int)")
        cursor.execute("GRANT SELECT, INSERT ON trace TO PUBLIC")
    return own_database


def rows(statement: str, *values: Any) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return cursor.fetchall()


def trace(what: str) -> list[int]:
    return [n for (n,) in rows("SELECT number FROM trace WHERE what = %s ORDER BY number", what)]


def until(condition: Callable[[], Any], what: str, *, within: float = 40) -> None:
    deadline = time.monotonic() + within
    while not condition():
        assert time.monotonic() < deadline, what
        time.sleep(0.1)


def test_two_workers_do_each_tick_once(traced: str) -> None:
    with worker(traced), worker(traced):
        until(lambda: work.queue(now=datetime.now(UTC)).workers == 2, "two workers do not live")
        since = len(trace("tick"))
        until(lambda: len(trace("tick")) >= since + 4, "no ticks")
    ticks = trace("tick")
    assert len(ticks) == len(set(ticks))
    done = rows("SELECT job FROM clicknconnect_run WHERE task = 'tests.tick' AND result = 'done'")
    assert len(done) == len(set(done))


def test_a_job_whose_worker_was_killed_is_done_again_and_seen(traced: str) -> None:
    job = app.configure_task("tests.slow").defer(seconds=1.5)
    with worker(traced) as killed:
        until(lambda: trace("begun"), "the job does not begin")
        killed.send_signal(signal.SIGKILL)
        killed.wait()
    assert trace("ended") == []
    # Its last sign of life was minutes ago.
    rows("UPDATE procrastinate_workers SET last_heartbeat = now() - interval '5 minutes'"
         " RETURNING id")  # fmt: skip
    with suppress(AlreadyEnqueued):  # every two minutes it waits there by itself
        retry_stalled.defer(timestamp=0)
    with worker(traced):
        until(lambda: trace("ended"), "nobody does it again")
        until(lambda: ProcrastinateJob.objects.get(pk=job).status == "succeeded", "not done")
    assert len(trace("begun")) == 2
    assert len(trace("ended")) == 1
    results = [run.result for run in Run.objects.filter(job=job).order_by("began_at")]
    assert results == ["running", "done"]


def test_what_a_job_defers_goes_with_its_transaction(own_database: str) -> None:
    """A letter was looked for before it was committed, and never sent."""
    with app.replace_connector(Connector(kwargs=connector_params("direct"))):
        with suppress(ZeroDivisionError), transaction.atomic():
            clean_up.defer(timestamp=0)
            assert ProcrastinateJob.objects.count() == 1
            raise ZeroDivisionError
        assert not ProcrastinateJob.objects.exists()


def test_a_failure_keeps_the_class_of_its_error_and_no_word_of_it(traced: str) -> None:
    job = app.configure_task("tests.fail").defer()
    with worker(traced):
        until(lambda: ProcrastinateJob.objects.get(pk=job).status == "failed", "it does not fail")
        until(lambda: Run.objects.get(job=job).ended_at, "its end is not noted")
    assert Run.objects.get(job=job).error == "ZeroDivisionError"
    assert "canary" not in str(list(Run.objects.values()))
    found = work.failed()
    assert [(one.id, one.error, one.attempts) for one in found] == [(job, "ZeroDivisionError", 1)]
    client = staff(MANAGERS)
    page = client.get(SCREEN)
    assert "ZeroDivisionError" in page.text
    assert "canary" not in page.text
    assert "1 travail de fond a échoué" in client.get("/admin/").text
    with worker(traced):
        client.post(SCREEN, {"job": job})
        until(lambda: Run.objects.filter(job=job, result="failed").count() == 2, "not done again")


# --- What staff see -----------------------------------------------------------------------------


def a_job(task: str, status: str, *, error: str = "", ago: timedelta = timedelta(hours=1)) -> int:
    """A job as a worker leaves it, and the note of its run."""
    began = datetime.now(UTC) - ago
    ((job,),) = rows(
        "INSERT INTO procrastinate_jobs (queue_name, task_name, status, attempts)"
        " VALUES ('default', %s, %s::procrastinate_job_status, 1) RETURNING id",
        task, status,
    )  # fmt: skip
    result = {"succeeded": "done", "failed": "failed"}.get(status, "running")
    Run.objects.create(
        task=task,
        job=job,
        began_at=began,
        ended_at=None if result == "running" else began + timedelta(seconds=2),
        result=result,
        error=error,
    )
    if status == "failed":
        rows("INSERT INTO procrastinate_events (job_id, type, at) VALUES (%s, 'failed', %s)"
             " RETURNING id", job, began)  # fmt: skip
    return int(job)


def seen(task: str) -> work.Periodic:
    return next(one for one in work.periodic(now=datetime.now(UTC)) if one.task == task)


@pytest.mark.django_db
def test_every_periodic_job_is_in_the_table_with_words_for_it() -> None:
    page = staff(MANAGERS).get(SCREEN).text
    for task, cron in work.periodic_tasks().items():
        assert task in job_words.TASKS, f"say in job_words what {task} does"
        assert job_words.schedule_words(cron) != cron, f"say in job_words when {cron!r} is"
        assert str(job_words.TASKS[task]).replace("'", "&#x27;") in page
    assert seen("consent.jobs.upkeep").result == ""


@pytest.mark.django_db
def test_the_table_says_last_run_failures_and_kills() -> None:
    a_job("consent.jobs.upkeep", "failed", error="OperationalError", ago=timedelta(hours=3))
    a_job("consent.jobs.upkeep", "failed", error="OperationalError", ago=timedelta(hours=2))
    a_job("consent.jobs.upkeep", "failed", error="TypeError", ago=timedelta(days=8))
    a_job("consent.jobs.upkeep", "succeeded")
    upkeep = seen("consent.jobs.upkeep")
    assert (upkeep.result, upkeep.seconds) == ("done", 2)
    assert upkeep.failures == (("OperationalError", 2),)
    job = a_job("consent.log.jobs.seal", "doing")
    assert seen("consent.log.jobs.seal").result == "running"
    ProcrastinateJob.objects.filter(pk=job)._raw_delete("default")
    assert seen("consent.log.jobs.seal").result == "killed"
    assert seen("consent.log.jobs.seal").failures == (("", 1),)
    assert "interrompu" in staff(MANAGERS).get(SCREEN).text


@pytest.mark.django_db
def test_a_failed_periodic_job_waits_until_a_later_one_went_well() -> None:
    client = staff(MANAGERS)
    a_job("consent.log.jobs.verify", "failed", error="DataError")
    assert (
        "1 travail de fond a échoué : Vérifier tout le journal scellé."
        in client.get("/admin/").text
    )
    a_job("consent.log.jobs.verify", "succeeded", ago=timedelta(minutes=1))
    assert work.failed() == []
    # A letter is not mended by another letter.
    a_job("privacy.jobs.send_account_letter", "failed", error="OSError")
    a_job("privacy.jobs.send_account_letter", "succeeded")
    assert [one.task for one in work.failed()] == ["privacy.jobs.send_account_letter"]


@pytest.mark.django_db
def test_retry_is_for_managers_once_and_in_the_journal() -> None:
    job = a_job("privacy.jobs.send_account_letter", "failed", error="OSError")
    client = staff(MANAGERS)
    assert "Le travail sera refait." in client.post(SCREEN, {"job": job}, follow=True).text
    assert ProcrastinateJob.objects.get(pk=job).status == "todo"
    act = Act.objects.get(act="job.retried")
    assert (act.target, act.details) == (f"job:{job}", {"task": "privacy.jobs.send_account_letter"})
    again = client.post(SCREEN, {"job": job}, follow=True).text
    assert "pas, ou plus, en échec" in again
    assert Act.objects.filter(act="job.retried").count() == 1
    for bad in ("", "x", "-1", "²", "9" * 30):
        assert "pas, ou plus, en échec" in client.post(SCREEN, {"job": bad}, follow=True).text


@pytest.mark.django_db
def test_retry_of_what_waits_already_says_so() -> None:
    job = a_job("consent.jobs.upkeep", "failed")
    rows("UPDATE procrastinate_jobs SET queueing_lock = 'u' WHERE id = %s RETURNING id", job)
    rows("INSERT INTO procrastinate_jobs (queue_name, task_name, queueing_lock)"
         " VALUES ('default', 'consent.jobs.upkeep', 'u') RETURNING id")  # fmt: skip
    page = staff(MANAGERS).post(SCREEN, {"job": job}, follow=True).text
    assert "Le même travail attend déjà" in page
    assert ProcrastinateJob.objects.get(pk=job).status == "failed"
    assert not Act.objects.filter(act="job.retried").exists()


@pytest.mark.django_db
@pytest.mark.parametrize(("group", "get", "post"), [(AUDITORS, 200, 403), (AGENTS, 403, 403)])
def test_who_may_look_and_who_may_retry(group: str, get: int, post: int) -> None:
    job = a_job("privacy.jobs.send_account_letter", "failed")
    client = staff(group)
    page = client.get(SCREEN)
    assert page.status_code == get
    assert "Refaire" not in page.text
    assert client.post(SCREEN, {"job": job}).status_code == post
    assert ProcrastinateJob.objects.get(pk=job).status == "failed"


@pytest.mark.django_db
def test_a_queue_that_waits_and_a_living_worker_are_seen() -> None:
    now = datetime.now(UTC)
    assert work.queue(now=now).workers == 0
    rows("INSERT INTO procrastinate_workers DEFAULT VALUES RETURNING id")
    job = app.configure_task("privacy.jobs.send_account_letter").defer(account="x", kind="x")
    later = app.configure_task("x", schedule_at=now + timedelta(days=1)).defer()
    rows("UPDATE procrastinate_events SET at = %s WHERE job_id = %s RETURNING id",
         now - timedelta(minutes=11), job)  # fmt: skip
    queue = work.queue(now=now)
    assert (queue.workers, queue.waiting, queue.planned) == (1, 1, 1)
    assert queue.oldest_at == now - timedelta(minutes=11)
    assert later != job
    assert "attend depuis plus de dix minutes" in staff(MANAGERS).get("/admin/").text


@pytest.mark.django_db
def test_notes_of_old_runs_go_and_a_mended_failure_too() -> None:
    now = datetime.now(UTC)
    old = a_job("consent.jobs.upkeep", "failed", ago=timedelta(days=9))
    letter = a_job("privacy.jobs.send_account_letter", "failed", ago=timedelta(days=9))
    new = a_job("consent.jobs.upkeep", "succeeded")
    clean_up(timestamp=int(now.timestamp()))
    assert set(Run.objects.values_list("job", flat=True)) == {new}
    left = set(ProcrastinateJob.objects.values_list("pk", flat=True))
    # What nobody mended stays, however old.
    assert left == {letter, new}
    assert old not in left


@pytest.mark.parametrize(
    ("cron", "words"),
    [
        ("* * * * *", "chaque minute"),
        ("*/2 * * * *", "toutes les 2 minutes"),
        ("17 * * * *", "chaque heure, à la minute 17"),
        ("5 3 * * *", "chaque jour à 3:05 (UTC)"),
        ("0 0 1 * *", "0 0 1 * *"),
    ],
)
def test_schedule_in_words(cron: str, words: str) -> None:
    assert job_words.schedule_words(cron) == words


def test_next_run_is_in_utc_as_the_queue_reads_it() -> None:
    now = datetime(2026, 7, 1, 1, 30, tzinfo=UTC)
    assert work.next_run("23 2 * * *", now) == datetime(2026, 7, 1, 2, 23, tzinfo=UTC)
