"""(d) Erasing people with their evidence, beside set-based SQL written by hand."""

import json
import subprocess
import sys
from statistics import median

import psycopg

from bench.figures import BenchError, Figure, at_most, number
from bench.site import Site, manage, new_database
from clicknconnect.embedded import PROJECT_ROOT

GROUP = "Erasing people: five tables of four rows each, evidence included"
MANY, FEW, ROWS = 10_000, 1_000, 4
BASE, COPY = "bench_people", "bench_people_copy"
HAND = "set-based SQL by hand"
MOST_MEMORY_MB = 16.0
FILL = """
WITH made AS (
  INSERT INTO privacy_datasubject (id, reference, first_name, last_name, street, postal_code, city,
    country, email, phone, iban, vat_number, language, created_at)
  SELECT gen_random_uuid(), 'P-' || i, 'Zoé', 'Zwaluw', 'Rue 1', '1000', 'Bruxelles', 'BE',
    'zwaluw' || i || '@example.test', '', '', '', 'fr', clock_timestamp()
  FROM generate_series(1, %(people)s) AS i RETURNING id),
each AS (SELECT id, n FROM made, generate_series(1, %(rows)s) AS n),
a AS (INSERT INTO privacy_complaint (id, reference, person_id, subject, body, third_parties,
    received_on, answer)
  SELECT gen_random_uuid(), left(md5(id::text || n), 12), id, 'subject', repeat('x', 200), '',
    current_date, '' FROM each),
b AS (INSERT INTO privacy_contactmessage (id, reference, person_id, name, email, phone, topic, body,
    language, received_at, outcome, refiled_as)
  SELECT gen_random_uuid(), left(md5(id::text || n), 12), id, 'Zoé', '', '', '', repeat('x', 200),
    'fr', now(), '', '' FROM each),
c AS (INSERT INTO privacy_marketingchoice (id, person_id, channel, given, at, source, shown)
  SELECT gen_random_uuid(), id, 'email', true, now(), 'account', '' FROM each),
d AS (INSERT INTO privacy_disclosure (id, person_id, recipient, recipient_name, purpose, categories,
    at, balancing)
  SELECT gen_random_uuid(), id, 'processors', 'name', 'ii', '[]', now(), '' FROM each)
INSERT INTO privacy_objection (id, person_id, kind, at, source, ended_at, ended_because)
SELECT gen_random_uuid(), id, 'marketing', now(), 'account', now(), 'reason' FROM each"""
ANOTHER = """
INSERT INTO privacy_invoice (id, number, person_id, issued_on, name, address, vat_number, iban, net,
    vat)
SELECT gen_random_uuid(), 'F' || reference, id, current_date, 'Zoé', 'Rue 1', '', '', 1, 1
FROM privacy_datasubject"""


def _run(site: Site, act: str, people: int) -> dict[str, float]:
    """On a fresh copy of the database."""
    new_database(site.bare_url, COPY, like=BASE)
    answer = subprocess.run(
        [sys.executable, "-m", "bench.erase_process", act, str(people)],
        cwd=PROJECT_ROOT, env=site.on(COPY), capture_output=True, text=True,
        timeout=600, check=False,
    )  # fmt: skip
    if answer.returncode != 0:
        raise BenchError(f"People could not be erased ({act}): {answer.stderr.strip()[-2000:]}")
    found: dict[str, float] = json.loads(answer.stdout.splitlines()[-1])
    if found["rows"] != people * (1 + 5 * ROWS):
        raise BenchError(f"{act}: {found['rows']} rows of {people} people.")
    return found


def measure(site: Site) -> list[Figure]:
    new_database(site.bare_url, BASE)
    environment = site.on(BASE)
    manage(environment, "migrate", "--verbosity", "0")
    with psycopg.connect(environment["DATABASE_OWNER_URL"], autocommit=True) as owner:
        owner.execute(FILL, {"people": MANY + 1, "rows": ROWS})
        owner.execute(ANOTHER)  # so that the person's row stays, empty, as by hand
        owner.execute("VACUUM (ANALYZE)")
    runs = {
        (act, people): [_run(site, act, people) for _ in range(3)]
        for act in ("hand", "engine")
        for people in (MANY, FEW)
    }
    one = {
        act: median(_run(site, act, 1)["seconds"] for _ in range(3)) for act in ("hand", "engine")
    }
    cpu = {act: median(run["cpu"] for run in runs[act, MANY]) for act in ("hand", "engine")}
    peak = {people: max(run["peak_mb"] for run in runs["engine", people]) for people in (MANY, FEW)}
    return [
        at_most(GROUP, f"{number(MANY)} people: CPU of client and server", cpu["engine"],
                2 * cpu["hand"], unit="s", against=f"2 × {HAND}"),
        at_most(GROUP, f"more memory for {number(MANY)} than for {number(FEW)}",
                max(0.0, peak[MANY] - peak[FEW]), MOST_MEMORY_MB, unit="MB"),
        at_most(GROUP, "one person", one["engine"] * 1000, 4000 * one["hand"], unit="ms",
                against=f"4 × {HAND}"),
    ]  # fmt: skip
