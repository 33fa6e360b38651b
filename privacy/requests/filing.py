"""How a request begins: sent by the person, or entered by staff with its true day of receipt.

Nothing here looks up an address: the work and the answer are the same for a known and an unknown
one (DR-05). Who it is about is decided later, by a person of the staff.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db import IntegrityError, connection, transaction

from consent import audit
from consent.log.ids import uuid7
from consent.periods import BRUSSELS, local_day
from privacy import deadlines
from privacy.models import RequestChannel, RequestEventKind, RequestFile, RightsRequest, User
from privacy.models.request import new_request_reference
from privacy.requests import files, objecting_now, timeline
from privacy.requests.jobs import acknowledge
from privacy.requests.states import Status
from privacy.requests.uploads import Upload

# The same form of the same sender within this time is one click that came twice.
SAME_SENDING = timedelta(minutes=10)
_TRIES = 5


class ReceivedLater(Exception):
    """A day of receipt that is still to come."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What a person asks for; `rights` are values of Right."""

    rights: tuple[str, ...]
    name: str
    email: str
    language: str
    message: str = ""
    # Of RepresentedBy, and whose request it is then.
    represented_by: str = ""
    represented_name: str = ""


def target_of(request: RightsRequest) -> str:
    """How the journal names a request."""
    return f"privacy.rightsrequest:{request.pk}"


@transaction.atomic
def file(
    *,
    asked: Asked,
    account: User | None,
    now: datetime,
    sending: str = "",
    uploads: Sequence[Upload] = (),
) -> RightsRequest:
    """The request of somebody on the site; its clock runs from `now`, confirmed or not.

    `sending` is a keyed hash of the form and its sender: the same again within ten minutes gives
    the request that is there already.
    """
    if sending:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [sending])
        there = RightsRequest.objects.filter(
            sending=sending, received_at__gt=now - SAME_SENDING
        ).first()
        if there is not None:
            return there
    known = account is not None
    request = _insert(
        asked,
        channel=RequestChannel.PORTAL,
        received_at=now,
        sending=sending,
        account=account,
        person=getattr(account, "subject", None) if known else None,
        status=Status.RECEIVED if known else Status.AWAITING_CONFIRMATION,
        confirmed_at=now if known else None,
    )
    timeline.record(
        request,
        RequestEventKind.FILED,
        by=account.pk if account is not None else None,
        now=now,
        text=asked.message,
        details=_stated(request),
    )
    objecting_now.at_once(request, now=now)
    files.attach(
        request,
        uploads,
        kind=RequestFile.Kind.ATTACHMENT,
        by=account.pk if account is not None else None,
        now=now,
    )
    acknowledge.defer(request=str(request.pk))
    return request


@transaction.atomic
def enter(
    *,
    by: User,
    asked: Asked,
    channel: RequestChannel,
    received_on: date,
    now: datetime,
    uploads: Sequence[Upload] = (),
) -> RightsRequest:
    """A request that came another way, on the day it reached the company (DR-01, TL-06).

    Raises ReceivedLater. Where there is an address, the person gets an acknowledgement.
    """
    if received_on > local_day(now):
        raise ReceivedLater
    noon = datetime(received_on.year, received_on.month, received_on.day, 12, tzinfo=BRUSSELS)
    request = _insert(asked, channel=channel, received_at=min(noon, now), status=Status.RECEIVED)
    timeline.record(
        request,
        RequestEventKind.ENTERED,
        by=by.pk,
        now=now,
        text=asked.message,
        details=_stated(request),
    )
    files.attach(request, uploads, kind=RequestFile.Kind.SCAN, by=by.pk, now=now)
    audit.record(by=by, act="request.entered", now=now, target=target_of(request))
    if asked.email:
        acknowledge.defer(request=str(request.pk))
    else:  # by post: to print
        from privacy.requests import mailing

        mailing.acknowledgement_of(request, now=now)
    return request


def mailed(*, asked: Asked, received_at: datetime, now: datetime) -> RightsRequest:
    """A mail to the inbox, in the transaction that took it: staff have to say what it asks."""
    request = _insert(
        asked, channel=RequestChannel.EMAIL, received_at=received_at, status=Status.TRIAGE
    )
    timeline.record(
        request,
        RequestEventKind.IMPORTED,
        by=None,
        now=now,
        text=asked.message,
        details=_stated(request),
    )
    return request


def _stated(request: RightsRequest) -> dict[str, Any]:
    return {
        "rights": list(request.rights),
        "channel": str(request.channel),
        "received_on": request.received_on.isoformat(),
        "legal_due_on": request.legal_due_on.isoformat(),
    }


def _insert(asked: Asked, *, received_at: datetime, **values: Any) -> RightsRequest:
    received = local_day(received_at)
    request = RightsRequest(
        id=uuid7(received_at),
        rights=list(_once(asked.rights)),
        name=asked.name,
        email=asked.email,
        message=asked.message,
        language=asked.language,
        represented_by=asked.represented_by,
        represented_name=asked.represented_name,
        received_at=received_at,
        received_on=received,
        legal_due_on=deadlines.legal_due(received),
        policy_limit_on=deadlines.policy_limit(received),
        target_on=deadlines.target(received),
        **values,
    )
    for attempt in range(_TRIES):
        request.reference = new_request_reference(received.year)
        try:
            with transaction.atomic():
                request.save(force_insert=True)
            return request
        except IntegrityError as error:
            if attempt == _TRIES - 1 or "reference" not in str(error):
                raise
    raise AssertionError


def _once(rights: Iterable[str]) -> Iterable[str]:
    return dict.fromkeys(rights)
