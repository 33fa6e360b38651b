"""What became of each run of a job: a row when it begins, its end when it ends.

procrastinate keeps neither why a job failed nor, for long, that it ran. Only the class of an error
is kept: its text could quote a person. A row without an end is a run that was killed.
"""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any

import psycopg
from django.db import models
from django.utils.translation import gettext_lazy as _
from procrastinate import JobContext
from procrastinate.exceptions import ConnectorException
from procrastinate.worker import Worker

from clicknconnect.logs import logger

_BEGIN = """
INSERT INTO clicknconnect_run (task, job, began_at, result, error)
VALUES (%(task)s, %(job)s, %(now)s, 'running', '') RETURNING id"""
_END = """
UPDATE clicknconnect_run SET ended_at = %(now)s, result = %(result)s, error = %(error)s
WHERE id = %(id)s"""


class Result(models.TextChoices):
    RUNNING = "running", _("en cours")
    DONE = "done", _("réussi")
    FAILED = "failed", _("échoué")


class Run(models.Model):
    """One attempt at one job. `job` is the number in the queue, which forgets it earlier."""

    task = models.CharField(_("travail"), max_length=128)
    job = models.BigIntegerField(_("numéro"))
    began_at = models.DateTimeField(_("commencé le"), db_index=True)
    ended_at = models.DateTimeField(_("terminé le"), null=True)
    result = models.CharField(_("résultat"), max_length=8, choices=Result)
    error = models.CharField(_("erreur"), max_length=100, blank=True)

    class Meta:
        verbose_name = _("travail de fond")
        verbose_name_plural = _("travaux de fond")
        permissions = [("retry_run", _("Peut relancer un travail de fond échoué"))]
        indexes = [
            models.Index(fields=["task", "-began_at"], name="clicknconnect_run_last"),
            models.Index(
                fields=["began_at"],
                name="clicknconnect_run_not_done",
                condition=~models.Q(result="done"),
            ),
        ]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(result__in=Result.values),
                name="clicknconnect_run_result_known",
            ),
            models.CheckConstraint(
                condition=models.Q(result=Result.RUNNING, ended_at__isnull=True)
                | ~models.Q(result=Result.RUNNING) & models.Q(ended_at__isnull=False),
                name="clicknconnect_run_end_has_result",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.task} {self.job}"


async def noted(
    call_next: Callable[[], Awaitable[Any]], context: JobContext, worker: Worker
) -> Any:
    """The worker's middleware: runs the job, and notes that it ran and how it ended."""
    job = context.job
    row = await _write(context, _BEGIN, task=job.task_name, job=job.id or 0, now=datetime.now(UTC))
    try:
        value = await call_next()
    except BaseException as error:
        await _end(context, row, result="failed", error=type(error).__name__[:100])
        raise
    await _end(context, row, result="done", error="")
    return value


async def _end(context: JobContext, row: dict[str, Any] | None, **values: Any) -> None:
    if row is not None:
        await _write(context, _END, id=row["id"], now=datetime.now(UTC), **values)


async def _write(context: JobContext, statement: str, **values: Any) -> dict[str, Any] | None:
    """The row that the statement returns; None when the note could not be written."""
    connector = context.app.connector
    try:
        if "RETURNING" in statement:
            return await connector.execute_query_one_async(statement, **values)
        await connector.execute_query_async(statement, **values)
    except (ConnectorException, psycopg.Error):
        # The job itself matters more than the note that it ran.
        logger.warning("run_not_noted", task=context.job.task_name)
    return None
