"""CP-08: months leave whole, as a recorded act, and the rest still verifies."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connection, connections, transaction
from django.test import Client

from consent.log import ids, months, retention, sealing, seals
from consent.log.verification import month as verification
from consent.models import AccountLink, Control, Record, Seal, Sealed
from privacy.models import User
from tests import ledger
from tests.test_api_consent import ACCEPT, post

# Its choices end in August 2020 and are kept five years: due since September 2025.
OLD = datetime(2019, 8, 5, 12, tzinfo=UTC)
YOUNG = datetime(2024, 8, 5, 12, tzinfo=UTC)


def now() -> datetime:
    return datetime.now(UTC)


@pytest.fixture
def log() -> dict[str, Any]:
    """Ten records due since long, four young ones, all sealed a minute after they were made."""
    old = ledger.fill(10, start=OLD)
    sealing.seal(now=OLD + timedelta(minutes=1))
    young = ledger.fill(4, start=YOUNG)
    sealing.seal(now=YOUNG + timedelta(minutes=1))
    return {"old": old, "young": young}


def here(table: str) -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT to_regclass(%s) IS NOT NULL", [table])
        return bool(cursor.fetchone()[0])


@pytest.mark.django_db
def test_cp_08_a_month_leaves_whole_and_the_rest_verifies(log: dict[str, Any]) -> None:
    assert [due.month for due in retention.due(now())] == ["201908"]
    (left,) = retention.let_leave(now())
    assert (left.month, left.records) == ("201908", 10)
    assert set(ledger.keys()) == set(log["young"])
    assert not here("consent_record_201908")
    assert not here("consent_sealed_201908")
    departure = seals.newest()
    assert departure is not None
    assert (departure.kind, departure.month, departure.count) == ("departure", "201908", 10)
    assert (departure.first, departure.last) == (log["old"][0], log["old"][-1])
    outcome = ledger.verify()
    assert (outcome.problem, outcome.records, outcome.seals) == ("", 4, 4)
    assert retention.let_leave(now()) == []
    # It does not come back, nor does a record of it.
    with connection.cursor() as cursor:
        cursor.execute("SELECT consent_record_partition(%s)", [OLD])
    assert not here("consent_record_201908")


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("ended", "kept", "leaves"),
    [
        # The last choice of the month counts, to the day, in Brussels.
        (timedelta(days=-1), 1, True),
        (timedelta(days=0), 1, False),
        (timedelta(days=-1), 2, False),
    ],
)
def test_cp_08_a_month_is_kept_until_its_last_choice_and_the_years(
    ended: timedelta, kept: int, leaves: bool
) -> None:
    Control.objects.update_or_create(pk=1, defaults={"proof_retention_years": kept})
    today = retention.local_day(now())
    # A record of a month ago-and-two-years whose choice ended a year before today, more or less.
    made = datetime(today.year - 2, today.month, 1, 12, tzinfo=UTC) - timedelta(days=40)
    ledger.fill(3, start=made)
    last_day = retention.add_months(today, -12) + ended
    key = ids.uuid7(made)
    row = Record.objects.values().first()
    assert row is not None
    Record.objects.create(**{**row, "id": key, "expires_on": last_day})
    sealing.seal(now=now(), everything=True)
    assert bool(retention.let_leave(now())) is leaves
    assert ledger.verify().ok


@pytest.mark.django_db
def test_cp_08_the_period_is_a_year_at_least_and_five_by_default() -> None:
    assert retention.years() == 5
    with pytest.raises(IntegrityError, match="proofs_kept_a_year"), transaction.atomic():
        Control.objects.update_or_create(pk=1, defaults={"proof_retention_years": 0})
    Control.objects.update_or_create(pk=1, defaults={"proof_retention_years": 1})
    assert retention.years() == 1


@pytest.mark.django_db
def test_cp_08_a_month_with_an_unsealed_record_stays(log: dict[str, Any]) -> None:
    ledger.fill(1, start=OLD, salt="late")
    assert retention.let_leave(now()) == []
    with pytest.raises(IntegrityError, match="11 records, 1 unsealed"), transaction.atomic():
        departs("201908")


def leaves(month: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT consent_month_leaves(%s)", [month])


def departs(month: str, **lies: Any) -> None:
    sealing.append(now(), **{**retention._departure(month), **lies})
    leaves(month)


def says_only(month: str) -> None:
    sealing.append(now(), **retention._departure(month))
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("month", "words"),
    [("202408", "is kept until 2025-08-05 and 5 years"), ("203001", "There is no month"),
     ("x'; --", "There is no month")],
)  # fmt: skip
def test_cp_08_the_database_believes_nobody_about_the_time(
    log: dict[str, Any], month: str, words: str
) -> None:
    """The application's role may call the function; it decides by its own clock and count."""
    with pytest.raises(IntegrityError, match=words), transaction.atomic():
        departs(month) if month == "202408" else leaves(month)
    assert ledger.verify().ok


@pytest.mark.django_db
def test_cp_08_no_month_leaves_without_its_link_nor_a_link_without_its_month(
    log: dict[str, Any], django_db_blocker: Any
) -> None:
    with pytest.raises(IntegrityError, match="has no departure in the chain"), transaction.atomic():
        leaves("201908")
    with (
        pytest.raises(IntegrityError, match="says that month 201908 left, and it is here"),
        transaction.atomic(),
    ):
        says_only("201908")


@pytest.mark.django_db
def test_cp_08_a_lie_about_the_count_is_refused(log: dict[str, Any]) -> None:
    with pytest.raises(IntegrityError, match="its departure says 9"), transaction.atomic():
        departs("201908", count=9)


@pytest.mark.django_db
def test_cp_08_links_to_accounts_leave_too(log: dict[str, Any]) -> None:
    account = User.objects.create_user(email="a@example.test", password="correct horse battery")
    for key in (log["old"][0], log["young"][0]):
        AccountLink.objects.create(record=key, account=account)
    retention.let_leave(now())
    assert [link.record for link in AccountLink.objects.all()] == [log["young"][0]]


@pytest.mark.django_db
def test_cp_08_a_receipt_that_left_is_404_with_a_sentence(
    client: Client, log: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    from consent.api import receipts

    given = post(client, ACCEPT).json()
    monkeypatch.setattr(receipts, "may_read", lambda *_: True)
    retention.let_leave(now())
    gone = client.get(f"/api/v1/consent/receipts/{log['old'][0]}/")
    assert (gone.status_code, gone.json()["code"]) == (404, "proof_erased")
    assert "durée de conservation" in gone.json()["detail"]
    never = client.get(f"/api/v1/consent/receipts/{ids.uuid7(now())}/")
    assert (never.status_code, never.json()["code"]) == (404, "not_found")
    assert client.get(given["receipt"]).status_code == 200


# --- The owner's hands --------------------------------------------------------------------------


@pytest.fixture
def left(own_database: str) -> dict[str, Any]:
    old = ledger.fill(10, start=OLD)
    sealing.seal(now=OLD + timedelta(minutes=1))
    retention.let_leave(now())
    assert ledger.verify().ok
    return {"old": old}


def test_cp_08_what_came_back_is_named(
    left: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    start, before = months.bounds("201908")
    with ledger.hands_of_the_owner() as cursor:
        cursor.execute(
            "CREATE TABLE consent_record_201908 PARTITION OF consent_record"
            f" FOR VALUES FROM ('{start}') TO ('{before}')"
        )
        cursor.execute(ledger.FILL, {"count": 1, "start": OLD, "step": timedelta(0), "salt": "x"})
    assert ledger.verify().problem.startswith("Month 201908 left by seal 3, and record")
    monkeypatch.setattr(verification, "_gone", lambda *_: None)  # planted
    assert ledger.verify().ok


def test_cp_08_a_departure_taken_from_the_chain_is_named(left: dict[str, Any]) -> None:
    with ledger.hands_of_the_owner() as cursor:
        cursor.execute("DELETE FROM consent_seal WHERE kind = 'departure'")
    assert ledger.verify().problem.startswith("Month 201908 is gone without a departure: seal 2")


def test_cp_08_a_departure_with_another_count_is_named(left: dict[str, Any]) -> None:
    from consent.log import chain

    row = Seal.objects.get(kind="departure")
    row.count = 9
    statement = chain.statement_of(row)
    with ledger.hands_of_the_owner() as cursor:
        cursor.execute(
            "UPDATE consent_seal SET count = 9, hash = %s, signature = %s WHERE number = 3",
            [statement.hash(), chain.sign(statement, sealing.current_key()[1])],
        )
    assert ledger.verify().problem == (
        "Seal 3 says that 9 records of month 201908 left, which is not what its seals hold (10)."
    )


def test_cp_08_killed_half_way_nothing_left(
    own_database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    ledger.fill(10, start=OLD)
    sealing.seal(now=OLD + timedelta(minutes=1))

    class Killed(BaseException):
        pass

    def dies(*_: Any, **__: Any) -> None:
        raise Killed

    monkeypatch.setattr(retention.AccountLink.objects, "filter", dies)
    with pytest.raises(Killed):
        retention.let_leave(now())
    monkeypatch.undo()
    assert not Seal.objects.filter(kind="departure").exists()
    assert Sealed.objects.count() == 10
    assert ledger.verify().ok
    assert retention.let_leave(now())


def test_cp_08_nothing_leaves_while_the_log_is_verified(own_database: str) -> None:
    """A drop would wait for the reader, and every choice for the drop."""
    ledger.fill(10, start=OLD)
    sealing.seal(now=OLD + timedelta(minutes=1))
    with connections["direct"].cursor() as other:
        other.execute("SELECT pg_advisory_lock_shared(hashtext('consent.verify'))")
        assert retention.let_leave(now()) == []
        other.execute("SELECT pg_advisory_unlock_shared(hashtext('consent.verify'))")
    assert retention.let_leave(now())
