"""`make run`, with a small site in the place of the real one."""

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from clicknconnect import runner
from clicknconnect.embedded import PROJECT_ROOT, command_line, free_port

WSGI = """
def application(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [b"here"]
"""
MANAGE = """
import os, subprocess, sys, time
assert "clicknconnect_app" in os.environ["DATABASE_URL"]
assert "clicknconnect_owner" in os.environ["DATABASE_OWNER_URL"]
assert os.environ["DEMO"] == "1"
if sys.argv[1] == "worker":
    # A child of its own, and no will to end.
    subprocess.Popen(["/bin/sleep", "300"])
    time.sleep(300)
"""


def environment(port: int) -> dict[str, str]:
    """As a person's, without what the tests set for the real site."""
    kept = ("HOME", "LANG", "PATH", "TMPDIR")
    return {name: os.environ[name] for name in kept if name in os.environ} | {"PORT": str(port)}


class Site:
    """A folder with the real runner and a site that answers 200 to everything."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.output = folder / "output"
        self.port = free_port()
        package = folder / "clicknconnect"
        package.mkdir()
        (package / "__init__.py").touch()
        for name in ("embedded", "demo", "runner"):
            shutil.copy(PROJECT_ROOT / "clicknconnect" / f"{name}.py", package)
        (package / "wsgi.py").write_text(WSGI)
        (folder / "manage.py").write_text(MANAGE)

    def start(self, *arguments: str) -> subprocess.Popen[bytes]:
        """The runner as in the background: no terminal, output to a file."""
        command = [sys.executable, "-m", "clicknconnect.runner", *arguments]
        with self.output.open("wb") as output:
            return subprocess.Popen(
                command,
                cwd=self.folder,
                env=environment(self.port),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def said(self) -> str:
        return self.output.read_text()

    def processes(self) -> dict[int, str]:
        """Everything that runs for this folder: by its working folder or its command line."""
        found = {}
        for entry in Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError):
                command = command_line(int(entry.name))
                at = (entry / "cwd").readlink()
                if command and (str(self.folder) in command or at.is_relative_to(self.folder)):
                    found[int(entry.name)] = command
        return found

    def pids(self, part: str) -> list[int]:
        return [pid for pid, command in self.processes().items() if part in command]


def wait_for(condition: Callable[[], object], *, seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "waited too long"
        time.sleep(0.05)


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    with tempfile.TemporaryDirectory(prefix="runner-test-") as name:
        folder = Path(name).resolve()
        folder.chmod(0o711)
        site = Site(folder)
        yield site
        for pid in site.processes():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)


needs_proc = pytest.mark.skipif(
    not Path("/proc/self").exists(), reason="finds the processes of a run in /proc"
)


@needs_proc
def test_run_starts_heals_and_stops(site: Site) -> None:
    process = site.start()
    wait_for(lambda: "Ctrl-C stops everything." in site.said())
    assert f"http://127.0.0.1:{site.port}/" in site.said()
    assert "marie@demo.test" in site.said()
    with urllib.request.urlopen(f"http://127.0.0.1:{site.port}/") as answer:
        assert answer.read() == b"here"

    second = subprocess.run(
        [sys.executable, "-m", "clicknconnect.runner"],
        cwd=site.folder,
        env=environment(free_port()),
        capture_output=True,
        text=True,
        check=False,
    )
    assert second.returncode == 1
    assert f"already runs from this folder (process {process.pid})" in second.stdout

    (worker,) = site.pids("manage.py worker")
    web = site.pids("granian")
    (database,) = site.pids("postgres -D")
    for pid in (worker, web[0], database):
        os.kill(pid, signal.SIGKILL)
    wait_for(lambda: site.pids("manage.py worker") and site.pids("granian"))
    wait_for(lambda: site.pids("postgres -D"))
    assert "The worker process was killed by signal 9; it starts again in 0.5 s." in site.said()
    assert "The web process was killed by signal 9; it starts again in 0.5 s." in site.said()
    assert "The database had stopped; it starts again." in site.said()
    assert not set(web) & set(site.pids("granian"))

    process.send_signal(signal.SIGINT)
    assert process.wait(timeout=20) == 0
    assert site.said().endswith("Stopped.\n")
    assert site.processes() == {}


@needs_proc
def test_run_that_is_killed_leaves_nothing(site: Site) -> None:
    process = site.start()
    wait_for(lambda: "Ctrl-C stops everything." in site.said())
    assert len(site.processes()) > 6
    process.kill()
    process.wait()
    # The next run may come at once: it waits for the guard of the one before.
    process = site.start()
    wait_for(lambda: "Ctrl-C stops everything." in site.said())
    process.terminate()
    assert process.wait(timeout=20) == 0
    assert site.processes() == {}


@needs_proc
def test_run_stops_with_its_parent(site: Site) -> None:
    """As when make is killed: what it started has no terminal and no owner any more."""
    runner_command = f"{sys.executable} -m clicknconnect.runner --stop-with-parent; true"
    with (
        site.output.open("wb") as output,
        subprocess.Popen(
            ["/bin/sh", "-c", runner_command],
            cwd=site.folder,
            env=environment(site.port),
            stdout=output,
        ) as parent,
    ):
        wait_for(lambda: "database" in site.said())
        parent.kill()
    wait_for(lambda: not site.processes())
    assert site.said().endswith("Stopped.\n")


def test_web_that_never_starts_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runner, "LONGEST_PAUSE", 0.0)
    guard = FakeGuard()
    service = runner.Service("web", ["/bin/false"])

    def tend_for_long() -> None:
        for _ in range(1000):
            service.tend(dict(os.environ), guard)  # type: ignore[arg-type]
            time.sleep(0.005)

    with pytest.raises(runner.RunError, match="The web process ended 6 times within a minute"):
        tend_for_long()
    assert guard.groups == set()


class FakeGuard:
    def __init__(self) -> None:
        self.groups: set[int] = set()

    def watch(self, group: int) -> None:
        self.groups.add(group)

    def forget(self, group: int) -> None:
        self.groups.discard(group)


def test_guard_stops_what_the_runner_left(tmp_path: Path) -> None:
    """Also when it was itself killed once: another guard knows the same."""
    with runner.hold_lock(tmp_path) as lock:
        guard = runner.Guard(lock, None)
        left = runner.launch(["/bin/sleep", "300"], dict(os.environ), guard)
        guard.process.kill()
        guard.process.wait()
        guard.tend()
        assert guard.process.poll() is None
        guard._pipe.close()  # as the end of the runner does
        assert left.wait(timeout=10) == -signal.SIGTERM
        assert guard.process.wait(timeout=10) == 0


def test_stop_groups_kills_what_will_not_end() -> None:
    stubborn = subprocess.Popen(
        ["/bin/sh", "-c", "trap '' TERM; echo ready; while :; do sleep 0.1; done"],
        start_new_session=True,
        stdout=subprocess.PIPE,
    )
    assert stubborn.stdout is not None
    stubborn.stdout.readline()
    runner.stop_groups([stubborn.pid], reap=stubborn.poll, grace=0.3)
    assert stubborn.wait(timeout=5) == -signal.SIGKILL
    stubborn.stdout.close()


def test_launch_waits_for_the_guard(tmp_path: Path) -> None:
    """A program begins only when its guard knows it."""
    made = tmp_path / "made"

    class SlowGuard(FakeGuard):
        def watch(self, group: int) -> None:
            time.sleep(0.2)
            assert not made.exists()
            super().watch(group)

    guard = SlowGuard()
    command = ["/bin/sh", "-c", 'touch "$1"', "sh", str(made)]
    process = runner.launch(command, dict(os.environ), guard)  # type: ignore[arg-type]
    assert process.wait(timeout=5) == 0
    assert made.exists()
    assert guard.groups == {process.pid}


def test_require_free_port() -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(runner.RunError, match=rf"Port {port} is in use .* PORT=\d+"):
            runner.require_free_port(port)
    runner.require_free_port(port)


@pytest.mark.parametrize("text", ["http", "0", "65536", "-1", "8000 "])
def test_port_of_nonsense(text: str) -> None:
    with pytest.raises(runner.RunError, match="set it to a number from 1 to 65535"):
        runner.port_of({"PORT": text})


@pytest.mark.parametrize(("environment", "port"), [({}, 8000), ({"PORT": "81"}, 81)])
def test_port_of(environment: dict[str, str], port: int) -> None:
    assert runner.port_of(environment) == port


def test_hold_lock_waits_for_the_guard_of_a_killed_run(tmp_path: Path) -> None:
    command = "import fcntl, time; f = open('run.lock', 'w'); fcntl.flock(f, fcntl.LOCK_EX)"
    with subprocess.Popen(
        [sys.executable, "-c", f"{command}; print(flush=True); time.sleep(0.5)"],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
    ) as holder:
        assert holder.stdout is not None
        holder.stdout.readline()
        with runner.hold_lock(tmp_path):
            assert (tmp_path / "run.lock").read_text() == str(os.getpid())


def test_announcement_outside_the_demo_names_no_login(tmp_path: Path) -> None:
    text = runner.announcement(8000, tmp_path, None, {"EMAIL_URL": "smtp://localhost"})
    assert "http://127.0.0.1:8000/" in text
    assert "demo.test" not in text
    assert "Mails" not in text
