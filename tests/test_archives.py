"""Copies that wait to be fetched: whole or not there, by their person only, a few times (DR-10)."""

import io
import json
import zipfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.files.storage import default_storage
from django.db import IntegrityError, transaction
from django.test import Client
from procrastinate.contrib.django.models import ProcrastinateJob

from consent import snapshots
from privacy.models import Archive, DataSubject, User
from privacy.rights import archives, jobs, sealed
from privacy.rights.archives import ArchiveGone

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
PASSWORD = "four-words-are-enough"
PAGE = "/account/exports/"
KEY, ABOUT = sealed.new_key(), b"about"


@pytest.fixture(autouse=True)
def _own_files(settings: Any, tmp_path: Path) -> None:
    settings.STORAGES = {
        **settings.STORAGES,
        "default": {
            "BACKEND": "django.core.files.storage.FileSystemStorage",
            "OPTIONS": {"location": str(tmp_path / "files")},
        },
    }


# --- The file -----------------------------------------------------------------------------------


def written(content: bytes) -> bytes:
    out = io.BytesIO()
    file = sealed.Sealer(out, key=KEY, about=ABOUT)
    for start in range(0, len(content), 5000):
        file.write(content[start : start + 5000])
    file.finish()
    return out.getvalue()


def read(data: bytes, *, key: bytes = KEY, about: bytes = ABOUT) -> bytes:
    return b"".join(sealed.unsealed(io.BytesIO(data), key=key, about=about))


@pytest.mark.parametrize("size", [0, 1, 65_535, 65_536, 65_537, 131_072, 200_000])
def test_dr_10_what_was_sealed_is_read(size: int) -> None:
    content = bytes(range(256)) * (size // 256 + 1)
    data = written(content[:size])
    assert read(data) == content[:size]
    assert sealed.clear_size(len(data)) == size


PIECES = written(b"a" * 65_536 + b"b" * 65_536 + b"c" * 100)
_HEAD, _PIECE = len(sealed.MARK), sealed.PIECE + 16
_FIRST, _SECOND = PIECES[_HEAD : _HEAD + _PIECE], PIECES[_HEAD + _PIECE : _HEAD + 2 * _PIECE]
_THIRD = PIECES[_HEAD + 2 * _PIECE :]
DAMAGES = {
    "cut off in a piece": PIECES[:-1],
    "cut off after a piece": sealed.MARK + _FIRST + _SECOND,
    "only the mark": sealed.MARK,
    "nothing": b"",
    "moved": sealed.MARK + _SECOND + _FIRST + _THIRD,
    "doubled": sealed.MARK + _FIRST + _FIRST + _SECOND + _THIRD,
    "one missing": sealed.MARK + _FIRST + _THIRD,
    "more after the end": PIECES + b"x",
    "another piece after the end": PIECES + _THIRD,
    "one bit": PIECES[:40_000] + bytes([PIECES[40_000] ^ 1]) + PIECES[40_001:],
    "another mark": b"X" + PIECES[1:],
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_dr_10_a_damaged_file_is_not_taken_for_a_whole_one(damage: str) -> None:
    with pytest.raises(sealed.DamagedFile):
        read(DAMAGES[damage])


def test_dr_10_another_key_or_another_row_opens_nothing() -> None:
    with pytest.raises(sealed.DamagedFile):
        read(PIECES, key=sealed.new_key())
    with pytest.raises(sealed.DamagedFile):
        read(PIECES, about=b"another")


# --- The row and its file ------------------------------------------------------------------------


def someone(email: str = "marie@example.test") -> DataSubject:
    account = User.objects.create_user(email, PASSWORD)
    return DataSubject.objects.create(account=account, last_name="Dupont", email=email)


def ready(person: DataSubject, *, kind: str = "access") -> Archive:
    asked = archives.ask(person=person, kind=kind, language="fr", now=NOW)
    archives.build(asked, now=NOW)
    return Archive.objects.get(pk=asked.pk)


def folder() -> Path:
    return Path(default_storage.path(archives.FOLDER))


@pytest.mark.django_db
def test_dr_10_a_copy_is_built_sealed_and_read() -> None:
    archive = ready(someone())
    assert archive.state == "ready"
    assert archive.expires_at == NOW + timedelta(days=7)
    (file,) = folder().iterdir()
    assert file.name == archive.name
    assert file.stat().st_mode & 0o077 == 0
    assert b"Dupont" not in file.read_bytes()
    assert not zipfile.is_zipfile(file)
    content = b"".join(archives.open_stream(archive))
    data = json.loads(zipfile.ZipFile(io.BytesIO(content)).read("donnees.json"))
    assert data["data"]["privacy.datasubject"]["rows"][0]["last_name"] == "Dupont"


@pytest.mark.django_db
def test_dr_10_asking_defers_one_job_that_names_nobody() -> None:
    person = someone()
    archive = archives.ask(person=person, kind="access", language="fr", now=NOW)
    job = ProcrastinateJob.objects.get(task_name="privacy.rights.jobs.build_archive")
    assert job.args == {"archive": str(archive.pk)}
    with pytest.raises(archives.AlreadyAsked):
        archives.ask(person=person, kind="access", language="fr", now=NOW)
    jobs.build_archive(archive=str(archive.pk))
    assert Archive.objects.get().state == "ready"


@pytest.mark.django_db
def test_dr_10_a_killed_build_shows_nothing_and_begins_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """As SIGKILL leaves it: the row says building, a part of the file lies there."""
    archive = archives.ask(person=someone(), kind="access", language="fr", now=NOW)
    Archive.objects.update(state="building", percent=40)
    folder().mkdir(parents=True)
    (folder() / f"{archive.name}.part").write_bytes(b"half")
    with pytest.raises(ArchiveGone):
        archives.take(archive, now=NOW)
    archives.build(archive, now=NOW)
    built = Archive.objects.get()
    assert built.state == "ready"
    assert [path.name for path in folder().iterdir()] == [built.name]
    assert zipfile.is_zipfile(io.BytesIO(b"".join(archives.open_stream(built))))


@pytest.mark.django_db
def test_dr_10_a_build_killed_after_the_rename_begins_again() -> None:
    archive = ready(someone())
    key = archive.key
    Archive.objects.update(state="building", key=None, ready_at=None, expires_at=None)
    archives.build(archive, now=NOW)
    again = Archive.objects.get()
    assert again.key != key
    assert zipfile.is_zipfile(io.BytesIO(b"".join(archives.open_stream(again))))


@pytest.mark.django_db
def test_dr_10_a_build_that_fails_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*args: Any, **options: Any) -> None:
        raise OSError("disk")

    archive = archives.ask(person=someone(), kind="access", language="fr", now=NOW)
    monkeypatch.setattr(archives.access, "build", broken)
    with pytest.raises(OSError, match="disk"):
        archives.build(archive, now=NOW)
    assert Archive.objects.get().state == "failed"
    assert list(folder().iterdir()) == []


@pytest.mark.django_db
def test_dr_10_a_built_one_is_not_built_again() -> None:
    archive = ready(someone())
    archives.build(archive, now=NOW + timedelta(days=1))
    assert Archive.objects.get().key == archive.key


@pytest.mark.django_db
def test_dr_10_five_downloads_then_none_and_no_key() -> None:
    archive = ready(someone())
    for _time in range(5):
        archives.take(archive, now=NOW)
    with pytest.raises(ArchiveGone):
        archives.take(archive, now=NOW)
    assert archives.expire(now=NOW) == 1
    gone = Archive.objects.get()
    assert (gone.state, gone.key) == ("gone", None)
    assert list(folder().iterdir()) == []


@pytest.mark.django_db
def test_dr_10_seven_days_and_not_one_second_more() -> None:
    archive = ready(someone())
    end = NOW + timedelta(days=7)
    archives.take(archive, now=end - timedelta(seconds=1))
    assert archives.expire(now=end - timedelta(seconds=1)) == 0
    with pytest.raises(ArchiveGone):
        archives.take(archive, now=end)
    assert archives.expire(now=end) == 1
    with pytest.raises(ArchiveGone):
        archives.open_stream(Archive.objects.get())


@pytest.mark.django_db
def test_dr_10_the_file_of_a_person_who_went_goes_too() -> None:
    archive = ready(someone())
    Archive.objects.all().delete()
    archives.expire(now=datetime.now(UTC))
    assert (folder() / archive.name).exists()  # perhaps one that is being written
    archives.expire(now=datetime.now(UTC) + timedelta(days=2))
    assert list(folder().iterdir()) == []


@pytest.mark.django_db
def test_dr_10_the_database_keeps_no_key_without_a_file() -> None:
    archive = ready(someone())
    for change in ({"state": "gone"}, {"key": None}, {"downloads": 6}, {"expires_at": None}):
        with pytest.raises(IntegrityError), transaction.atomic():
            Archive.objects.filter(pk=archive.pk).update(**change)


# --- The page -----------------------------------------------------------------------------------


def logged_in(person: DataSubject) -> Client:
    client = Client(headers={"origin": "http://testserver"})
    client.force_login(person.account)
    return client


def test_dr_10_progress_is_seen_while_it_is_built(own_database: str) -> None:
    person = someone()
    seen: list[int] = []
    archive = archives.ask(person=person, kind="access", language="fr", now=NOW)
    Archive.objects.update(state="building")
    with archives._progress(archive) as tell:
        for done in range(0, 101, 10):
            tell(done, 100)
            seen.append(Archive.objects.get().percent)
    assert seen[5] == 50
    assert seen[-1] == 99


def test_dr_10_the_first_work_of_a_worker_can_be_a_copy(own_database: str) -> None:
    """What is published was read in the read-only transaction of the copy, and could not be."""
    archive = archives.ask(person=someone(), kind="access", language="fr", now=NOW)
    snapshots.forget()
    archives.build(archive, now=NOW)
    assert Archive.objects.get().state == Archive.State.READY


@pytest.mark.django_db
def test_dr_10_asking_needs_the_password() -> None:
    person = someone()
    client = logged_in(person)
    answer = client.post(PAGE, {"kind": "access", "password": "wrong"})
    assert answer.status_code == 422
    assert not Archive.objects.exists()
    answer = client.post(PAGE, {"kind": "access", "password": PASSWORD})
    assert answer.status_code == 302
    assert Archive.objects.get().person == person
    assert "en attente" in client.get(PAGE).content.decode()
    again = client.post(PAGE, {"kind": "access", "password": PASSWORD})
    assert "déjà en préparation" in again.content.decode()


@pytest.mark.django_db
def test_dr_10_passwords_are_not_guessed_here() -> None:
    client = logged_in(someone())
    for _time in range(10):
        assert client.post(PAGE, {"kind": "access", "password": "x"}).status_code == 422
    assert client.post(PAGE, {"kind": "access", "password": PASSWORD}).status_code == 429


@pytest.mark.django_db
def test_dr_10_the_person_downloads_five_times_then_it_is_gone() -> None:
    person = someone()
    archive = ready(person)
    Archive.objects.update(expires_at=datetime.now(UTC) + timedelta(days=1))
    client = logged_in(person)
    for left in range(4, -1, -1):
        answer = client.post(f"{PAGE}{archive.pk}/")
        content = b"".join(answer.streaming_content)
        assert answer.status_code == 200
        assert answer["Content-Disposition"].startswith('attachment; filename="clicknconnect-')
        assert answer["Content-Type"] == "application/zip"
        assert "no-store" in answer["Cache-Control"]
        assert int(answer["Content-Length"]) == len(content)
        assert zipfile.is_zipfile(io.BytesIO(content))
        assert Archive.objects.get().downloads_left == left
    assert client.post(f"{PAGE}{archive.pk}/").status_code == 410


@pytest.mark.django_db
def test_dr_10_an_expired_copy_is_410() -> None:
    person = someone()
    archive = ready(person)
    Archive.objects.update(expires_at=datetime.now(UTC) - timedelta(seconds=1))
    assert logged_in(person).post(f"{PAGE}{archive.pk}/").status_code == 410
    assert "expirée" in logged_in(person).get(PAGE).content.decode()


@pytest.mark.django_db
def test_dr_10_another_ones_copy_is_as_if_it_were_not_there() -> None:
    archive = ready(someone())
    Archive.objects.update(expires_at=datetime.now(UTC) + timedelta(days=1))
    stranger = logged_in(someone("paul@example.test"))
    assert stranger.post(f"{PAGE}{archive.pk}/").status_code == 404
    assert str(archive.pk) not in stranger.get(PAGE).content.decode()
    nobody = Client(headers={"origin": "http://testserver"})
    assert nobody.post(f"{PAGE}{archive.pk}/").status_code == 302
    assert nobody.get(PAGE).status_code == 302
    assert Archive.objects.get().downloads == 0


@pytest.mark.django_db
def test_dr_10_a_link_of_elsewhere_uses_no_download_up() -> None:
    person = someone()
    archive = ready(person)
    assert logged_in(person).get(f"{PAGE}{archive.pk}/").status_code == 405
    elsewhere = Client(headers={"origin": "https://evil.test"}, enforce_csrf_checks=True)
    elsewhere.force_login(person.account)
    assert elsewhere.post(f"{PAGE}{archive.pk}/").status_code == 403
    assert Archive.objects.get().downloads == 0


@pytest.mark.django_db
def test_dr_10_an_account_without_data_gets_a_page_too() -> None:
    account = User.objects.create_user("new@example.test", PASSWORD)
    client = Client(headers={"origin": "http://testserver"})
    client.force_login(account)
    assert client.get(PAGE).status_code == 200
    assert client.post(PAGE, {"kind": "access", "password": PASSWORD}).status_code == 200
    assert not Archive.objects.exists()
