"""The site as visitors meet it: real web and worker processes on a copy of the database."""

import contextlib
import http.client
import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg
from django.conf import settings

from clicknconnect.embedded import free_port
from clicknconnect.runner import signal_group, stop_groups
from tests.environment import ROOT

# A host with a parent domain, so that cookies of `.site.localhost` can be set and taken away.
PARENT = "site.localhost"
HOST = f"www.{PARENT}"
PASSWORD = "correct-cheval-pile-agrafe-7"
READY_SECONDS = 60
# The program ends when its standard input does: nothing outlives the tests, however they end.
LEASH = '"$@" </dev/null & program=$!; cat >/dev/null; kill -TERM "$program"; wait "$program"'


@dataclass
class Answer:
    """What the server said; a header may stand in it twice."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes

    def header(self, name: str) -> str:
        return ", ".join(value for key, value in self.headers if key.lower() == name)

    @property
    def set_cookies(self) -> list[str]:
        return [value for key, value in self.headers if key.lower() == "set-cookie"]

    @property
    def text(self) -> str:
        return self.body.decode()


@dataclass
class Question:
    """What is asked of the server."""

    path: str
    method: str = "GET"
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes | None = None


class Program:
    """A child process on a leash, in a process group of its own."""

    def __init__(self, command: list[str], environment: dict[str, str], log: Path) -> None:
        with log.open("ab") as output:
            self._process = subprocess.Popen(
                ["/bin/sh", "-c", LEASH, "sh", *command],
                cwd=ROOT,
                env=environment,
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )

    @property
    def is_running(self) -> bool:
        return self._process.poll() is None

    def signal(self, number: int) -> None:
        signal_group(self._process.pid, number)

    def stop(self) -> None:
        """End it and all that it started; wait until nothing of it is left."""
        assert self._process.stdin is not None
        with contextlib.suppress(BrokenPipeError):
            self._process.stdin.close()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(10)
        stop_groups([self._process.pid], reap=self._process.poll, grace=2.0)
        self._process.wait(5)
        assert not signal_group(self._process.pid, 0), "a process of the site is left"


class Manager:
    """A process that runs one management command after the other: Django starts only once."""

    CODE = """
import json, sys, traceback
import django
from django.core.management import call_command
django.setup()
for line in sys.stdin:
    try:
        call_command(*json.loads(line), stdout=sys.stderr)
        error = ""
    except BaseException:
        error = traceback.format_exc()
    print(json.dumps(error), flush=True)
"""

    def __init__(self, environment: dict[str, str], log: Path) -> None:
        settings = {"DJANGO_SETTINGS_MODULE": "clicknconnect.settings"}
        with log.open("ab") as output:
            self._process = subprocess.Popen(
                [sys.executable, "-c", self.CODE],
                cwd=ROOT,
                env=environment | settings,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=output,
                text=True,
            )

    def run(self, *arguments: str) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(f"{json.dumps(arguments)}\n")
        self._process.stdin.flush()
        error = json.loads(self._process.stdout.readline() or '"it ended"')
        if error:
            raise RuntimeError(f"manage.py {' '.join(arguments)}: {error}")

    def stop(self) -> None:
        self._process.communicate()


class Site:
    def __init__(self, database: str, folder: Path) -> None:
        self.port = free_port()
        self.host = f"{HOST}:{self.port}"
        self.url = f"http://{self.host}"
        self.database_url = with_database(os.environ["DATABASE_URL"], database)
        self._log = folder / "site.log"
        self.environment = {
            **os.environ,
            "DEMO": "1",
            "DEMO_PASSWORD": PASSWORD,
            "DATA_DIR": str(folder),
            # The template of the database may hold a key that these encrypt.
            "FIELD_ENCRYPTION_KEYS": ",".join(settings.FIELD_ENCRYPTION_KEYS),
            "DATABASE_URL": self.database_url,
            "DATABASE_OWNER_URL": with_database(os.environ["DATABASE_OWNER_URL"], database),
            "CONSENT_FOLLOW": "1",
            # Each publication of a test would start a second browser beside its own.
            "CONSENT_PICTURES": "0",
            "CONSENT_RATE_PER_MINUTE": "100000",
            "PORT": str(self.port),
            "SITE_URL": self.url,
            "ALLOWED_HOSTS": "127.0.0.1,localhost,.localhost",
        }
        self._web: Program | None = None
        self._worker: Program | None = None
        self._manager: Manager | None = None

    # Processes

    def start(self) -> None:
        self.manage("demo_people")
        self.start_web()
        self._worker = Program([sys.executable, "manage.py", "worker"], self.environment, self._log)

    def start_web(self) -> None:
        command = [
            *(str(ROOT / ".venv/bin/granian"), "--interface", "wsgi", "--host", "127.0.0.1"),
            *("--port", str(self.port), "--workers", "1", "--blocking-threads", "4"),
            *("--no-ws", "--log-level", "warning", "clicknconnect.wsgi:application"),
        ]
        self._web = Program(command, self.environment, self._log)
        deadline = time.monotonic() + READY_SECONDS
        while not self._is_ready():
            if time.monotonic() > deadline or not self._web.is_running:
                self.stop()
                raise RuntimeError(f"The site did not start:\n{self.log()}")
            time.sleep(0.05)

    def freeze_web(self) -> None:
        """It takes connections, and answers none."""
        assert self._web is not None
        self._web.signal(signal.SIGSTOP)

    def kill_web(self) -> None:
        assert self._web is not None
        self._web.signal(signal.SIGKILL)
        self._web.stop()
        self._web = None

    def stop(self) -> None:
        for program in (self._web, self._worker):
            if program is not None:
                program.stop()
        if self._manager is not None:
            self._manager.stop()
        self._web = self._worker = self._manager = None

    def log(self) -> str:
        return self._log.read_text("utf-8", "replace")[-8000:]

    def _is_ready(self) -> bool:
        try:
            return self.ask(Question("/readyz")).status == 200
        except OSError:
            return False

    def manage(self, *arguments: str) -> None:
        """Run a management command beside the running site."""
        if self._manager is None:
            self._manager = Manager(self.environment, self._log)
        self._manager.run(*arguments)

    # Asking it, without a browser

    def ask(self, question: Question) -> Answer:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            headers = {"Host": self.host, **question.headers}
            connection.request(question.method, question.path, question.body, headers)
            response = connection.getresponse()
            return Answer(response.status, response.getheaders(), response.read())
        finally:
            connection.close()

    def query(self, statement: str, *values: Any) -> list[tuple[Any, ...]]:
        """Rows of the site's database, read as the application's role."""
        with psycopg.connect(self.database_url, autocommit=True) as connection:
            cursor = connection.execute(statement, values)
            return cursor.fetchall() if cursor.description else []

    def events(self) -> list[str]:
        """The decisions of people on record, oldest first: given, refused, withdrawn."""
        statement = "SELECT event FROM consent_record WHERE source <> 'site' ORDER BY id"
        return [row[0] for row in self.query(statement)]


def with_database(url: str, name: str) -> str:
    return urlsplit(url)._replace(path=f"/{name}").geturl()
