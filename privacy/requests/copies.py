"""The copy of somebody's data that answers a request: prepared, looked through, let out, fetched.

Staff prepare it, somebody decides about each text that may be about others, and a second person
lets it out; only then does the worker build it (DR-11). The person fetches it by login, or by the
mailed link and a code that was never mailed.
"""

from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from consent.periods import local_day
from privacy.models import Archive, LetterKey, RequestEventKind, RightsRequest, User
from privacy.models.archive import MOST_DOWNLOADS
from privacy.requests import codes, letters, timeline
from privacy.requests.moves import NotPossible, keep_note, locked, note_act, write
from privacy.rights import archives, review

State = Archive.State
KINDS = {kind.value: kind.label for kind in Archive.Kind}


def of(request: RightsRequest) -> list[Archive]:
    """The request's copies, newest first; asked once for each page."""
    found: list[Archive] | None = getattr(request, "_copies", None)
    if found is None:
        found = list(Archive.objects.filter(request=request).order_by("-created_at", "-pk"))
        request._copies = found  # type: ignore[attr-defined]
    return found


def is_established(request: RightsRequest) -> bool:
    """Whether somebody showed who they are: by account, by the mail loop, or when asked."""
    return bool(request.account_id or request.confirmed_at or request.identity_came_on)


# --- By staff ------------------------------------------------------------------------------------


@transaction.atomic
def prepare(*, request: RightsRequest, by: User, copy: str, now: datetime) -> RightsRequest:
    """Begin the copy that answers it; nothing of it leaves before a second person lets it out."""
    asked = locked(request)
    if asked.person_id is None:
        raise NotPossible(_("Dites d'abord de quelle personne il s'agit."))
    try:
        with transaction.atomic():
            Archive.objects.create(
                person_id=asked.person_id, request=asked, kind=copy, language=asked.language,
                state=State.REVIEW, prepared_by=by.pk, created_at=now,
            )  # fmt: skip
    except IntegrityError as error:
        if "privacy_archive_one_for_request" not in str(error):
            raise
        raise NotPossible(_("Une copie de cette sorte est déjà en préparation.")) from error
    _step(asked, RequestEventKind.ARCHIVE_ASKED, by=by, now=now, copy=copy)
    note_act(asked, "request.copy_prepared", by=by, now=now, copy=copy)
    return asked


@transaction.atomic
def release(*, request: RightsRequest, by: User, copy: str, now: datetime) -> RightsRequest:
    """The second person lets it out: it is built as was decided, and the person told."""
    from privacy.rights.jobs import build_archive

    asked = locked(request)
    archive = _copy(asked, copy, State.REVIEW)
    if archive.person_id != asked.person_id:
        raise NotPossible(_("La demande est entre-temps celle d'une autre personne : retirez-la."))
    if archive.prepared_by == by.pk or archive.decisions.filter(by=by.pk).exists():
        raise NotPossible(_("Une autre personne que celles qui l'ont préparée doit la libérer."))
    left = sum(one.decision is None for one in review.looked(archive))
    if left:
        raise NotPossible(
            _("Il reste %(count)d textes à relire avant de libérer la copie.") % {"count": left}
        )
    archive.state, archive.released_by, archive.released_at = State.WAITING, by.pk, now
    archive.save(update_fields=["state", "released_by", "released_at"])
    masked = archive.decisions.filter(masked=True).count()
    _step(
        asked, RequestEventKind.REVIEWED, by=by, now=now, copy=copy,
        texts=archive.decisions.count(), masked=masked,
    )  # fmt: skip
    note_act(asked, "request.copy_released", by=by, now=now, copy=copy)
    build_archive.configure(lock=f"archive:{archive.pk}").defer(archive=str(archive.pk))
    return asked


@transaction.atomic
def withdraw(
    *, request: RightsRequest, by: User, copy: str, reason: str, now: datetime
) -> RightsRequest:
    """Take it back, whatever its state: a wrong person, a text that should have been masked."""
    asked = locked(request)
    archive = _copy(asked, copy, State.REVIEW, State.READY, State.FAILED)
    archive.state, archive.key = State.GONE, None
    archive.save(update_fields=["state", "key"])
    keep_note(asked, by=by, text=reason, now=now)
    _step(
        asked, RequestEventKind.ARCHIVE_GONE, by=by, now=now, text=reason, copy=copy,
        because="withdrawn",
    )  # fmt: skip
    note_act(asked, "request.copy_withdrawn", by=by, now=now, copy=copy)
    return asked


@transaction.atomic
def renew_code(*, request: RightsRequest, by: User, reason: str, now: datetime) -> RightsRequest:
    """A new code for somebody whose identity is established; `shown_once` of the result holds it.

    It is said by telephone or posted, never mailed: the link lies in the mail.
    """
    asked = locked(request)
    if asked.account_id is not None:
        raise NotPossible(_("Cette personne a un compte : elle n'a pas besoin de code."))
    if not is_established(asked):
        raise NotPossible(_("Établissez d'abord de qui vient la demande."))
    code = codes.another_for(asked)
    text = _("Nouveau code de téléchargement : ") + reason
    keep_note(asked, by=by, text=text, now=now)
    details = {"code": "renewed", "identity": _how(asked)}
    timeline.record(asked, RequestEventKind.NOTED, by=by.pk, now=now, text=text, details=details)
    note_act(asked, "request.code_renewed", by=by, now=now)
    asked = locked(asked)
    asked.shown_once = code  # type: ignore[attr-defined]
    return asked


def _how(request: RightsRequest) -> str:
    return "identified" if request.identity_came_on else "mail"


def _copy(request: RightsRequest, kind: str, *states: str) -> Archive:
    found = (
        Archive.objects.select_for_update()
        .filter(request=request, kind=kind, state__in=states)
        .order_by("-created_at", "-pk")
        .first()
    )
    if found is None:
        raise NotPossible(_("Aucune copie de cette sorte n'en est là."))
    return found


def _step(
    request: RightsRequest,
    kind: RequestEventKind,
    *,
    now: datetime,
    by: User | None = None,
    text: str = "",
    **details: Any,
) -> None:
    actor = by.pk if by is not None else None
    timeline.record(request, kind, by=actor, now=now, text=text, details=details)


# --- By the worker and the person ----------------------------------------------------------------


def _request_of(archive: Archive) -> RightsRequest:
    """Locked: its timeline goes on."""
    assert archive.request is not None
    return locked(archive.request)


def announce(archive: Archive, *, now: datetime) -> None:
    """In the transaction that makes it ready: the step, and the letter, which holds no copy."""
    asked = _request_of(archive)
    until = local_day(now + archives.LIFE)
    _step(
        asked, RequestEventKind.ARCHIVE_READY, now=now, copy=archive.kind, until=until.isoformat()
    )
    subject, body = letters.composed(
        LetterKey.COPY_READY, asked, until=until, most=MOST_DOWNLOADS,
        by_code=asked.account_id is None,
    )  # fmt: skip
    write(asked, by=None, subject=subject, body=body, now=now)


@transaction.atomic
def take(archive: Archive, *, how: str, now: datetime, by: User | None = None) -> Archive:
    """Count one download, "login", "code" or "post" being how. Raises archives.ArchiveGone."""
    asked = _request_of(archive)
    if archive.person_id != asked.person_id:  # it was matched to the wrong one
        raise archives.ArchiveGone
    taken = archives.take(archive, now=now)
    _step(
        asked, RequestEventKind.ARCHIVE_TAKEN, by=by, now=now, copy=taken.kind,
        number=taken.downloads, how=how,
    )  # fmt: skip
    if by is not None:
        note_act(asked, "request.copy_taken_for_post", by=by, now=now, copy=taken.kind)
    return taken


def expire(*, now: datetime) -> int:
    """Destroy the keys of what is over, each with its step; how many."""
    over = Archive.objects.filter(
        Q(expires_at__lte=now) | Q(downloads__gte=MOST_DOWNLOADS),
        state=State.READY,
        request__isnull=False,
    )
    return sum(_expire_one(archive, now) for archive in over.order_by("pk"))


@transaction.atomic
def _expire_one(archive: Archive, now: datetime) -> bool:
    asked = _request_of(archive)
    done = Archive.objects.filter(pk=archive.pk, state=State.READY).update(
        state=State.GONE, key=None
    )
    if done:
        because = "taken" if archive.downloads >= MOST_DOWNLOADS else "expired"
        _step(
            asked, RequestEventKind.ARCHIVE_GONE, now=now, copy=archive.kind, because=because,
            downloads=archive.downloads,
        )  # fmt: skip
    return bool(done)
