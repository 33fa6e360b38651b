"""The states of a request, and what leads from one to another: one table, for Python and the
database (migration 0011 holds the same pairs in a trigger; a test compares them)."""

from dataclasses import dataclass
from enum import StrEnum

from django.db import models
from django.utils.translation import gettext_lazy as _


class Status(models.TextChoices):
    AWAITING_CONFIRMATION = "awaiting_confirmation", _("en attente de confirmation")
    TRIAGE = "triage", _("à trier")
    RECEIVED = "received", _("reçue")
    IN_PROGRESS = "in_progress", _("en traitement")
    AWAITING_IDENTITY = "awaiting_identity", _("en attente d'identification")
    ANSWERED = "answered", _("répondue")
    REFUSED = "refused", _("refusée")
    CLOSED = "closed", _("close")


# What a request begins in; nothing else can be inserted.
FIRST = (Status.AWAITING_CONFIRMATION, Status.TRIAGE, Status.RECEIVED)
# Only a person of the staff leads here (DR-19, T-14).
FINAL = (Status.ANSWERED, Status.REFUSED, Status.CLOSED)
OPEN = tuple(status for status in Status if status not in FINAL)


class By(StrEnum):
    """Who moves a request."""

    PERSON = "person"
    STAFF = "staff"
    TIMER = "timer"


@dataclass(frozen=True, slots=True)
class Move:
    """An act that changes the state. `name` is what the API calls it."""

    name: str
    sources: tuple[Status, ...]
    to: Status
    by: By


_WORKED = (Status.RECEIVED, Status.IN_PROGRESS, Status.AWAITING_IDENTITY)
CONFIRM = Move("confirm", (Status.AWAITING_CONFIRMATION, Status.TRIAGE), Status.RECEIVED, By.PERSON)
SORT = Move("sort", (Status.AWAITING_CONFIRMATION,), Status.TRIAGE, By.TIMER)
# Staff know who asks, though no link was followed: by the telephone, or from earlier letters.
ACCEPT = Move("accept", (Status.AWAITING_CONFIRMATION, Status.TRIAGE), Status.RECEIVED, By.STAFF)
START = Move("start", (Status.RECEIVED, Status.AWAITING_IDENTITY), Status.IN_PROGRESS, By.STAFF)
ASK_IDENTITY = Move("ask-identity", (*OPEN[:2], *_WORKED[:2]), Status.AWAITING_IDENTITY, By.STAFF)
COMPLETE = Move("complete", _WORKED, Status.ANSWERED, By.STAFF)
REFUSE = Move("refuse", (Status.TRIAGE, *_WORKED), Status.REFUSED, By.STAFF)
CLOSE = Move("close", (*OPEN, Status.ANSWERED, Status.REFUSED), Status.CLOSED, By.STAFF)
# A letter came back, or the person says that something is missing.
REOPEN = Move("reopen", (Status.ANSWERED, Status.REFUSED), Status.IN_PROGRESS, By.STAFF)

# The same without anybody: a server said that our letter reached nobody. It ends nothing.
BOUNCE = Move("bounce", REOPEN.sources, REOPEN.to, By.TIMER)

MOVES = (CONFIRM, SORT, ACCEPT, START, ASK_IDENTITY, COMPLETE, REFUSE, CLOSE, REOPEN, BOUNCE)


def pairs() -> frozenset[tuple[str, str]]:
    """Every (from, to) that some act allows."""
    return frozenset((source.value, move.to.value) for move in MOVES for source in move.sources)
