"""What is hashed and how, apart from the database (CP-01)."""

import json
from datetime import UTC, date, datetime, timedelta, timezone
from hashlib import sha256
from typing import Any

import pytest
import rfc8785
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from consent.log import chain, merkle, months
from consent.log.canonical import FIELDS, dumps, instant, record_payload, record_values
from consent.log.ids import uuid7

TEXT = st.text(st.characters(exclude_categories=["Cs"]))
ASCII = st.text(st.characters(max_codepoint=127))
WHOLE = st.integers(-(2**53) + 1, 2**53 - 1)
JSON = st.recursive(
    st.none() | st.booleans() | WHOLE | TEXT,
    lambda inner: st.lists(inner) | st.dictionaries(ASCII, inner),
)
ZONES = [UTC, timezone(timedelta(hours=2)), timezone(-timedelta(hours=9, minutes=30))]
MOMENTS = st.integers(946_684_800_000_000, 4_102_444_800_000_000).flatmap(
    lambda us: st.sampled_from([datetime.fromtimestamp(us / 1e6, zone) for zone in ZONES])
)
DAYS = st.dates(date(2000, 1, 1), date(2100, 1, 1))
ROWS = st.tuples(
    st.lists(TEXT), DAYS, TEXT, DAYS, st.booleans(), st.uuids(), TEXT, WHOLE, TEXT,
    st.none() | st.uuids(), WHOLE, MOMENTS, TEXT, TEXT,
)  # fmt: skip


@given(JSON)
def test_cp_01_fast_canonical_json_is_rfc_8785(value: Any) -> None:
    assert dumps(value) == rfc8785.dumps(value)


@given(ROWS)
def test_cp_01_payload_of_a_record_is_rfc_8785(row: tuple[Any, ...]) -> None:
    payload = record_payload(row)
    assert payload == rfc8785.dumps(record_values(row))
    assert list(json.loads(payload)) == list(FIELDS) == sorted(FIELDS)
    # The categories as the driver reads them, as text, are the same.
    assert record_payload((json.dumps(row[0]), *row[1:])) == payload


def test_cp_01_payload_of_one_record_byte_for_byte() -> None:
    """Pinned: a change of these bytes would break every seal that was ever made."""
    row = (
        ["analytics"], date(2026, 11, 22), "given", date(2027, 11, 22), False,
        uuid7(datetime(2026, 11, 22, 8, tzinfo=UTC)), "fr", 3, "politique", None, 7,
        datetime(2026, 11, 22, 9, 0, 0, 5, timezone(timedelta(hours=1))), "ab" * 32, "banner",
    )  # fmt: skip
    assert record_payload(row).decode() == (
        '{"categories":["analytics"],"decided_on":"2026-11-22","event":"given",'
        f'"expires_on":"2027-11-22","gpc":false,"id":"{row[5]}","language":"fr","notice":3,'
        '"preset":"politique","previous":null,"publication":7,'
        f'"recorded_at":"2026-11-22T08:00:00.000005Z","revision":"{"ab" * 32}","source":"banner"}}'
    )


@given(ROWS, st.integers(0, len(FIELDS) - 1), ROWS)
def test_cp_01_every_value_of_a_record_is_in_its_payload(
    row: tuple[Any, ...], index: int, other: tuple[Any, ...]
) -> None:
    changed = (*row[:index], other[index], *row[index + 1 :])
    assert (record_payload(row) == record_payload(changed)) == (row[index] == other[index])


def as_the_rfc_says(leaves: list[bytes]) -> bytes:
    """RFC 6962 § 2.1, word for word: split at the largest power of two below n."""
    if not leaves:
        return sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    k = 1
    while k * 2 < len(leaves):
        k *= 2
    return merkle.node(as_the_rfc_says(leaves[:k]), as_the_rfc_says(leaves[k:]))


def hashes(count: int) -> list[bytes]:
    return [merkle.leaf(str(number).encode()) for number in range(count)]


@pytest.mark.parametrize("count", [*range(36), 255, 256, 257, 511, 512, 513, 1000, 1025])
def test_cp_01_trees_are_those_of_rfc_6962(count: int) -> None:
    leaves = hashes(count)
    growing = merkle.Growing()
    for hashed in leaves:
        growing.add(hashed)
    assert merkle.root(leaves) == growing.root() == as_the_rfc_says(leaves)
    assert growing.count == count


def test_cp_01_known_answers_of_rfc_6962() -> None:
    """The vectors of the Certificate Transparency reference implementation."""
    inputs = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657",
              "606162636465666768696a6b6c6d6e6f"]  # fmt: skip
    leaves = [merkle.leaf(bytes.fromhex(text)) for text in inputs]
    assert merkle.root(leaves[:1]).hex().startswith("6e340b9cffb37a98")
    assert merkle.root(leaves).hex() == (
        "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"
    )


@pytest.mark.parametrize("count", [1, 2, 3, 5, 8, 13, 64, 100])
def test_cp_01_each_path_leads_to_the_root_and_no_other_does(count: int) -> None:
    leaves = hashes(count)
    root = merkle.root(leaves)
    for position in range(count):
        path = merkle.path(leaves, position)
        start = leaves[position]
        assert merkle.root_of_path(start, position, count, path) == root
        assert merkle.root_of_path(start, position, count, [*path, start]) is None
        assert merkle.root_of_path(merkle.leaf(b"x"), position, count, path) != root
        if path:
            assert merkle.root_of_path(start, position, count, path[:-1]) is None
        for wrong in {*range(count)} - {position}:
            assert merkle.root_of_path(start, wrong, count, path) != root
        assert merkle.root_of_path(start, count, count, path) is None


def test_a_leaf_is_never_a_node() -> None:
    left, right = hashes(2)
    assert merkle.leaf(left + right) != merkle.node(left, right)


def statement(**changes: Any) -> chain.Statement:
    values: dict[str, Any] = {
        "number": 2, "kind": "records", "month": "202611", "count": 1, "first": "a", "last": "b",
        "root": "00" * 32, "details": {"exhausted_from": None}, "previous": "11" * 32,
        "sealed_at": instant(datetime(2026, 11, 22, tzinfo=UTC)), "key_id": "2026a",
        "public_key": chain.public_key_of(KEY),
    }  # fmt: skip
    return chain.Statement(**(values | changes))


KEY = Ed25519PrivateKey.from_private_bytes(bytes(32))
CHANGES: list[dict[str, Any]] = [
    {"number": 3}, {"kind": "departure"}, {"month": "202612"}, {"count": 2}, {"first": None},
    {"last": "c"}, {"root": "01" * 32}, {"details": {}}, {"previous": "12" * 32},
    {"sealed_at": "2026-11-22T00:00:00.000001Z"}, {"key_id": "2026b"},
]  # fmt: skip


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: next(iter(change)))
def test_cp_01_a_signature_covers_all_that_a_seal_states(change: dict[str, Any]) -> None:
    signature = chain.sign(statement(), KEY)
    assert chain.is_signed(statement(), signature)
    assert not chain.is_signed(statement(**change), signature)
    assert statement().hash() != statement(**change).hash()


def test_cp_01_a_signature_is_by_the_key_that_the_seal_names() -> None:
    other = Ed25519PrivateKey.from_private_bytes(bytes([1] * 32))
    assert not chain.is_signed(statement(), chain.sign(statement(), other))
    assert not chain.is_signed(statement(), "")
    assert not chain.is_signed(statement(public_key="x"), chain.sign(statement(), KEY))


def test_a_portable_seal_is_read_back() -> None:
    signature = chain.sign(statement(), KEY)
    sent = json.loads(json.dumps(chain.portable(statement(), signature)))
    assert chain.read(sent) == (statement(), signature)
    for broken in ({}, [], None, {**sent, "hash": "0"}, {**sent, "statement": {}},
                   {**sent, "statement": {**sent["statement"], "more": 1}},
                   {**sent, "statement": {**sent["statement"], "format": "x"}}):  # fmt: skip
        with pytest.raises(chain.Malformed):
            chain.read(broken)


def test_months_are_ranges_of_keys() -> None:
    last = uuid7(datetime(2026, 12, 31, 23, 59, 59, 999000, tzinfo=UTC))
    first = uuid7(datetime(2027, 1, 1, tzinfo=UTC))
    assert (months.of_key(last), months.of_key(first)) == ("202612", "202701")
    start, before = months.bounds("202612")
    assert start < last < before <= first
    assert months.plus("202612", 1) == "202701"
    assert months.plus("202701", -13) == "202512"
