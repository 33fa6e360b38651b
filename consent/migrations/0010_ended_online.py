"""Checks the rows for 0009_ended and indexes what names an acceptance, while choices are made.

Outside a transaction: it can be run again from wherever it stopped.
"""

from typing import Any

from django.db import migrations

PARENT = "consent_record_previous"
_VALIDATE = "ALTER TABLE consent_record VALIDATE CONSTRAINT consent_record_{}"
_PARTITIONS = """
SELECT c.relname, x.relname, COALESCE(i.indisvalid, false), EXISTS (
    SELECT FROM pg_inherits h WHERE h.inhrelid = i.indexrelid)
FROM pg_inherits p JOIN pg_class c ON c.oid = p.inhrelid
LEFT JOIN (pg_index i JOIN pg_class x ON x.oid = i.indexrelid)
    ON i.indrelid = c.oid AND x.relname = c.relname || '_previous_idx'
WHERE p.inhparent = 'consent_record'::regclass ORDER BY c.relname"""


def index(apps: Any, schema_editor: Any) -> None:
    """A partitioned table cannot be indexed concurrently: each month is, then attached."""
    with schema_editor.connection.cursor() as cursor:
        cursor.execute(
            f"CREATE INDEX IF NOT EXISTS {PARENT} ON ONLY consent_record (previous)"
            " WHERE previous IS NOT NULL"
        )
        cursor.execute(_PARTITIONS)
        for month, name, is_valid, is_attached in cursor.fetchall():
            if is_attached:
                continue
            made = f"{month}_previous_idx"
            if name and not is_valid:
                # What a stopped run left.
                cursor.execute(f"DROP INDEX CONCURRENTLY {made}")
            if not is_valid:
                cursor.execute(
                    f"CREATE INDEX CONCURRENTLY {made} ON {month} (previous)"
                    " WHERE previous IS NOT NULL"
                )
            cursor.execute(f"ALTER INDEX {PARENT} ATTACH PARTITION {made}")


def remove(apps: Any, schema_editor: Any) -> None:
    schema_editor.execute(f"DROP INDEX IF EXISTS {PARENT}")


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("consent", "0009_ended")]

    operations = [
        *(
            migrations.RunSQL(_VALIDATE.format(name), migrations.RunSQL.noop)
            for name in ("event_known", "source_known", "end_is_automatic", "end_names")
        ),
        migrations.RunPython(index, remove),
    ]
