"""Mail to the privacy inbox: each one once, whole, and in one transaction.

What became of a mail stands in InboxMail under the hash of its bytes, written with everything else.
So an import that was killed, or runs again over the same mails, loses and doubles nothing; who
brings a mail marks it as taken only after `take` returned.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import parseaddr
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, override

from consent.log.ids import uuid7
from privacy.models import (
    Direction,
    FileType,
    InboxMail,
    RequestEventKind,
    RequestFile,
    RequestMessage,
    RightsRequest,
)
from privacy.requests import files, filing, mail, moves, states, timeline
from privacy.requests.jobs import acknowledge, remind
from privacy.requests.states import OPEN
from privacy.requests.uploads import NotAllowed, Upload, checked

# Someone, or a machine, who writes more in a day gets no more acknowledgements: two machines that
# answer each other must end.
MOST_ACKNOWLEDGED = 3
_MOST_MESSAGE = 5000


@dataclass(frozen=True, slots=True)
class Taken:
    """`outcome` is one of InboxMail.Outcome, or "repeated" for a mail that was taken before."""

    outcome: str
    request: RightsRequest | None = None


@transaction.atomic
def take(raw: bytes, *, arrived: datetime | None, now: datetime) -> Taken:
    """What a mail becomes. `arrived`: when the server got it (TL-06), where somebody else says."""
    letter = mail.read(raw)
    digest, content = mail.digest_of(raw), mail.content_digest_of(raw, letter)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [content])
    before = InboxMail.objects.filter(digest=digest) | InboxMail.objects.filter(
        content_digest=content
    )
    if before.exists():
        return Taken("repeated")
    arrived = min(arrived or letter.arrived or now, now)
    outcome, request = _become(raw, letter, arrived=arrived, now=now)
    InboxMail.objects.create(
        id=uuid7(now), digest=digest, content_digest=content, arrived_at=arrived, taken_at=now,
        outcome=outcome, request=request,
    )  # fmt: skip
    return Taken(outcome, request)


def _become(
    raw: bytes, letter: mail.Letter, *, arrived: datetime, now: datetime
) -> tuple[InboxMail.Outcome, RightsRequest | None]:
    named = RightsRequest.objects.select_for_update().filter(reference__in=letter.references)
    if letter.is_report and letter.bounced:
        ours = named.filter(email__in=letter.bounced).first()
        if ours is not None:
            _bounced(ours, now=now)
            return InboxMail.Outcome.BOUNCED, ours
    if letter.is_report or letter.is_automatic or _is_our_own(letter):
        return InboxMail.Outcome.AUTOMATIC, None
    if letter.sender:
        theirs = named.filter(email=letter.sender, status__in=OPEN).first()
        if theirs is not None:
            _heard(theirs, raw, letter, arrived=arrived, now=now)
            return InboxMail.Outcome.HEARD, theirs
    return InboxMail.Outcome.REQUEST, _to_sort(raw, letter, arrived=arrived, now=now)


def _is_our_own(letter: mail.Letter) -> bool:
    ours = (settings.DEFAULT_FROM_EMAIL, settings.PRIVACY_INBOX)
    return letter.sender in {parseaddr(address)[1].lower() for address in ours}


def _bounced(request: RightsRequest, *, now: datetime) -> None:
    """An answer that never came is none: the request goes on. No timer could end it again."""
    if request.status in states.BOUNCE.sources:
        request = moves.moved(request, states.BOUNCE)
    timeline.record(request, RequestEventKind.BOUNCED, by=None, now=now)
    with override("fr"):
        _note(request, _("Notre lettre est revenue : l'adresse ne la reçoit pas."), now=now)
    remind.defer(request=str(request.pk), why="bounced")


def _heard(
    request: RightsRequest, raw: bytes, letter: mail.Letter, *, arrived: datetime, now: datetime
) -> None:
    RequestMessage.objects.create(
        id=uuid7(now), request=request, direction=Direction.IN, author=None,
        subject=letter.subject, body=letter.text, written_at=arrived,
    )  # fmt: skip
    timeline.record(request, RequestEventKind.HEARD, by=None, now=now, text=letter.text)
    _keep(request, raw, letter, now=now)
    remind.defer(request=str(request.pk), why="heard")


def _to_sort(raw: bytes, letter: mail.Letter, *, arrived: datetime, now: datetime) -> RightsRequest:
    """Nobody knows yet what it asks; its clock runs from the day it arrived (TL-06)."""
    request = filing.mailed(
        asked=filing.Asked(
            rights=("other",),
            name=letter.name or "?",
            email=letter.sender,
            language=letter.language,
            message=letter.text[:_MOST_MESSAGE],
        ),
        received_at=arrived,
        now=now,
    )
    _keep(request, raw, letter, now=now)
    with override("fr"):
        if letter.references:
            _note(
                request,
                _("Cet e-mail nomme %(reference)s, mais ne vient pas de l'adresse de cette demande "
                  "ouverte : voyez si c'est la même personne.")
                % {"reference": letter.references[0]},
                now=now,
            )  # fmt: skip
        if not letter.is_readable:
            _note(
                request,
                _("Cet e-mail ne se lit pas : téléchargez l'original, dans les fichiers."),
                now=now,
            )
    recent = RightsRequest.objects.filter(
        email=letter.sender, channel=request.channel, received_at__gt=now - timedelta(days=1)
    )
    if letter.sender and recent.count() <= MOST_ACKNOWLEDGED:
        acknowledge.defer(request=str(request.pk))
    return request


def _keep(request: RightsRequest, raw: bytes, letter: mail.Letter, *, now: datetime) -> None:
    """The mail as it came, and those of its attachments that are of a kind we take."""
    good: list[Upload] = []
    left = 0
    for name, data in letter.attachments:
        try:
            good.append(checked(name, data))
        except NotAllowed:
            left += 1
    files.attach(request, good, kind=RequestFile.Kind.ATTACHMENT, by=None, now=now)
    files.keep(
        request, "message.eml", raw, kind=RequestFile.Kind.MAIL, filetype=FileType.MAIL, now=now
    )
    if left:
        with override("fr"):
            words = ngettext(
                "{n} pièce jointe n'est pas d'un type admis ; elle est dans l'e-mail d'origine.",
                "{n} pièces jointes ne sont pas d'un type admis ; elles sont dans l'e-mail "
                "d'origine.",
                left,
            ).format(n=left)
        _note(request, words, now=now)


def _note(request: RightsRequest, text: str, **moment: Any) -> None:
    RequestMessage.objects.create(
        id=uuid7(moment["now"]), request=request, direction=Direction.NOTE, author=None, subject="",
        body=text, written_at=moment["now"],
    )  # fmt: skip


def leave(*, now: datetime) -> int:
    """Mail that staff said is no request leaves, with its files' keys; how many (within 24 h)."""
    said = InboxMail.objects.filter(no_request_at__lte=now, request__isnull=False)
    gone = 0
    for row in said.select_related("request").order_by("pk"):
        with transaction.atomic():
            assert row.request is not None
            gone += bool(RightsRequest.objects.filter(pk=row.request.pk).delete()[0])
    # The original of a mail serves until its request has ended; what it said stands beside it.
    RequestFile.objects.filter(kind=RequestFile.Kind.MAIL, request__ended_at__lte=now).delete()
    return gone
