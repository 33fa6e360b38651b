"""Upgrades without downtime: no migration holds, or waits for, a lock that visitors would feel."""

import importlib.util
import os
from types import ModuleType

import psycopg
import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import connections, migrations, models
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.operations.base import Operation

from clicknconnect.management.commands import migrate
from tests.browser.site import with_database
from tests.environment import ROOT


@pytest.fixture(scope="module")
def check() -> ModuleType:
    spec = importlib.util.spec_from_file_location(
        "check_migrations", ROOT / "scripts/check_migrations.py"
    )
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def planted(
    *operations: Operation, atomic: bool = True
) -> tuple[MigrationLoader, migrations.Migration]:
    """A migration of `consent` after all others, as if it were a file."""
    loader = MigrationLoader(connections["owner"])
    migration = migrations.Migration("9999_planted", "consent")
    migration.operations = list(operations)
    migration.atomic = atomic
    key = ("consent", "9999_planted")
    (leaf,) = loader.graph.leaf_nodes("consent")
    loader.disk_migrations[key] = migration
    loader.graph.add_node(key, migration)
    loader.graph.add_dependency(migration, key, leaf)
    return loader, migration


NEW_TABLE = migrations.CreateModel(
    "Planted",
    [("id", models.BigAutoField(primary_key=True)), ("day", models.DateField(db_index=True))],
    {"constraints": [models.CheckConstraint(condition=models.Q(id__gt=0), name="planted_id")]},
)


@pytest.mark.parametrize(
    ("operation", "rule"),
    [
        (migrations.AddIndex("act", models.Index(fields=["act"], name="planted")),
         "require-concurrent-index-creation"),
        (migrations.AddField("act", "planted", models.TextField(db_index=True, default="")),
         "require-concurrent-index-creation"),
        (migrations.AddConstraint("act", models.CheckConstraint(
            condition=~models.Q(act=""), name="planted")), "constraint-missing-not-valid"),
        (migrations.AddConstraint("act", models.UniqueConstraint(fields=["act"], name="planted")),
         "disallowed-unique-constraint"),
        (migrations.RemoveField("act", "target"), "ban-drop-column"),
        (migrations.RenameField("act", "target", "object"), "renaming-column"),
        (migrations.AlterField("act", "target", models.IntegerField()), "changing-column-type"),
        (migrations.DeleteModel("act"), "ban-drop-table"),
        (migrations.RunSQL("ALTER TABLE consent_act ADD planted integer NOT NULL"),
         "adding-required-field"),
        (migrations.RunSQL("ALTER TABEL consent_act"), "syntax-error"),
    ],
)  # fmt: skip
@pytest.mark.django_db(databases=["default", "owner"])
def test_migration_that_holds_a_long_lock_is_refused(
    check: ModuleType, operation: Operation, rule: str
) -> None:
    problems = check.problems_of(*planted(operation))
    assert any(f"consent.9999_planted: {rule}: " in problem for problem in problems), problems


@pytest.mark.parametrize(
    "operation",
    [
        NEW_TABLE,
        migrations.AddField("act", "planted", models.TextField(null=True)),
        migrations.AddField("act", "planted", models.BooleanField(db_default=False)),
        migrations.RunSQL("ALTER TABLE consent_act ADD CONSTRAINT k CHECK (act <> '') NOT VALID"),
        migrations.RunPython(migrations.RunPython.noop),
    ],
)
@pytest.mark.django_db(databases=["default", "owner"])
def test_migration_without_a_long_lock_passes(check: ModuleType, operation: Operation) -> None:
    assert check.problems_of(*planted(operation)) == []


@pytest.mark.django_db(databases=["default", "owner"])
def test_migration_may_make_an_index_beside_the_work(check: ModuleType) -> None:
    sql = "CREATE INDEX CONCURRENTLY IF NOT EXISTS planted ON consent_act (act)"
    assert check.problems_of(*planted(migrations.RunSQL(sql), atomic=False)) == []


@pytest.mark.django_db(databases=["default", "owner"])
def test_migration_with_a_reason_passes_as_long_as_it_needs_it(
    check: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = ("consent", "9999_planted")
    monkeypatch.setattr(check, "ALLOWED", {key: {"ban-drop-column": "no release read it"}})
    assert check.problems_of(*planted(migrations.RemoveField("act", "target"))) == []
    (problem,) = check.problems_of(*planted(NEW_TABLE))
    assert "any more" in problem


@pytest.mark.django_db(databases=["default", "owner"])
def test_every_migration_of_ours_passes(check: ModuleType) -> None:
    loader = MigrationLoader(connections["owner"])
    ours = [one for key, one in loader.disk_migrations.items() if key[0] in check.APPS]
    assert len(ours) >= 6
    assert [problem for one in ours for problem in check.problems_of(loader, one)] == []
    assert "scripts/check_migrations.py" in (ROOT / "scripts/check").read_text()


def test_migrate_does_not_queue_visitors_behind_it(
    own_database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(migrate, "LOCK_TIMEOUT", "50ms")
    url = with_database(os.environ["DATABASE_OWNER_URL"], own_database)
    with psycopg.connect(url) as other:
        other.execute("LOCK TABLE django_migrations")
        with pytest.raises(CommandError, match="run it again"):
            call_command("migrate", verbosity=0)
    call_command("migrate", verbosity=0)
