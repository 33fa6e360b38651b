"""Seal, verify or only hash the log of one database, in a process of its own; one line of JSON."""

import json
import resource
import sys
from datetime import UTC, datetime
from hashlib import sha256
from time import perf_counter
from typing import Any

import django


def _seal(now: datetime) -> dict[str, Any]:
    from consent.log import sealing

    started = perf_counter()
    done = sealing.seal(now=now, everything=True)
    return {"records": done.records, "seconds": perf_counter() - started}


def _verify(now: datetime) -> dict[str, Any]:
    from consent.log.verification import run

    outcome = run.verify(now=now)
    if not outcome.ok:
        raise SystemExit(outcome.problem)
    return {"records": outcome.records, "seconds": outcome.seconds}


def _plain(now: datetime) -> dict[str, Any]:
    """SHA-256 of each payload, and nothing else on the clock."""
    from django.db import connection, transaction

    from consent.log.canonical import FIELDS, record_payload

    records, seconds = 0, 0.0
    with transaction.atomic(), connection.chunked_cursor() as cursor:
        cursor.execute(f"SELECT {', '.join(FIELDS)} FROM consent_record")
        while rows := cursor.fetchmany(2_000):
            payloads = [record_payload(row) for row in rows]
            started = perf_counter()
            for payload in payloads:
                sha256(payload).digest()
            seconds += perf_counter() - started
            records += len(rows)
    return {"records": records, "seconds": seconds}


def _publish(now: datetime) -> dict[str, Any]:
    """The revisions that records name, as a web process writes them."""
    from consent import snapshots

    snapshots.load()
    return {}


ACTS = {"seal": _seal, "verify": _verify, "plain": _plain, "publish": _publish}


def main() -> None:
    django.setup()
    found = ACTS[sys.argv[1]](datetime.now(UTC))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    # Kilobytes, but bytes on macOS.
    found["peak_mb"] = peak / (1024 * 1024 if sys.platform == "darwin" else 1024)
    print(json.dumps(found))


if __name__ == "__main__":
    main()
