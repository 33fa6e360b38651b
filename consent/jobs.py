"""Upkeep of the proof: months made ahead, ends written, pictures taken, days counted."""

from datetime import UTC, datetime, timedelta

from django.db import connection
from procrastinate.contrib.django import app

from clicknconnect.logs import logger
from consent import ends, figures, pictures
from consent.log import jobs as log_jobs
from consent.models import IdempotencyKey

__all__ = [
    "count_days",
    "end",
    "forget_keys",
    "log_jobs",
    "make_partitions",
    "take_pictures",
    "upkeep",
]

MONTHS_AHEAD = 3
WHOLE_LOG_AT_HOUR = 1  # UTC
KEYS_LIVE = timedelta(hours=24)


def make_partitions(now: datetime) -> list[str]:
    """This month's partition and the next ones, where they lack; the names of those made."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT made FROM generate_series(0, %s) AS ahead,"
            " consent_record_partition(%s + make_interval(months => ahead)) AS made"
            " WHERE made IS NOT NULL",
            [MONTHS_AHEAD, now],
        )
        return [name for (name,) in cursor.fetchall()]


def forget_keys(now: datetime) -> int:
    """Idempotency keys older than a day go; how many went."""
    return IdempotencyKey.objects.filter(created_at__lt=now - KEYS_LIVE).delete()[0]


@app.periodic(cron="5 * * * *")
@app.task(queueing_lock="consent_upkeep")
def upkeep(timestamp: int) -> None:
    now = datetime.fromtimestamp(timestamp, UTC)
    made, forgotten = make_partitions(now), forget_keys(now)
    logger.info("consent_upkeep", partitions_made=len(made), keys_forgotten=forgotten)


@app.periodic(cron="9 * * * *")
@app.task(queueing_lock="consent_count_days")
def count_days(timestamp: int) -> None:
    """Choices of the days that are over, for the dashboard; once a night of the whole log."""
    now = datetime.fromtimestamp(timestamp, UTC)
    days = figures.count_days(now=now, everything=now.hour == WHOLE_LOG_AT_HOUR)
    logger.info("consent_days_counted", days=days)


@app.periodic(cron="*/10 * * * *")
@app.task(queueing_lock="consent_pictures", lock="consent_pictures")
def take_pictures(timestamp: int) -> None:
    """Pictures of a new version, on a worker that has a browser."""
    taken = pictures.take(now=datetime.fromtimestamp(timestamp, UTC))
    if taken:
        logger.info("consent_pictures_taken", pictures=taken)


@app.periodic(cron="10 * * * *")
@app.task(queueing_lock="consent_end", lock="consent_end")
def end(timestamp: int) -> None:
    """Every hour the records of acceptances that ended by time or by a new notice (CP-01)."""
    done = ends.write(clock=log_jobs.agreed_now)
    if done.expired or done.superseded or done.busy:
        logger.info(
            "consent_ended", expired=done.expired, superseded=done.superseded, busy=done.busy
        )
