"""Mail of contact messages, and their end. Arguments are random keys, never a person."""

from collections.abc import Callable
from datetime import UTC, datetime
from smtplib import (
    SMTPConnectError,
    SMTPDataError,
    SMTPHeloError,
    SMTPNotSupportedError,
    SMTPRecipientsRefused,
    SMTPSenderRefused,
)
from socket import gaierror

from django.core.exceptions import ImproperlyConfigured
from django.core.mail import EmailMessage
from django.db import transaction
from procrastinate import RetryStrategy
from procrastinate.contrib.django import app

from clicknconnect.logs import logger
from privacy import contact_letters
from privacy.actions.contact_purge import close_silent, purge_closed
from privacy.models import ContactMessage, ContactReply
from privacy.models.contact import ReplyState

# Some twenty hours at most: a closed message waits no longer for its reply.
MAIL_RETRY = RetryStrategy(max_attempts=9, exponential_wait=3, retry_exceptions=[OSError])
# After these the server does not have the letter; after any other error it may.
NOT_TAKEN = (
    ConnectionRefusedError,
    gaierror,
    SMTPConnectError,
    SMTPHeloError,
    SMTPNotSupportedError,
    SMTPSenderRefused,
    SMTPRecipientsRefused,
    SMTPDataError,
)
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
    waiting = ContactReply.objects.filter(pk=reply, state=ReplyState.WAITING)
    if not waiting.update(state=ReplyState.SENDING):
        ContactReply.objects.filter(pk=reply, state=ReplyState.SENDING).update(
            state=ReplyState.UNKNOWN
        )
        return
    found = ContactReply.objects.select_related("message").get(pk=reply)
    try:
        _hand_over(contact_letters.answer(found))
    except _Refused as error:
        _settle(reply, ReplyState.REFUSED)
        logger.warning("contact_reply_refused", status=error.status)
    except NOT_TAKEN:
        _settle(reply, ReplyState.WAITING)
        raise
    except OSError as error:
        _settle(reply, ReplyState.UNKNOWN)
        logger.warning("contact_reply_unknown", error=type(error).__name__)
    except (ValueError, ImproperlyConfigured):
        # Nothing was sent, and trying again is of no use: the job fails and staff see both.
        _settle(reply, ReplyState.REFUSED)
        raise
    else:
        note_sent(found, now=datetime.now(UTC))


class _Refused(Exception):
    """The server says that it never takes this letter."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


def _hand_over(letter: EmailMessage) -> None:
    try:
        letter.send()
    except SMTPRecipientsRefused as error:
        codes = [code for code, _ in error.recipients.values()]
        if codes and all(code >= 500 for code in codes):
            raise _Refused(codes[0]) from error
        raise
    except SMTPDataError as error:
        if error.smtp_code >= 500:
            raise _Refused(error.smtp_code) from error
        raise


def _settle(reply: str, state: ReplyState) -> None:
    ContactReply.objects.filter(pk=reply, state=ReplyState.SENDING).update(state=state)


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
