"""Sealing with several hands at once, real processes, real kills, another server (CP-01)."""

import os
import random
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg
import pytest
from django.db import DatabaseError, IntegrityError, connection, connections
from django.db.models import Sum

from clicknconnect import embedded, grants
from clicknconnect.embedded import Cluster
from consent.log import sealing
from consent.models import Seal
from tests import ledger
from tests.environment import ROOT


@pytest.mark.parametrize("statement", [
    "UPDATE consent_seal SET count = 2", "DELETE FROM consent_seal", "TRUNCATE consent_seal",
    "UPDATE consent_sealed SET position = 9", "DELETE FROM consent_sealed",
    "TRUNCATE consent_sealed", "UPDATE {partition} SET position = 9", "DELETE FROM {partition}",
    "TRUNCATE {partition}", "DELETE FROM consent_verification",
])  # fmt: skip
def test_cp_01_the_owner_cannot_change_what_is_sealed(own_database: str, statement: str) -> None:
    ledger.fill(1)
    ledger.seal(minutes=1)
    with (
        connections["owner"].cursor() as cursor,
        pytest.raises(IntegrityError, match="append-only"),
    ):
        cursor.execute(statement.format(partition="consent_sealed_202603"))
    assert ledger.verify().ok


def test_a_new_month_does_not_wait_for_somebody_who_reads_the_log(own_database: str) -> None:
    """A long verification must not make every choice queue behind a new partition."""
    ledger.fill(1)
    with psycopg.connect(**_parameters()) as reader:
        reader.execute("SELECT count(*) FROM consent_record")
        with connection.cursor() as cursor:
            cursor.execute("SET lock_timeout = '2s'")
            cursor.execute("SELECT consent_record_partition('2031-05-05')")
            assert cursor.fetchone() == ("consent_record_203105",)


def _parameters(alias: str = "default") -> dict[str, Any]:
    settings = connections[alias].settings_dict
    return {
        "host": settings["HOST"], "port": settings["PORT"], "dbname": settings["NAME"],
        "user": settings["USER"], "password": settings["PASSWORD"],
    }  # fmt: skip


def test_one_sealer_at_a_time(own_database: str) -> None:
    ledger.fill(3)
    with psycopg.connect(**_parameters()) as other:
        other.execute("SELECT pg_advisory_xact_lock(hashtext(%s))", [sealing.LOCK])
        assert sealing.seal(now=ledger.after(minutes=1)) == sealing.Done(busy=True)
    assert sealing.seal(now=ledger.after(minutes=1)).records == 3


def test_a_failed_seal_leaves_nothing(own_database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    ledger.fill(4)
    monkeypatch.setattr(sealing, "_COPY_END", b"\x00\x01")
    with pytest.raises((DatabaseError, psycopg.Error)):
        ledger.seal(minutes=1)
    assert not Seal.objects.filter(kind="records").exists()
    monkeypatch.undo()
    assert ledger.seal(minutes=2).records == 4
    assert ledger.verify().ok


# --- Under load, with late commits --------------------------------------------------------------


def _insert(into: psycopg.Connection[Any], moment: datetime, salt: str) -> None:
    into.execute(ledger.FILL, {"count": 3, "start": moment, "step": timedelta(0), "salt": salt})


def _load(stop: threading.Event, name: int) -> None:
    """Commits at once, mostly; one in four transactions stays open for a while, over seals."""
    chance = random.Random(name)
    with psycopg.connect(**_parameters()) as writer:
        count = 0
        while not stop.is_set():
            count += 1
            with writer.transaction():
                _insert(writer, datetime.now(UTC), f"{name} {count}")
                if chance.random() < 0.25:
                    time.sleep(chance.random() * 0.3)
            time.sleep(0.005)


def writing(seconds: float) -> Iterator[None]:
    """Four writers for so long; the body runs beside them, over and over."""
    stop = threading.Event()
    writers = [threading.Thread(target=_load, args=(stop, name)) for name in range(4)]
    for writer in writers:
        writer.start()
    until = time.monotonic() + seconds
    try:
        while time.monotonic() < until:
            yield
    finally:
        stop.set()
        for writer in writers:
            writer.join()


def assert_each_in_one_seal() -> int:
    held = ledger.seals_of()
    assert {len(found) for found in held.values()} == {1}
    outcome = ledger.run.verify(now=datetime.now(UTC))
    assert outcome.problem == ""
    assert outcome.records == len(held) == Seal.objects.filter(kind="records").aggregate(
        total=Sum("count")
    )["total"]  # fmt: skip
    return len(held)


def test_cp_01_sealing_under_load_with_late_commits(own_database: str) -> None:
    runs = 0
    for _ in writing(3.0):
        runs += sealing.seal(now=datetime.now(UTC), batch=20).seals
    assert runs > 20
    sealing.seal(now=datetime.now(UTC))
    assert assert_each_in_one_seal() > 200


def by_watermark(own: Any) -> str:
    """The planted sealer: whatever is newer than the last sealed key, as many would write it."""
    return own.replace(
        "r.id > %(after)s",
        "r.id > coalesce((SELECT record FROM consent_sealed ORDER BY record DESC LIMIT 1),"
        " %(after)s)",
    )


def test_cp_01_a_sealer_with_a_watermark_would_lose_late_commits(
    own_database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sealing, "_UNSEALED", by_watermark(sealing._UNSEALED))
    for _ in writing(2.0):
        sealing.seal(now=datetime.now(UTC), batch=20)
    sealing.seal(now=datetime.now(UTC))
    lost = [key for key, found in ledger.seals_of().items() if not found]
    assert lost
    monkeypatch.undo()
    assert sealing.seal(now=datetime.now(UTC)).records == len(lost)


# --- kill -9 -----------------------------------------------------------------------------------

# Imports once, then makes a sealer for each line that it reads, and says its process id.
SEALERS = """
import os, signal, sys, django
from datetime import UTC, datetime
django.setup()
from consent.log import sealing
signal.signal(signal.SIGCHLD, signal.SIG_IGN)
for line in sys.stdin:
    child = os.fork()
    while child == 0:
        sealing.seal(now=datetime.now(UTC), batch=7)
    print(child, flush=True)
"""


@contextmanager
def sealers() -> Iterator[Callable[[], int]]:
    """A function that starts a sealer, a process of its own, and returns its id."""
    url = "postgresql://{user}:{password}@{host}:{port}/{dbname}".format(**_parameters())
    environment = {
        **os.environ, "DATABASE_URL": url, "DJANGO_SETTINGS_MODULE": "clicknconnect.settings"
    }  # fmt: skip
    with subprocess.Popen(
        [sys.executable, "-c", SEALERS], cwd=ROOT, env=environment, text=True, bufsize=1,
        stdin=subprocess.PIPE, stdout=subprocess.PIPE,
    ) as nursery:  # fmt: skip
        assert nursery.stdin is not None
        assert nursery.stdout is not None

        def start() -> int:
            nursery.stdin.write("\n")
            return int(nursery.stdout.readline())

        yield start
        nursery.stdin.close()


def test_cp_01_kill_9_of_sealers_at_random_points(own_database: str) -> None:
    chance = random.Random(9)
    kills = 0
    with sealers() as start:
        fleet = [start(), start()]
        try:
            for _ in writing(4.0):
                time.sleep(chance.random() * 0.2)
                os.kill(fleet.pop(0), signal.SIGKILL)
                kills += 1
                fleet.append(start())
        finally:
            for process in fleet:
                os.kill(process, signal.SIGKILL)
    assert kills >= 10
    assert Seal.objects.filter(kind="records").count() > 10
    sealing.seal(now=datetime.now(UTC), wait=True)
    assert_each_in_one_seal()


def test_cp_01_verified_while_it_is_written_and_sealed(own_database: str) -> None:
    """One consistent view: what commits meanwhile is neither added nor removed."""
    count = 0
    with sealers() as start:
        sealer = start()
        try:
            for _ in writing(3.0):
                assert ledger.run.verify(now=datetime.now(UTC)).problem == ""
                count += 1
        finally:
            os.kill(sealer, signal.SIGKILL)
    assert count > 10


def test_cp_01_a_sealer_of_two_transactions_would_be_caught(
    own_database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Planted: the seal commits, the process dies before the membership does."""
    ledger.fill(5)
    monkeypatch.setattr(sealing, "_write_membership", lambda *_: None)
    ledger.seal(minutes=1)
    monkeypatch.undo()
    assert ledger.verify().problem
    assert {len(found) for found in ledger.seals_of().values()} == {0}


# --- Another server ----------------------------------------------------------------------------

PLACE = ("HOST", "PORT", "NAME", "USER", "PASSWORD")


@pytest.fixture
def use_server() -> Any:
    """Point Django's connections at another server; None: back again."""
    here = {alias: {key: connections[alias].settings_dict[key] for key in PLACE}
            for alias in ("default", "owner", "direct")}  # fmt: skip

    def use(there: embedded.Endpoints | None) -> None:
        for alias, before in here.items():
            connection = connections[alias]
            connection.close()
            if getattr(connection, "pool", None):
                connection.close_pool()
            parts = None
            if there is not None:
                parts = urlsplit(there.owner_url if alias == "owner" else there.app_url)
            connection.settings_dict.update(
                before if parts is None else {
                    "HOST": parts.hostname, "PORT": parts.port, "NAME": parts.path[1:],
                    "USER": parts.username, "PASSWORD": parts.password,
                }
            )  # fmt: skip

    return use


def test_cp_01_dump_and_restore_into_another_server(own_database: str, use_server: Any) -> None:
    """Its transaction ids begin anew; what was sealed stays so, what was not is sealed there."""
    ledger.fill(30)
    ledger.seal(minutes=1)
    unsealed = ledger.fill(5, start=ledger.after(minutes=2))
    tools = embedded.find_binaries(embedded.server_account(Path("/none"))).folder
    with tempfile.TemporaryDirectory(prefix="restore-test-") as folder:
        Path(folder).chmod(0o711)
        other = Cluster(Path(folder) / "postgres", fast=True)
        try:
            there = other.ensure()
            owner = _parameters("owner")
            source = "postgresql://{user}:{password}@{host}:{port}/{dbname}".format(**owner)
            dump = Path(folder) / "dump"
            for command in (
                [tools / "pg_dump", "--format=custom", f"--file={dump}", source],
                [tools / "pg_restore", "--no-owner", "--no-privileges", "--exit-on-error",
                 f"--dbname={there.owner_url}", dump],
            ):  # fmt: skip
                subprocess.run(list(map(str, command)), check=True, capture_output=True)
            use_server(there)
            grants.apply()
            assert ledger.verify().problem == ""
            held = ledger.seals_of()
            assert {key for key, found in held.items() if not found} == set(unsealed)
            ledger.seal(minutes=3)
            assert {len(found) for found in ledger.seals_of().values()} == {1}
            assert ledger.verify().problem == ""
            with (
                connections["owner"].cursor() as cursor,
                pytest.raises(IntegrityError, match="append-only"),
            ):
                cursor.execute("DELETE FROM consent_sealed")
        finally:
            use_server(None)
            other.remove()
