"""Letters about requests, and their clock. Arguments never name a person."""

from datetime import UTC, datetime

from django.conf import settings
from django.db import transaction
from procrastinate import RetryStrategy
from procrastinate.contrib.django import app

from privacy.models import RequestEventKind, RequestMessage, RightsRequest
from privacy.requests import letters, timeline

# A mail server that is away is asked again, for some hours; smtplib's errors are OSErrors too.
MAIL_RETRY = RetryStrategy(max_attempts=10, exponential_wait=3, retry_exceptions=[OSError])


@app.task(retry=MAIL_RETRY)
def acknowledge(request: str) -> None:
    """The immediate, dated acknowledgement (DR-03), with a link to confirm where needed.

    Its links are derived: written twice, after a worker was killed, it holds the same ones.
    """
    with transaction.atomic():
        found = RightsRequest.objects.select_for_update().filter(pk=request).first()
        if found is None or not found.email:
            return
        letter = letters.acknowledgement(found)
        letter.send()
        timeline.record(
            found,
            RequestEventKind.ACKNOWLEDGED,
            by=None,
            now=datetime.now(UTC),
            text=str(letter.body),
        )


@app.task(retry=MAIL_RETRY)
def send_message(message: str) -> None:
    """Mail what was written to the person, once; nothing where it has left already."""
    with transaction.atomic():
        found = (
            RequestMessage.objects.select_for_update(of=("self",))
            .select_related("request")
            .filter(pk=message, mailed_at=None)
            .first()
        )
        if found is None or not found.request.email:
            return
        letters.message(found).send()
        found.mailed_at = datetime.now(UTC)
        found.save(update_fields=["mailed_at"])


@app.task(retry=MAIL_RETRY)
def remind(request: str, why: str) -> None:
    """Tell whoever handles the request, or else every manager; nothing about the person in it."""
    found = RightsRequest.objects.select_related("handler").filter(pk=request).first()
    if found is not None and found.is_open:
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
