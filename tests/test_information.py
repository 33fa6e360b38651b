"""What people are told (TR), and what the receipt and the revision keep of it (CP-02 … CP-06)."""

import html
import json
from datetime import UTC, datetime
from typing import Any

import jsonschema
import pytest
from django.test import Client

from consent import snapshots
from consent.models import BannerText, Record, Revision
from consent.publishing import publish

pytestmark = pytest.mark.django_db
NOT_EMPTY = {"type": "string", "minLength": 1}
RECEIPT = {
    "type": "object",
    "required": ["schema_version", "record_id", "pii_principal_id", "privacy_notice", "language",
                 "purposes", "retention", "pii_controllers", "event", "authority"],
    "properties": {
        "schema_version": NOT_EMPTY,
        "record_id": NOT_EMPTY,
        "pii_principal_id": NOT_EMPTY,
        "language": {"enum": ["fr", "nl", "de", "en"]},
        "privacy_notice": {"type": "object", "required": ["reference", "notice", "shown"]},
        "purposes": {
            "type": "array",
            "minItems": 1,
            "items": {
                "type": "object",
                "required": ["purpose", "legal_basis", "pii_type", "recipient_third_parties",
                             "storage_locations", "jurisdiction", "withdrawal_method"],
                "properties": {
                    "purpose": NOT_EMPTY,
                    "legal_basis": {"const": "art.6(1)(a)"},
                    "pii_type": {"type": "array", "minItems": 1},
                },
            },
        },
        "retention": {"type": "array", "minItems": 1},
        "pii_controllers": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["party_id", "party_name", "party_address", "party_contact",
                             "party_type"],
                "additionalProperties": NOT_EMPTY,
            },
        },
        "event": {
            "type": "object",
            "required": ["event_time", "validity", "entity_id", "event_type", "event_state"],
            "properties": {"event_time": {"pattern": r"^\d{4}-\d\d-\d\dT.*[+-]\d\d:\d\d$"}},
        },
    },
}  # fmt: skip


def accept(client: Client, **headers: str) -> Any:
    body = {"categories": {"analytics": True}, "notice": 1, "source": "banner"}
    return client.post(
        "/api/v1/consent/", json.dumps(body), content_type="application/json", headers=headers
    ).json()


def text(path: str) -> str:
    return html.unescape(Client().get(path).content.decode())


def test_cp_02_cp_03_receipt_has_the_fields_of_the_standard(client: Client) -> None:
    receipt = client.get(accept(client)["receipt"]).json()
    jsonschema.validate(receipt, RECEIPT)
    assert receipt["authority"]["name"] == "Autorité de protection des données"
    assert receipt["event"]["event_state"] == "given"
    assert "Google Ireland Limited" in receipt["purposes"][0]["recipient_third_parties"]


def test_cp_04_one_character_is_a_new_revision_that_asks_nobody(client: Client) -> None:
    first = Record.objects.get(pk=accept(client)["record"])
    row = BannerText.objects.get(key="title")
    row.text = {**row.text, "fr": row.text["fr"] + "."}
    row.save()
    publish(now=datetime.now(UTC), preset="politique")
    snapshots.refresh()
    assert client.get("/api/v1/consent/").json()["status"] == "decided"
    second = Record.objects.get(
        pk=accept(Client(headers={"origin": "http://testserver"}))["record"]
    )
    assert (first.notice, second.notice) == (1, 1)
    assert first.revision != second.revision
    shown = {key: Revision.objects.get(pk=key).content for key in (first.revision, second.revision)}
    assert "Vos cookies, votre choix.</h2>" not in shown[first.revision]["banner_html"]
    assert "Vos cookies, votre choix.</h2>" in shown[second.revision]["banner_html"]
    assert shown[first.revision]["assets"]["consent/consent.js"]
    assert (first.source, first.language, first.preset) == ("banner", "fr", "politique")


def test_cp_06_who_accepted_can_download_the_proof(client: Client) -> None:
    record = accept(client)["record"]
    page = html.unescape(client.get("/privacy/cookies/").content.decode())
    assert "Télécharger la preuve" in page
    assert f"/api/v1/consent/receipts/{record}/" in page


def test_tr_02_tr_05_purposes_bases_and_periods_are_on_the_page() -> None:
    page = text("/privacy/")
    for purpose in ("i)", "ii)", "iii)", "iv)", "v)", "vi)", "vii)"):
        assert purpose in page
    for words in ("(pré)contractuelles", "obligations légales", "intérêt légitime", "consentez",
                  "cinq (5) ans", "sept (7) années fiscales complètes", "durée nécessaire"):  # fmt: skip  # noqa: E501
        assert words in page


def test_tr_03_tr_04_t_12_recipients_and_transfers_with_google() -> None:
    page = text("/privacy/")
    assert "Google" in page
    assert "secrétariat social" in page
    choices = text("/privacy/cookies/")
    assert "Google Ireland Limited" in choices
    assert "2023/1795" in choices
    snapshot = snapshots.current()
    assert snapshot is not None
    google = next(s for s in snapshot.content["services"] if s["key"] == "google-analytics")
    assert google["transfer_reviewed_on"]


def test_tr_06_tr_08_rights_objection_apart_and_the_authority() -> None:
    page = text("/privacy/")
    for words in ("Droit d'accès", "Droit d'opposition", "Droit de retrait", "Droit à l'effacement",
                  "Droit à la portabilité", "Rue de la Presse, 35", "contact@apd-gba.be"):  # fmt: skip  # noqa: E501
        assert words in page
    assert "Vous pouvez à tout moment vous opposer à la prospection." in page
    for path in ("/privacy/rights/", "/nl/privacy/rights/", "/de/privacy/rights/"):
        assert "info@clicknconnect.be" in text(path)


@pytest.mark.parametrize("path", ["/", "/contact/", "/account/login/", "/no/such/page/"])
def test_tr_09_the_policy_is_one_click_away(path: str) -> None:
    page = text(path)
    assert 'href="/privacy/"' in page
    assert 'href="#"' not in page


def test_t_13_t_22_one_controller_with_its_trade_name_and_a_date() -> None:
    page = text("/privacy/")
    assert "Click'n CoNNect est le nom commercial" in page or "nom commercial" in page
    snapshot = snapshots.current()
    assert snapshot is not None
    assert str(snapshot.in_force_on.year) in page
