"""The queue of requests in the admin: with 100 000 of them beside the same page with 100."""

import json
import subprocess
import sys

import psycopg

from bench.figures import BenchError, Figure, at_most, number
from bench.site import Site, manage, new_database
from clicknconnect.embedded import PROJECT_ROOT

GROUP = "Requests: the queue of staff"
FEW, MANY = 100, 100_000
MOST_QUERIES = 12
MOST_TIMES = 1.5
BASE = "bench_queue"
# Received over three years. Of many every other one is still open, so that the queue is long; of
# few all are, so that both pages show as many rows.
FILL = """
INSERT INTO privacy_rightsrequest (id, reference, pseudonym, rights, channel, name, email, message,
    language, status, received_at, received_on, legal_due_on, policy_limit_on, target_on,
    extension_reason, identity_reason, alerts_given, link_number, sending, refusal_ground,
    refusal_reason, refusal_evidence, late_reason, code_hash, represented_by, represented_name)
SELECT md5('r' || i)::uuid, 'DSR-' || lpad(i::text, 10, '0'), md5('p' || i)::uuid, '{{access}}',
    'portal', 'Camille Durand', i || '@example.test', '', 'fr', 'received',
    (day + time '12:00') AT TIME ZONE 'Europe/Brussels', day, (day + interval '1 month')::date,
    day + 30, least(day + 30, (day + interval '1 month')::date), '', '', '{{}}', 0, '', '', '', '',
    '', '', '', ''
FROM (SELECT i, date '2023-11-01' + i % 1000 AS day FROM generate_series(1, {count}) AS i) AS made;
UPDATE privacy_rightsrequest SET status = 'answered', ended_at = received_at + interval '9 days',
    decided_by = md5('staff')::uuid
WHERE right(reference, 1) IN ('1', '3', '5', '7', '9') AND {finish};
"""


def _run(environment: dict[str, str]) -> dict[str, float]:
    answer = subprocess.run(
        [sys.executable, "-m", "bench.queue_process"],
        cwd=PROJECT_ROOT, env=environment, capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip
    if answer.returncode != 0:
        raise BenchError(f"The queue failed: {answer.stderr.strip()[-2000:]}")
    found: dict[str, float] = json.loads(answer.stdout.splitlines()[-1])
    return found


def measure(site: Site) -> list[Figure]:
    environment = site.on(BASE)
    new_database(site.bare_url, BASE)
    manage(environment, "migrate", "--verbosity", "0")
    manage(environment, "register", "load", "--publish")
    found = {}
    with psycopg.connect(environment["DATABASE_OWNER_URL"], autocommit=True) as owner:
        for count in (FEW, MANY):
            owner.execute("DELETE FROM privacy_rightsrequest")
            owner.execute(FILL.format(count=count, finish=count > FEW))
            owner.execute("VACUUM (ANALYZE) privacy_rightsrequest")
            found[count] = _run(environment)
    few, many = found[FEW], found[MANY]
    size = f"{number(MANY)} requests"
    name = f"{size}: time beside {number(FEW)} ({few['ms']:.0f} ms, {many['ms']:.0f} ms)"
    return [
        at_most(GROUP, f"{size}: queries of the page", many["queries"], MOST_QUERIES, unit=""),
        at_most(GROUP, name, many["ms"] / few["ms"], MOST_TIMES, unit="times"),
    ]
