"""(b) The sweep of retention: a million people, 1 % of them due, beside the plain SQL."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg

from bench.figures import BenchError, Figure, at_most, number
from bench.site import Site, drop_database, manage, new_database
from clicknconnect.embedded import PROJECT_ROOT

GROUP = "Retention: the nightly sweep, 1 % of the people due"
PEOPLE = 1_000_000
FEW = 100_000
# Related rows of each person: choices, deliveries, objections, disclosures, complaints.
EACH = 5
MOST_TIMES = 1.5
MOST_MEMORY_MB = 32.0
BASE = "bench_sweep"

# One in a hundred left ten years ago; the others have an account.
FILL = """
INSERT INTO privacy_datasubject (id, reference, first_name, last_name, street, postal_code, city,
    country, email, phone, iban, vat_number, language, account_opened_on, account_closed_on,
    created_at)
SELECT md5(i::text)::uuid, 'P-' || lpad(i::text, 10, '0'), 'Camille', 'Durand' || i, 'Rue Haute 1',
    '1000', 'Bruxelles', 'BE', i || '@example.test', '', '', '', 'fr', '2012-01-01',
    CASE WHEN i % 100 = 0 THEN date '2016-01-01' + (i / 100 % 300) END, now()
FROM generate_series(1, {people}) AS i;
INSERT INTO privacy_marketingchoice (id, person_id, channel, given, at, source, shown)
SELECT md5('m' || i || '-' || n)::uuid, md5(i::text)::uuid,
    (ARRAY['paper', 'email', 'sms', 'events'])[n], n > 2 AND i % 100 <> 0, now(), 'account', ''
FROM generate_series(1, {people}) AS i, generate_series(1, 4) AS n;
INSERT INTO privacy_disclosure (id, person_id, recipient, recipient_name, purpose, categories, at,
    balancing)
SELECT md5('d' || i)::uuid, md5(i::text)::uuid, 'processors', 'Hébergeur', 'iii', '[]', now(), ''
FROM generate_series(1, {people}) AS i;
"""
# What a careful hand would write: the same rows, no evidence, no holds looked at twice.
PLAIN = """
CREATE TEMPORARY TABLE gone ON COMMIT DROP AS
SELECT id FROM privacy_datasubject p
WHERE account_closed_on <= current_date - interval '5 years' AND anonymised_at IS NULL
    AND contract_started_on IS NULL
    AND NOT EXISTS (SELECT FROM privacy_legalhold h
                    WHERE h.person_id = p.id AND h.released_at IS NULL)
    AND NOT EXISTS (SELECT FROM privacy_restriction r
                    WHERE r.person_id = p.id AND r.lifted_at IS NULL AND r.ground IN ('b', 'c'));
DELETE FROM privacy_marketingchoice USING gone WHERE person_id = gone.id;
DELETE FROM privacy_disclosure USING gone WHERE person_id = gone.id;
DELETE FROM privacy_datasubject p USING gone WHERE p.id = gone.id;
"""


def _run(act: str, environment: dict[str, str]) -> dict[str, float]:
    answer = subprocess.run(
        [sys.executable, "-m", "bench.sweep_process", act],
        cwd=PROJECT_ROOT, env=environment, capture_output=True, text=True, timeout=900, check=False,
    )  # fmt: skip
    if answer.returncode != 0:
        raise BenchError(f"The sweep failed ({act}): {answer.stderr.strip()[-2000:]}")
    found: dict[str, float] = json.loads(answer.stdout.splitlines()[-1])
    return found


@contextmanager
def _copy(site: Site, source: str, name: str) -> Iterator[dict[str, str]]:
    new_database(site.bare_url, name, like=source)
    try:
        yield site.on(name)
    finally:
        drop_database(site.bare_url, name)


def _of_size(site: Site, people: int) -> dict[str, dict[str, float]]:
    """Both in databases that are copies of one another; each must erase as many."""
    with _copy(site, BASE, f"{BASE}_{people}") as filled:
        with psycopg.connect(filled["DATABASE_OWNER_URL"], autocommit=True) as owner:
            owner.execute(FILL.format(people=people))
            owner.execute("VACUUM (ANALYZE)")
        found = {}
        for act in ("plain", "sweep"):
            with _copy(site, f"{BASE}_{people}", f"{BASE}_{act}") as environment:
                found[act] = _run(act, environment)
    if any(one["people"] != people // 100 for one in found.values()):
        raise BenchError(f"Of {people // 100} people not all were erased.")
    return found


def measure(site: Site, *, people: int = PEOPLE, few: int = FEW) -> list[Figure]:
    """`people` and five times as many related rows; memory is compared with `few`."""
    environment = site.on(BASE)
    new_database(site.bare_url, BASE)
    manage(environment, "migrate", "--verbosity", "0")
    manage(environment, "register", "load", "--publish")
    small, large = _of_size(site, few), _of_size(site, people)
    growth = max(0.0, large["sweep"]["peak_mb"] - small["sweep"]["peak_mb"])
    times = large["sweep"]["seconds"] / large["plain"]["seconds"]
    size = f"{number(people)} people, {number(EACH * people)} related rows"
    return [
        at_most(GROUP, f"{size}: time beside the plain SQL", times, MOST_TIMES, unit="times"),
        at_most(
            GROUP, f"more memory for {number(people)} than for {number(few)}", growth,
            MOST_MEMORY_MB, unit="MB",
        ),
    ]  # fmt: skip
