"""Erase people of one database, by the engine or by hand; one line of JSON."""

import json
import os
import resource
import sys
from datetime import UTC, datetime
from pathlib import Path
from time import perf_counter
from typing import Any
from uuid import UUID, uuid4

import django

# What somebody would write by hand for these tables, evidence left out.
PLAIN = (
    "DELETE FROM privacy_complaint WHERE person_id = ANY(%s)",
    "DELETE FROM privacy_marketingchoice WHERE person_id = ANY(%s)",
    "DELETE FROM privacy_disclosure WHERE person_id = ANY(%s)",
    "DELETE FROM privacy_objection WHERE person_id = ANY(%s)",
    "UPDATE privacy_contactmessage SET name = '', email = '', phone = '', body = '',"
    " person_id = NULL, outcome = 'handled', closed_at = now(), purged_at = now()"
    " WHERE person_id = ANY(%s)",
    "UPDATE privacy_datasubject SET first_name = '', last_name = '', street = '', postal_code = '',"
    " city = '', country = '', email = '', phone = '', iban = '', vat_number = '',"
    " anonymised_at = now() WHERE id = ANY(%s)",
)


def by_hand(people: list[UUID]) -> int:
    """How many rows were deleted or emptied."""
    from django.db import connection, transaction

    rows = 0
    for start in range(0, len(people), 500):
        with transaction.atomic(), connection.cursor() as cursor:
            for statement in PLAIN:
                cursor.execute(statement, [people[start : start + 500]])
                rows += cursor.rowcount
    return rows


def by_engine(people: list[UUID]) -> int:
    from privacy.plans.execute import erase_people

    done = erase_people(people, run=uuid4(), rule="account", now=datetime.now(UTC))
    return sum(rows for label, rows in done.items() if label.startswith("privacy."))


def server_cpu(pid: int) -> float:
    """Seconds that the backend has worked."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def main() -> None:
    django.setup()
    from django.db import connection

    from privacy.models import DataSubject

    act, number = sys.argv[1], int(sys.argv[2])
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        (pid,) = cursor.fetchone()
    people = list(
        DataSubject.objects.filter(anonymised_at=None).order_by("pk").values_list("pk", flat=True)
    )[: number + 1]
    work: dict[str, Any] = {"hand": by_hand, "engine": by_engine}
    # Connected, imported, its statements written: what a process has done before its second one.
    work[act]([people.pop()])
    before = resource.getrusage(resource.RUSAGE_SELF)
    server, started = server_cpu(pid), perf_counter()
    rows = work[act](people)
    seconds = perf_counter() - started
    after = resource.getrusage(resource.RUSAGE_SELF)
    client = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    result = {
        "people": len(people),
        "rows": rows,
        "seconds": seconds,
        "cpu": client + server_cpu(pid) - server,
        "peak_mb": after.ru_maxrss / 1024,
    }
    sys.stdout.write(json.dumps(result) + "\n")


if __name__ == "__main__":
    main()
