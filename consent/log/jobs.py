"""What the worker does for the sealed log; each runs once, however many workers run."""

from datetime import UTC, datetime, timedelta

from django.db import connection
from procrastinate import RetryStrategy
from procrastinate.contrib.django import app

from clicknconnect.logs import logger
from consent.log import anchors, retention, sealing
from consent.log.verification import run

# A worker whose clock is wrong would make honest records look added later.
CLOCKS_AGREE = timedelta(minutes=2)

# A mailbox or a service that is away is asked again: ten times over some 19 hours, then tomorrow.
ANCHOR_RETRY = RetryStrategy(
    max_attempts=10, linear_wait=1500, retry_exceptions=[anchors.NotAnchored]
)


class ClocksDisagree(Exception):
    """This machine and the database differ about the time; the text says by how much."""


def agreed_now() -> datetime:
    """The time of this machine, if it is that of the database. Raises ClocksDisagree."""
    now = datetime.now(UTC)
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        difference = abs(cursor.fetchone()[0] - now)
    if difference > CLOCKS_AGREE:
        raise ClocksDisagree(
            f"Nothing is sealed: the clocks of this machine and of the database differ by "
            f"{difference.total_seconds():.0f} seconds. Correct them (NTP)."
        )
    return now


@app.periodic(cron="* * * * *")
@app.task(queueing_lock="consent_seal", lock="consent_seal")
def seal(timestamp: int) -> None:
    """Every minute what is unsealed of two months; at the full hour of all months."""
    now = agreed_now()
    done = sealing.seal(now=now, everything=datetime.fromtimestamp(timestamp, UTC).minute == 0)
    if done.seals or done.busy:
        logger.info("consent_sealed", seals=done.seals, records=done.records, busy=done.busy)


@app.periodic(cron="23 2 * * *")
@app.task(queueing_lock="consent_verify", lock="consent_verify")
def verify(timestamp: int) -> None:
    """Every night the whole log; what was found is kept for the dashboard."""
    now = datetime.now(UTC)
    outcome = run.verify(now=now)
    run.keep(outcome, at=now)
    if outcome.ok:
        logger.info("consent_log_verified", seals=outcome.seals, records=outcome.records)
    else:
        logger.error("consent_log_broken", seals=outcome.seals, records=outcome.records)


@app.periodic(cron="37 2 * * *")
@app.task(queueing_lock="consent_retention", lock="consent_retention")
def leave(timestamp: int) -> None:
    """Every night the months whose retention is over leave the log (CP-08)."""
    for month in retention.let_leave(agreed_now()):
        logger.info("consent_month_left", month=month.month, records=month.records)


@app.periodic(cron="47 2 * * *")
@app.task(queueing_lock="consent_anchor", lock="consent_anchor", retry=ANCHOR_RETRY)
def anchor(timestamp: int) -> None:
    """Every night the newest seal leaves the house (SEAL_ANCHOR)."""
    try:
        sent = anchors.send(now=agreed_now())
    except anchors.NotAnchored as error:
        logger.error("consent_seal_not_anchored", problem=str(error))
        raise
    if sent is None:
        logger.warning("consent_seal_has_no_anchor")
    else:
        logger.info("consent_seal_anchored", seal=sent.seal, kind=str(sent.kind))
