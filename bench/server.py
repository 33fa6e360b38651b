"""Web servers of a benchmark: the same granian, workers and threads for every contestant."""

import os
import signal
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.figures import BenchError
from clicknconnect.embedded import PROJECT_ROOT
from clicknconnect.runner import stop_groups, web_command

START_SECONDS = 40


@contextmanager
def serving(
    python: Path | str, application: str, port: int, environment: dict[str, str], path: str
) -> Iterator[int]:
    """Serve `application` as `make run` serves the site, until the block ends.

    Gives the process group of the server.
    """
    command = [str(python), *web_command(port)[1:-1], application]
    log = PROJECT_ROOT / "bench" / "work" / f"{application.partition(':')[0]}.log"
    with log.open("w") as output:
        process = subprocess.Popen(
            command,
            cwd=PROJECT_ROOT,
            env=environment,
            stdin=subprocess.DEVNULL,
            # Log lines are written, as in production: they are part of the cost.
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        _wait(process, f"http://127.0.0.1:{port}{path}", log)
        yield process.pid
    finally:
        stop_groups([process.pid], reap=process.poll, grace=10)
        if process.poll() is None:  # pragma: no cover
            os.killpg(process.pid, signal.SIGKILL)
        process.wait(timeout=5)


def cpu_seconds(*, group: int = 0, parent: int = 0) -> float:
    """CPU time so far of the processes of a group, or of a parent's children; 0.0 without /proc."""
    ticks = 0
    for file in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = file.read_text().rpartition(")")[2].split()
        except OSError:  # it ended meanwhile
            continue
        if (group and int(fields[2]) == group) or (parent and int(fields[1]) == parent):
            ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def parent_of(process: int) -> int:
    """The process that started `process`; 0 without /proc."""
    try:
        return int(Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[1])
    except OSError:
        return 0


def _wait(process: subprocess.Popen[bytes], address: str, log: Path) -> None:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    deadline = time.monotonic() + START_SECONDS
    while process.poll() is None and time.monotonic() < deadline:
        try:
            with opener.open(address, timeout=5):
                return
        except urllib.error.HTTPError as error:
            if error.code < 500:
                return
        except OSError:
            pass
        time.sleep(0.1)
    raise BenchError(f"A server did not start: {log.read_text('utf-8', 'replace')[-1500:]}")
