"""The journal of erasures outside the database, and the replay after a restore (RT-08)."""

import os
import subprocess
import sys
import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import connection
from django.test import Client

from clicknconnect import unreplayed
from privacy.journal import journal, replay
from privacy.journal.database import DatabaseJournal
from privacy.journal.entries import Draft, JournalError
from privacy.journal.folder import FolderJournal
from privacy.models import DataSubject, ErasureBatch, LegalHold
from privacy.plans.again import replay_all
from privacy.plans.execute import erase_people
from tests.browser.site import with_database

NOW = datetime(2026, 11, 24, 9, tzinfo=UTC)


def draft(at: datetime = NOW) -> Draft:
    return Draft(
        at=at, batch=uuid.uuid4(), run=uuid.uuid4(), rule="account", person=uuid.uuid4(),
        created_at=NOW, mac="m",
    )  # fmt: skip


def person(name: str = "zwaluw") -> DataSubject:
    return DataSubject.objects.create(last_name=name, email=f"{name}@example.test")


def erase(*people: DataSubject) -> Any:
    return erase_people([p.pk for p in people], run=uuid.uuid4(), rule="account", now=NOW)


def back(one: DataSubject, **changes: Any) -> None:
    """As a restored backup brings them: the same row, or another with the same key."""
    DataSubject.objects.bulk_create([one])
    ErasureBatch.objects.all().delete()
    DataSubject.objects.filter(pk=one.pk).update(**changes)
    unreplayed.forget()


def test_journal_goes_on_over_days_and_a_clock_that_goes_back(tmp_path: Path) -> None:
    kept = FolderJournal(tmp_path / "j")
    assert kept.last() is None
    assert kept.append([draft(), draft()]) == 2
    assert kept.append([draft(NOW + timedelta(days=1))]) == 3
    assert kept.append([draft()]) == 4
    assert [entry.sequence for entry in kept.read()] == [1, 2, 3, 4]
    assert len(list((tmp_path / "j").glob("*.jsonl"))) == 2


def test_journal_shows_a_change_and_a_gap(tmp_path: Path) -> None:
    kept = FolderJournal(tmp_path)
    kept.append([draft(), draft(), draft()])
    (path,) = tmp_path.glob("*.jsonl")
    lines = path.read_text().splitlines(keepends=True)
    path.write_text(lines[0] + lines[2])
    with pytest.raises(JournalError, match="after entry 1"):
        list(kept.read())
    path.write_text(lines[0] + lines[1].replace("account", "request") + lines[2])
    with pytest.raises(JournalError, match="after entry 1"):
        list(kept.read())


def test_journal_passes_over_a_line_that_a_crash_cut(tmp_path: Path) -> None:
    kept = FolderJournal(tmp_path)
    kept.append([draft()])
    (path,) = tmp_path.glob("*.jsonl")
    with path.open("a") as file:
        file.write('{"sequence": 2, "at')
    assert kept.append([draft()]) == 2
    assert [entry.sequence for entry in kept.read()] == [1, 2]


def test_journal_of_several_processes_is_one_chain(tmp_path: Path) -> None:
    kept = FolderJournal(tmp_path)
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: kept.append([draft(), draft()]), range(40)))
    assert len(list(kept.read())) == 80


def test_journal_that_cannot_be_written_stops_the_erasure(db: None, settings: Any) -> None:
    settings.ERASURE_JOURNAL_URL = "/proc/journal"
    one = person()
    with pytest.raises(JournalError, match="nothing is erased"):
        erase(one)
    assert DataSubject.objects.get().last_name == "zwaluw"


def test_journal_in_a_second_database(own_database: str, settings: Any) -> None:
    url = with_database(os.environ["DATABASE_OWNER_URL"], own_database)
    kept = DatabaseJournal(url)
    assert kept.last() is None
    assert list(kept.read()) == []
    assert kept.append([draft(), draft()]) == 2
    assert kept.append([draft()]) == 3
    last = kept.last()
    assert last is not None
    assert last.sequence == len(list(kept.read())) == 3
    with psycopg.connect(url) as owner, pytest.raises(psycopg.Error, match="append-only"):
        owner.execute("DELETE FROM erasure_journal")
    settings.ERASURE_JOURNAL_URL = url
    assert isinstance(journal(), DatabaseJournal)


@pytest.mark.parametrize(
    ("url", "words"),
    [("s3://bucket/journal", "must be a folder"), ("https://x.test/j", "must be a folder"),
     ("postgresql://x:y@journal.example.test/j", "sslmode")],
)  # fmt: skip
def test_journal_elsewhere_stops_start_up(url: str, words: str) -> None:
    answer = subprocess.run(
        [sys.executable, "-c", "from django.conf import settings; settings.DEBUG"],
        env={**os.environ, "ERASURE_JOURNAL_URL": url, "DJANGO_SETTINGS_MODULE":
             "clicknconnect.settings", "DEMO": "0", "SECRET_KEY": "x" * 60,
             "FIELD_ENCRYPTION_KEYS": "w0NHZxZcLUX3iGqY8w0LqFJ1OTOhw7m2VWm5V8ZQTQc=",
             "LEDGER_SIGNING_KEYS": "2026a:w0NHZxZcLUX3iGqY8w0LqFJ1OTOhw7m2VWm5V8ZQTQc=",
             "SITE_URL": "https://www.example.test",
             "DATABASE_URL": "postgresql://a:b@db.example.test/s?sslmode=verify-full"},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert answer.returncode
    assert words in answer.stderr


@pytest.mark.django_db
def test_rt_08_entry_is_written_before_the_deed_and_holds_no_reusable_key() -> None:
    one = person()
    erase(one)
    (entry,) = journal().read()
    assert (entry.person, entry.created_at, entry.rule) == (one.pk, one.created_at, "account")
    assert "zwaluw" not in str(entry)
    assert replay.verify() == (1, [])
    assert not replay.lacking()
    erase(one)
    assert replay.verify() == (1, [])


@pytest.mark.django_db
def test_rt_08_replay_erases_who_came_back(capsys: pytest.CaptureFixture[str]) -> None:
    one, other = person(), person("merel")
    erase(one)
    back(one, created_at=one.created_at)
    assert replay_all(now=NOW, commit=False) == {"resurrected": 1}
    assert DataSubject.objects.count() == 2
    call_command("erasures", "replay", "--commit")
    assert "Erased again: 1." in capsys.readouterr().out
    assert list(DataSubject.objects.all()) == [other]
    assert replay_all(now=NOW, commit=True) == {}
    assert not replay.lacking()


@pytest.mark.django_db
def test_rt_08_replay_never_touches_a_newcomer_with_the_same_key() -> None:
    one = person()
    erase(one)
    back(one, created_at=NOW, last_name="merel")
    assert replay_all(now=NOW, commit=True) == {"wrong": 1}
    assert DataSubject.objects.get().last_name == "merel"


@pytest.mark.django_db
def test_rt_08_replay_says_whom_a_hold_keeps() -> None:
    one = person()
    erase(one)
    back(one, created_at=one.created_at)
    LegalHold.objects.create(
        person=one, reason="x", placed_at=NOW, review_on=NOW.date().replace(year=2027)
    )
    assert replay_all(now=NOW, commit=True) == {"resurrected": 1, "kept": 1}
    assert DataSubject.objects.get().last_name == "zwaluw"


@pytest.mark.django_db
def test_rt_08_site_answers_503_until_the_replay(client: Client) -> None:
    one = person()
    erase(one)
    assert client.get("/").status_code == 200
    back(one, created_at=one.created_at)
    assert client.get("/").status_code == client.get("/readyz").status_code == 503
    assert client.get("/healthz").status_code == 200
    with pytest.raises(replay.NotReplayed):
        erase(one)
    call_command("erasures", "replay", "--commit", verbosity=0)
    assert client.get("/").status_code == client.get("/readyz").status_code == 200


@pytest.mark.django_db
def test_journal_shorter_than_the_database_is_found(settings: Any, tmp_path: Path) -> None:
    erase(person())
    settings.ERASURE_JOURNAL_URL = str(tmp_path / "empty")
    with pytest.raises(CommandError, match="entries are missing"):
        call_command("erasures", "verify")


@pytest.mark.django_db
def test_entry_of_another_site_is_refused() -> None:
    one = person()
    journal().append([draft()])
    with pytest.raises(CommandError, match="not made by this site"):
        call_command("erasures", "verify")
    with pytest.raises(JournalError, match="not made by this site"):
        replay_all(now=NOW, commit=True)
    assert DataSubject.objects.get() == one
    assert connection is not None
