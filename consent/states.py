"""What became of an acceptance: in force, withdrawn, expired, replaced (CP-01, CP-06).

A record that names it as `previous` ended it. Between midnight and the job that writes such
records (consent.ends), or right after a publication, time and notice alone say so.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from consent.enums import Event, Source, State
from consent.log.ids import moment_of
from consent.models import Publication, Record, Sealed
from consent.periods import ends_at

_ENDS = {
    Event.GIVEN: State.SUPERSEDED,
    Event.SUPERSEDED: State.SUPERSEDED,
    Event.WITHDRAWN: State.WITHDRAWN,
    Event.EXPIRED: State.EXPIRED,
}
# Clocks of web servers differ a little.
_MARGIN = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Standing:
    """`state` since `since` (aware); `record` says so, None where none does (yet)."""

    state: State
    since: datetime
    record: UUID | None = None


def of(acceptances: Sequence[Record], *, now: datetime) -> dict[UUID, Standing]:
    """What each of `acceptances` (event `given`) is `now`; two queries, whatever their number."""
    if not acceptances:
        return {}
    ends: dict[UUID, Record] = {}
    for record in naming([acceptance.pk for acceptance in acceptances]):
        assert record.previous is not None
        earlier = ends.get(record.previous)
        # A person's own act says more than what was noted without them.
        if earlier is None or _is_automatic(earlier) > _is_automatic(record):
            ends[record.previous] = record
    notices = _began()
    return {
        record.pk: _standing(record, ends.get(record.pk), notices, now) for record in acceptances
    }


def naming(keys: Iterable[UUID]) -> list[Record]:
    """The records that name one of `keys` as what they end, in order."""
    wanted = list(keys)
    if not wanted:
        return []
    since = moment_of(min(wanted)) - _MARGIN
    start = UUID(int=int(since.timestamp() * 1000) << 80)
    return list(Record.objects.filter(previous__in=wanted, pk__gte=start).order_by("pk"))


def sealed(keys: Iterable[UUID]) -> set[UUID]:
    """Those of `keys` that are in a seal."""
    return set(Sealed.objects.filter(record__in=list(keys)).values_list("record", flat=True))


def _is_automatic(record: Record) -> bool:
    return record.source == Source.AUTOMATIC


def _began() -> list[tuple[int, datetime]]:
    """(notice, when it came into force), in order."""
    began: dict[int, datetime] = {}
    rows = Publication.objects.order_by("number").values_list("notice_id", "published_at")
    for notice, moment in rows:
        began.setdefault(notice, moment)
    return sorted(began.items())


def _standing(
    acceptance: Record, end: Record | None, notices: list[tuple[int, datetime]], now: datetime
) -> Standing:
    if end is not None and not _is_automatic(end):
        return Standing(_ENDS[Event(end.event)], end.recorded_at, end.pk)
    expiry = ends_at(acceptance.expires_on)
    replaced = next((at for notice, at in notices if notice > acceptance.notice), None)
    written = end.pk if end else None
    if end is not None and end.event == Event.EXPIRED:
        return Standing(State.EXPIRED, expiry, written)
    if end is not None:
        return Standing(State.SUPERSEDED, replaced or end.recorded_at, written)
    if replaced is not None and replaced < min(expiry, now):
        return Standing(State.SUPERSEDED, replaced)
    if expiry <= now:
        return Standing(State.EXPIRED, expiry)
    return Standing(State.IN_FORCE, acceptance.recorded_at)
