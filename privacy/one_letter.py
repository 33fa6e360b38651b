"""One letter of staff, handed over once: whatever dies on the way, it never leaves twice by itself.

Its row is marked « sending » before the mail server gets it, and « sent » after. A job that finds
it marked « sending » follows a worker that was killed in between: the letter may have left or not.
It becomes « unknown », is shown to staff, and only they say what happens. Letters to many go the
same way in batches (privacy.sending).
"""

from collections.abc import Callable
from dataclasses import dataclass
from smtplib import (
    SMTPConnectError,
    SMTPDataError,
    SMTPHeloError,
    SMTPNotSupportedError,
    SMTPRecipientsRefused,
    SMTPSenderRefused,
)
from socket import gaierror
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.core.mail import EmailMessage
from django.db.models import QuerySet

from clicknconnect.logs import logger

# The values of `state` that every such row has.
WAITING, SENDING, REFUSED, UNKNOWN = "waiting", "sending", "refused", "unknown"
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


@dataclass(frozen=True, slots=True, kw_only=True)
class OneLetter:
    """`row` is the one row with `state`; `sent` and `unknown` note what became of it.

    `kind` ("contact_reply") is what the log calls it.
    """

    row: QuerySet[Any]
    letter: Callable[[], EmailMessage]
    sent: Callable[[], None]
    unknown: Callable[[], None] = lambda: None
    kind: str


def send(one: OneLetter) -> None:
    """Hand it over if it waits. Raises what NOT_TAKEN names: a later try may do."""
    if not one.row.filter(state=WAITING).update(state=SENDING):
        _settle(one, UNKNOWN)
        return
    try:
        _hand_over(one.letter())
    except _Refused as error:
        _settle(one, REFUSED)
        logger.warning(f"{one.kind}_refused", status=error.status)
    except NOT_TAKEN:
        _settle(one, WAITING)
        raise
    except OSError as error:
        _settle(one, UNKNOWN)
        logger.warning(f"{one.kind}_unknown", error=type(error).__name__)
    except (ValueError, ImproperlyConfigured):
        # Nothing was sent, and trying again is of no use: the job fails and staff see both.
        _settle(one, REFUSED)
        raise
    else:
        one.sent()


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


def _settle(one: OneLetter, state: str) -> None:
    if one.row.filter(state=SENDING).update(state=state) and state == UNKNOWN:
        one.unknown()
