"""Retention by itself, every night; the first hour after a downtime makes up for it (RT-09)."""

from datetime import datetime, timedelta

from procrastinate.contrib.django import app

from clicknconnect.logs import logger
from consent.log.jobs import agreed_now
from privacy.models import RetentionRun
from privacy.retention.rules import NoRules
from privacy.retention.run import run

AT_HOUR = 2  # UTC: after midnight in Brussels, summer and winter


def is_time(now: datetime) -> bool:
    """Whether no whole passage was made since the last time it should have been."""
    last = now.replace(hour=AT_HOUR, minute=0, second=0, microsecond=0)
    if last > now:
        last -= timedelta(days=1)
    return not RetentionRun.objects.filter(at__gte=last, is_total=True, rule="accounting").exists()


@app.periodic(cron="10 * * * *")
@app.task(queueing_lock="retention", lock="retention")
def retain(timestamp: int) -> None:
    """Looks every hour, works once a night. A clock that is wrong erases nothing."""
    now = agreed_now()
    if not is_time(now):
        return
    try:
        done = run(now=now)
    except NoRules as error:
        logger.error("retention_without_rules", problem=str(error))
        raise
    logger.info(
        "retention_done",
        erased={rule: sum(counts.values()) for rule, counts in done.erased.items()},
        archived=done.archived,
        reopened=done.reopened,
        proposed=done.proposed,
        refused=len(done.refused),
    )
