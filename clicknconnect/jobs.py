"""Housekeeping of the queue and of sessions; periodic jobs run once, however many workers run."""

from datetime import UTC, datetime, timedelta

from django.contrib.sessions.models import Session
from procrastinate import JobContext
from procrastinate.contrib.django import app

from clicknconnect import work
from clicknconnect.logs import logger
from clicknconnect.throttle import Window

STALLED_AFTER = timedelta(minutes=2)
KEEP_FINISHED_HOURS = 72


@app.periodic(cron="*/2 * * * *")
@app.task(queueing_lock="retry_stalled", pass_context=True)
async def retry_stalled(context: JobContext, timestamp: int) -> None:
    """A worker killed while it worked leaves its job as "doing": give it to another one."""
    manager = context.app.job_manager
    stalled = await manager.get_stalled_jobs(seconds_since_heartbeat=STALLED_AFTER.total_seconds())
    for job in stalled:
        await manager.retry_job(job)
        logger.warning("stalled_job_retried", task=job.task_name)


@app.periodic(cron="17 * * * *")
@app.task(queueing_lock="clean_up")
def clean_up(timestamp: int) -> None:
    """Ended sessions, past throttle windows and notes of old runs leave the database."""
    now = datetime.fromtimestamp(timestamp, UTC)
    Session.objects.filter(expire_date__lt=now).delete()
    Window.objects.filter(ends_at__lt=now).delete()
    work.forget_runs(now=now)
    work.forget_mended(now=now)


@app.periodic(cron="41 3 * * *")
@app.task(queueing_lock="forget_finished_jobs", pass_context=True)
async def forget_finished_jobs(context: JobContext, timestamp: int) -> None:
    await context.app.job_manager.delete_old_jobs(
        nb_hours=KEEP_FINISHED_HOURS, include_failed=False
    )
