"""Receipts that anyone can verify, without the site (CP-02, CP-06)."""

import copy
import json
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from consent import receipt as command
from consent.log import merkle, sealing
from tests import ledger
from tests.environment import ROOT
from tests.test_api_consent import ACCEPT, REFUSE, URL, post

pytestmark = pytest.mark.django_db


def download(client: Client) -> Any:
    return client.get(post(client, ACCEPT).json()["receipt"]).json()


@pytest.fixture
def receipt(client: Client) -> Any:
    """Of an acceptance among nine other records."""
    ledger.fill(5, start=datetime.now(UTC) - timedelta(minutes=5))
    download(client)
    for body in (REFUSE, ACCEPT, REFUSE, ACCEPT):
        post(Client(headers={"origin": "http://testserver"}), body)
    sealing.seal(now=datetime.now(UTC))
    return download(client)


def test_cp_06_before_it_is_sealed_the_receipt_says_so(client: Client) -> None:
    receipt = download(client)
    assert receipt["proof"] == {
        "sealed": False,
        "detail": "Cette preuve n'est pas encore scellée :"
        " téléchargez-la à nouveau dans une minute.",
    }
    with pytest.raises(command.Unproven, match="not sealed yet"):
        command.verify(receipt)


def test_cp_06_once_sealed_the_receipt_proves_itself(receipt: Any) -> None:
    seal = command.verify(receipt)
    assert seal.count == 10
    assert 3 <= len(receipt["proof"]["path"]) <= 4
    keys = Client().get("/.well-known/consent-log.json").json()["keys"]
    assert command.verify(receipt, keys) == seal


def test_cp_06_every_record_of_a_seal_has_its_path(client: Client) -> None:
    ledger.fill(3, start=datetime.now(UTC) - timedelta(minutes=5))
    clients = [Client(headers={"origin": "http://testserver"}) for _ in range(4)]
    for visitor in clients:
        download(visitor)
    sealing.seal(now=datetime.now(UTC), batch=3)
    for visitor in clients:
        command.verify(download(visitor))


Change = Callable[[Any], None]


def put(*path: Any, value: Any) -> Change:
    def change(receipt: Any) -> None:
        for step in path[:-1]:
            receipt = receipt[step]
        receipt[path[-1]] = value

    return change


TAMPERED: list[tuple[Change, str]] = [
    (put("record_id", value="x"), "record_id says"),
    (put("pii_principal_id", value="x"), "pii_principal_id says"),
    (put("language", value="nl"), "language says"),
    (put("schema_version", value="x"), "schema_version says"),
    (put("event", "event_time", value="2020-01-01T00:00:00+00:00"), "event.event_time says"),
    (put("event", "event_state", value="withdrawn"), "event.event_state says"),
    (put("event", "validity", "to", value="2050-01-01"), "event.validity.to says"),
    (put("event", "source", value="page"), "event.source says"),
    (put("event", "gpc", value=True), "event.gpc says true"),
    (put("event", "preset", value="strict_be_fr"), "event.preset says"),
    (put("privacy_notice", "notice", value=2), "privacy_notice.notice says"),
    (put("privacy_notice", "revision", value="0" * 64), "privacy_notice.revision says"),
    (put("privacy_notice", "reference", value="http://x/privacy/versions/9/"),
     "privacy_notice.reference says"),
    (put("privacy_notice", "shown", "banner_html", value="<p>…</p>"), "not what the record names"),
    (put("privacy_notice", "shown", "notice", "notice", value=2), "not what the record names"),
    (put("purposes", 0, "purpose", value="x"), r"purposes\[0\].purpose says"),
    (put("purposes", 0, "recipient_third_parties", value=[]), "recipient_third_parties says"),
    (put("purposes", 0, "pii_type", value=["_ga"]), "pii_type says"),
    (put("purposes", value=[]), "purposes says"),
    (put("retention", 0, "seconds", value=1), r"retention\[0\].seconds says"),
    (put("pii_controllers", 0, "party_name", value="x"), "party_name says"),
    (put("more", value="x"), "more says"),
    (lambda receipt: receipt.pop("event"), "event says null"),
    (put("proof", "leaf", "categories", value=["analytics", "ads"]), "is not in seal"),
    (put("proof", "leaf", "recorded_at", value="2020-01-01T00:00:00.000000Z"), "is not in seal"),
    (put("proof", "leaf", "more", value=1), "The record in the receipt is damaged"),
    (put("proof", "leaf", value=None), "The record in the receipt is damaged"),
    (put("proof", "position", value=0), "is not in seal"),
    (put("proof", "position", value="0"), "The way from the record to the seal is damaged"),
    (put("proof", "path", 0, value="00" * 32), "is not in seal"),
    (put("proof", "path", 0, value="zz"), "The way from the record to the seal is damaged"),
    (put("proof", "path", value=[]), "is not in seal"),
    (put("proof", "seal", "signature", value="AAAA"), "is not signed by the key"),
    (put("proof", "seal", "statement", "root", value="00" * 32), "does not have its hash"),
    (put("proof", "seal", "statement", "number", value=9), "does not have its hash"),
    (put("proof", "seal", value={}), "The seal in the receipt is damaged"),
    (put("proof", value=None), "This is no receipt"),
]  # fmt: skip


@pytest.mark.parametrize(("change", "words"), TAMPERED, ids=[words for _, words in TAMPERED])
def test_cp_06_a_tampered_receipt_is_named(receipt: Any, change: Change, words: str) -> None:
    command.verify(receipt)  # the untampered twin
    change(receipt)
    with pytest.raises(command.Unproven, match=words):
        command.verify(receipt)


def test_cp_06_every_word_of_a_receipt_is_bound(receipt: Any) -> None:
    """Each single value, changed; only the authority's address and the state are information."""

    def values(node: Any, path: tuple[Any, ...] = ()) -> Any:
        if isinstance(node, (dict, list)) and node:
            pairs = node.items() if isinstance(node, dict) else enumerate(node)
            for name, inner in list(pairs):
                yield from values(inner, (*path, name))
        else:
            yield path

    tried = 0
    for path in list(values(receipt)):
        if path[0] in {"authority", "now"}:
            continue
        changed = copy.deepcopy(receipt)
        put(*path, value="changed")(changed)
        with pytest.raises(command.Unproven):
            command.verify(changed)
        tried += 1
    assert tried > 100


def test_cp_06_another_key_is_not_the_site_s(receipt: Any) -> None:
    with pytest.raises(command.Unproven, match="not among the keys of the site"):
        command.verify(receipt, [{"id": "demo", "public_key": "A" * 44}])


def test_cp_06_another_record_s_proof_does_not_fit(receipt: Any) -> None:
    other = Client(headers={"origin": "http://testserver"})
    post(other, ACCEPT)
    sealing.seal(now=datetime.now(UTC))
    receipt["proof"] = download(other)["proof"]
    with pytest.raises(command.Unproven, match="record_id says"):
        command.verify(receipt)


@pytest.mark.parametrize(
    ("target", "name", "broken", "change"),
    [
        (merkle, "root_of_path", lambda start, *_: merkle.EMPTY, None),
        (command, "_compare", lambda *_: None, put("event", "gpc", value=True)),
        (command, "sha256", lambda *_: "0" * 64, None),
    ],
)
def test_cp_06_each_step_of_the_verification_counts(
    receipt: Any, monkeypatch: pytest.MonkeyPatch, target: Any, name: str, broken: Any, change: Any
) -> None:
    """Planted: without the comparison a tampered receipt passes; with a wrong hash none does."""
    if change:
        change(receipt)
    monkeypatch.setattr(target, name, broken)
    if change:
        command.verify(receipt)
    else:
        with pytest.raises(command.Unproven):
            command.verify(receipt)


def run(*arguments: object) -> Any:
    """As anybody would, with no settings, no database, and Django itself not importable."""
    program = (
        "import sys, runpy; sys.modules['django'] = None; sys.argv = ['receipt', *sys.argv[1:]];"
        "runpy.run_module('consent.receipt', run_name='__main__', alter_sys=True)"
    )
    return subprocess.run(
        [sys.executable, "-c", program, *map(str, arguments)],
        cwd=ROOT, env={"PATH": "/usr/bin"}, capture_output=True, text=True, check=False,
    )  # fmt: skip


def test_cp_06_anyone_can_verify_without_the_site(receipt: Any, tmp_path: Path) -> None:
    file, keys = tmp_path / "receipt.json", tmp_path / "keys.json"
    file.write_text(json.dumps(receipt, ensure_ascii=False, indent=2))
    keys.write_bytes(Client().get("/.well-known/consent-log.json").content)
    good = run(file)
    assert (good.returncode, good.stderr) == (0, "")
    assert good.stdout.startswith(f"Genuine: record {receipt['record_id']} (given, ")
    assert "compare it with the site's" in good.stdout
    assert run(file, "--keys", keys).returncode == 0
    receipt["event"]["event_state"] = "refused"
    file.write_text(json.dumps(receipt))
    bad = run(file, "--keys", keys)
    assert (bad.returncode, bad.stdout) == (1, "")
    assert bad.stderr == (
        'The receipt was changed: event.event_state says "refused", which is not proven.\n'
    )
    for content, words in (("", "is not JSON"), ("[" * 100_000, "is not JSON"),
                           ("[]", "no receipt")):  # fmt: skip
        file.write_text(content)
        assert words in run(file).stderr
    assert "cannot be read" in run(tmp_path / "none.json").stderr


def test_cp_06_withdrawn_and_sealed(client: Client) -> None:
    post(client, ACCEPT)
    link = client.delete(URL).json()["receipt"]
    sealing.seal(now=datetime.now(UTC))
    command.verify(Client().get(link).json())
