"""The state of each warning, computed from what is published; an acknowledgement is all we keep.

Acknowledging never changes what visitors read: it writes one append-only row, bound by a hash to
the words and values that were quoted. When these change, the warning is open again.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.urls import reverse
from django.utils import translation

from consent import audit
from consent.audit import Actor
from consent.conformity import live
from consent.conformity.concern import Concern
from consent.conformity.published import Control as Settings
from consent.conformity.published import Published
from consent.conformity.tensions import TENSIONS
from consent.log.ids import uuid7
from consent.models import Acknowledgement, Control, Publication
from consent.periods import local_day
from consent.publishing import digest
from consent.register.check import of_cookies

SHORTEST_REASON = 10
LEVELS = ("L1", "L2", "L3", "watch")
OPEN, ACCEPTED, CORRECTED = "open", "accepted", "corrected"


class NotOpen(Exception):
    """The warning is not open for these words: they changed, or it was answered meanwhile."""


class ShortReason(ValueError):
    """A reason is a sentence that somebody can understand later."""


@dataclass(frozen=True)
class Status:
    concern: Concern
    quoted: tuple[str, ...]
    sha256: str
    state: str
    acknowledgement: Acknowledgement | None
    corrected_in: int | None

    @property
    def url(self) -> str:
        return reverse("admin:consent_conformity_warning", args=[self.concern.id])


@dataclass(frozen=True, slots=True)
class OpenWarning:
    id: str
    level: str
    title: str
    url: str


def statuses(*, now: datetime) -> list[Status]:
    """Every warning, the binding ones first; at most four queries."""
    versions = list(Publication.objects.order_by("number").values_list("number", "sha256"))
    history = _history(versions)
    present = _present(versions[-1][0] if versions else None, now)
    accepted = {(row.warning, row.sha256): row for row in Acknowledgement.objects.order_by("at")}
    found = []
    for concern in TENSIONS:
        quoted = history[-1][1][concern.id] if history else ()
        found.append(_status(concern, quoted, accepted, history))
    for concern in live.concerns():
        quoted = _examined(concern, present) if present is not None else ()
        found.append(_status(concern, quoted, accepted, []))
    return sorted(found, key=lambda s: (s.state != OPEN, LEVELS.index(s.concern.level)))


def open_warnings(*, now: datetime) -> list[OpenWarning]:
    """What staff have to work through, the binding ones first (for the front page)."""
    return [
        OpenWarning(s.concern.id, s.concern.level, str(s.concern.title), s.url)
        for s in statuses(now=now)
        if s.state == OPEN
    ]


def _status(
    concern: Concern,
    quoted: tuple[str, ...],
    accepted: dict[tuple[str, str], Acknowledgement],
    history: list[tuple[int, dict[str, tuple[str, ...]]]],
) -> Status:
    sha256 = digest({"warning": concern.id, "quoted": list(quoted)})
    answer = accepted.get((concern.id, sha256)) if quoted else None
    state = CORRECTED if not quoted else ACCEPTED if answer else OPEN
    corrected = _corrected_in(concern, history) if state == CORRECTED else None
    return Status(concern, quoted, sha256, state, answer, corrected)


def _corrected_in(
    concern: Concern, history: list[tuple[int, dict[str, tuple[str, ...]]]]
) -> int | None:
    """The version since which the concern does not stand; the first when it never did."""
    since = None
    for number, quoted in reversed(history):
        if quoted[concern.id]:
            break
        since = number
    return since


# A version never changes, so neither does what it quotes. By hash: numbers repeat in tests.
_quoted: dict[tuple[int, str], dict[str, tuple[str, ...]]] = {}


def _history(versions: list[tuple[int, str]]) -> list[tuple[int, dict[str, tuple[str, ...]]]]:
    unseen = [number for number, sha256 in versions if (number, sha256) not in _quoted]
    if len(_quoted) > 2000:
        _quoted.clear()
        unseen = [number for number, _sha256 in versions]
    for row in Publication.objects.filter(number__in=unseen).defer("source").iterator():
        version = Published(row.content, row.number, row.preset)
        _quoted[row.number, row.sha256] = {
            concern.id: _examined(concern, version) for concern in TENSIONS
        }
    return [(number, _quoted[number, sha256]) for number, sha256 in versions]


def _examined(concern: Concern, version: Published) -> tuple[str, ...]:
    # Always in French: what is accepted must not depend on who looks.
    with translation.override("fr"):
        return concern.examine(version)


def _present(number: int | None, now: datetime) -> Published | None:
    if number is None:
        return None
    row = Publication.objects.defer("source").get(number=number)
    control = Control.objects.filter(pk=1).first() or Control()
    with translation.override("fr"):
        wrong = tuple(problem.said for problem in of_cookies(row.content))
    return Published(
        row.content,
        row.number,
        row.preset,
        today=local_day(now),
        control=Settings(
            control.analytics_property_retention_months,
            control.analytics_property_checked_on,
            control.proof_retention_years,
        ),
        problems=wrong,
    )


@transaction.atomic
def acknowledge(
    *, warning: str, sha256: str, reason: str, by: Actor, now: datetime
) -> Acknowledgement:
    """Accept an open warning with a reason, for the words of `sha256` only.

    Raises ShortReason or NotOpen, and then nothing is written.
    """
    reason = reason.strip()
    if len(reason) < SHORTEST_REASON:
        raise ShortReason
    status = next((s for s in statuses(now=now) if s.concern.id == warning), None)
    if status is None or status.state != OPEN or status.sha256 != sha256:
        raise NotOpen
    number = Publication.objects.order_by("-number").values_list("number", flat=True).first()
    row: Any = Acknowledgement.objects.create(
        id=uuid7(now),
        warning=warning,
        sha256=sha256,
        quoted=list(status.quoted),
        reason=reason,
        publication=number,
        actor=by.pk,
        at=now,
    )
    audit.record(by=by, act="warning.accepted", now=now, target=warning, details={"reason": reason})
    return row  # type: ignore[no-any-return]
