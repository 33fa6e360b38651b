"""Sealing: every record in exactly one seal, whatever happens (CP-01)."""

import base64
import os
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import IntegrityError, connection, transaction
from django.test import Client

from consent.enums import SealKind
from consent.log import jobs, sealing, seals
from consent.models import Record, Seal, Sealed, Verification
from tests import ledger
from tests.test_api_consent import ACCEPT, REFUSE, post

pytestmark = pytest.mark.django_db


def new_key(name: str) -> str:
    return f"{name}:{base64.b64encode(os.urandom(32)).decode()}"


def test_cp_01_what_people_choose_is_sealed() -> None:
    for body in (ACCEPT, REFUSE, ACCEPT):
        post(Client(headers={"origin": "http://testserver"}), body)
    assert sealing.seal(now=datetime.now(UTC)) == sealing.Done(seals=1, records=3)
    key, batch = Seal.objects.order_by("number")
    assert (key.kind, key.number, batch.kind, batch.number) == ("key", 1, "records", 2)
    assert batch.previous == key.hash
    assert batch.details["notices"].keys() == batch.details["publications"].keys() == {"1"}
    assert sealing.seal(now=datetime.now(UTC)) == sealing.Done()
    assert set(Sealed.objects.values_list("record", flat=True)) == set(
        Record.objects.values_list("pk", flat=True)
    )
    assert ledger.verify().ok


def test_cp_01_one_batch_is_of_one_month_and_of_limited_size() -> None:
    ledger.fill(7, start=datetime(2026, 3, 31, 23, 59, 57, tzinfo=UTC))
    done = sealing.seal(now=ledger.after(days=40), everything=True, batch=3)
    assert done == sealing.Done(seals=3, records=7)
    found = Seal.objects.filter(kind=SealKind.RECORDS).order_by("number")
    assert [(s.month, s.count) for s in found] == [("202603", 2), ("202604", 3), ("202604", 2)]
    # Whether more was left is part of what is signed; all three are of one run.
    assert [s.details["exhausted_from"] for s in found] == ["000000", None, "000000"]
    assert len({s.sealed_at for s in found}) == 1
    assert ledger.verify().ok


def test_cp_01_a_late_commit_is_sealed_by_the_next_run() -> None:
    early = ledger.fill(5, start=ledger.START + timedelta(minutes=1))
    ledger.seal(minutes=2)
    # These keys are older than all that is sealed.
    late = ledger.fill(5, start=ledger.START, salt="late")
    assert ledger.seal(minutes=3) == sealing.Done(seals=1, records=5)
    held = ledger.seals_of()
    assert {tuple(held[key]) for key in early} == {(2,)}
    assert {tuple(held[key]) for key in late} == {(3,)}
    assert ledger.verify().ok


def test_cp_01_a_run_a_minute_sees_two_months_and_the_hourly_one_all() -> None:
    ledger.fill(3)
    far = ledger.START + timedelta(days=100)
    assert sealing.seal(now=far).records == 3  # the first of all looks everywhere
    ledger.fill(2, salt="came with a restore")
    assert sealing.seal(now=far).records == 0
    assert sealing.seal(now=far, everything=True).records == 2


def test_cp_01_the_database_takes_no_second_seal_for_a_record() -> None:
    (key,) = ledger.fill(1)
    ledger.seal(minutes=1)
    with pytest.raises(IntegrityError, match="pkey"), transaction.atomic():
        Sealed.objects.create(record=key, seal=3, position=0, leaf=bytes(32))


@pytest.mark.parametrize("change", [
    {"number": 4}, {"number": 2}, {"previous": "f" * 64},
    {"sealed_at": datetime(2020, 1, 1, tzinfo=UTC)},
])  # fmt: skip
def test_cp_01_the_database_takes_no_gap_and_no_fork(change: dict[str, Any]) -> None:
    ledger.fill(1)
    ledger.seal(minutes=1)
    last = seals.newest()
    assert last is not None
    values = {
        "number": 3, "kind": "records", "month": "202603", "count": 1, "root": "0" * 64,
        "previous": last.hash, "sealed_at": last.sealed_at, "key_id": "x", "public_key": "x",
        "hash": "0" * 64, "signature": "x",
    }  # fmt: skip
    with pytest.raises(IntegrityError, match="does not follow"), transaction.atomic():
        Seal.objects.create(**{**values, **change})
    with transaction.atomic():
        Seal.objects.create(**values)  # the twin that follows


def test_every_month_of_records_has_its_membership_guarded() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT consent_record_partition('2031-05-05')")
        cursor.execute(
            "SELECT parent.relname, right(c.relname, 6), count(t.oid)"
            " FROM pg_inherits i JOIN pg_class c ON c.oid = inhrelid"
            " JOIN pg_class parent ON parent.oid = i.inhparent"
            " LEFT JOIN pg_trigger t ON t.tgrelid = c.oid"
            " WHERE parent.relname IN ('consent_record', 'consent_sealed') GROUP BY 1, 2"
        )
        rows = cursor.fetchall()
    by_table = {name: {month for table, month, _ in rows if table == name}
                for name in ("consent_record", "consent_sealed")}  # fmt: skip
    assert by_table["consent_record"] == by_table["consent_sealed"] >= {"203105"}
    assert {triggers for *_, triggers in rows} == {2}


def test_cp_01_a_new_key_in_front_is_published_by_the_next_sealing(settings: Any) -> None:
    ledger.fill(2)
    ledger.seal(minutes=1)
    old = settings.LEDGER_SIGNING_KEYS[0]
    old_public = seals.published_keys()
    settings.LEDGER_SIGNING_KEYS = [new_key("next"), old]
    assert ledger.seal(minutes=2) == sealing.Done()  # the link needs no record
    link = seals.newest()
    assert link is not None
    assert (link.kind, link.key_id, link.number) == ("key", "next", 3)
    assert seals.published_keys()[1:] == old_public
    # The old key may leave the settings; what it signed stays verifiable, its public key known.
    settings.LEDGER_SIGNING_KEYS = settings.LEDGER_SIGNING_KEYS[:1]
    ledger.fill(2, salt="more")
    ledger.seal(minutes=3)
    assert ledger.verify().ok
    assert Client().get("/.well-known/consent-log.json").json()["keys"][1:] == old_public
    # Back to the old one would be a second history: refused with a sentence.
    settings.LEDGER_SIGNING_KEYS = [old]
    with pytest.raises(sealing.SealingRefused, match="was replaced by next"):
        ledger.seal(minutes=4)


def test_a_key_id_is_never_used_for_two_keys(settings: Any) -> None:
    ledger.seal(minutes=1)
    name = settings.LEDGER_SIGNING_KEYS[0].partition(":")[0]
    settings.LEDGER_SIGNING_KEYS = [new_key(name)]
    with pytest.raises(CommandError, match=f"another key is known as {name}"):
        call_command("consent_log", "seal")


def test_cp_01_the_newest_seal_and_all_keys_are_public(django_assert_num_queries: Any) -> None:
    address = "/.well-known/consent-log.json"
    before = Client().get(address)
    assert before.json()["seal"] is None
    assert before.json()["keys"]
    ledger.fill(2)
    ledger.seal(minutes=1)
    with django_assert_num_queries(2):
        answer = Client().get(address)
    newest = seals.newest()
    assert newest is not None
    assert answer.json()["seal"] == newest.statement()
    assert "public" in answer.headers["Cache-Control"]
    assert not answer.cookies
    assert (
        Client().get(address, headers={"if-none-match": answer.headers["ETag"]}).status_code == 304
    )


def test_the_job_refuses_a_wrong_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    class Ahead(datetime):
        @classmethod
        def now(cls, tz: Any = None) -> Any:
            return datetime.now(tz) + timedelta(minutes=9)

    jobs.seal(timestamp=0)
    monkeypatch.setattr(jobs, "datetime", Ahead)
    with pytest.raises(jobs.ClocksDisagree, match="540 seconds"):
        jobs.seal(timestamp=0)


def test_commands_say_how_the_log_stands(capsys: pytest.CaptureFixture[str]) -> None:
    call_command("consent_log", "stats")
    assert "Nothing is sealed yet." in capsys.readouterr().out
    ledger.fill(3)
    call_command("consent_log", "seal", "--as-of", "2026-03-02T11:00+01:00")
    assert "Sealed 3 records in 1 seals." in capsys.readouterr().out
    call_command("consent_log", "seal")
    assert "Every record is sealed." in capsys.readouterr().out
    call_command("consent_log", "verify")
    assert "2 seals, 3 records" in capsys.readouterr().out
    jobs.verify(timestamp=0)
    call_command("consent_log", "stats")
    out = capsys.readouterr().out
    for words in ("Newest seal: 2", "2026-03: 3 records sealed by 1 seals.",
                  "Not sealed yet: 0 records.", "all as sealed"):  # fmt: skip
        assert words in out


def test_the_worker_knows_the_jobs_of_the_log() -> None:
    from procrastinate.contrib.django import app

    app.perform_import_paths()
    crons = {
        task.task.name.removeprefix("consent.log.jobs."): task.cron
        for task in app.periodic_registry.periodic_tasks.values()
    }
    assert crons["seal"] == "* * * * *"
    assert {"verify", "leave"} <= crons.keys()


@pytest.mark.parametrize("is_whole", [True, False])
def test_the_nightly_verification_is_kept_for_the_dashboard(is_whole: bool) -> None:
    ledger.fill(3)
    ledger.seal(minutes=20)
    if not is_whole:
        ledger.fill(1, salt="added")
    jobs.verify(timestamp=0)
    found = Verification.objects.get()
    assert (found.ok, found.seals, found.records) == (is_whole, 2, 3 if is_whole else 0)
    assert found.problem.startswith("Record ") is not is_whole
    assert found.seconds >= 0


def test_cp_01_a_rotation_that_forgets_a_key_is_named(
    settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    ledger.seal(minutes=1)
    settings.LEDGER_SIGNING_KEYS = [new_key("next"), *settings.LEDGER_SIGNING_KEYS]
    monkeypatch.setattr(seals, "published_keys", list)
    ledger.seal(minutes=2)
    assert ledger.verify().problem == "Seal 2 does not publish the keys of the log."


def test_nothing_is_sealed_as_of_a_time_to_come() -> None:
    """It would make the records until then look added later."""
    ledger.fill(1)
    with pytest.raises(CommandError, match="a time to come"):
        call_command("consent_log", "seal", "--as-of", "2199-01-01T00:00+00:00")
    assert not Seal.objects.exists()
