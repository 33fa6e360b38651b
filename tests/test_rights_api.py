"""The API of requests: for people, and for staff."""

import json
import re
from datetime import UTC, datetime, timedelta
from io import StringIO
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from consent.models import Act
from privacy import staff_tokens
from privacy.groups import AGENTS, AUDITORS, MANAGERS, OFFICERS
from privacy.models import RightsRequest, User
from privacy.requests import acts, links
from privacy.requests.states import Status
from tests.requests import colleague, filed

pytestmark = pytest.mark.django_db
API = "/api/v1/rights-requests/"
STAFF = "/api/v1/staff/requests/"
GOOD = {"rights": ["access", "erasure"], "email": "Ada@example.test", "name": "Ada Canary"}


@pytest.fixture
def client() -> Client:
    return Client(enforce_csrf_checks=True, headers={"origin": "http://testserver"})


def post(client: Client, path: str = API, body: Any = None, **headers: str) -> Any:
    text = body if isinstance(body, (str, bytes)) else json.dumps(body)
    return client.post(path, text, content_type="application/json", headers=headers)


def by_token(account: User) -> Client:
    token = staff_tokens.make(account=account, now=datetime.now(UTC))
    return Client(enforce_csrf_checks=True, headers={"authorization": f"Bearer {token}"})


# --- Asking --------------------------------------------------------------------------------------


@pytest.mark.rule("DR-05")
def test_dr_05_filing_is_a_202_for_known_and_unknown_alike(client: Client) -> None:
    User.objects.create_user("known@example.test", "four-words-are-enough")
    post(client, body={**GOOD, "email": "warm@example.test"})
    seen = []
    for email in ("known@example.test", "nobody@example.test"):
        with CaptureQueriesContext(connection) as queries:
            answer = post(client, body={**GOOD, "email": email})
        shapes = [re.sub(r"'[^']*'|\b\d+\b|s\d+_x\d+", "?", q["sql"]) for q in queries]
        body = answer.json()
        seen.append((answer.status_code, sorted(body), body["status"], shapes))
    assert seen[0] == seen[1]
    assert seen[0][:3] == (
        202,
        ["download_code", "due_on", "reference", "status"],
        "awaiting_confirmation",
    )
    assert not client.cookies


def test_logged_in_it_is_a_201_with_the_accounts_own_address(client: Client) -> None:
    account = User.objects.create_user("marie@example.test", "four-words-are-enough", name="Marie")
    client.force_login(account)
    client.get("/account/")
    token = client.cookies["Csrf-token"].value
    asked = {**GOOD, "email": "other@example.test", "name": "Other"}
    assert post(client, body=asked).status_code == 403
    answer = post(client, body=asked, **{"X-CSRFToken": token})
    assert answer.status_code == 201
    assert answer.json()["status"] == "received"
    request = RightsRequest.objects.get()
    assert (request.email, request.name) == ("marie@example.test", "Marie")


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({**GOOD, "rights": []}, "rights"),
        ({**GOOD, "rights": ["everything"]}, "rights"),
        ({**GOOD, "rights": "access"}, "rights"),
        ({**GOOD, "rights": [1]}, "rights"),
        ({**GOOD, "email": "nowhere"}, "email"),
        ({**GOOD, "email": None}, "email"),
        ({key: value for key, value in GOOD.items() if key != "name"}, "name"),
        ({**GOOD, "language": "it"}, "language"),
        ({**GOOD, "message": "x" * 5001}, "message"),
        ({**GOOD, "message": "a\0b"}, "message"),
        ({**GOOD, "person": "1"}, "person"),
    ],
)
def test_a_bad_value_is_a_400_that_names_its_field(client: Client, body: Any, field: str) -> None:
    answer = post(client, body=body)
    assert answer.status_code == 400
    assert list(answer.json()["fields"]) == [field]
    assert not RightsRequest.objects.exists()


@pytest.mark.parametrize("body", ["", "{", "[]", "1", '{"name": "\\ud800"}', b"\xff", "[" * 5000])
def test_no_json_object_is_a_400(client: Client, body: Any) -> None:
    assert post(client, body=body).status_code == 400


def test_sizes_rates_and_origins(client: Client) -> None:
    assert post(client, body={**GOOD, "message": "x" * 70_000}).status_code == 413
    stranger = Client(enforce_csrf_checks=True, headers={"origin": "https://evil.test"})
    assert post(stranger, body=GOOD).json()["code"] == "wrong_origin"
    statuses = [post(client, body={**GOOD, "message": str(n)}).status_code for n in range(6)]
    assert statuses == [202] * 5 + [429]
    assert post(client, body=GOOD).headers["Retry-After"]


def test_errors_are_in_the_language_of_the_request(client: Client) -> None:
    french = post(client, body={**GOOD, "person": "1"}, **{"Accept-Language": "fr"}).json()
    assert french["fields"]["person"] == ["Ce champ n'est pas connu."]
    assert french["code"] == "invalid"


# --- Following -----------------------------------------------------------------------------------


def test_dr_21_following_takes_the_token_of_the_mailed_link(client: Client) -> None:
    mine, other = filed(), filed(email="b@example.test")
    token = links.token(mine, links.Purpose.FOLLOW)
    path = f"{API}{mine.reference}/"

    def get(where: str, key: str) -> Any:
        return client.get(where, headers={"authorization": f"Bearer {key}"})

    body = get(path, token).json()
    assert body["reference"] == mine.reference
    assert body["due_on"] == mine.legal_due_on.isoformat()
    for where, key in (
        (path, "x"),
        (f"{API}{other.reference}/", token),
        (f"{API}DSR-2026-AAAAAA/", token),
    ):
        assert get(where, key).status_code == 404
    assert client.get(path).status_code == 404


def test_dr_21_an_old_token_is_a_410_and_another_account_a_404(client: Client) -> None:
    boss, then = colleague(), datetime(2020, 1, 1, tzinfo=UTC)
    old = acts.complete(
        request=acts.confirm(request=filed(now=then), now=then), by=boss, text="x", now=then
    )
    token = links.token(old, links.Purpose.FOLLOW)
    answer = client.get(f"{API}{old.reference}/", headers={"authorization": f"Bearer {token}"})
    assert answer.status_code == 410
    mine = User.objects.create_user("marie@example.test", "four-words-are-enough")
    request = filed(account=mine)
    client.force_login(boss)
    assert client.get(f"{API}{request.reference}/").status_code == 404
    client.force_login(mine)
    acts.note(request=request, by=boss, text="Entre nous", now=datetime.now(UTC))
    body = client.get(f"{API}{request.reference}/").json()
    assert body["status"] == "received"
    assert body["messages"] == []


# --- Staff ---------------------------------------------------------------------------------------


def test_the_queue_is_by_due_date_with_every_date() -> None:
    boss = colleague()
    later = filed(now=datetime(2026, 3, 5, 9, tzinfo=UTC))
    sooner = filed(now=datetime(2026, 2, 10, 9, tzinfo=UTC), email="b@example.test")
    api = by_token(boss)
    listed = api.get(STAFF).json()
    assert [row["reference"] for row in listed["results"]] == [sooner.reference, later.reference]
    first = listed["results"][0]
    assert (first["due_on"], first["policy_limit_on"], first["target_on"]) == (
        "2026-03-10", "2026-03-12", "2026-03-10",
    )  # fmt: skip
    assert set(first) == {
        "reference", "status", "rights", "channel", "received_on", "due_on", "policy_limit_on",
        "target_on", "extended_due_on", "suspended_due_on", "deemed_refused", "handler",
    }  # fmt: skip
    one = api.get(f"{STAFF}{later.reference}/").json()
    assert [step["kind"] for step in one["timeline"]] == ["filed"]
    assert api.get(f"{STAFF}?status=open").json()["count"] == 2
    assert api.get(f"{STAFF}?status=refused").json()["count"] == 0
    for wrong in ("?status=odd", "?page=0", "?page=x"):
        assert api.get(f"{STAFF}{wrong}").status_code == 400


def test_dr_21_every_look_is_in_the_journal() -> None:
    boss, request = colleague(AUDITORS + "@example.test", group=AUDITORS), filed()
    api = by_token(boss)
    api.get(STAFF)
    api.get(f"{STAFF}{request.reference}/")
    seen = Act.objects.filter(actor=boss.pk).values_list("act", flat=True)
    assert set(seen) == {"admin.listed", "admin.viewed"}


def test_dr_01_entering_takes_the_true_day_and_no_day_to_come() -> None:
    api = by_token(colleague())
    body = {"channel": "post", "received_on": "2026-02-10", "rights": ["access"], "name": "Ada"}
    answer = post(api, STAFF, body)
    assert answer.status_code == 201
    assert answer.json()["received_on"] == "2026-02-10"
    tomorrow = (datetime.now(UTC) + timedelta(days=2)).date().isoformat()
    for wrong in ({"received_on": tomorrow}, {"received_on": "10/02"}, {"channel": "portal"}):
        refused = post(api, STAFF, {**body, **wrong})
        assert refused.status_code == 400
        assert list(refused.json()["fields"]) == list(wrong)


def test_acts_and_what_the_state_does_not_allow() -> None:
    boss = colleague()
    api, request = by_token(boss), acts.confirm(request=filed(now=_now()), now=_now())
    where = f"{STAFF}{request.reference}/"
    assert post(api, f"{where}assign/", {}).json()["handler"] == boss.email
    assert post(api, f"{where}extend/", {}).status_code == 400
    assert post(api, f"{where}extend/", {"reason": "Archives"}).status_code == 200
    again = post(api, f"{where}extend/", {"reason": "Archives"})
    assert (again.status_code, again.json()["code"]) == (409, "not_possible")
    assert "déjà" in again.json()["detail"]
    done = post(api, f"{where}complete/", {"text": "Voici."}).json()
    assert done["status"] == "answered"
    assert post(api, f"{where}complete/", {"text": "Voici."}).status_code == 409
    assert post(api, f"{where}refuse/", {"ground": "unfounded"}).status_code == 400
    assert post(api, f"{where}explode/", {}).status_code == 404
    assert post(api, f"{STAFF}DSR-2026-AAAAAA/assign/", {}).status_code == 404


def _now() -> datetime:
    return datetime.now(UTC)


@pytest.mark.parametrize(
    ("group", "looks", "assigns", "refuses"),
    [
        (AGENTS, 200, 200, 403),
        (MANAGERS, 200, 200, 200),
        (OFFICERS, 200, 403, 403),
        (AUDITORS, 200, 403, 403),
        ("archive", 403, 403, 403),
    ],
)
def test_dr_21_the_same_permissions_as_the_admin(
    group: str, looks: int, assigns: int, refuses: int
) -> None:
    who = colleague("one@example.test", group=group)
    api, request = by_token(who), acts.confirm(request=filed(now=_now()), now=_now())
    where = f"{STAFF}{request.reference}/"
    assert api.get(STAFF).status_code == looks
    assert api.get(where).status_code == looks
    assert post(api, f"{where}assign/", {}).status_code == assigns
    refusal = {"ground": "unfounded", "reason": "x", "evidence": "x"}
    assert post(api, f"{where}refuse/", refusal).status_code == refuses
    pages = Client(headers={"origin": "http://testserver"})
    pages.force_login(who)
    page = f"/admin/privacy/rightsrequest/{request.pk}/"
    assert pages.get(f"{page}change/").status_code == looks
    wanted = 302 if assigns == 200 else 403
    assert pages.post(f"{page}act/note/", {"text": "x"}).status_code == wanted


def test_dr_21_only_colleagues_with_a_key_or_a_session(client: Client) -> None:
    assert client.get(STAFF).status_code == 401
    person = User.objects.create_user("marie@example.test", "four-words-are-enough")
    client.force_login(person)
    assert client.get(STAFF).status_code == 401
    boss = colleague()
    client.force_login(boss)
    assert client.get(STAFF).status_code == 200
    for token in ("", "x", "cnc_x"):
        wrong = Client(headers={"authorization": f"Bearer {token}"})
        assert wrong.get(STAFF).status_code == 401


def test_dr_21_a_key_ends_with_its_revocation_its_year_and_its_owner() -> None:
    boss, now = colleague(), _now()
    token = staff_tokens.make(account=boss, now=now)
    assert staff_tokens.account_of(token, now=now) == boss
    assert staff_tokens.account_of(token, now=now + timedelta(days=366)) is None
    User.objects.filter(pk=boss.pk).update(is_staff=False)
    assert staff_tokens.account_of(token, now=now) is None
    User.objects.filter(pk=boss.pk).update(is_staff=True)
    assert staff_tokens.revoke(account=boss, now=now) == 1
    assert staff_tokens.account_of(token, now=now) is None


def test_the_command_shows_a_key_once_and_keeps_its_hash(capsys: Any) -> None:
    boss = colleague()
    out = StringIO()
    call_command("staff_token", boss.email, stdout=out, stderr=StringIO())
    token = out.getvalue().strip()
    assert by_bearer(token).get(STAFF).status_code == 200
    with connection.cursor() as cursor:
        cursor.execute("SELECT string_agg(t::text, ' ') FROM privacy_stafftoken t")
        assert token not in cursor.fetchone()[0]
    call_command("staff_token", boss.email, "--revoke", stdout=out)
    assert by_bearer(token).get(STAFF).status_code == 401
    User.objects.create_user("marie@example.test", "four-words-are-enough")
    for email in ("marie@example.test", "nobody@example.test"):
        with pytest.raises(CommandError):
            call_command("staff_token", email, stdout=out)


def by_bearer(token: str) -> Client:
    return Client(headers={"authorization": f"Bearer {token}"})


# --- The admin -----------------------------------------------------------------------------------


def test_the_pages_of_staff_show_the_clock_and_do_the_acts() -> None:
    boss = colleague()
    request = acts.confirm(request=filed(now=_now()), now=_now())
    pages = Client(headers={"origin": "http://testserver"})
    pages.force_login(boss)
    page = f"/admin/privacy/rightsrequest/{request.pk}/"
    listed = pages.get("/admin/privacy/rightsrequest/").content.decode()
    assert request.reference in listed
    assert "due-good" in listed
    body = pages.get(f"{page}change/").content.decode()
    for words in ("Échéance sans suspension", "Chronologie", "Refuser", "Prolonger"):
        assert words in body
    wrong = pages.post(f"{page}act/refuse/", {"ground": "unfounded"})
    assert wrong.status_code == 422
    request.refresh_from_db()
    assert request.status == Status.RECEIVED
    done = pages.post(f"{page}act/complete/", {"text": "Voici."}, follow=True)
    assert "répondue" in done.content.decode()
    assert pages.get("/admin/").status_code == 200


def test_dr_01_the_page_to_enter_a_request() -> None:
    agent = colleague(group=AGENTS)
    pages = Client(headers={"origin": "http://testserver"})
    pages.force_login(agent)
    assert pages.get("/admin/privacy/rightsrequest/enter/").status_code == 200
    values = {"channel": "phone", "received_on": "2026-02-10", "rights": ["access"], "name": "Ada"}
    late = {**values, "received_on": (_now() + timedelta(days=2)).date().isoformat()}
    assert pages.post("/admin/privacy/rightsrequest/enter/", late).status_code == 422
    answer = pages.post("/admin/privacy/rightsrequest/enter/", values)
    request = RightsRequest.objects.get()
    assert answer.headers["Location"].endswith(f"{request.pk}/change/")
    agent.groups.set([Group.objects.get(name=OFFICERS)])
    agent.refresh_from_db()
    pages.force_login(agent)
    assert pages.post("/admin/privacy/rightsrequest/enter/", values).status_code == 403


def test_the_queue_asks_the_same_queries_for_few_and_for_many() -> None:
    boss = colleague()
    pages = Client(headers={"origin": "http://testserver"})
    pages.force_login(boss)
    counts = []
    for _ in range(2):
        for number in range(15):
            acts.assign(
                request=filed(email=f"{number}@example.test"), by=boss, handler=boss, now=_now()
            )
        with CaptureQueriesContext(connection) as queries:
            assert pages.get("/admin/privacy/rightsrequest/").status_code == 200
        counts.append(len(queries))
    assert counts[0] == counts[1] <= 12
