"""How the background work stands: each periodic job, the queue, the workers, what failed."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import croniter
from django.db import connection, transaction
from procrastinate.contrib.django import app
from procrastinate.contrib.django.models import ProcrastinateJob
from procrastinate.exceptions import UniqueViolation

from clicknconnect.job_words import schedule_words, task_words
from consent import audit
from consent.audit import Actor

LOOK_BACK = timedelta(days=7)
# A worker says every ten seconds that it lives.
ALIVE = timedelta(seconds=60)
MOST_FAILED = 100
_LAST = """
SELECT t.task, r.began_at, r.ended_at, r.result, r.error,
       r.result = 'running' AND NOT EXISTS (
           SELECT FROM procrastinate_jobs j WHERE j.id = r.job AND j.status = 'doing')
FROM unnest(%s::text[]) AS t (task), LATERAL (
    SELECT * FROM clicknconnect_run WHERE task = t.task ORDER BY began_at DESC, id DESC LIMIT 1) r
"""
_FAILURES = """
SELECT task, error, count(*) FROM clicknconnect_run
WHERE result <> 'done' AND began_at >= %s AND (result = 'failed' OR NOT EXISTS (
    SELECT FROM procrastinate_jobs j WHERE j.id = job AND j.status = 'doing'))
GROUP BY task, error ORDER BY task, error"""
_QUEUE = """
SELECT count(*) FILTER (WHERE j.status = 'todo' AND coalesce(j.scheduled_at, now()) <= now()),
       count(*) FILTER (WHERE j.status = 'todo' AND j.scheduled_at > now()),
       count(*) FILTER (WHERE j.status = 'doing'),
       min(coalesce(j.scheduled_at, e.at))
           FILTER (WHERE j.status = 'todo' AND coalesce(j.scheduled_at, now()) <= now())
FROM procrastinate_jobs j
LEFT JOIN procrastinate_events e ON e.job_id = j.id AND e.type = 'deferred'
WHERE j.status IN ('todo', 'doing')"""
# A periodic job that went well since has mended its failure; every other one waits for somebody.
_FAILED = """
SELECT j.id, j.task_name, j.attempts,
       (SELECT max(e.at) FROM procrastinate_events e WHERE e.job_id = j.id AND e.type = 'failed'),
       coalesce((SELECT r.error FROM clicknconnect_run r WHERE r.task = j.task_name
                 AND r.job = j.id ORDER BY r.began_at DESC LIMIT 1), '')
FROM procrastinate_jobs j
WHERE j.status = 'failed' AND NOT (j.task_name = ANY(%s) AND EXISTS (
    SELECT FROM procrastinate_jobs later
    WHERE later.task_name = j.task_name AND later.id > j.id
      AND later.status IN ('succeeded', 'failed')))
ORDER BY j.id DESC LIMIT %s"""
_FORGET = """
DELETE FROM procrastinate_jobs j
WHERE j.status = 'failed' AND j.task_name = ANY(%s)
  AND EXISTS (SELECT FROM procrastinate_jobs later WHERE later.task_name = j.task_name
              AND later.id > j.id AND later.status = 'succeeded')
  AND NOT EXISTS (SELECT FROM procrastinate_events e WHERE e.job_id = j.id AND e.at >= %s)"""
_WORKERS = (
    "SELECT count(*), max(last_heartbeat) FROM procrastinate_workers WHERE last_heartbeat > %s"
)


class NotFailed(Exception):
    """This job did not fail, or somebody has started it again already."""


class AlreadyWaiting(Exception):
    """The same work waits already: it will be done."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Periodic:
    """One periodic job. `failures`: (class of the error, how often) of the last seven days."""

    task: str
    words: str
    schedule: str
    next_at: datetime
    began_at: datetime | None
    seconds: float | None
    result: str  # of the last run; "killed" when its process was; "" when it never ran
    error: str
    failures: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class Queue:
    waiting: int
    planned: int
    doing: int
    oldest_at: datetime | None
    workers: int
    heartbeat_at: datetime | None


@dataclass(frozen=True, slots=True)
class FailedJob:
    """A job that failed for good. Its arguments stay unseen: they may name an account."""

    id: int
    task: str
    words: str
    attempts: int
    at: datetime | None
    error: str


def periodic_tasks() -> dict[str, str]:
    """Task → cron, of every periodic job: each is defined once, beside its function."""
    known = app.periodic_registry.periodic_tasks.values()
    return {one.task.name: one.cron for one in known}


def periodic(*, now: datetime) -> list[Periodic]:
    """Two queries."""
    crons = periodic_tasks()
    last = {row[0]: row[1:] for row in _rows(_LAST, [list(crons)])}
    failures: dict[str, list[tuple[str, int]]] = {}
    for task, error, count in _rows(_FAILURES, [now - LOOK_BACK]):
        failures.setdefault(task, []).append((error, count))
    return [
        _one(task, cron, last.get(task), failures.get(task, ()), now)
        for task, cron in sorted(crons.items(), key=lambda item: task_words(item[0]))
    ]


def _one(
    task: str,
    cron: str,
    last: tuple[Any, ...] | None,
    failures: Iterable[tuple[str, int]],
    now: datetime,
) -> Periodic:
    began, ended, result, error, killed = last or (None, None, "", "", False)
    return Periodic(
        task=task,
        words=task_words(task),
        schedule=schedule_words(cron),
        next_at=next_run(cron, now),
        began_at=began,
        seconds=(ended - began).total_seconds() if began and ended else None,
        result="killed" if killed else result,
        error=error,
        failures=tuple(failures),
    )


def next_run(cron: str, now: datetime) -> datetime:
    """When the schedule comes next; procrastinate reads it in UTC."""
    moment = croniter.croniter(cron, now.astimezone(UTC)).get_next(datetime)
    assert isinstance(moment, datetime)
    return moment


def queue(*, now: datetime) -> Queue:
    """Two queries."""
    (waiting, planned, doing, oldest), (workers, heartbeat) = (
        _rows(_QUEUE, [])[0],
        _rows(_WORKERS, [now - ALIVE])[0],
    )
    return Queue(waiting, planned, doing, oldest, workers, heartbeat)


def failed() -> list[FailedJob]:
    """Jobs that wait for somebody, the newest first, at most MOST_FAILED."""
    rows = _rows(_FAILED, [list(periodic_tasks()), MOST_FAILED])
    return [FailedJob(row[0], row[1], task_words(row[1]), *row[2:]) for row in rows]


@transaction.atomic
def retry(*, by: Actor, job: int, now: datetime) -> None:
    """Let a failed job run again. Raises NotFailed or AlreadyWaiting."""
    found = ProcrastinateJob.objects.select_for_update().filter(pk=job, status="failed").first()
    if found is None:
        raise NotFailed
    try:
        with transaction.atomic():
            app.job_manager.retry_job_by_id(job, now, found.priority, found.queue_name, found.lock)
    except UniqueViolation as error:
        # Only one job of a kind may wait (its queueing lock).
        raise AlreadyWaiting from error
    audit.record(
        by=by, act="job.retried", now=now, target=f"job:{job}", details={"task": found.task_name}
    )


def forget_runs(*, now: datetime) -> int:
    """Notes of runs older than what the screen shows, and a day; how many went."""
    from clicknconnect.models import Run

    old = Run.objects.filter(began_at__lt=now - LOOK_BACK - timedelta(days=1))
    return old.delete()[0]


def forget_mended(*, now: datetime) -> int:
    """Failed periodic jobs that a later one has mended leave the queue after seven days."""
    with connection.cursor() as cursor:
        cursor.execute(_FORGET, [list(periodic_tasks()), now - LOOK_BACK])
        return int(cursor.rowcount)


def _rows(statement: str, values: list[Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return list(cursor.fetchall())
