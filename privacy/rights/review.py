"""Texts of a copy that may be about others, looked at one by one by somebody of the staff (DR-11).

A decision holds for the text as it was: one that came or changed since is undecided again.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from privacy import restriction
from privacy.encryption import hasher
from privacy.models import Archive, DataSubject, ThirdPartyDecision, User
from privacy.rights.third_parties import Redactions, ThirdPartyValue, third_party_values

ABOUT = "third-party-text"


class NotLookedAt(Exception):
    """A text came, or changed, after the copy was looked through."""


class CopyReleased(Exception):
    """It is released or gone: nothing is decided about it any more."""


@dataclass(frozen=True, slots=True)
class Looked:
    """A text, its keyed hash, and what was decided about it as it is now (None: nothing yet)."""

    value: ThirdPartyValue
    value_hash: str
    decision: ThirdPartyDecision | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided:
    """What somebody says about one text; `value_hash` tells which words they saw."""

    source: str
    row: str
    field: str
    value_hash: str
    masked: bool
    reason: str = ""


def looked(archive: Archive) -> Iterator[Looked]:
    """Every text of the person, in order; a transaction is open. What is portable has none."""
    if archive.kind == Archive.Kind.PORTABILITY:
        return
    made = {(one.source, one.row, one.field): one for one in archive.decisions.all()}
    hashed = hasher(ABOUT)
    with restriction.seeing():
        for value in third_party_values(DataSubject(pk=archive.person_id)):
            digest = hashed(value.value)
            decision = made.get((value.source, value.row, value.field))
            if decision is not None and decision.value_hash != digest:
                decision = None
            yield Looked(value, digest, decision)


def redactions(archive: Archive) -> Redactions:
    """What is masked, and why. Raises NotLookedAt when a text has no decision."""
    found = {}
    for one in looked(archive):
        if one.decision is None:
            raise NotLookedAt
        if one.decision.masked:
            found[(one.value.source, one.value.row, one.value.field)] = one.decision.reason
    return found


@transaction.atomic
def decide(*, archive: Archive, by: User, decided: Iterable[Decided], now: datetime) -> int:
    """Keep what was decided, over what was decided before; how many. Raises CopyReleased.

    A mask has a reason (the database refuses it otherwise).
    """
    held = Archive.objects.select_for_update().filter(
        pk=archive.pk, request__isnull=False, state=Archive.State.REVIEW
    )
    if not held.exists():
        raise CopyReleased
    rows = [
        ThirdPartyDecision(
            archive=archive, source=one.source, row=one.row, field=one.field,
            value_hash=one.value_hash, masked=one.masked,
            reason=one.reason if one.masked else "", by=by.pk, at=now,
        )
        for one in decided
    ]  # fmt: skip
    ThirdPartyDecision.objects.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=["archive", "source", "row", "field"],
        update_fields=["value_hash", "masked", "reason", "by", "at"],
    )
    return len(rows)
