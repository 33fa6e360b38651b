"""The table behind the choices: append-only for everyone, a partition a month (CP-01)."""

import threading
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest
from django.db import IntegrityError, ProgrammingError, connection, connections, transaction
from django.test import Client

from clicknconnect.grants import tables
from consent import jobs
from consent.log.ids import uuid7
from consent.models import (
    Acknowledgement,
    Act,
    Asset,
    Notice,
    Publication,
    Record,
    Revision,
    Seal,
    Sealed,
    Verification,
)
from consent.models.evidence import WrittenOnce
from tests.test_api_consent import ACCEPT, REFUSE, post

EVIDENCE = [
    Record,
    Notice,
    Publication,
    Asset,
    Revision,
    Act,
    Seal,
    Sealed,
    Verification,
    Acknowledgement,
]


@pytest.mark.django_db
@pytest.mark.parametrize("model", EVIDENCE)
def test_cp_01_application_role_may_only_read_and_insert(model: Any) -> None:
    table = model._meta.db_table
    with connection.cursor() as cursor:
        for act in ("UPDATE", "DELETE", "TRUNCATE"):
            cursor.execute("SELECT has_table_privilege(current_user, %s, %s)", [table, act])
            assert cursor.fetchone() == (False,), (table, act)


@pytest.mark.django_db
def test_every_table_has_exactly_its_grants() -> None:
    with connection.cursor() as cursor:
        for table, granted in tables().items():
            for act in ("SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE"):
                cursor.execute("SELECT has_table_privilege(current_user, %s, %s)", [table, act])
                assert cursor.fetchone()[0] == (act in granted), (table, act)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE consent_record SET event = 'given'",
        "DELETE FROM consent_record",
        "TRUNCATE consent_record",
        "UPDATE {partition} SET event = 'given'",
        "DELETE FROM {partition}",
        "TRUNCATE {partition}",
        "UPDATE consent_publication SET sha256 = ''",
        "DELETE FROM consent_revision",
        "TRUNCATE consent_notice CASCADE",
        "UPDATE consent_asset SET body = ''",
        "DELETE FROM consent_act",
    ],
)
def test_cp_01_the_owner_is_stopped_by_triggers(own_database: str, statement: str) -> None:
    post(Client(headers={"origin": "http://testserver"}), ACCEPT)
    with connections["owner"].cursor() as cursor:
        cursor.execute("SELECT tableoid::regclass::text FROM consent_record LIMIT 1")
        (partition,) = cursor.fetchone()
        assert partition.startswith("consent_record_2")
        with pytest.raises(IntegrityError, match="append-only"):
            cursor.execute(statement.format(partition=partition))
    assert Record.objects.filter(event="given").count() == 1


@pytest.mark.django_db
def test_cp_01_no_way_to_change_evidence_in_python(client: Client) -> None:
    post(client, ACCEPT)
    record = Record.objects.get()
    for act in (
        record.save,
        record.delete,
        Record.objects.all().delete,
        lambda: Record.objects.update(event="refused"),
    ):
        with pytest.raises(WrittenOnce):
            act()


@pytest.mark.django_db
@pytest.mark.parametrize(
    "columns",
    [
        {"event": "maybe"},
        {"categories": "[]"},
        {"event": "refused"},
        {"event": "refused", "categories": "[]", "previous": str(uuid.uuid4())},
        {"event": "withdrawn", "categories": "[]"},
        {"source": "hack"},
        {"language": "xx"},
        {"expires_on": "2001-01-01"},
        {"id": "00000000-0000-4000-8000-000000000000"},
    ],
)
def test_the_database_refuses_what_cannot_be(columns: dict[str, str]) -> None:
    now = datetime.now(UTC)
    row = {
        "id": str(uuid7(now)), "recorded_at": now, "event": "given", "categories": '["analytics"]',
        "notice": 1, "publication": 1, "revision": "0" * 64, "language": "fr",
        "preset": "politique", "source": "api", "gpc": False, "decided_on": now.date(),
        "expires_on": now.date(), "previous": None,
    } | columns  # fmt: skip
    marks = ", ".join(["%s"] * len(row))
    statement = f"INSERT INTO consent_record ({', '.join(row)}) VALUES ({marks})"
    with (
        pytest.raises(IntegrityError),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement, list(row.values()))


@pytest.mark.django_db
def test_partitions_are_made_ahead_once_and_guarded() -> None:
    far = datetime(2031, 11, 30, 23, 30, tzinfo=UTC)
    names = jobs.make_partitions(far)
    assert names == ["consent_record_203111", "consent_record_203112", "consent_record_203201",
                     "consent_record_203202"]  # fmt: skip
    assert jobs.make_partitions(far) == []
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.relname, count(t.oid) FROM pg_inherits i JOIN pg_class c ON c.oid = inhrelid"
            " LEFT JOIN pg_trigger t ON t.tgrelid = c.oid"
            " WHERE i.inhparent = 'consent_record'::regclass GROUP BY 1"
        )
        rows = cursor.fetchall()
    assert len(rows) >= 8
    assert {count for _, count in rows} == {2}  # the row's, cloned, and the statement's


@pytest.mark.django_db
def test_application_role_makes_partitions_only_through_the_function() -> None:
    with (
        pytest.raises(ProgrammingError, match="permission denied|must be owner"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute("SELECT consent_guard('consent_record')")
    with (
        pytest.raises(ProgrammingError, match="permission denied"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute("CREATE TABLE mine (id int)")


def test_a_month_that_nobody_made_is_made_by_its_first_choice(
    own_database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from consent.api import views

    class Later(datetime):
        @classmethod
        def now(cls, tz: Any = None) -> "Later":
            return cls(2033, 5, 4, 12, tzinfo=tz)

    monkeypatch.setattr(views, "datetime", Later)
    client = Client(headers={"origin": "http://testserver"})
    assert post(client, ACCEPT).status_code == 201
    assert Record.objects.get().recorded_at.year == 2033


def test_twenty_clicks_with_one_key_are_one_record(own_database: str) -> None:
    """Double clicks and retries from several connections at once."""
    answers: list[Any] = []

    def click() -> None:
        client = Client(headers={"origin": "http://testserver"})
        answers.append(post(client, ACCEPT, idempotency_key="one-click-one-record"))
        connections.close_all()

    threads = [threading.Thread(target=click) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.json()["record"] for answer in answers}) == 1
    assert Record.objects.count() == 1


@pytest.mark.django_db
def test_keys_of_clicks_live_a_day(client: Client) -> None:
    post(client, ACCEPT, idempotency_key="one-click-one-record")
    now = datetime.now(UTC)
    assert jobs.forget_keys(now + timedelta(hours=23)) == 0
    assert jobs.forget_keys(now + timedelta(hours=25)) == 1


@pytest.mark.django_db
def test_one_statement_per_choice(client: Client, django_assert_num_queries: Any) -> None:
    """Anonymous: the record and its key in one round trip; no transaction around it."""
    client.get("/api/v1/consent/")
    with django_assert_num_queries(1):
        post(client, ACCEPT, idempotency_key="one-click-one-record")
    client.cookies.clear()
    with django_assert_num_queries(1):
        post(client, REFUSE)


@pytest.mark.django_db
def test_the_database_is_postgresql_and_the_role_is_safe() -> None:
    from clicknconnect.startup import role_dangers

    assert connection.vendor == "postgresql"
    assert role_dangers() == []


def test_an_unsafe_role_stops_start_up(own_database: str) -> None:
    from clicknconnect import startup

    owner = dict(connections["owner"].settings_dict)
    before = {key: connection.settings_dict[key] for key in ("USER", "PASSWORD")}
    connection.close()
    connection.close_pool()
    connection.settings_dict.update(USER=owner["USER"], PASSWORD=owner["PASSWORD"])
    try:
        with pytest.raises(SystemExit, match="owns tables"):
            startup.verify()
    finally:
        connection.close()
        connection.close_pool()
        connection.settings_dict.update(before)


def test_psycopg_is_compiled() -> None:
    assert psycopg.pq.__impl__ in {"binary", "c"}
