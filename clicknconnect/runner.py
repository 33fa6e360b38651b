"""`make run`: database, migrations, register, demo people, web and worker, until Ctrl-C.

Every program started here is in a process group of its own, known to a guard: a small process that
holds the other end of a pipe. However the runner ends, also by kill -9, the pipe closes, and the
guard stops what is left. A program waits for a word before it begins, so the guard always knows it
first. On Linux the kernel ends the programs too, should runner and guard both be killed.
"""

import argparse
import contextlib
import ctypes
import fcntl
import os
import select
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections import deque
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TextIO

from clicknconnect.demo import demo_secrets
from clicknconnect.embedded import (
    HOST,
    PROJECT_ROOT,
    Cluster,
    EmbeddedError,
    command_line,
    data_dir,
    make_passable,
)

STEPS = (
    ("migrate", "--verbosity", "0"),
    ("register", "load", "--publish", "--if-empty"),
    ("translations", "compile"),
    ("collectstatic", "--noinput", "--verbosity", "0"),
)
DEMO_STEPS = (("demo_people",),)

TICK = 0.2
READY_SECONDS = 90
# Time to finish a request or a job before being killed.
GRACE_SECONDS = 10
# A program that ends by itself is started again, after a pause that doubles, so often a minute.
RESTARTS_PER_MINUTE = 5
LONGEST_PAUSE = 8.0
# A run that was killed needs this long for its guard to stop what was left.
LEFTOVER_SECONDS = GRACE_SECONDS + 35

LIBC = ctypes.CDLL(None) if sys.platform == "linux" else None
PR_SET_PDEATHSIG = 1

LOGINS = (
    ("privacy@demo.test", "privacy manager"),
    ("privacy2@demo.test", "privacy manager, the second pair of eyes"),
    ("dpo@demo.test", "data protection officer"),
    ("agent@demo.test", "agent"),
    ("auditor@demo.test", "auditor"),
    ("marie@demo.test", "a person with an account"),
)


class RunError(Exception):
    """The run cannot start or go on; the text is a sentence for the person."""


def say(text: str) -> None:
    """Print at once, also into a file; a reader or terminal that is gone must not stop the site."""
    with contextlib.suppress(OSError):
        sys.stdout.write(f"{text}\n")
        sys.stdout.flush()


# --- What must hold before anything is started --------------------------------------------------


def port_of(environment: dict[str, str]) -> int:
    text = environment.get("PORT") or "8000"
    if not text.isdecimal() or not 1 <= int(text) <= 65_535:
        raise RunError(f'PORT is "{text}": set it to a number from 1 to 65535.')
    return int(text)


def require_free_port(port: int) -> None:
    """Raise when the site could not listen on `port`."""
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((HOST, port))
        except PermissionError as error:
            raise RunError(
                f"This user may not listen on port {port}: choose one from 1024 on, as in "
                f"`make run PORT=8000`."
            ) from error
        except OSError as error:
            raise RunError(
                f"Port {port} is in use by another program: stop that, or choose another port, as "
                f"in `make run PORT={port + 1 if port < 65_535 else 8000}`."
            ) from error


def hold_lock(folder: Path, *, leftover_seconds: float = LEFTOVER_SECONDS) -> TextIO:
    """Hold the one run of `folder`; shared with the guard, so it lasts until all is stopped.

    Waits while only the guard of a killed run holds it.
    """
    file = (folder / "run.lock").open("a+")
    deadline = time.monotonic() + leftover_seconds
    told = False
    while True:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.seek(0)
            pid = file.read().strip()
            if (pid.isdecimal() and command_line(int(pid))) or time.monotonic() > deadline:
                raise RunError(
                    f"The site already runs from this folder (process {pid or 'unknown'}): stop "
                    f"that one first, by Ctrl-C where it runs or by `kill {pid}`."
                ) from None
            if not told:
                say("The run before this one was killed; waiting until all of it has stopped.")
                told = True
            time.sleep(TICK)
        else:
            file.truncate(0)
            file.write(str(os.getpid()))
            file.flush()
            return file


def foreground_terminal() -> int | None:
    """The terminal that this run is in the foreground of, if any."""
    try:
        terminal = os.open("/dev/tty", os.O_RDONLY | os.O_NOCTTY)
    except OSError:
        return None
    with contextlib.suppress(OSError):
        if os.tcgetpgrp(terminal) == os.getpgrp():
            return terminal
    os.close(terminal)
    return None


def is_hung_up(terminal: int) -> bool:
    poll = select.poll()
    poll.register(terminal, 0)
    return any(event & select.POLLHUP for _, event in poll.poll(0))


# --- Process groups and their guard -------------------------------------------------------------


def signal_group(group: int, number: int) -> bool:
    """Whether the group had a process to signal; 0 only asks."""
    try:
        os.killpg(group, number)
    except (ProcessLookupError, PermissionError):  # macOS refuses for a group of zombies
        return False
    return True


def stop_groups(
    groups: Iterable[int],
    *,
    reap: Callable[[], object] = lambda: None,
    grace: float = GRACE_SECONDS,
) -> None:
    """End every process of the groups: politely, then after `grace` seconds for certain."""
    left = list(groups)
    for number, seconds in ((signal.SIGTERM, grace), (signal.SIGKILL, 2.0)):
        for group in left:
            signal_group(group, number)
        deadline = time.monotonic() + seconds
        while left and time.monotonic() < deadline:
            reap()
            left = [group for group in left if signal_group(group, 0)]
            if left:
                time.sleep(0.05)


class Guard:
    """The runner's hold on its guard process."""

    def __init__(self, lock: TextIO, cluster: Cluster | None) -> None:
        self._lock = lock
        self._cluster = cluster
        self._groups: set[int] = set()
        self._start()

    def watch(self, group: int) -> None:
        self._groups.add(group)
        self._tell(f"watch {group}")

    def forget(self, group: int) -> None:
        self._groups.discard(group)
        self._tell(f"forget {group}")

    def tend(self) -> None:
        """Start another guard when this one was killed."""
        if self.process.poll() is not None:
            self._pipe.close()
            self._start()

    def close(self) -> None:
        """Let go: the guard stops what is left, the database too, and ends."""
        with contextlib.suppress(BrokenPipeError):
            self._pipe.close()
        self.process.wait()

    def _start(self) -> None:
        reader, writer = os.pipe()
        command = [sys.executable, "-m", "clicknconnect.runner", "--guard", str(reader)]
        if self._cluster is not None:
            command += ["--database", str(self._cluster.folder)]
        self.process = subprocess.Popen(
            command,
            cwd=PROJECT_ROOT,
            stdin=subprocess.DEVNULL,
            start_new_session=True,
            pass_fds=(reader, self._lock.fileno()),
        )
        os.close(reader)
        self._pipe = os.fdopen(writer, "w", buffering=1)
        for group in self._groups:
            self._tell(f"watch {group}")

    def _tell(self, line: str) -> None:
        # A guard that is gone learns it from the next one's start.
        with contextlib.suppress(BrokenPipeError):
            self._pipe.write(f"{line}\n")


def guard(pipe: int, database: Path | None) -> None:
    """The guard process: listen until the runner is gone, then stop what it left."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    groups: set[int] = set()
    with os.fdopen(pipe) as lines:
        for line in lines:
            word, _, number_text = line.strip().partition(" ")
            if word == "watch":
                groups.add(int(number_text))
            else:
                groups.discard(int(number_text))
    stop_groups(groups)
    if database is not None:
        Cluster(database).stop()


# --- Programs -----------------------------------------------------------------------------------


def end_with_runner() -> None:
    """Runs in the new process: the kernel sends it SIGTERM when its parent, the runner, is gone."""
    if LIBC is not None:
        LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


def launch(
    command: list[str], environment: dict[str, str], guard: Guard
) -> subprocess.Popen[bytes]:
    """Start a program in its own process group, once the guard knows that group."""
    reader, writer = os.pipe()
    with os.fdopen(writer, "w") as words:
        process = subprocess.Popen(
            ["/bin/sh", "-c", 'read -r word && exec "$@" </dev/null', "sh", *command],
            cwd=PROJECT_ROOT,
            env=environment,
            stdin=reader,
            start_new_session=True,
            preexec_fn=end_with_runner,  # safe: the runner has one thread
        )
        os.close(reader)
        guard.watch(process.pid)
        with contextlib.suppress(BrokenPipeError):
            words.write("begin\n")
            words.flush()
    return process


class Service:
    """A program that must stay: started again when it ends by itself."""

    def __init__(self, name: str, command: list[str]) -> None:
        self.name = name
        self.command = command
        self.process: subprocess.Popen[bytes] | None = None
        self._ends: deque[float] = deque(maxlen=RESTARTS_PER_MINUTE + 1)
        self._start_at = 0.0

    def tend(self, environment: dict[str, str], guard: Guard) -> None:
        """Start it if it is due; note its end. Raises RunError when it ends too often."""
        if self.process is None:
            if time.monotonic() >= self._start_at:
                self.process = launch(self.command, environment, guard)
            return
        status = self.process.poll()
        if status is None:
            return
        # What it started itself may still hold the port.
        stop_groups([self.process.pid])
        guard.forget(self.process.pid)
        self.process = None
        self._ends.append(time.monotonic())
        recent = sum(1 for end in self._ends if end > time.monotonic() - 60)
        if recent > RESTARTS_PER_MINUTE:
            raise RunError(
                f"The {self.name} process ended {recent} times within a minute; what it printed "
                f"above says why."
            )
        pause = min(0.5 * 2 ** (recent - 1), LONGEST_PAUSE)
        self._start_at = time.monotonic() + pause
        say(f"The {self.name} process {ending(status)}; it starts again in {pause:g} s.")


def ending(status: int) -> str:
    return f"was killed by signal {-status}" if status < 0 else f"ended with status {status}"


def web_command(port: int) -> list[str]:
    return [
        *(sys.executable, "-m", "granian", "--interface", "wsgi", "--host", HOST),
        *("--port", str(port), "--workers", "2", "--blocking-threads", "4", "--no-ws"),
        *("--respawn-failed-workers", "--workers-kill-timeout", str(GRACE_SECONDS - 2)),
        *("--no-access-log", "--log-level", "warning", "clicknconnect.wsgi:application"),
    ]


def worker_command() -> list[str]:
    return [sys.executable, "manage.py", "worker"]


# --- The run ------------------------------------------------------------------------------------


class Run:
    def __init__(self, *, stop_with_parent: bool = False) -> None:
        self.environment = {
            "DEMO": "1",
            "DJANGO_SETTINGS_MODULE": "clicknconnect.settings",
            **os.environ,
            "PYTHONUNBUFFERED": "1",
        }
        self.port = port_of(self.environment)
        self.environment["PORT"] = str(self.port)
        self.folder = data_dir()
        # /metrics adds up all web processes of this run.
        self.environment.setdefault("PROMETHEUS_MULTIPROC_DIR", str(self.folder / "metrics"))
        self.cluster: Cluster | None = None
        if not any(map(self.environment.get, ("DATABASE_URL", "DATABASE_URL_FILE"))):
            self.cluster = Cluster(self.folder / "postgres")
        self.services: list[Service] = []
        self.parent = os.getppid() if stop_with_parent else None
        self.terminal: int | None = None
        self._stop_asked = False

    @property
    def is_demo(self) -> bool:
        return self.environment["DEMO"].lower() in {"1", "true", "yes", "on", "y", "t", "ok"}

    def __call__(self) -> None:
        self._listen_to_signals()
        make_passable(self.folder)
        with hold_lock(self.folder) as lock:
            require_free_port(self.port)
            self.guard = Guard(lock, self.cluster)
            try:
                self._prepare()
                self._serve()
            finally:
                say("Stopping…")
                self._stop()
        say("Stopped.")

    def stopping(self) -> bool:
        if self.parent is not None and os.getppid() != self.parent:
            self._stop_asked = True
        # make keeps the hang-up signal of its terminal to itself, and waits for us.
        if self.terminal is not None and is_hung_up(self.terminal):
            self._stop_asked = True
        return self._stop_asked

    def _listen_to_signals(self) -> None:
        # SIGINT is ignored in what a script starts with `&`, yet `kill -INT` must stop us;
        # nohup ignores SIGHUP, and means it.
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            if number == signal.SIGHUP:
                if signal.getsignal(number) == signal.SIG_IGN:
                    continue
                self.terminal = foreground_terminal()
            signal.signal(number, self._ask_stop)

    def _ask_stop(self, number: int, frame: object) -> None:
        self._stop_asked = True

    def _prepare(self) -> None:
        figures = Path(self.environment["PROMETHEUS_MULTIPROC_DIR"])
        shutil.rmtree(figures, ignore_errors=True)
        figures.mkdir(parents=True)
        if self.cluster is not None and not self.stopping():
            say("database")
            endpoints = self.cluster.ensure()
            self.environment["DATABASE_URL"] = endpoints.app_url
            self.environment["DATABASE_OWNER_URL"] = endpoints.owner_url
        for step in (*STEPS, *(DEMO_STEPS if self.is_demo else ())):
            if not self.stopping():
                say(" ".join(step[:2] if step[0] == "register" else step[:1]))
                self._run_step(step)

    def _run_step(self, step: tuple[str, ...]) -> None:
        process = launch([sys.executable, "manage.py", *step], self.environment, self.guard)
        while process.poll() is None and not self.stopping():
            time.sleep(0.02)
        stop_groups([process.pid], reap=process.poll)
        self.guard.forget(process.pid)
        if process.returncode != 0 and not self.stopping():
            raise RunError(
                f"`manage.py {' '.join(step)}` {ending(process.returncode)}; what it printed above "
                f"says why."
            )

    def _serve(self) -> None:
        self.services = [
            Service("web", web_command(self.port)),
            Service("worker", worker_command()),
        ]
        announced = False
        deadline = time.monotonic() + READY_SECONDS
        while not self.stopping():
            self._tend()
            if not announced:
                answer = ready(self.port)
                if answer is None:
                    announced = True
                    self._announce()
                elif time.monotonic() > deadline:
                    raise RunError(
                        f"The site was not ready within {READY_SECONDS} s: /readyz {answer}."
                    )
            time.sleep(TICK)

    def _tend(self) -> None:
        self.guard.tend()
        for service in self.services:
            service.tend(self.environment, self.guard)
        if self.cluster is not None and not self.cluster.is_running():
            say("The database had stopped; it starts again.")
            self.cluster.ensure()

    def _announce(self) -> None:
        say(announcement(self.port, self.folder, self._password(), self.environment))

    def _password(self) -> str | None:
        if not self.is_demo:
            return None
        return self.environment.get("DEMO_PASSWORD") or demo_secrets(self.folder)["DEMO_PASSWORD"]

    def _stop(self) -> None:
        """Web and worker here, because only we can reap them; the rest by the guard."""
        processes = [service.process for service in self.services if service.process is not None]
        stop_groups(
            [process.pid for process in processes],
            reap=lambda: [process.poll() for process in processes],
        )
        for process in processes:
            self.guard.forget(process.pid)
        self.guard.tend()
        self.guard.close()


def ready(port: int) -> str | None:
    """None when /readyz answers 200, else what it did instead."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(f"http://{HOST}:{port}/readyz", timeout=2) as answer:
            return None if answer.status == 200 else f"answered {answer.status}"
    except urllib.error.HTTPError as error:
        return f"answered {error.code}: {error.read(500).decode('utf-8', 'replace').strip()}"
    except OSError as error:
        return f"did not answer ({error})"


def announcement(port: int, folder: Path, password: str | None, environment: dict[str, str]) -> str:
    """What the person needs to know now; `password` is None outside the demo."""
    lines = ["", f"Click'n CoNNect runs at http://{HOST}:{port}/", ""]
    if password is not None:
        width = max(len(login) for login, _ in LOGINS)
        lines += ["  Demo logins:", *(f"    {login:<{width}}  {who}" for login, who in LOGINS)]
        lines += [f"  Password of each: {password}", f"  Staff: http://{HOST}:{port}/admin/"]
    if not environment.get("EMAIL_URL"):
        lines += [f"  Mails: {shown(folder / 'mail')}, one .eml file each"]
    return "\n".join([*lines, "", "Ctrl-C stops everything.", ""])


def shown(path: Path) -> str:
    return str(path.relative_to(PROJECT_ROOT) if path.is_relative_to(PROJECT_ROOT) else path)


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m clicknconnect.runner", description="Run it all."
    )
    parser.add_argument(
        "--stop-with-parent",
        action="store_true",
        help="stop when the program that started this one ends, as make does when killed",
    )
    parser.add_argument("--guard", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--database", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    if options.guard is not None:
        guard(options.guard, options.database)
        return 0
    try:
        Run(stop_with_parent=options.stop_with_parent)()
    except (RunError, EmbeddedError) as error:
        say(str(error))
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
