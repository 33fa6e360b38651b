"""A log to try things on: records as the owner puts them there, and the owner's hands."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection, connections

from consent.log import sealing
from consent.log.verification import run
from consent.log.verification.run import Outcome

# A month whose partition exists, well before the clock of the tests.
START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
FILL = """
WITH made AS (
    SELECT i, %(start)s::timestamptz + i * %(step)s::interval AS at,
           md5(i::text || %(salt)s) AS random
    FROM generate_series(1, %(count)s) AS i)
INSERT INTO consent_record (id, recorded_at, event, categories, notice, publication, revision,
    language, preset, source, gpc, decided_on, expires_on, previous)
SELECT (lpad(to_hex((extract(epoch FROM at) * 1000)::bigint), 12, '0') || '7'
        || substr(random, 1, 3) || '8' || substr(random, 4, 15))::uuid,
       at, CASE WHEN i %% 3 = 0 THEN 'refused' ELSE 'given' END,
       CASE WHEN i %% 3 = 0 THEN '[]'::jsonb ELSE '["analytics"]'::jsonb END,
       p.notice_id, p.number, r.sha256, 'fr', p.preset, 'banner', false, at::date, at::date + 365,
       NULL
FROM made, consent_publication p JOIN consent_revision r
    ON r.publication_id = p.number AND r.language = 'fr'
WHERE p.number = 1 ORDER BY i"""


def fill(
    count: int, *, start: datetime = START, step: timedelta = timedelta(seconds=1), salt: str = ""
) -> list[UUID]:
    """`count` records from `start` on; their keys in order."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT consent_record_partition(moment) FROM unnest(%s::timestamptz[]) AS moment",
            [[start, start + count * step]],
        )
        before = keys()
        cursor.execute(FILL, {"count": count, "start": start, "step": step, "salt": salt})
    return sorted(set(keys()) - set(before))


def keys() -> list[UUID]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT id FROM consent_record ORDER BY id")
        return [key for (key,) in cursor.fetchall()]


def after(**delta: float) -> datetime:
    """So long after START."""
    return START + timedelta(**delta)


def seal(**delta: float) -> sealing.Done:
    return sealing.seal(now=after(**delta), everything=True)


def verify(**options: Any) -> Outcome:
    return run.verify(now=START + timedelta(days=900), **options)


def seals_of() -> dict[UUID, list[int]]:
    """Record → the seals that hold it, by counting rather than by the table's own key."""
    found: dict[UUID, list[int]] = {key: [] for key in keys()}
    with connection.cursor() as cursor:
        cursor.execute("SELECT record, seal FROM consent_sealed")
        for record, number in cursor.fetchall():
            found.setdefault(record, []).append(number)
    return found


@contextmanager
def hands_of_the_owner() -> Iterator[Any]:
    """The owner's cursor, with every trigger of the log off until the end."""
    default, owner = connections["default"], connections["owner"]
    is_owner = default.settings_dict["USER"] == owner.settings_dict["USER"]
    with (default if is_owner else owner).cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT c.oid::regclass::text FROM pg_class c JOIN pg_trigger t"
            " ON t.tgrelid = c.oid WHERE c.relname LIKE 'consent\\_%' AND NOT t.tgisinternal"
        )
        tables = [name for (name,) in cursor.fetchall()]
        for name in tables:
            cursor.execute(f"ALTER TABLE {name} DISABLE TRIGGER USER")
        yield cursor
        cursor.execute("SELECT relname FROM pg_class WHERE relkind IN ('r', 'p')")
        here = {name for (name,) in cursor.fetchall()}
        for name in tables:
            if name in here:
                cursor.execute(f"ALTER TABLE {name} ENABLE TRIGGER USER")
