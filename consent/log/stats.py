"""How the log stands, in lines for a terminal."""

from datetime import datetime
from uuid import UUID

from django.db import connection
from django.db.models import Count, Sum

from consent.enums import SealKind
from consent.log import ids, months, sealing, seals
from consent.models import Seal, Verification

_UNSEALED = """
SELECT r.id FROM consent_record r
WHERE r.id >= %(start)s AND r.id < %(before)s AND NOT EXISTS (
    SELECT FROM consent_sealed s
    WHERE s.record = r.id AND s.record >= %(start)s AND s.record < %(before)s)
ORDER BY r.id"""


def unsealed() -> tuple[int, UUID | None]:
    """How many records are in no seal, in all months, and the oldest of them."""
    count, oldest = 0, None
    for month in sealing.months_with("consent_record", "id"):
        start, before = months.bounds(month)
        with connection.cursor() as cursor:
            cursor.execute(
                f"SELECT count(*), (array_agg(id ORDER BY id))[1] FROM ({_UNSEALED}) AS u",  # noqa: S608
                {"start": start, "before": before},
            )
            here, first = cursor.fetchone()
        count += here
        oldest = oldest or first
    return count, oldest


def lines(*, now: datetime) -> list[str]:
    """Sentences: seals and records per month, keys, newest seal, unsealed, last verification."""
    found = []
    newest = seals.newest()
    if newest is None:
        found.append("Nothing is sealed yet.")
    else:
        found.append(
            f"Newest seal: {newest.number} of {newest.sealed_at:%Y-%m-%d %H:%M} UTC, key "
            f"{newest.key_id}, {newest.hash}."
        )
    kinds = Seal.objects.exclude(kind=SealKind.KEY).values("month", "kind")
    for row in kinds.annotate(seals=Count("number"), records=Sum("count")).order_by("month"):
        what = "left" if row["kind"] == SealKind.DEPARTURE else f"sealed by {row['seals']} seals"
        found.append(f"{row['month'][:4]}-{row['month'][4:]}: {row['records']} records {what}.")
    found += [f"Key {key['id']}: {key['public_key']}" for key in seals.published_keys()]
    count, oldest = unsealed()
    if oldest is not None:
        age = (now - ids.moment_of(oldest)).total_seconds() / 60
        found.append(f"Not sealed yet: {count} records, the oldest of {age:.0f} minutes ago.")
    else:
        found.append("Not sealed yet: 0 records.")
    last = Verification.objects.order_by("-at").first()
    if last is not None:
        found.append(
            f"Last verification {last.at:%Y-%m-%d %H:%M} UTC: {last.problem or 'all as sealed'}."
        )
    return found
