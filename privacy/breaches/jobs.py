"""Reminders of breaches. Arguments never name a person."""

from datetime import UTC, datetime

from procrastinate import RetryStrategy
from procrastinate.contrib.django import app

from privacy.models import Breach

# A mail server that is away is asked again, for some hours; smtplib's errors are OSErrors too.
MAIL_RETRY = RetryStrategy(max_attempts=10, exponential_wait=3, retry_exceptions=[OSError])


@app.task(retry=MAIL_RETRY)
def remind(breach: str, hours: int) -> None:
    """Tell every manager, while the authority has not been told; no contents in it."""
    from privacy.breaches import letters

    found = Breach.objects.running().filter(pk=breach).first()
    if found is not None:
        for letter in letters.reminders(found, hours=hours):
            letter.send()


@app.periodic(cron="*/5 * * * *")
@app.task(queueing_lock="breach_deadlines")
def run_breaches(timestamp: int) -> None:
    from privacy.breaches import clock  # it defers the letters above

    clock.run(now=datetime.fromtimestamp(timestamp, UTC))
