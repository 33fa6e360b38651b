"""(d) A person's access archive, beside copying the same rows out with COPY and zipping them."""

import json
import subprocess
import sys
from statistics import median

import psycopg

from bench.figures import BenchError, Figure, at_most, number
from bench.site import Site, manage, new_database
from clicknconnect.embedded import PROJECT_ROOT

GROUP = "The access archive of one person (JSON and CSV)"
SIZES = (21, 5_001, 100_000)
BASE = "bench_access"
MOST_TIMES = 3.0
MOST_MEMORY_MB = 16.0
RUNS = 3
# One person for each size, with that many records: themselves and four other sources.
FILL = """
WITH person AS (
    INSERT INTO privacy_datasubject (id, reference, first_name, last_name, street, postal_code,
        city, country, email, phone, iban, vat_number, language, created_at)
    VALUES (gen_random_uuid(), %(reference)s, 'Marie', 'Dupont', 'Rue Neuve 1', '5081',
        'La Bruyère', 'BE', 'marie@example.test', '+32470123456', '', '', 'fr', now())
    RETURNING id),
numbered AS (SELECT i, person.id AS person FROM person, generate_series(1, %(count)s - 1) AS i),
messages AS (
    INSERT INTO privacy_contactmessage (id, reference, person_id, name, email, phone, topic, body,
        language, received_at, outcome, refiled_as)
    SELECT gen_random_uuid(), to_hex(%(count)s::int) || '-' || to_hex(i), person, 'Marie Dupont',
        'marie@example.test', '+32470123456', 'autre',
        'Message ' || i || ' : ' || md5(i::text), 'fr', now(), '', ''
    FROM numbered WHERE i %% 4 = 0),
choices AS (
    INSERT INTO privacy_marketingchoice (id, person_id, channel, given, at, source, shown)
    SELECT gen_random_uuid(), person, 'email', i %% 2 = 0, now(), 'account', ''
    FROM numbered WHERE i %% 4 = 1),
complaints AS (
    INSERT INTO privacy_complaint (id, reference, person_id, subject, body, third_parties,
        received_on, answer)
    SELECT gen_random_uuid(), 'Q' || to_hex(%(count)s::int) || '-' || to_hex(i), person,
        'Objet ' || i, 'Plainte ' || md5(i::text), '', current_date, ''
    FROM numbered WHERE i %% 4 = 2)
INSERT INTO privacy_disclosure (id, person_id, recipient, recipient_name, purpose, categories, at,
    balancing)
SELECT gen_random_uuid(), person, 'accountant', 'Fiduciaire ' || i, 'iv', '["name"]', now(), ''
FROM numbered WHERE i %% 4 = 3"""


def _run(act: str, environment: dict[str, str], count: int) -> dict[str, float]:
    answer = subprocess.run(
        [sys.executable, "-m", "bench.access_process", act, f"P-{count:08}"],
        cwd=PROJECT_ROOT, env=environment, capture_output=True, text=True, timeout=600, check=False,
    )  # fmt: skip
    if answer.returncode != 0:
        raise BenchError(f"No archive could be made ({act}): {answer.stderr.strip()[-2000:]}")
    found: dict[str, float] = json.loads(answer.stdout.splitlines()[-1])
    if found["records"] != count:
        raise BenchError(f"{act}: {found['records']} records instead of {count}.")
    return found


def measure(site: Site) -> list[Figure]:
    environment = site.on(BASE)
    new_database(site.bare_url, BASE)
    manage(environment, "migrate", "--verbosity", "0")
    manage(environment, "register", "load", "--publish")
    with psycopg.connect(environment["DATABASE_OWNER_URL"], autocommit=True) as owner:
        for count in SIZES:
            owner.execute(FILL, {"count": count, "reference": f"P-{count:08}"})
        owner.execute("VACUUM (ANALYZE)")
    found, peaks = [], {}
    for count in SIZES:
        runs = [
            (_run("archive", environment, count), _run("copy", environment, count))
            for _time in range(RUNS)
        ]
        ours = median(one["seconds"] for one, _copy in runs)
        copy = median(one["seconds"] for _archive, one in runs)
        peaks[count] = max(one["peak_mb"] for one, _copy in runs)
        name = f"{number(count)} records ({ours * 1000:.1f} ms; COPY and ZIP {copy * 1000:.1f} ms)"
        found.append(at_most(GROUP, name, ours / copy, MOST_TIMES, unit="times"))
    growth = max(0.0, peaks[SIZES[-1]] - peaks[SIZES[0]])
    name = f"more memory for {number(SIZES[-1])} than for {number(SIZES[0])}"
    found.append(at_most(GROUP, name, growth, MOST_MEMORY_MB, unit="MB"))
    return found
