"""Sealing with several hands at once, real processes, real kills, another server (CP-01)."""

from typing import Any

import psycopg
import pytest
from django.db import DatabaseError, IntegrityError, connection, connections

from consent.log import sealing
from consent.models import Seal
from tests import ledger


@pytest.mark.parametrize("statement", [
    "UPDATE consent_seal SET count = 2", "DELETE FROM consent_seal", "TRUNCATE consent_seal",
    "UPDATE consent_sealed SET position = 9", "DELETE FROM consent_sealed",
    "TRUNCATE consent_sealed", "UPDATE {partition} SET position = 9", "DELETE FROM {partition}",
    "TRUNCATE {partition}", "DELETE FROM consent_verification",
])  # fmt: skip
def test_cp_01_the_owner_cannot_change_what_is_sealed(own_database: str, statement: str) -> None:
    ledger.fill(1)
    ledger.seal(minutes=1)
    with (
        connections["owner"].cursor() as cursor,
        pytest.raises(IntegrityError, match="append-only"),
    ):
        cursor.execute(statement.format(partition="consent_sealed_202603"))
    assert ledger.verify().ok


def test_a_new_month_does_not_wait_for_somebody_who_reads_the_log(own_database: str) -> None:
    """A long verification must not make every choice queue behind a new partition."""
    ledger.fill(1)
    with psycopg.connect(**_parameters()) as reader:
        reader.execute("SELECT count(*) FROM consent_record")
        with connection.cursor() as cursor:
            cursor.execute("SET lock_timeout = '2s'")
            cursor.execute("SELECT consent_record_partition('2031-05-05')")
            assert cursor.fetchone() == ("consent_record_203105",)


def _parameters(alias: str = "default") -> dict[str, Any]:
    settings = connections[alias].settings_dict
    return {
        "host": settings["HOST"], "port": settings["PORT"], "dbname": settings["NAME"],
        "user": settings["USER"], "password": settings["PASSWORD"],
    }  # fmt: skip


def test_one_sealer_at_a_time(own_database: str) -> None:
    ledger.fill(3)
    with psycopg.connect(**_parameters()) as other:
        other.execute("SELECT pg_advisory_xact_lock(hashtext(%s))", [sealing.LOCK])
        assert sealing.seal(now=ledger.after(minutes=1)) == sealing.Done(busy=True)
    assert sealing.seal(now=ledger.after(minutes=1)).records == 3


def test_a_failed_seal_leaves_nothing(own_database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    ledger.fill(4)
    monkeypatch.setattr(sealing, "_COPY_END", b"\x00\x01")
    with pytest.raises((DatabaseError, psycopg.Error)):
        ledger.seal(minutes=1)
    assert not Seal.objects.filter(kind="records").exists()
    monkeypatch.undo()
    assert ledger.seal(minutes=2).records == 4
    assert ledger.verify().ok
