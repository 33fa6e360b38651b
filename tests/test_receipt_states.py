"""Receipts follow their published schema and say what became of the acceptance (CP-02, CP-06)."""

import copy
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from django.contrib.staticfiles import finders
from django.test import Client

from consent import ends, snapshots
from consent import receipt as command
from consent.log import sealing
from consent.models import AccountLink
from privacy.models import User
from tests import ledger
from tests.test_api_consent import ACCEPT, REFUSE, post
from tests.test_ends import LATER, MADE, add, new_notice

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def schema() -> Any:
    path = finders.find("consent/receipt-1.schema.json")
    assert isinstance(path, str)
    schema = json.loads(Path(path).read_text("utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema)


def three(client: Client) -> dict[str, Any]:
    """The receipts of one acceptance: at once, sealed, withdrawn."""
    said = {"unsealed": client.get(post(client, ACCEPT).json()["receipt"]).json()}
    sealing.seal(now=datetime.now(UTC))
    where = f"/api/v1/consent/receipts/{said['unsealed']['record_id']}/"
    said["sealed"] = client.get(where).json()
    answer = post(client, REFUSE).json()
    said["withdrawn"] = client.get(answer["withdrawn"]["receipt"]).json()
    return said


def test_cp_02_real_receipts_follow_the_published_schema(client: Client, schema: Any) -> None:
    for receipt in three(client).values():
        schema.validate(receipt)


MANDATORY: list[tuple[str | int, ...]] = [
    ("schema_version",), ("record_id",), ("pii_principal_id",), ("privacy_notice", "reference"),
    ("language",), ("purposes",), ("purposes", 0, "purpose"), ("purposes", 0, "legal_basis"),
    ("purposes", 0, "pii_type"), ("purposes", 0, "recipient_third_parties"),
    ("purposes", 0, "storage_locations"), ("purposes", 0, "jurisdiction"),
    ("purposes", 0, "withdrawal_method"), ("retention",), ("retention", 0, "period"),
    ("pii_controllers",), ("pii_controllers", 0, "party_id"), ("pii_controllers", 0, "party_name"),
    ("pii_controllers", 0, "party_address"), ("pii_controllers", 0, "party_contact"),
    ("pii_controllers", 0, "party_type"), ("event", "event_time"), ("event", "validity", "to"),
    ("event", "entity_id"), ("event", "event_type"), ("event", "event_state"),
    ("authority", "name"), ("now", "state"),
]  # fmt: skip


def test_cp_02_each_mandatory_field_is_needed_and_not_empty(client: Client, schema: Any) -> None:
    receipt = three(client)["sealed"]
    for path in MANDATORY:
        for is_missing in (True, False):
            broken = copy.deepcopy(receipt)
            parent = broken
            for step in path[:-1]:
                parent = parent[step]
            if is_missing:
                del parent[path[-1]]
            else:
                parent[path[-1]] = type(parent[path[-1]])()
            assert not schema.is_valid(broken), (path, is_missing)
    receipt["event"]["event_time"] = receipt["event"]["event_time"].partition("+")[0]
    assert not schema.is_valid(receipt)


def test_cp_02_the_schema_is_published(client: Client) -> None:
    from django.conf import settings

    published = Path(settings.STATIC_ROOT) / "consent/receipt-1.schema.json"
    assert json.loads(published.read_text("utf-8"))["title"].startswith("Receipt of a consent")


def test_cp_06_the_receipt_says_what_became_of_it(
    client: Client, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    said = three(client)
    accepted = said["sealed"]["event"]["event_time"]
    assert said["sealed"]["now"] == {"state": "in_force", "since": accepted, "record": None}
    now = said["withdrawn"]["now"]
    assert (now["state"], now["record"] is None) == ("withdrawn", False)
    assert now["since"] > accepted
    # What was sealed is as it was.
    assert said["withdrawn"]["event"] == said["sealed"]["event"]
    command.verify(said["withdrawn"])
    path = tmp_path / "receipt.json"
    path.write_text(json.dumps(said["withdrawn"]))
    assert command.main([str(path)]) == 0
    assert "Information, not proven" in capsys.readouterr().out


def test_cp_06_the_page_of_choices_says_what_became_of_each(client: Client) -> None:
    assert "Vos accords" not in client.get("/privacy/cookies/").content.decode()
    post(client, ACCEPT)
    page = client.get("/privacy/cookies/").content.decode()
    assert "En vigueur jusqu" in page
    assert "scellé dans la minute qui suit" in page
    sealing.seal(now=datetime.now(UTC))
    assert "scellé dans la minute qui suit" not in client.get("/privacy/cookies/").content.decode()
    where = post(client, REFUSE).json()["withdrawn"]
    key = where["receipt"].partition("key=")[2]
    path = f"/privacy/cookies/?fait=retire&preuve={where['record']}&key={key}"
    page = client.get(path).content.decode()
    assert "Retiré le" in page
    assert f'href="{where["receipt"]}"' in page
    forged = client.get(path + "x").content.decode()
    assert "Retiré le" not in forged


def test_cp_06_the_account_lists_what_was_given_and_how_it_ended(client: Client) -> None:
    person = User.objects.create_user(email="p@example.test", password="x" * 20)
    (expired, replaced, other) = ledger.fill(4, start=MADE)[:2] + ledger.fill(1, start=LATER)
    client.force_login(person)
    for record in (expired, replaced):
        AccountLink.objects.create(record=record, account=person)
    add("withdrawn", other)
    add("given", replaced)
    ends.write(clock=lambda: LATER)
    post(client, ACCEPT)
    post(client, REFUSE)
    context = client.get("/account/").context
    lines = [line["record"] for line in context["history"]]
    assert [line.event for line in lines] == [
        "withdrawn", "given", "expired", "given", "given", "given"
    ]  # fmt: skip
    assert {line.previous for line in lines} <= {None, expired, replaced, lines[1].pk}
    states = [shown.standing.state for shown in context["acceptances"]]
    assert states == ["withdrawn", "superseded", "expired"]


def test_cp_06_a_cookie_of_an_older_notice_opens_its_receipt(client: Client) -> None:
    """It is no consent any more, and a proof all the same."""
    where = post(client, ACCEPT).json()["receipt"]
    new_notice(datetime.now(UTC))
    snapshots.refresh()
    assert client.get("/api/v1/consent/").json()["status"] == "expired"
    assert client.get(where).json()["now"]["state"] == "superseded"
    assert Client().get(where).status_code == 404
