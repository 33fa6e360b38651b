"""No migration holds a lock that visitors would feel: squawk reads the SQL of each of ours.

A table that a migration makes itself may be changed at will there. What is allowed all the same
stands in ALLOWED, with its reason.
"""

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import django
from django.db import connections
from django.db.migrations import Migration
from django.db.migrations.loader import MigrationLoader

ROOT = Path(__file__).resolve().parent.parent
APPS = ("clicknconnect", "consent", "privacy")
OLDEST_POSTGRESQL = "15"
# (app, migration) → rule → why it does no harm there.
_ONE_ROW = "consent_control has one row: the scan is over before anybody could notice."
ALLOWED: dict[tuple[str, str], dict[str, str]] = {
    ("privacy", "0010_contact"): {
        "constraint-missing-not-valid": "Messages are kept while they are handled: a few rows.",
        "ban-drop-default": "Made in the same migration, for rows from before.",
        "ban-drop-not-null": "No release has read when a reply was sent.",
    },
    ("consent", "0004_seals"): {"constraint-missing-not-valid": _ONE_ROW},
    ("consent", "0007_conformity"): {"constraint-missing-not-valid": _ONE_ROW},
    ("consent", "0008_counters"): {
        "adding-field-with-default": "consent_cspreport holds counts per day: few rows."
    },
    ("privacy", "0004_people"): {
        "adding-foreign-key-constraint": "To a table that the same migration makes: it is empty."
    },
    ("privacy", "0007_retention"): {
        "require-concurrent-index-creation": "privacy_datasubject is of the same release: few rows."
    },
    ("privacy", "0009_marketing"): {
        "constraint-missing-not-valid": "Campaigns are of the same release: no rows yet."
    },
    ("privacy", "0013_choices_known"): {
        "constraint-missing-not-valid": "Messages and objections: of the same release, few rows."
    },
    ("privacy", "0014_steps_known"): {
        "constraint-missing-not-valid": "Steps of requests: of the same release, few rows.",
        "ban-drop-constraint": "Replaced in the same statement by one that allows more words.",
    },
    ("privacy", "0022_request_retention"): {
        "constraint-missing-not-valid": "Requests are of the same release: few rows.",
        "ban-drop-constraint": "Replaced in the same statement by one that allows emptied rows.",
        "ban-drop-default": "Made in the same migration, for rows from before.",
    },
    ("privacy", "0017_request_letters"): {
        "constraint-missing-not-valid": "Messages of requests: of the same release, few rows.",
        "ban-drop-default": "Made in the same migration, for rows from before.",
        "require-concurrent-index-creation": "Messages of requests, as above.",
    },
    ("privacy", "0018_request_archives"): {
        "constraint-missing-not-valid": "Requests and copies: of the same release, few rows.",
        "ban-drop-constraint": "Replaced in the same statement by one that allows a state more.",
        "ban-drop-default": "Made in the same migration, for rows from before.",
        "adding-required-field": "To a table that the same migration makes: it is empty.",
        "adding-foreign-key-constraint": "Copies, as above.",
        "require-concurrent-index-creation": "Copies, as above.",
        "require-concurrent-index-deletion": "Copies, as above.",
    },
    ("privacy", "0019_request_files"): {
        "ban-drop-default": "Made in the same migration, for rows from before.",
        "constraint-missing-not-valid": "Requests: of the same release, few rows.",
    },
    ("privacy", "0008_restriction"): {
        # The table of 0004, of the same release: as many rows as there were accounts.
        "adding-field-with-default": "privacy_datasubject has few rows on the day it is made.",
        "require-concurrent-index-creation": "privacy_datasubject, as above.",
    },
    ("consent", "0009_ended"): {
        "ban-drop-constraint": "Replaced in the same statement by one that allows two words more."
    },
}
NOT_ABOUT_LOCKS = (
    # `manage.py migrate` sets lock_timeout: it gives up instead of making visitors queue behind it.
    "require-lock-timeout", "require-statement-timeout",
    # Django's own choice of types.
    "prefer-bigint-over-int", "prefer-bigint-over-smallint", "prefer-text-field",
    "prefer-identity", "prefer-timestamp-tz", "prefer-robust-stmts",
)  # fmt: skip


def sql_of(loader: MigrationLoader, migration: Migration) -> str:
    """What PostgreSQL is told, without the transaction around it."""
    statements = loader.collect_sql([(migration, False)])
    return "\n".join(line for line in statements if line not in {"BEGIN;", "COMMIT;"})


def complaints(sql: str, *, in_transaction: bool) -> list[dict[str, Any]]:
    """Squawk's complaints about locks, each with `rule_name`, `line` (from 0) and `message`."""
    answer = subprocess.run(
        [
            *(str(Path(sys.executable).with_name("squawk")), "--reporter=json"),
            *(f"--pg-version={OLDEST_POSTGRESQL}", f"--exclude={','.join(NOT_ABOUT_LOCKS)}"),
            *(["--assume-in-transaction"] if in_transaction else []),
        ],
        input=sql,
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
    )
    try:
        found: list[dict[str, Any]] = json.loads(answer.stdout)
    except ValueError:
        raise SystemExit(f"squawk failed: {answer.stderr.strip() or answer.stdout}") from None
    return found


def problems_of(loader: MigrationLoader, migration: Migration) -> list[str]:
    """A sentence for each complaint that has no reason beside it."""
    name = f"{migration.app_label}.{migration.name}"
    allowed = ALLOWED.get((migration.app_label, migration.name), {})
    sql = sql_of(loader, migration)
    lines = sql.splitlines()
    found = complaints(sql, in_transaction=migration.atomic)
    unused = sorted(set(allowed) - {complaint["rule_name"] for complaint in found})
    return [
        f"{name}: {complaint['rule_name']}: {complaint['message']}\n    "
        f"{re.sub(r'\s+', ' ', lines[complaint['line']])[:160] if lines else ''}"
        for complaint in found
        if complaint["rule_name"] not in allowed
    ] + [f"{name}: nothing there needs the exception {rule} any more." for rule in unused]


def main() -> int:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "clicknconnect.settings")
    sys.path.insert(0, str(ROOT))
    django.setup()
    loader = MigrationLoader(connections["owner"], replace_migrations=False)
    ours = [migration for key, migration in loader.disk_migrations.items() if key[0] in APPS]
    gone = set(ALLOWED) - set(loader.disk_migrations)
    problems = [f"{app}.{name} has exceptions and does not exist." for app, name in sorted(gone)]
    for migration in sorted(ours, key=lambda one: (one.app_label, one.name)):
        problems += problems_of(loader, migration)
    for problem in problems:
        sys.stderr.write(f"{problem}\n")
    if problems:
        sys.stderr.write("How to do it without a long lock: docs/deploy.md, « Upgrades ».\n")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
