"""A document that shows who asks: only for a written doubt, only until the decision (DR-04, DR-05).

It is encrypted under a key of its own, in a folder of its own that no copy takes along; seen by who
handles the request and nobody else; destroyed with its key by the next run of the deadlines after
the identity was decided upon.
"""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from consent.log.ids import uuid7
from privacy.models import IdentityDocument, RequestEventKind, RightsRequest, User
from privacy.models.request_file import new_stored_name
from privacy.requests import stored, timeline
from privacy.requests.moves import NotPossible, locked, note_act
from privacy.requests.states import Status
from privacy.requests.uploads import Upload


class NotTheHandler(Exception):
    """Whoever does not handle the request sees no document of it, whatever their powers."""


@transaction.atomic
def receive(*, request: RightsRequest, upload: Upload, now: datetime) -> IdentityDocument:
    """Keep what the person sent. Raises NotPossible."""
    request = locked(request)
    if request.status != Status.AWAITING_IDENTITY:
        raise NotPossible(_("Aucune identification n'est attendue."))
    if IdentityDocument.objects.filter(request=request).exists():
        raise NotPossible(_("Nous avons déjà un document de vous ; il n'en faut pas d'autre."))
    row = IdentityDocument(
        id=uuid7(now), request=request, type=upload.type, stored=new_stored_name(), added_at=now
    )
    row.key = stored.put(upload.data, folder=stored.IDENTITY, stored=row.stored, about=row.pk)
    row.save(force_insert=True)
    timeline.record(
        request,
        RequestEventKind.DOCUMENT_RECEIVED,
        by=None,
        now=now,
        details={"document": str(row.pk)},
    )
    return row


@transaction.atomic
def look(*, request: RightsRequest, by: User, now: datetime) -> tuple[IdentityDocument, bytes]:
    """The document, for the request's handler; a step and a line of the journal for each look.

    Raises NotTheHandler, stored.FileGone.
    """
    request = locked(request)
    if request.handler_id != by.pk:
        raise NotTheHandler
    row = IdentityDocument.objects.filter(request=request).first()
    if row is None:
        raise stored.FileGone
    data = stored.whole(row, folder=stored.IDENTITY)
    timeline.record(
        request,
        RequestEventKind.DOCUMENT_VIEWED,
        by=by.pk,
        now=now,
        details={"document": str(row.pk)},
    )
    note_act(request, "request.document_seen", by=by, now=now)
    return row, data


def destroy_decided(*, now: datetime) -> int:
    """Destroy the documents of requests that wait for no identity any more; how many.

    Runs every quarter of an hour: well within 24 hours of the decision.
    """
    over = IdentityDocument.objects.exclude(request__status=Status.AWAITING_IDENTITY)
    return sum(_destroy(row, now) for row in over.select_related("request").order_by("pk"))


@transaction.atomic
def _destroy(row: IdentityDocument, now: datetime) -> bool:
    """The key first, for good; then the file, which opens no more if it should stay."""
    request = locked(row.request)
    if request.status == Status.AWAITING_IDENTITY:
        return False
    gone, _each = IdentityDocument.objects.filter(pk=row.pk).delete()
    if not gone:
        return False
    timeline.record(
        request,
        RequestEventKind.DOCUMENT_DESTROYED,
        by=None,
        now=now,
        details={"document": str(row.pk)},
    )
    path = stored.path_of(stored.IDENTITY, row.stored)
    transaction.on_commit(lambda: path.unlink(missing_ok=True))
    return True


def of_staff(*, asked: RightsRequest, who: User | None, now: datetime) -> dict[str, object] | None:
    """That there is one, and who may see it."""
    if asked.status != Status.AWAITING_IDENTITY:
        return None
    there = IdentityDocument.objects.filter(request=asked).exists()
    return {"is_there": there, "is_handler": who is not None and asked.handler_id == who.pk}


def of_person(*, asked: RightsRequest, who: User | None, now: datetime) -> dict[str, object] | None:
    if asked.status != Status.AWAITING_IDENTITY:
        return None
    return {"is_there": IdentityDocument.objects.filter(request=asked).exists()}
