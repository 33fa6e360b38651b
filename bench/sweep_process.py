"""The sweep, or the plain SQL for the same rows, in a process of its own; one line of JSON."""

import json
import os
import resource
import sys
from datetime import UTC, datetime
from time import perf_counter

import django
import psycopg


def _sweep() -> dict[str, float]:
    from consent import snapshots
    from privacy.retention.run import run

    snapshots.current()  # a worker has read what is published long ago
    started = perf_counter()
    done = run(now=datetime.now(UTC))
    return {"people": done.erased["account"]["people"], "seconds": perf_counter() - started}


def _plain() -> dict[str, float]:
    from bench.sweep import PLAIN

    with psycopg.connect(os.environ["DATABASE_OWNER_URL"]) as connection:
        before = connection.execute("SELECT count(*) FROM privacy_datasubject").fetchone()
        started = perf_counter()
        connection.execute(PLAIN)
        connection.commit()
        seconds = perf_counter() - started
        after = connection.execute("SELECT count(*) FROM privacy_datasubject").fetchone()
    assert before is not None
    assert after is not None
    return {"people": before[0] - after[0], "seconds": seconds}


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "clicknconnect.settings")
    django.setup()
    found = {"sweep": _sweep, "plain": _plain}[sys.argv[1]]()
    found["peak_mb"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps(found))


if __name__ == "__main__":
    main()
