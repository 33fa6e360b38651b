"""Letters to many: each at most once, whatever dies on the way.

One row is claimed, checked and marked « handed over » in a transaction of its own; only then the
mail server gets the letter, and only then is it marked as sent. What a worker left in between when
it was killed may have gone out or not: it becomes « unknown », is shown, and is not sent again.
Any number of workers may do this at once: a claimed row is locked, the next one is taken.
"""

import smtplib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from time import monotonic
from typing import Any

from django.core import mail
from django.core.mail import EmailMessage
from django.db import transaction
from django.db.models import Count, QuerySet

from clicknconnect.logs import logger
from privacy.models import CampaignDelivery

State = CampaignDelivery.State
# Far more than the mail server is waited for.
LEFT_AFTER = timedelta(minutes=10)
# A server that says "later" (4xx) is asked again then.
LATER = timedelta(minutes=15)
# A run ends before the next one begins.
RUN_SECONDS = 50.0


@dataclass(frozen=True, slots=True)
class Mailing:
    """`rows`: all deliveries that may be sent now; `letter`: of one of them, None when the person
    may not be written to (any more); `finish`: what to note when a run is over."""

    rows: Callable[[], QuerySet[Any]]
    letter: Callable[[Any, datetime], EmailMessage | None]
    finish: Callable[[datetime], None]


class ServerSaysLater(Exception):
    """The mail server took this letter back, for now: the run ends."""


def mailings() -> Iterable[Mailing]:
    from privacy import campaigns, notices
    from privacy.breaches import telling

    return (telling.MAILING, notices.MAILING, campaigns.MAILING)


def deliver() -> None:
    """What waits, for most of a minute; nothing has to be resumed by anybody."""
    until = monotonic() + RUN_SECONDS
    for mailing in mailings():
        run(mailing, is_over=lambda: monotonic() > until)


def run(mailing: Mailing, *, is_over: Callable[[], bool] = lambda: False) -> int:
    """Send what waits until there is no more, or `is_over`; how many were handed over."""
    give_up(mailing, now=datetime.now(UTC))
    sent = 0
    if mailing.rows().filter(state=State.PLANNED).exists():
        connection = mail.mailers.default
        try:
            connection.open()
            while not is_over() and _send_next(mailing, connection, now=datetime.now(UTC)):
                sent += 1
        except (OSError, ServerSaysLater) as error:
            # Nothing was lost: what waits is sent by a later run.
            logger.warning("mail_server_away", error=type(error).__name__)
        finally:
            _close(connection)
    mailing.finish(datetime.now(UTC))
    return sent


def give_up(mailing: Mailing, *, now: datetime) -> int:
    """What a killed worker left behind is unknown from now on; how many."""
    left = mailing.rows().filter(state=State.SENDING, at__lt=now - LEFT_AFTER)
    model = left.model._default_manager
    return int(model.filter(pk__in=left.values("pk")).update(state=State.UNKNOWN, at=now))


def _send_next(mailing: Mailing, connection: Any, *, now: datetime) -> bool:
    """Whether there was one. Raises ServerSaysLater."""
    with transaction.atomic():
        waiting = mailing.rows().filter(state=State.PLANNED, at__lte=now)
        row = waiting.select_for_update(skip_locked=True, of=("self",)).first()
        if row is None:
            return False
        letter = mailing.letter(row, now)
        _mark(row, State.SKIPPED if letter is None else State.SENDING, now)
    if letter is not None:
        _hand_over(row, letter, connection, now=now)
    return True


def _hand_over(row: Any, letter: EmailMessage, connection: Any, *, now: datetime) -> None:
    try:
        connection.send_messages([letter])
    except (smtplib.SMTPRecipientsRefused, smtplib.SMTPResponseException) as error:
        if _is_final(error):
            _mark(row, State.REFUSED, now)
            return
        _mark(row, State.PLANNED, now + LATER)
        raise ServerSaysLater from error
    except ValueError:  # no address that a mail server could read
        _mark(row, State.REFUSED, now)
    except OSError:
        # Cut off in the middle: the server may have it.
        _mark(row, State.UNKNOWN, now)
        raise
    else:
        _mark(row, State.SENT, now)


def _is_final(error: smtplib.SMTPException) -> bool:
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return all(code >= 500 for code, _ in error.recipients.values())
    return isinstance(error, smtplib.SMTPResponseException) and error.smtp_code >= 500


def _mark(row: Any, state: str, at: datetime) -> None:
    type(row)._default_manager.filter(pk=row.pk).update(state=state, at=at)


def _close(connection: Any) -> None:
    try:
        connection.close()
    except OSError:
        logger.warning("mail_server_gone")


def tally(rows: QuerySet[Any]) -> list[dict[str, Any]]:
    """The states in their order with how many are in each, for a screen of progress; one query."""
    counted = dict(rows.order_by().values_list("state").annotate(Count("pk")))
    return [
        {"state": state.value, "label": state.label, "count": counted[state.value]}
        for state in State
        if state.value in counted
    ]
