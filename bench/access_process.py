"""Make the JSON and CSV of one person's archive, or copy the same rows out and zip them; one line
of JSON. In a process of its own, so that its memory is its own."""

import io
import json
import resource
import sys
import zipfile
from datetime import UTC, datetime
from time import perf_counter
from typing import Any

import django


class _Nowhere(io.RawIOBase):
    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        return len(data)


def _archive(person: Any, now: datetime) -> int:
    from privacy.rights import access

    return access.build(
        person, out=_Nowhere(), language="fr", now=now, reviewed=True, readable=False
    )


def _copy(person: Any, now: datetime) -> int:
    """The same columns of the same rows by COPY, as one would by hand."""
    from django.db import connection

    from privacy.rights.tables import tables

    rows = 0
    with zipfile.ZipFile(_Nowhere(), "w", zipfile.ZIP_DEFLATED) as archive:
        for table in tables():
            if table.source.path is None:
                continue
            found = table.source.find([person.pk]).values_list(
                *(column.name for column in table.columns)
            )
            statement, params = found.query.sql_with_params()
            with (
                archive.open(f"{table.name}.csv", "w") as file,
                connection.cursor() as cursor,
                cursor.cursor.copy(f"COPY ({statement}) TO STDOUT WITH CSV HEADER", params) as out,
            ):
                waiting: list[bytes] = []
                lines = -1
                for line in out:
                    waiting.append(bytes(line))
                    lines += 1
                    if len(waiting) >= 500:
                        file.write(b"".join(waiting))
                        waiting = []
                file.write(b"".join(waiting))
            rows += lines
    return rows


def main() -> None:
    django.setup()
    from privacy.models import DataSubject

    act = {"archive": _archive, "copy": _copy}[sys.argv[1]]
    person, now = DataSubject.objects.get(reference=sys.argv[2]), datetime.now(UTC)
    # Connected, imported, published: what every process has done before its second archive.
    nobody = DataSubject(reference="P-00000000")
    act(nobody, now)
    started = perf_counter()
    records = act(person, now)
    seconds = perf_counter() - started
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    # Kilobytes, but bytes on macOS.
    peak_mb = peak / (1024 * 1024 if sys.platform == "darwin" else 1024)
    print(json.dumps({"records": records, "seconds": seconds, "peak_mb": peak_mb}))


if __name__ == "__main__":
    main()
