"""Whoever owns the database can change it, triggers off; `verify` names what they did (CP-01).

Each case is tried on a log that verifies before (its untampered twin), and each check that finds
something is shown to be what finds it: without it, the same case goes unnoticed.
"""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import connection, transaction

from consent.log import chain, merkle, sealing, seals
from consent.log.canonical import FIELDS, record_payload
from consent.log.verification import contents, expected, links, month, run
from consent.models import Record, Seal
from tests import ledger
from tests.ledger import START, hands_of_the_owner, verify

COLUMNS = ", ".join(FIELDS)


@pytest.fixture(scope="module")
def whole(owners_database: str) -> dict[str, Any]:
    """Seals 2 (ten records), 3 (ten more), 4 (two late ones) of March; 5 (four) of April."""
    first = ledger.fill(10)
    ledger.seal(minutes=1)
    second = ledger.fill(10, start=ledger.after(minutes=2))
    ledger.seal(minutes=3)
    late = ledger.fill(2, start=ledger.after(minutes=1), salt="late")
    ledger.seal(minutes=4)
    april = ledger.fill(4, start=ledger.after(days=31))
    ledger.seal(days=31, minutes=1)
    assert verify().problem == ""
    return {"first": first, "second": second, "late": late, "april": april}


@pytest.fixture
def log(whole: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The log, and the owner's hands; what a test does is undone after it."""
    with transaction.atomic():
        yield dict(whole)
        transaction.set_rollback(True)


def owner(*statements: str, **values: Any) -> None:
    with hands_of_the_owner() as cursor:
        for statement in statements:
            cursor.execute(statement, values)


# --- A record changed, removed, added, reordered ----------------------------------------------

BITS = {
    "categories": """'["analytics", "x"]'""", "decided_on": "decided_on - 1",
    "event": "'withdrawn', categories = '[]', previous = id", "expires_on": "expires_on + 1",
    "gpc": "NOT gpc", "language": "'nl'", "notice": "notice # 2", "preset": "'strict_be_fr'",
    "previous": "'019cadc6-9e68-7c4c-8a42-38a0b923820d'", "publication": "publication + 1",
    "recorded_at": "recorded_at + interval '1 microsecond'",
    "revision": "overlay(revision PLACING 'z' FROM 9)", "source": "'page'",
}  # fmt: skip


def test_cp_01_every_column_is_tried() -> None:
    assert set(BITS) == set(FIELDS) - {"id"}


@pytest.mark.parametrize("column", BITS)
def test_cp_01_one_changed_value_is_named(log: dict[str, Any], column: str) -> None:
    key = log["first"][3]
    owner(f"UPDATE consent_record SET {column} = {BITS[column]} WHERE id = %(key)s", key=key)
    assert verify().problem == f"Record {key} was changed after it was sealed (seal 2, position 3)."


def test_cp_01_a_changed_key_is_named(log: dict[str, Any]) -> None:
    key = log["first"][3]
    other = UUID(int=key.int ^ 1)
    owner("UPDATE consent_record SET id = %(other)s WHERE id = %(key)s", key=key, other=other)
    assert str(other) in verify().problem or str(key) in verify().problem


def changed_with_its_membership(log: dict[str, Any]) -> None:
    key = log["first"][3]
    owner("UPDATE consent_record SET gpc = NOT gpc WHERE id = %(key)s", key=key)
    owner(
        "UPDATE consent_sealed SET leaf = %(leaf)s WHERE record = %(key)s", key=key, leaf=leaf(key)
    )


def leaf(key: UUID) -> bytes:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {COLUMNS} FROM consent_record WHERE id = %s", [key])
        return merkle.leaf(record_payload(cursor.fetchone()))


def removed(log: dict[str, Any]) -> None:
    owner("DELETE FROM consent_record WHERE id = %(key)s", key=log["first"][3])


def removed_with_its_membership(log: dict[str, Any]) -> None:
    removed(log)
    owner("DELETE FROM consent_sealed WHERE record = %(key)s", key=log["first"][3])


def last_removed(log: dict[str, Any]) -> None:
    owner("DELETE FROM consent_record WHERE id = %(key)s", key=log["april"][-1])


def last_removed_with_its_membership(log: dict[str, Any]) -> None:
    last_removed(log)
    owner("DELETE FROM consent_sealed WHERE record = %(key)s", key=log["april"][-1])


def membership_removed(log: dict[str, Any]) -> None:
    owner("DELETE FROM consent_sealed WHERE record = %(key)s", key=log["first"][3])


def added(log: dict[str, Any]) -> None:
    log["added"] = ledger.fill(1, start=ledger.after(seconds=30), salt="added")


def added_and_sealed_by_the_next_run(log: dict[str, Any]) -> None:
    added(log)
    ledger.seal(days=31, minutes=2)


def added_to_a_seal(log: dict[str, Any]) -> None:
    added(log)
    (key,) = log["added"]
    owner(
        "INSERT INTO consent_sealed (record, seal, position, leaf) VALUES (%(k)s, 2, 10, %(l)s)",
        k=key, l=leaf(key),
    )  # fmt: skip


def added_to_a_seal_that_is_not(log: dict[str, Any]) -> None:
    added(log)
    (key,) = log["added"]
    owner(
        "INSERT INTO consent_sealed (record, seal, position, leaf) VALUES (%(k)s, 9, 0, %(l)s)",
        k=key, l=leaf(key),
    )  # fmt: skip


def reordered(log: dict[str, Any]) -> None:
    owner(
        "UPDATE consent_sealed SET position = 99 WHERE record = %(a)s",
        "UPDATE consent_sealed SET position = 3 WHERE record = %(b)s",
        "UPDATE consent_sealed SET position = 4 WHERE record = %(a)s",
        a=log["first"][3], b=log["first"][4],
    )  # fmt: skip


def truncated(log: dict[str, Any]) -> None:
    owner("TRUNCATE consent_record_202603")


def truncated_with_its_membership(log: dict[str, Any]) -> None:
    owner("TRUNCATE consent_record_202603, consent_sealed_202603")


def membership_truncated(log: dict[str, Any]) -> None:
    owner("TRUNCATE consent_sealed_202603")


def dropped(log: dict[str, Any]) -> None:
    owner("DROP TABLE consent_record_202603, consent_sealed_202603")


Act = Callable[[dict[str, Any]], None]
Name = Callable[[dict[str, Any]], str]
RECORDS: list[tuple[Act, Name]] = [
    (changed_with_its_membership, lambda log: "Seal 2 does not have its root: between records "
     f"{log['first'][0]} and {log['first'][-1]}, a record was changed"),
    (removed, lambda log: f"Record {log['first'][3]} was removed (seal 2, position 3)."),
    (removed_with_its_membership, lambda log: "The record at position 3 of seal 2 was removed"),
    (last_removed, lambda log: f"Record {log['april'][-1]} was removed (seal 5, position 3)."),
    (last_removed_with_its_membership, lambda log: "Seal 5 holds 4 records, of which 1 were"),
    (membership_removed, lambda log: f"The membership of record {log['first'][3]} was removed"),
    (added, lambda log: f"Record {log['added'][0]} was added: it is in no seal"),
    (added_and_sealed_by_the_next_run, lambda log: f"Record {log['added'][0]} was added: seal 6"),
    (added_to_a_seal, lambda log: f"Record {log['added'][0]} was added to seal 2, which was full"),
    (added_to_a_seal_that_is_not, lambda log: f"Record {log['added'][0]} is said to be in seal 9"),
    (reordered, lambda log: f"Records were reordered: record {log['first'][3]} stands at position "
     "4 of seal 2; the order of keys puts it at 3."),
    (truncated, lambda log: f"Record {log['first'][0]} was removed (seal 2, position 0)."),
    (truncated_with_its_membership, lambda log: "Month 202603 is gone without a departure: seal 2"),
    (membership_truncated, lambda log: f"The membership of record {log['first'][0]} was removed"),
    (dropped, lambda log: "Month 202603 is gone without a departure: seal 2"),
]  # fmt: skip


@pytest.mark.parametrize(("act", "name"), RECORDS, ids=lambda value: getattr(value, "__name__", ""))
def test_cp_01_what_was_done_to_records_is_named(
    log: dict[str, Any], act: Act, name: Name, capsys: pytest.CaptureFixture[str]
) -> None:
    act(log)
    assert verify().problem.startswith(name(log))
    with pytest.raises(CommandError) as error:
        call_command("consent_log", "verify")
    assert str(error.value).startswith(name(log))
    assert error.value.returncode == 1


def test_cp_01_a_late_commit_within_ten_minutes_is_no_addition(log: dict[str, Any]) -> None:
    """The twin of what is added: the same row, as late as the protocol allows."""
    ledger.fill(1, start=ledger.after(days=31, seconds=30), salt="late")
    assert verify().ok  # not sealed yet, and no run should have had it
    ledger.seal(days=31, minutes=9)
    assert verify().ok


def test_cp_01_an_interrupted_run_makes_nobody_a_forger(
    log: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of a backlog of hours, killed after a batch, the rest is sealed later; nothing was added."""
    backlog = ledger.fill(9, start=ledger.after(days=40))
    batches = sealing._batches

    def killed(*args: Any, **options: Any) -> Any:
        for count in batches(*args, **options):
            yield count
            raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(sealing, "_batches", killed)
        with pytest.raises(KeyboardInterrupt):
            sealing.seal(now=ledger.after(days=40, hours=5), batch=4)
    assert verify().ok
    sealing.seal(now=ledger.after(days=40, hours=6), batch=4)
    assert verify().ok
    # But what stands below the batch that was sealed is an addition.
    (key,) = ledger.fill(1, start=ledger.after(days=40, seconds=2.5), salt="added")
    assert key < backlog[3]
    assert verify().problem.startswith(f"Record {key} was added")


# --- The chain ---------------------------------------------------------------------------------


def stolen_key() -> Ed25519PrivateKey:
    return sealing.current_key()[1]


def sign_anew(key: Ed25519PrivateKey, key_id: str | None = None) -> None:
    """As a thief with the key would: every leaf, root, hash and signature again, all consistent."""
    with hands_of_the_owner() as cursor:
        before = chain.NOTHING
        rows = list(Seal.objects.order_by("number"))
        cursor.execute("UPDATE consent_seal SET previous = 'x' || number")
        for row in rows:
            if row.kind == "records":
                cursor.execute(
                    f"SELECT {COLUMNS} FROM consent_record JOIN consent_sealed ON record = id"
                    " WHERE seal = %s ORDER BY id", [row.number],
                )  # fmt: skip
                found = [(r[FIELDS.index("id")], record_payload(r)) for r in cursor.fetchall()]
                hashes = [merkle.leaf(payload) for _, payload in found]
                for (record, _), hashed in zip(found, hashes, strict=True):
                    cursor.execute("UPDATE consent_sealed SET leaf = %s WHERE record = %s",
                                   [hashed, record])  # fmt: skip
                row.root = merkle.root(hashes).hex()
            if key_id:
                row.key_id, row.public_key = key_id, chain.public_key_of(key)
                if row.kind == "key":
                    row.details = {"keys": [{"id": key_id, "algorithm": "Ed25519",
                                             "public_key": row.public_key}]}  # fmt: skip
                    row.root = sealing.sha256(sealing.dumps(row.details["keys"]))
            row.previous = before
            statement = chain.statement_of(row)
            before = statement.hash()
            cursor.execute(
                "UPDATE consent_seal SET root = %s, previous = %s, hash = %s, signature = %s,"
                " key_id = %s, public_key = %s, details = %s WHERE number = %s",
                [row.root, row.previous, before, chain.sign(statement, key), row.key_id,
                 row.public_key, json.dumps(row.details), row.number],
            )  # fmt: skip


def seal_changed(log: dict[str, Any]) -> None:
    owner("UPDATE consent_seal SET count = 9 WHERE number = 3")


def seal_removed(log: dict[str, Any]) -> None:
    owner("DELETE FROM consent_seal WHERE number = 3")


def seals_swapped(log: dict[str, Any]) -> None:
    owner(
        "UPDATE consent_seal SET number = 99 WHERE number = 3",
        "UPDATE consent_seal SET number = 3 WHERE number = 4",
        "UPDATE consent_seal SET number = 4 WHERE number = 99",
    )


def signature_replaced(log: dict[str, Any]) -> None:
    owner(
        "UPDATE consent_seal SET signature ="
        " (SELECT signature FROM consent_seal WHERE number = 2) WHERE number = 3"
    )


def replaced_with_its_hash(log: dict[str, Any]) -> None:
    row = Seal.objects.get(number=3)
    row.count = 9
    statement = chain.statement_of(row)
    owner(
        "UPDATE consent_seal SET count = 9, hash = %(hash)s, signature = %(sign)s WHERE number = 3",
        hash=statement.hash(), sign=chain.sign(statement, stolen_key()),
    )  # fmt: skip


def signed_with_another_key(log: dict[str, Any]) -> None:
    sign_anew(Ed25519PrivateKey.generate(), "mine")


def whole_chain_removed(log: dict[str, Any]) -> None:
    owner("TRUNCATE consent_seal", "TRUNCATE consent_sealed_202603, consent_sealed_202604")


CHAIN: list[tuple[Act, str]] = [
    (seal_changed, "Seal 3 was changed: it does not have its hash."),
    (seal_removed, "Seal 3 was removed: the next one is seal 4."),
    (seals_swapped, "Seal 3 was changed: it does not have its hash."),
    (signature_replaced, "Seal 3 is not signed by key"),
    (replaced_with_its_hash, "Seal 4 does not follow seal 3: one was replaced."),
    (signed_with_another_key, "Seal 5, the newest, is signed by key mine, which is not among"),
    (whole_chain_removed, "No seal exists, and records of month 202603 are there."),
]


@pytest.mark.parametrize(("act", "name"), CHAIN, ids=lambda value: getattr(value, "__name__", ""))
def test_cp_01_what_was_done_to_the_chain_is_named(
    log: dict[str, Any], act: Act, name: str
) -> None:
    act(log)
    assert verify().problem.startswith(name)


def test_cp_01_a_key_slipped_in_is_not_trusted(log: dict[str, Any], settings: Any) -> None:
    """Without a key of ours: a rotation to theirs is a link like others, but for the trust."""
    ours = settings.LEDGER_SIGNING_KEYS
    settings.LEDGER_SIGNING_KEYS = ["theirs:" + "A" * 43]
    sealing.seal(now=ledger.after(days=32))
    assert verify().ok
    settings.LEDGER_SIGNING_KEYS = ours
    assert verify().problem.startswith("Seal 6, the newest, is signed by key theirs")


# --- With the anchor ---------------------------------------------------------------------------


@pytest.fixture
def anchor(log: dict[str, Any], tmp_path: Path) -> Path:
    newest = seals.newest()
    assert newest is not None
    path = tmp_path / "anchor.json"
    path.write_text(json.dumps({"seal": newest.statement(), "sent_to": "elsewhere"}))
    return path


def test_cp_01_with_a_stolen_key_all_is_consistent_but_for_the_anchor(
    log: dict[str, Any], anchor: Path
) -> None:
    call_command("consent_log", "verify", "--anchor", str(anchor))  # the untampered twin
    owner("UPDATE consent_record SET gpc = NOT gpc WHERE id = %(key)s", key=log["first"][3])
    sign_anew(stolen_key())
    assert verify().ok  # nobody can see it in the house
    with pytest.raises(CommandError, match="rewritten: seal 5 is not the one that the anchor"):
        call_command("consent_log", "verify", "--anchor", str(anchor))


def test_cp_01_a_lost_end_is_seen_with_the_anchor(log: dict[str, Any], anchor: Path) -> None:
    owner(
        "DELETE FROM consent_record WHERE id IN (SELECT record FROM consent_sealed WHERE seal = 5)",
        "DELETE FROM consent_sealed WHERE seal = 5",
        "DELETE FROM consent_seal WHERE number = 5",
    )
    assert verify().ok
    with pytest.raises(CommandError, match="the anchor holds seal 5, and the log ends with seal 4"):
        call_command("consent_log", "verify", "--anchor", str(anchor))


def test_cp_01_an_older_anchor_still_serves(log: dict[str, Any], anchor: Path) -> None:
    ledger.fill(2, start=ledger.after(days=40))
    ledger.seal(days=40, minutes=1)
    call_command("consent_log", "verify", "--anchor", str(anchor))


def test_a_bad_anchor_or_key_file_is_a_sentence(log: dict[str, Any], anchor: Path) -> None:
    broken = json.loads(anchor.read_text())
    broken["seal"]["signature"] = "AAAA"
    for content, words in ((json.dumps(broken), "signature does not fit"), ("{}", "is no anchor"),
                           ("{", "not JSON"), ("[]", "is no anchor")):  # fmt: skip
        anchor.write_text(content)
        with pytest.raises(CommandError, match=words) as error:
            call_command("consent_log", "verify", "--anchor", str(anchor))
        assert error.value.returncode == 2
    with pytest.raises(CommandError, match="cannot be read"):
        call_command("consent_log", "verify", "--keys", str(anchor.with_name("none")))
    with pytest.raises(CommandError, match="no public keys"):
        call_command("consent_log", "verify", "--keys", str(anchor))


def test_cp_01_trust_can_come_from_saved_keys(
    log: dict[str, Any], tmp_path: Path, settings: Any
) -> None:
    saved = tmp_path / "consent-log.json"
    saved.write_text(json.dumps({"keys": seals.all_keys(), "seal": None}))
    settings.LEDGER_SIGNING_KEYS = ["other:" + "A" * 43]
    assert not verify().ok
    call_command("consent_log", "verify", "--keys", str(saved))


# --- What records name -------------------------------------------------------------------------

REHASH = "encode(sha256('x'), 'hex')"
NAMED = [
    ("UPDATE consent_notice SET content = '{}'", "The notice 1 was changed"),
    ("UPDATE consent_publication SET content = content || '{\"x\": 1}'",
     "The publication 1 was changed"),
    ("UPDATE consent_publication SET in_force_on = in_force_on - 1",
     "The publication 1 was changed"),
    ("UPDATE consent_revision SET content = jsonb_set(content, '{banner_html}', '\"x\"')",
     "The revision "),
    ("UPDATE consent_asset SET body = body || ' '", "The script or style consent/"),
    ("DELETE FROM consent_asset WHERE path = 'consent/banner.js'", "The script or style "),
    ("DELETE FROM consent_revision WHERE language = 'fr'", "The revision "),
]  # fmt: skip


@pytest.mark.parametrize(("statement", "name"), NAMED)
def test_cp_04_what_was_shown_cannot_be_changed_unnoticed(
    log: dict[str, Any], statement: str, name: str
) -> None:
    owner(statement)
    assert verify().problem.startswith(name)


def test_cp_04_a_notice_replaced_with_its_hash_is_named(log: dict[str, Any]) -> None:
    """What records name by number is sealed by its hash."""
    owner("UPDATE consent_notice SET content = '{}', sha256 = %(sha)s", sha=contents.digest({}))
    assert verify().problem == "The notice 1 is not the one that seal 2 names."


# --- Planted defects: without a check, its case goes unnoticed ----------------------------------


def _nothing(*args: Any, **options: Any) -> None:
    return None


def _believes_the_leaf(self: Any, seal: Any, key: UUID, position: int, *rest: Any) -> None:
    seal.tree.add(bytes(rest[0]))
    self.sealed += 1


def _believes_rows(row: Seal, before: Any) -> Any:
    return chain.statement_of(row)


DEFECTS: list[tuple[Act, list[tuple[Any, str, Any]]]] = [
    (changed_with_its_membership, [(month._Checked, "close", _nothing)]),
    (removed, [(month._Checked, "place", _believes_the_leaf),
               (month._Checked, "nothing_lacks", _nothing)]),
    (last_removed, [(month._Checked, "nothing_lacks", _nothing)]),
    (last_removed_with_its_membership, [(month._Checked, "nothing_lacks", _nothing)]),
    (truncated, [(month._Checked, "nothing_lacks", _nothing)]),
    (truncated_with_its_membership, [(month._Checked, "nothing_lacks", _nothing)]),
    (added, [(month._Checked, "unsealed", _nothing)]),
    (added_and_sealed_by_the_next_run, [(expected.Expected, "is_late", lambda *_: False)]),
    (reordered, [(month._Checked, "misplaced", _nothing), (month._Checked, "close", _nothing)]),
    (signature_replaced, [(chain, "is_signed", lambda *_: True)]),
    (replaced_with_its_hash, [(links, "_sound", _believes_rows),
                              (month._Checked, "nothing_lacks", _nothing),
                              (month._Checked, "misplaced", _nothing),
                              (month._Checked, "close", _nothing)]),
]  # fmt: skip


@pytest.mark.parametrize(("act", "defects"), DEFECTS, ids=lambda v: getattr(v, "__name__", ""))
def test_cp_01_a_verifier_without_that_check_would_pass(
    log: dict[str, Any], act: Act, defects: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    act(log)
    assert not verify().ok
    for target, name, broken in defects:
        monkeypatch.setattr(target, name, broken)
    assert verify().problem == ""


def test_cp_01_a_verifier_that_believes_the_leaf_would_pass(
    log: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    owner("UPDATE consent_record SET gpc = NOT gpc WHERE id = %(key)s", key=log["first"][3])
    assert not verify().ok
    monkeypatch.setattr(month._Checked, "place", _believes_the_leaf)
    assert verify().ok


def test_cp_01_a_verifier_that_forgets_the_anchor_would_pass(
    log: dict[str, Any], anchor: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    owner("UPDATE consent_record SET gpc = NOT gpc WHERE id = %(key)s", key=log["first"][3])
    sign_anew(stolen_key())
    kept = run.read_anchor(anchor)
    assert not verify(anchor=kept).ok
    monkeypatch.setattr(links, "_anchored", _nothing)
    assert verify(anchor=kept).ok


def test_the_log_of_these_tests_is_what_it_says(log: dict[str, Any]) -> None:
    assert Record.objects.count() == 26
    assert verify().seals == 5
    assert min(log["first"]) > sealing.months.floor("202603")
    assert START.tzinfo is not None
