"""A real worker is killed after the mail server took a letter and before that was noted."""

import os
import socketserver
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.db import connection
from procrastinate.contrib.django.models import ProcrastinateJob
from procrastinate.exceptions import AlreadyEnqueued

from clicknconnect.jobs import retry_stalled
from privacy.models import RequestEvent, RequestMessage
from tests.environment import ROOT
from tests.requests import filed


class MailServer(socketserver.ThreadingTCPServer):
    """Takes letters; while `holds` it has the letter and never says so."""

    allow_reuse_address = True
    daemon_threads = True

    def __init__(self) -> None:
        self.got: list[str] = []
        self.holds = True
        super().__init__(("127.0.0.1", 0), Session)

    @property
    def port(self) -> int:
        return int(self.server_address[1])


class Session(socketserver.StreamRequestHandler):
    server: MailServer

    def handle(self) -> None:
        self._say("220 here")
        while line := self.rfile.readline().decode().strip().upper():
            if line.startswith("DATA"):
                self._say("354 go on")
                self.server.got.append(self._letter())
                while self.server.holds:
                    time.sleep(0.05)
            with suppress(OSError):
                self._say("221 bye" if line == "QUIT" else "250 yes")
            if line == "QUIT":
                return

    def _letter(self) -> str:
        lines = []
        while (line := self.rfile.readline().decode()) not in (".\r\n", ""):
            lines.append(line)
        return "".join(lines)

    def _say(self, words: str) -> None:
        self.wfile.write(f"{words}\r\n".encode())


@pytest.fixture
def mail_server() -> Iterator[MailServer]:
    server = MailServer()
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server
    server.holds = False
    server.shutdown()
    server.server_close()
    thread.join()


@contextmanager
def worker(database: str, port: int) -> Iterator[subprocess.Popen[bytes]]:
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "clicknconnect.settings",
        "EMAIL_URL": f"smtp://127.0.0.1:{port}",
        **{
            name: urlsplit(os.environ[name])._replace(path=f"/{database}").geturl()
            for name in ("DATABASE_URL", "DATABASE_OWNER_URL")
        },
    }
    process = subprocess.Popen(
        [sys.executable, "manage.py", "worker"],
        cwd=ROOT, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def until(condition: Callable[[], Any], why: str) -> None:
    end = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < end, why
        time.sleep(0.1)


@pytest.mark.rule("DR-03")
def test_dr_03_a_worker_killed_after_the_server_took_the_letter_leaves_it_unknown(
    own_database: str, mail_server: MailServer
) -> None:
    request = filed(now=datetime.now(UTC))
    job = ProcrastinateJob.objects.get(task_name="privacy.requests.jobs.acknowledge")
    with worker(own_database, mail_server.port) as process:
        until(lambda: mail_server.got, "the letter does not reach the server")
        process.kill()
        process.wait()
    assert RequestMessage.objects.get(request=request).state == "sending"
    mail_server.holds = False
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE procrastinate_workers SET last_heartbeat = now() - interval '5 minutes'"
        )
    with suppress(AlreadyEnqueued):  # every two minutes it waits there by itself
        retry_stalled.defer(timestamp=0)
    with worker(own_database, mail_server.port):
        until(
            lambda: ProcrastinateJob.objects.get(pk=job.pk).status == "succeeded", "not done again"
        )
    acknowledgements = [one for one in mail_server.got if "To: ada@example.test" in one]
    assert len(acknowledgements) == 1
    assert RequestMessage.objects.get(request=request).state == "unknown"
    kinds = list(
        RequestEvent.objects.filter(request=request.pseudonym)
        .order_by("number")
        .values_list("kind", flat=True)
    )
    assert kinds == ["filed", "sending_unknown"]
