"""The site under test: its own durable cluster, its own database, its published files."""

import hashlib
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

import psycopg
from psycopg import sql

from bench.figures import BenchError
from clicknconnect.embedded import PROJECT_ROOT, Cluster, data_dir, free_port

WORK = PROJECT_ROOT / "bench" / "work"
STATIC_ROOT = data_dir() / "bench-static"
SITE_DATABASE = "bench_site"
PEER_DATABASE = "bench_peer"
POOL_SIZE = 8


@dataclass(frozen=True)
class Site:
    """Where the site under test is, and the environment of its processes."""

    port: int
    environment: dict[str, str]
    bare_url: str
    peer_url: str

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def on(self, database: str) -> dict[str, str]:
        """The environment of a process on another database, with a journal of its own: erasures of
        one copy are not another's."""
        named = {
            name: _on(self.environment[name], database)
            for name in ("DATABASE_URL", "DATABASE_OWNER_URL")
        }
        journal = empty(data_dir() / "bench-journal" / database)
        return {**self.environment, **named, "ERASURE_JOURNAL_URL": str(journal)}


def _on(url: str, database: str) -> str:
    return f"{url.rpartition('/')[0]}/{database}"


def new_database(owner_url: str, name: str, *, like: str = "template1") -> None:
    """An empty one, or a copy of `like`, in place of what had the name."""
    drop_database(owner_url, name)
    with psycopg.connect(owner_url, autocommit=True) as connection:
        create = sql.SQL("CREATE DATABASE {} TEMPLATE {}")
        connection.execute(create.format(sql.Identifier(name), sql.Identifier(like)))


def drop_database(owner_url: str, name: str) -> None:
    statement = sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name))
    with psycopg.connect(owner_url, autocommit=True) as connection:
        for _attempt in range(100):
            try:
                connection.execute(statement)
            except psycopg.errors.InsufficientPrivilege:
                time.sleep(0.1)  # PostgreSQL itself tidies up there, for a moment
            else:
                return
    raise BenchError(f"The database {name} is in use.")


def empty(folder: Path) -> Path:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(mode=0o700, parents=True)
    return folder


def manage(environment: dict[str, str], *command: str) -> None:
    answer = subprocess.run(
        [sys.executable, "manage.py", *command],
        cwd=PROJECT_ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
    )
    if answer.returncode != 0:
        raise BenchError(f"`manage.py {command[0]}` failed: {answer.stderr.strip()[-2000:]}")


def publish_static(environment: dict[str, str]) -> None:
    """The published files, as visitors get them; made again when a source has changed."""
    folders = (PROJECT_ROOT / "static", *PROJECT_ROOT.glob("*/static"))
    sources = [path for folder in folders for path in folder.rglob("*") if path.is_file()]
    digest = hashlib.sha256(version("django").encode())
    for path in sorted([*sources, PROJECT_ROOT / "clicknconnect" / "staticfiles.py"]):
        digest.update(f"{path.relative_to(PROJECT_ROOT)}\0".encode() + path.read_bytes())
    mark = STATIC_ROOT / ".fingerprint"
    if not mark.exists() or mark.read_text() != digest.hexdigest():
        manage(environment, "collectstatic", "--noinput", "--clear", "--verbosity", "0")
        mark.write_text(digest.hexdigest())


@contextmanager
def prepared() -> Iterator[Site]:
    """A migrated, published site on a cluster with PostgreSQL's own, durable settings."""
    cluster = Cluster(data_dir() / "bench-postgres")
    endpoints = cluster.ensure()
    try:
        for name in (SITE_DATABASE, PEER_DATABASE):
            new_database(endpoints.owner_url, name)
        port = free_port()
        environment = {
            **{k: v for k, v in os.environ.items() if not k.startswith("DATABASE_")},
            "DJANGO_SETTINGS_MODULE": "clicknconnect.settings",
            "DEMO": "1",
            "DATA_DIR": str(data_dir()),
            "DATABASE_URL": _on(endpoints.app_url, SITE_DATABASE),
            "DATABASE_OWNER_URL": _on(endpoints.owner_url, SITE_DATABASE),
            "DATABASE_POOL_SIZE": str(POOL_SIZE),
            "STATIC_ROOT": str(STATIC_ROOT),
            "PORT": str(port),
            "SITE_URL": f"http://127.0.0.1:{port}",
            "CONSENT_RATE_PER_MINUTE": str(10**9),
            # The journal of this folder's own site knows erasures that a new database lacks: the
            # site would wait for their replay.
            "ERASURE_JOURNAL_URL": str(empty(data_dir() / "bench-journal") / "site"),
        }
        manage(environment, "migrate", "--verbosity", "0")
        manage(environment, "register", "load", "--publish")
        publish_static(environment)
        yield Site(
            port=port,
            environment=environment,
            bare_url=_on(endpoints.owner_url, SITE_DATABASE),
            peer_url=_on(endpoints.owner_url, PEER_DATABASE),
        )
    finally:
        cluster.stop()


def own_work_folder() -> Path:
    WORK.mkdir(parents=True, exist_ok=True)
    return WORK
