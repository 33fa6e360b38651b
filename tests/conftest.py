"""A real PostgreSQL: a template database is migrated once, each test process works on a copy.

Tests use the application's role, as the site does. The owner's connection is for tests of what the
owner cannot do either. Triggers are never weakened: a test that must commit gets a copy of its own.
"""

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path
from time import sleep
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from filelock import FileLock
from psycopg import errors, sql

from tests.environment import DATA, ROOT


def fingerprint() -> str:
    """Of what a migrated, published database depends on."""
    digest = hashlib.sha256()
    files = [
        *ROOT.glob("*/migrations/*.py"), *ROOT.glob("*/models/*.py"),
        ROOT / "clicknconnect/register.yaml", ROOT / "clicknconnect/grants.py",
        ROOT / "clicknconnect/throttle.py", ROOT / "privacy/groups.py", ROOT / "requirements.lock",
        *ROOT.glob("static/consent/*"), *ROOT.glob("consent/templates/consent/*"),
        ROOT / "consent/snapshots.py", ROOT / "consent/render.py",
        *ROOT.glob("consent/register/*.py"), ROOT / "consent/material.py",
        ROOT / "consent/publishing.py", ROOT / "privacy/groups.py",
    ]  # fmt: skip
    for path in sorted(files):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:12]


def owner_connection() -> psycopg.Connection[Any]:
    return psycopg.connect(os.environ["DATABASE_OWNER_URL"], autocommit=True)


def copy_database(source: str, target: str) -> None:
    drop_database(target)
    with owner_connection() as connection:
        connection.execute(
            sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(
                sql.Identifier(target), sql.Identifier(source)
            )
        )


def drop_database(name: str) -> None:
    """Again while PostgreSQL's own cleaning, which the owner may not end, is in the database."""
    statement = sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name))
    for pause in (0.2, 0.5, 1.0, 2.0, 4.0, None):
        try:
            with owner_connection() as connection:
                connection.execute(statement)
            return
        except (errors.InsufficientPrivilege, errors.ObjectInUse):
            if pause is None:
                raise
            sleep(pause)


def use_database(name: str) -> None:
    """Point Django's connections at the database `name`."""
    from django.conf import settings
    from django.db import connections

    for alias in ("default", "owner", "direct"):
        connection = connections[alias]
        connection.close()
        if getattr(connection, "pool", None):
            connection.close_pool()
        settings.DATABASES[alias]["NAME"] = name
        connection.settings_dict["NAME"] = name
    from consent import snapshots

    snapshots.forget()


def make_template() -> str:
    """The name of a migrated and published database; made when what it depends on has changed."""
    from django.core.management import call_command

    from consent import snapshots

    name = f"template_{fingerprint()}"
    with FileLock(str(DATA / "test-template.lock")), owner_connection() as connection:
        known = connection.execute(
            "SELECT datname FROM pg_database WHERE datname LIKE 'template\\_%'"
        ).fetchall()
        if (name,) not in known:
            for (old,) in known:
                drop_database(old)
            making = f"making_{fingerprint()}"
            drop_database(making)
            connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(making)))
            use_database(making)
            call_command("migrate", verbosity=0)
            call_command("register", "load", "--publish", verbosity=0)
            snapshots.load()  # writes the revisions that are shown
            use_database("postgres")
            connection.execute(
                sql.SQL("ALTER DATABASE {} RENAME TO {}").format(
                    sql.Identifier(making), sql.Identifier(name)
                )
            )
    return name


def collect_static() -> None:
    """The published files, as visitors get them; again when a source has changed."""
    from django.core.management import call_command

    sources = [p for p in ROOT.glob("*/static/**/*") if p.is_file()]
    sources += [p for p in (ROOT / "static").rglob("*") if p.is_file()]
    sources.append(ROOT / "clicknconnect/staticfiles.py")
    digest = hashlib.sha256()
    for path in sorted(sources):
        digest.update(str(path).encode() + path.read_bytes())
    mark = Path(os.environ["STATIC_ROOT"]) / ".fingerprint"
    with FileLock(str(DATA / "test-static.lock")):
        if not mark.exists() or mark.read_text() != digest.hexdigest():
            call_command("collectstatic", "--noinput", "--clear", verbosity=0)
            mark.write_text(digest.hexdigest())


@pytest.fixture(scope="session")
def django_db_setup(django_db_blocker: Any) -> Iterator[str]:
    """pytest-django's hook: a copy of the template for this process."""
    from django.core.management import call_command

    from consent import snapshots

    with django_db_blocker.unblock():
        call_command("translations", "compile", verbosity=0)
        collect_static()
        template = make_template()
        name = f"test_{os.environ.get('PYTEST_XDIST_WORKER', 'main')}_{os.getpid()}"
        copy_database(template, name)
        use_database(name)
        _base[:] = [snapshots.load()]
        yield name
        use_database("postgres")
        drop_database(name)


_base: list[Any] = []


@pytest.fixture(autouse=True)
def _fast_hashes_and_no_memory(settings: Any, tmp_path_factory: Any) -> Iterator[None]:
    """Cheap password hashes; no memory of other tests but what was published before them all."""
    settings.ERASURE_JOURNAL_URL = str(tmp_path_factory.getbasetemp() / f"journal-{uuid4()}")
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    from django.utils import translation

    from clicknconnect import unreplayed
    from consent import answers, showings, snapshots, unrecorded

    translation.deactivate()  # a page of another test may have left its language
    answers.reset_limits()
    unrecorded.forget()
    showings.forget()
    unreplayed.forget()
    snapshots.forget()
    if _base:
        snapshots.remember(_base[0])
    yield
    snapshots.forget()


@pytest.fixture
def own_database(
    django_db_setup: str, django_db_blocker: Any, request: pytest.FixtureRequest
) -> Iterator[str]:
    """A database of its own for a test that commits, uses threads or several connections."""
    name = f"own_{os.getpid()}_{hashlib.sha256(request.node.nodeid.encode()).hexdigest()[:8]}"
    with django_db_blocker.unblock():
        copy_database(make_template(), name)
        use_database(name)
        yield name
        use_database(django_db_setup)
        drop_database(name)


@pytest.fixture(scope="module")
def owners_database(django_db_setup: str, django_db_blocker: Any) -> Iterator[str]:
    """A database for the tests of a module that all work as its owner: each undoes what it did."""
    from django.db import connection, connections

    name = f"owners_{os.getpid()}"
    before = {key: connection.settings_dict[key] for key in ("USER", "PASSWORD")}
    with django_db_blocker.unblock():
        copy_database(make_template(), name)
        use_database(name)
        owner = connections["owner"].settings_dict
        connection.settings_dict.update({key: owner[key] for key in before})
        yield name
        connection.close()
        connection.close_pool()
        connection.settings_dict.update(before)
        use_database(django_db_setup)
        drop_database(name)


@pytest.fixture
def client() -> Any:
    """A browser on this site: its unsafe requests say where they come from."""
    from django.test import Client

    return Client(headers={"origin": "http://testserver"})
