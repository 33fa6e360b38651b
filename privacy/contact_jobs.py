"""Mail of contact messages, and their end. Arguments are random keys, never a person."""

from collections.abc import Callable
from datetime import UTC, datetime

from django.db import transaction
from procrastinate import RetryStrategy
from procrastinate.contrib.django import app

from clicknconnect.logs import logger
from privacy import contact_letters, one_letter
from privacy.actions.contact_purge import close_silent, purge_closed
from privacy.models import ContactMessage, ContactReply
from privacy.models.contact import ReplyState
from privacy.one_letter import OneLetter

# Some twenty hours at most: a closed message waits no longer for its reply.
MAIL_RETRY = RetryStrategy(max_attempts=9, exponential_wait=3, retry_exceptions=[OSError])
BATCH = 1000


@app.task(retry=MAIL_RETRY)
def send_contact_acknowledgement(message: str) -> None:
    """Tell the sender the reference. Twice, after a worker was killed, is the same letter twice."""
    found = ContactMessage.objects.filter(pk=message, purged_at=None).exclude(email="").first()
    if found is not None:
        contact_letters.acknowledgement(found).send()


@app.task(retry=MAIL_RETRY)
def send_contact_reply(reply: str) -> None:
    """Send what staff wrote, once. What a killed worker may have sent is never sent by itself."""
    found = ContactReply.objects.select_related("message").filter(pk=reply).first()
    if found is None:
        return
    one_letter.send(
        OneLetter(
            row=ContactReply.objects.filter(pk=reply),
            letter=lambda: contact_letters.answer(found),
            sent=lambda: note_sent(found, now=datetime.now(UTC)),
            kind="contact_reply",
        )
    )


@transaction.atomic
def note_sent(reply: ContactReply, *, now: datetime) -> None:
    """The reply has left: the person's fourteen days begin."""
    ContactReply.objects.filter(pk=reply.pk).update(state=ReplyState.SENT, sent_at=now)
    ContactMessage.objects.filter(pk=reply.message_id).update(last_reply_at=now)


@app.periodic(cron="21 * * * *")
@app.task(queueing_lock="contact_end", lock="contact_end")
def end_contact_messages(timestamp: int) -> None:
    """Close what silence ended, then empty what is closed: within the hour, the law says a day."""
    now = datetime.fromtimestamp(timestamp, UTC)
    closed = _in_batches(close_silent, now)
    purged = _in_batches(purge_closed, now)
    if closed or purged:
        logger.info("contact_ended", closed=closed, purged=purged)


def _in_batches(act: Callable[[datetime, int], int], now: datetime) -> int:
    done = 0
    while count := act(now, BATCH):
        done += count
    return done
