"""Letters about requests, and their clock. Arguments never name a person."""

from datetime import UTC, datetime

from django.conf import settings
from django.db import transaction
from procrastinate import RetryStrategy
from procrastinate.contrib.django import app

from privacy.models import RightsRequest
from privacy.requests import letters

# A mail server that is away is asked again, for some hours; smtplib's errors are OSErrors too.
MAIL_RETRY = RetryStrategy(max_attempts=10, exponential_wait=3, retry_exceptions=[OSError])


@app.task(retry=MAIL_RETRY)
def acknowledge(request: str) -> None:
    """The immediate, dated acknowledgement (DR-03), with a link to confirm where needed."""
    from privacy.requests import mailing

    with transaction.atomic():
        found = RightsRequest.objects.select_for_update().filter(pk=request).first()
        if found is None or not found.email:
            return
        written = mailing.acknowledgement_of(found, now=datetime.now(UTC))
    mailing.send(str(written.pk))


@app.task(retry=MAIL_RETRY)
def send_message(message: str) -> None:
    """Mail what was written to the person, once; nothing where it has left already."""
    from privacy.requests import mailing

    mailing.send(message)


@app.task(retry=MAIL_RETRY)
def remind(request: str, why: str) -> None:
    """Tell whoever handles the request, or else every manager; nothing about the person in it."""
    found = RightsRequest.objects.select_related("handler").filter(pk=request).first()
    if found is not None and (found.is_open or why in ("heard", "unknown")):
        for letter in letters.reminders(found, why):
            letter.send()


@app.periodic(cron="*/15 * * * *")
@app.task(queueing_lock="request_deadlines")
def run_deadlines(timestamp: int) -> None:
    from privacy.requests import clock  # it defers the letters above

    clock.run(now=datetime.fromtimestamp(timestamp, UTC))


@app.periodic(cron="*/5 * * * *")
@app.task(queueing_lock="fetch_inbox")
def fetch_inbox(timestamp: int) -> None:
    """New mail of the privacy inbox, where there is one."""
    from privacy.requests import imap

    if settings.IMAP_URL:
        imap.run(settings.IMAP_URL, now=datetime.now(UTC))


@app.periodic(cron="41 * * * *")
@app.task(queueing_lock="sweep_request_files")
def sweep_files(timestamp: int) -> None:
    """Files whose rows went; their keys went with them."""
    from privacy.requests import stored

    stored.sweep(now=datetime.fromtimestamp(timestamp, UTC))
