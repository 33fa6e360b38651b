"""(c) The consent log: sealing and verifying it, beside plain SHA-256 of the same bytes."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg

from bench.figures import BenchError, Figure, at_most, beside, number
from bench.site import Site, drop_database, manage, new_database
from clicknconnect.embedded import PROJECT_ROOT

GROUP = "The consent log, all of it in one month (the hardest case)"
SIZES = (10_000, 100_000, 1_000_000)
PLAIN = "plain SHA-256 of the same bytes"
BASE = "bench_log"
# What a hundred times as many records may cost in memory.
MOST_MEMORY_MB = 32.0
MOST_SECONDS = 60.0
MONTH = "2026-03-01 00:00+00"
# As the application writes them, spread over four weeks; by the owner, in one statement.
FILL = """
WITH made AS (
    SELECT i, %(month)s::timestamptz + i * interval '28 days' / %(count)s AS at,
           md5(i::text) AS random
    FROM generate_series(0, %(count)s - 1) AS i)
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
ORDER BY i"""


def _run(act: str, environment: dict[str, str]) -> dict[str, float]:
    answer = subprocess.run(
        [sys.executable, "-m", "bench.seal_process", act],
        cwd=PROJECT_ROOT, env=environment, capture_output=True, text=True, timeout=600, check=False,
    )  # fmt: skip
    if answer.returncode != 0:
        raise BenchError(f"The log could not be worked on ({act}): {answer.stderr.strip()[-2000:]}")
    found: dict[str, float] = json.loads(answer.stdout.splitlines()[-1])
    return found


@contextmanager
def _filled(site: Site, count: int) -> Iterator[dict[str, str]]:
    """A database of its own with `count` records, none of them sealed."""
    name = f"{BASE}_{count}"
    environment = site.on(name)
    new_database(site.bare_url, name, like=BASE)
    try:
        with psycopg.connect(environment["DATABASE_OWNER_URL"], autocommit=True) as owner:
            owner.execute("SELECT consent_record_partition(%s)", [MONTH])
            owner.execute(FILL, {"count": count, "month": MONTH})
            owner.execute("VACUUM (ANALYZE) consent_record")
        yield environment
    finally:
        drop_database(site.bare_url, name)


def _of_size(site: Site, count: int) -> dict[str, dict[str, float]]:
    with _filled(site, count) as environment:
        found = {act: _run(act, environment) for act in ("seal", "verify", "plain")}
    if any(one["records"] != count for one in found.values()):
        raise BenchError(f"Of {count} records not all were sealed and verified.")
    return found


def measure(site: Site) -> list[Figure]:
    environment = site.on(BASE)
    new_database(site.bare_url, BASE)
    manage(environment, "migrate", "--verbosity", "0")
    manage(environment, "register", "load", "--publish")
    _run("publish", environment)
    sizes = {count: _of_size(site, count) for count in SIZES}
    found = []
    for count, acts in sizes.items():
        speed = {act: one["records"] / one["seconds"] for act, one in acts.items()}
        for act in ("seal", "verify"):
            name = f"{act} {number(count)} records"
            found.append(
                beside(GROUP, name, speed[act], speed["plain"], unit="records/s", against=PLAIN)
            )
    few, many = sizes[SIZES[0]], sizes[SIZES[-1]]
    for act in ("seal", "verify"):
        growth = max(0.0, many[act]["peak_mb"] - few[act]["peak_mb"])
        name = f"{act}: more memory for {number(SIZES[-1])} than for {number(SIZES[0])}"
        found.append(at_most(GROUP, name, growth, MOST_MEMORY_MB, unit="MB"))
        name = f"{act} {number(SIZES[-1])} records: time"
        found.append(at_most(GROUP, name, many[act]["seconds"], MOST_SECONDS, unit="s"))
    return found
