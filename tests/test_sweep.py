"""The sweep after an erasure finds what was left, wherever it was planted (issue 4 § 6)."""

import uuid
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from consent import audit
from privacy.models import ContactMessage, DataSubject, User
from privacy.plans.execute import erase_people
from privacy.plans.sweep import Leftover, identifiers, in_files, sweep

NOW = datetime(2026, 11, 24, 9, tzinfo=UTC)


@pytest.fixture
def files(settings: Any, tmp_path: Path) -> Path:
    folder = tmp_path / "files"
    folder.mkdir()
    settings.MAIL_DIR = tmp_path / "mail"
    settings.STORAGES = {
        **settings.STORAGES,
        "default": {**settings.STORAGES["default"], "OPTIONS": {"location": str(folder)}},
    }
    return folder


@pytest.fixture
def erased(db: None, files: Path) -> list[str]:
    """What identified somebody who is erased."""
    account = User.objects.create(email="zwaluw@example.test")
    person = DataSubject.objects.create(
        account=account, first_name="Zoé", last_name="Zwaluw_%", email="zwaluw@example.test",
        phone="+3227771234", iban="BE71096123456769", vat_number="BE0779838527",
    )  # fmt: skip
    wanted = identifiers(person.pk)
    assert len(wanted) == 7
    assert {item.place for item in sweep(wanted)} == {"privacy_user", "privacy_datasubject"}
    erase_people([person.pk], run=uuid.uuid4(), rule="account", now=NOW)
    assert sweep(wanted) == []
    return wanted


def test_rt_08_text_column(erased: list[str]) -> None:
    for wanted in erased:
        ContactMessage.objects.create(body=f"Chère {wanted.upper()} !", received_at=NOW)
    assert sweep(erased) == [Leftover("privacy_contactmessage", "body", len(erased))]
    assert sweep(erased, kept=frozenset({"privacy_contactmessage"})) == []


def test_rt_08_pattern_signs_are_text(erased: list[str]) -> None:
    ContactMessage.objects.create(body="Zoé Zwaluwxyz", received_at=NOW)
    assert sweep(erased) == []


def test_rt_08_json_value(erased: list[str]) -> None:
    audit.record(by=None, act="x", now=NOW, details={"a": [{"b": erased[-1]}]})
    assert sweep(erased) == [Leftover("consent_act", "details", 1)]


def test_rt_08_queued_job(erased: list[str]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO procrastinate_jobs (queue_name, task_name, args)"
            " VALUES ('default', 'x', jsonb_build_object('to', %s::text))",
            [erased[0]],
        )
    assert sweep(erased) == [Leftover("procrastinate_jobs", "args", 1)]


def test_rt_08_file_name_and_content(erased: list[str], files: Path, settings: Any) -> None:
    (files / "exports").mkdir()
    (files / "exports" / f"{erased[-1]}.zip").touch()
    # The last letters lie beyond the first piece that is read.
    (files / "long.txt").write_bytes(b"x" * ((1 << 20) - 4) + erased[-1].encode())
    settings.MAIL_DIR.mkdir()
    (settings.MAIL_DIR / "a.eml").write_text(f"To: {erased[-1]}")
    assert list(in_files(erased)) == [
        Leftover("exports", "name", 1),
        Leftover("long.txt", "content", 1),
        Leftover("a.eml", "content", 1),
    ]
