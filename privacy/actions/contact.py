"""What happens to contact messages. Every act of staff is in the journal, in its transaction.

Staff say which state of the message they saw (`seen`): what a colleague did meanwhile, or the same
click sent twice, is never done over.
"""

import re
import uuid
from datetime import datetime, timedelta

from django.db import connection, transaction
from django.db.models import Q

from consent import audit
from consent.audit import Actor
from consent.log.ids import uuid7
from consent.periods import local_day
from privacy.contact_clock import is_closed, may_give_reason
from privacy.contact_jobs import note_sent, send_contact_acknowledgement, send_contact_reply
from privacy.contact_life import life_of
from privacy.models import Complaint, ContactMessage, ContactReason, ContactReply, DataSubject, User
from privacy.models.contact import Outcome, Refiled, ReplyState

# The same words from the same address: a click that was sent twice.
SAME_MESSAGE = timedelta(minutes=10)
EXPLICIT = (Outcome.HANDLED, Outcome.NO_FURTHER_ACTION)
LEAST_REASON = 10


class AlreadyClosed(Exception):
    """The message has ended."""


class ChangedMeanwhile(Exception):
    """Somebody did something with it since it was looked at."""


class TooEarly(Exception):
    """A reason is written only for what is open for more than 90 days."""


class ShortReason(Exception):
    """Fewer than LEAST_REASON characters."""


class NamesPerson(Exception):
    """A reason that stays in the journal holds the name, address or number of the person."""


class NoSuchPerson(Exception):
    """No person has this reference."""


class NotUnsettled(Exception):
    """The reply has left, or still waits for its turn."""


@transaction.atomic
def receive(
    *,
    name: str,
    email: str,
    phone: str,
    topic: str,
    body: str,
    language: str,
    person: DataSubject | None,
    now: datetime,
) -> ContactMessage:
    """Keep the message and have its reference mailed; the first one when it was sent twice."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"{email}\n{body}"]
        )
    same = ContactMessage.objects.filter(
        email=email, name=name, phone=phone, topic=topic, body=body, person=person,
        purged_at=None, received_at__gt=now - SAME_MESSAGE,
    ).first()  # fmt: skip
    if same is not None:
        return same
    message = ContactMessage.objects.create(
        id=uuid7(now), name=name, email=email, phone=phone, topic=topic, body=body,
        language=language, person=person, received_at=now,
    )  # fmt: skip
    send_contact_acknowledgement.defer(message=str(message.pk))
    return message


@transaction.atomic
def assign(
    *, by: Actor, message: uuid.UUID, handler: User | None, seen: str, now: datetime
) -> None:
    """Say who follows it; nobody when `handler` is None."""
    found = _open(message, seen, now)
    found.handler = handler
    _acted(found, by, "contact.assigned", now, {"handler": str(handler.pk) if handler else ""})


@transaction.atomic
def reply(*, by: User, message: uuid.UUID, body: str, seen: str, now: datetime) -> ContactReply:
    """Have the worker mail an answer. Whoever answers what nobody followed follows it."""
    found = _open(message, seen, now)
    written = ContactReply.objects.create(id=uuid7(now), message=found, author=by, body=body)
    if found.handler_id is None:
        found.handler = by
    _acted(found, by, "contact.replied", now, {"reply": str(written.pk)})
    send_contact_reply.defer(reply=str(written.pk))
    return written


@transaction.atomic
def settle_reply(
    *, by: Actor, message: uuid.UUID, reply: str, was_sent: bool, seen: str, now: datetime
) -> None:
    """Somebody has looked whether an uncertain reply arrived: note it as sent, or send it again.

    Also when the message was closed meanwhile, until it is emptied. Raises NotUnsettled.
    """
    found = _seen(message, seen)
    unsettled = Q(state=ReplyState.UNKNOWN) | Q(state=ReplyState.REFUSED)
    written = found.replies.select_for_update().filter(unsettled, pk=reply).first()
    if written is None:
        raise NotUnsettled
    act = "contact.reply_confirmed" if was_sent else "contact.reply_resent"
    _acted(found, by, act, now, {"reply": str(written.pk)})
    if was_sent:
        note_sent(written, now=now)
    else:
        ContactReply.objects.filter(pk=written.pk).update(state=ReplyState.WAITING)
        send_contact_reply.defer(reply=str(written.pk))


@transaction.atomic
def note_answer(*, by: Actor, message: uuid.UUID, seen: str, now: datetime) -> None:
    """The person has written back: the silence is over, and it is our turn."""
    found = _open(message, seen, now)
    found.last_answer_at = now
    _acted(found, by, "contact.answer_noted", now)


@transaction.atomic
def give_reason(*, by: User, message: uuid.UUID, reason: str, seen: str, now: datetime) -> None:
    """Write why it is still open; good for 30 days. It goes with the content.

    Raises TooEarly or ShortReason.
    """
    found = _open(message, seen, now)
    if not may_give_reason(life_of(found), now):
        raise TooEarly
    text = _long_enough(reason)
    ContactReason.objects.create(id=uuid7(now), message=found, author=by, reason=text, given_at=now)
    _acted(found, by, "contact.reason_given", now)


@transaction.atomic
def close(*, by: Actor, message: uuid.UUID, outcome: Outcome, seen: str, now: datetime) -> None:
    """End it as handled or without further action; its content leaves within 24 hours."""
    if outcome not in EXPLICIT:
        raise ValueError(outcome)
    found = _open(message, seen, now)
    found.outcome, found.closed_at = outcome, now
    _acted(found, by, "contact.closed", now, {"outcome": outcome.value})


@transaction.atomic
def transfer(
    *,
    by: Actor,
    message: uuid.UUID,
    refiled: Refiled,
    reason: str,
    person_reference: str,
    seen: str,
    now: datetime,
) -> Complaint | None:
    """File it under the purpose that it belongs to, with that purpose's clock (§ 6.6).

    A complaint is made of it, a contract needs a person: the one with `person_reference`, the
    message's own, else a new one, since nothing proves that an address is its owner's. A rights
    request is only marked. Raises ShortReason, NamesPerson or NoSuchPerson.
    """
    if refiled == Refiled.NOWHERE:
        raise ValueError(refiled)
    found = _open(message, seen, now)
    text = _long_enough(reason)
    _names_nobody(text, found)
    details = {"as": refiled.value, "reason": text[:500]}
    complaint = None
    if refiled != Refiled.RIGHTS:
        person = _person_for(found, person_reference, now)
        details["person"] = str(person.pk)
        if refiled == Refiled.COMPLAINT:
            complaint = _complaint_of(found, person)
            details["complaint"] = complaint.reference
        elif person.contract_started_on is None:
            DataSubject.objects.filter(pk=person.pk).update(contract_started_on=local_day(now))
    found.outcome, found.refiled_as, found.closed_at = Outcome.TRANSFERRED, refiled, now
    _acted(found, by, "contact.transferred", now, details)
    return complaint


def seen_of(message: ContactMessage) -> str:
    """What a form says about the state in which it showed the message."""
    at = message.last_staff_act_at
    return at.isoformat() if at else "new"


def _open(message: uuid.UUID, seen: str, now: datetime) -> ContactMessage:
    """The message, locked. Raises AlreadyClosed, ChangedMeanwhile or DoesNotExist."""
    found = _locked(message)
    if found.outcome or is_closed(life_of(found), now):
        raise AlreadyClosed
    return _unchanged(found, seen)


def _seen(message: uuid.UUID, seen: str) -> ContactMessage:
    """The same, closed or not."""
    return _unchanged(_locked(message), seen)


def _locked(message: uuid.UUID) -> ContactMessage:
    return ContactMessage.objects.select_for_update(of=("self",)).get(pk=message)


def _unchanged(found: ContactMessage, seen: str) -> ContactMessage:
    if seen_of(found) != seen:
        raise ChangedMeanwhile
    return found


def _acted(
    found: ContactMessage,
    by: Actor,
    act: str,
    now: datetime,
    details: dict[str, str] | None = None,
) -> None:
    found.last_staff_act_at = now
    found.save()
    audit.record(
        by=by, act=act, now=now, target=f"privacy.contactmessage:{found.pk}", details=details
    )


def _long_enough(reason: str) -> str:
    text = " ".join(reason.split())
    if len(text) < LEAST_REASON:
        raise ShortReason
    return text[:1000]


def _names_nobody(reason: str, message: ContactMessage) -> None:
    words = [message.email, message.phone, *message.name.split()]
    for word in words:
        if len(word) > 2 and re.search(rf"(?<!\w){re.escape(word)}(?!\w)", reason, re.IGNORECASE):
            raise NamesPerson


def _person_for(message: ContactMessage, reference: str, now: datetime) -> DataSubject:
    if reference.strip():
        known = DataSubject.objects.filter(
            reference=reference.strip().upper(), anonymised_at=None
        ).first()
        if known is None:
            raise NoSuchPerson
        return known
    if message.person is not None:
        return message.person
    first, _, last = message.name.rpartition(" ")
    return DataSubject.objects.create(
        first_name=first[:100],
        last_name=last[:100],
        email=message.email.lower(),
        phone=message.phone,
        language=message.language,
        last_contact_on=local_day(now),
    )


def _complaint_of(message: ContactMessage, person: DataSubject) -> Complaint:
    return Complaint.objects.create(
        person=person,
        subject=f"Message {message.reference}",
        body=message.body,
        received_on=local_day(message.received_at),
    )
