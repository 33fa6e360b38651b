"""The newest seal, sent out of the house: afterwards a rewritten or shortened log shows (CP-01)."""

import base64
import json
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.core.mail import EmailMessage
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.translation import gettext as _

from consent.enums import AnchorKind, AnchorOutcome
from consent.log import chain, seals, timestamps
from consent.log.canonical import instant
from consent.models import Anchor, Seal

# A day, and the hours that a service outside may be away.
FRESH = timedelta(hours=36)


class NotAnchored(Exception):
    """The seal did not leave the house, which is on record; the text says why."""


def send(*, now: datetime) -> Anchor | None:
    """Send the newest seal to SEAL_ANCHOR; None where there is no seal yet, or nowhere to send it.

    The attempt is on record whatever comes of it. Raises NotAnchored. A seal that goes out twice,
    after a worker was killed, harms nobody.
    """
    destination = settings.SEAL_ANCHOR
    seal = seals.newest()
    if not destination or seal is None:
        return None
    is_mail = destination.startswith("mailto:")
    attempt = Anchor(
        at=now,
        seal=seal.number,
        sha256=seal.hash,
        kind=AnchorKind.MAIL if is_mail else AnchorKind.TIMESTAMP,
        destination=destination,
        outcome=AnchorOutcome.SENT,
    )
    file: dict[str, Any] = {"seal": seal.statement(), "sent_at": instant(now), "timestamp": None}
    try:
        if is_mail:
            _letter(destination.removeprefix("mailto:"), seal, file).send()
        else:
            # Its SHA-256 is the seal's own hash.
            token = timestamps.ask(destination, chain.statement_of(seal).payload())
            file["timestamp"] = base64.b64encode(token).decode()
    # smtplib's errors are OSErrors.
    except (OSError, timestamps.NoTimestamp) as error:
        attempt.outcome = AnchorOutcome.FAILED
        attempt.problem = str(error) or repr(error)
        attempt.save()
        raise NotAnchored(attempt.problem) from error
    attempt.file = file
    attempt.save()
    return attempt


def last() -> Anchor | None:
    """The newest anchor that did leave the house."""
    return Anchor.objects.filter(outcome=AnchorOutcome.SENT).order_by("-at", "-id").first()


def as_file(anchor: Anchor) -> dict[str, Any]:
    """{"seal": <portable seal>, "sent_at": <instant>, "timestamp": <base64 DER> or None}.

    It is what `consent_log verify --anchor FILE` takes; empty for an attempt that failed.
    """
    return dict(anchor.file)


def as_bytes(file: dict[str, Any]) -> bytes:
    """The file as it is mailed and downloaded: UTF-8 JSON that people can read."""
    return (json.dumps(file, ensure_ascii=False, indent=2) + "\n").encode()


def file_name(number: int) -> str:
    return f"clicknconnect-sceau-{number}.json"


def warning(*, now: datetime) -> str:
    """What staff should know about the anchor, in the language in use; "" when all is well."""
    if not settings.SEAL_ANCHOR:
        return _(
            "Aucune ancre n'est réglée (SEAL_ANCHOR) : une réécriture complète du journal ou la "
            "perte de sa fin ne se verrait pas."
        )
    if seals.newest() is None:
        return ""
    sent = last()
    if sent is None or sent.at < now - FRESH:
        return _(
            "Aucun sceau n'est sorti de la maison depuis plus d'un jour et demi. Voyez le problème "
            "de la dernière tentative."
        )
    return ""


def _letter(mailbox: str, seal: Seal, file: dict[str, Any]) -> EmailMessage:
    """In French, whatever the worker's language: the mailbox is the company's correspondent."""
    with translation.override("fr"):
        letter = EmailMessage(
            subject=f"Sceau {seal.number} du journal des consentements – Click'n CoNNect",
            body=render_to_string("consent/anchor.txt", {"seal": seal, "site": settings.SITE_URL}),
            to=[mailbox],
            headers={"Auto-Submitted": "auto-generated", "Content-Language": "fr"},
        )
    letter.attach(file_name(seal.number), as_bytes(file), "application/json")
    return letter
