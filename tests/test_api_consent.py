"""The consent API: shapes, states, errors, idempotency."""

import json
import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from consent import actions, answers, cookies
from consent.models import AccountLink, IdempotencyKey, Record

pytestmark = pytest.mark.django_db
URL = "/api/v1/consent/"
ACCEPT = {"categories": {"analytics": True}, "notice": 1, "source": "banner"}
REFUSE = {"categories": {"analytics": False}, "notice": 1, "source": "banner"}


def post(client: Client, body: Any, **headers: str) -> Any:
    data = body if isinstance(body, (str, bytes)) else json.dumps(body)
    return client.post(URL, data, content_type="application/json", headers=headers)


def test_undecided_status_needs_no_query(
    client: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    client.get(URL)
    with django_assert_num_queries(0):
        response = client.get(URL)
    assert response.json() == {
        "status": "undecided",
        "categories": {"necessary": True, "analytics": False},
        "notice": 1,
        "decided_on": None,
        "expires_on": None,
        "gpc": False,
    }
    assert not response.cookies


def test_acceptance_is_recorded_and_sets_the_cookie(client: Client) -> None:
    response = post(client, ACCEPT)
    assert response.status_code == 201
    body = response.json()
    assert body["status"] == "decided"
    assert body["categories"] == {"necessary": True, "analytics": True}
    record = Record.objects.get(pk=body["record"])
    assert (record.event, record.categories, record.source) == ("given", ["analytics"], "banner")
    cookie = response.cookies["cookieconsent_status"]
    assert re.fullmatch(r"a1\.1\.analytics\.\d{8}\.[\w-]{32}", cookie.value)
    assert (cookie["path"], cookie["samesite"], cookie["max-age"]) == ("/", "Lax", 31_536_000)
    assert not cookie["httponly"]
    assert client.get(URL).json()["categories"]["analytics"] is True
    assert client.get(body["receipt"]).json()["record_id"] == body["record"]


def test_ck_10_cp_07_refusal_carries_no_id(client: Client) -> None:
    response = post(client, REFUSE)
    assert response.status_code == 201
    assert response.json()["record"] is response.json()["receipt"] is None
    assert re.fullmatch(r"r1\.1\.\d{8}", response.cookies["cookieconsent_status"].value)
    record = Record.objects.get()
    assert (record.event, record.categories, record.previous) == ("refused", [], None)


def test_withdrawal_names_what_was_withdrawn(client: Client) -> None:
    given = post(client, ACCEPT).json()
    response = client.delete(URL)
    assert response.status_code == 200
    assert response.json()["record"] == given["record"]
    assert response.cookies["cookieconsent_status"].value.startswith("r1.1.")
    withdrawn = Record.objects.get(event="withdrawn")
    assert str(withdrawn.previous) == given["record"]
    # The cookie no longer names it: the signed link still does, and only that.
    stranger = Client()
    assert stranger.get(response.json()["receipt"]).status_code == 200
    assert stranger.get(given["receipt"]).status_code == 404
    assert stranger.get(response.json()["receipt"] + "x").status_code == 404


def test_idempotent_key_is_one_record(client: Client) -> None:
    first = post(client, ACCEPT, idempotency_key="k" * 22).json()
    client.cookies.clear()
    again = post(client, ACCEPT, idempotency_key="k" * 22)
    assert (again.status_code, again.json()["record"]) == (201, first["record"])
    assert Record.objects.count() == IdempotencyKey.objects.count() == 1
    assert b"k" * 22 not in bytes(IdempotencyKey.objects.get().key_hash)


def test_repeated_state_is_one_record_and_never_prolonged(client: Client) -> None:
    first = post(client, ACCEPT)
    value = first.cookies["cookieconsent_status"].value
    again = post(client, ACCEPT, idempotency_key="another-key-of-a-click")
    assert again.json()["record"] == first.json()["record"]
    assert again.cookies["cookieconsent_status"].value == value
    assert again.cookies["cookieconsent_status"]["max-age"] <= 31_536_000
    assert Record.objects.count() == 1


def test_script_written_refusal_is_recorded_by_what_was_before(client: Client) -> None:
    """The script writes the refusal first; the header says what the cookie was."""
    given = post(client, ACCEPT)
    before = given.cookies["cookieconsent_status"].value
    client.cookies["cookieconsent_status"] = f"r1.1.{datetime.now(UTC):%Y%m%d}"
    answer = post(client, REFUSE, consent_previous=before)
    assert answer.json()["withdrawn"]["record"] == given.json()["record"]
    assert Record.objects.filter(event="withdrawn").count() == 1
    assert answer.cookies["cookieconsent_status"]["max-age"] == 31_536_000


def test_stale_notice_is_409_for_an_acceptance_only(client: Client) -> None:
    response = post(client, {**ACCEPT, "notice": 7})
    assert (response.status_code, response.json()["code"]) == (409, "stale_notice")
    assert response.json()["notice"] == 1
    assert not response.cookies
    assert not Record.objects.exists()
    assert post(client, {**REFUSE, "notice": 7}).status_code == 201


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "categories"),
        ({"categories": []}, "categories"),
        ({"categories": {"marketing": True}, "notice": 1}, "categories"),
        ({"categories": {"analytics": "yes"}, "notice": 1}, "categories"),
        ({"categories": {"analytics": 1}, "notice": 1}, "categories"),
        ({"categories": {"analytics": True}}, "notice"),
        ({"categories": {"analytics": True}, "notice": "1"}, "notice"),
        ({"categories": {"analytics": True}, "notice": True}, "notice"),
        ({"categories": {"analytics": True}, "notice": -1}, "notice"),
        ({"categories": {"analytics": True}, "notice": 2**63}, "notice"),
        ({**ACCEPT, "source": "hack"}, "source"),
        ({**ACCEPT, "source": {}}, "source"),
        ({**ACCEPT, "more": 1}, "more"),
    ],
)
def test_bad_body_is_400_with_the_field(client: Client, body: Any, field: str) -> None:
    response = post(client, body)
    assert response.status_code == 400
    answer = response.json()
    assert answer["code"] == "invalid"
    assert field in answer["fields"]
    assert answer["detail"]
    assert not response.cookies
    assert not Record.objects.exists()


@pytest.mark.parametrize("body", ["", "{", "[]", "1", "null", b"\xff\xfe", "[" * 60_000])
def test_what_is_no_json_object_is_400(client: Client, body: Any) -> None:
    response = post(client, body)
    assert (response.status_code, response.json()["code"]) == (400, "malformed")


def test_body_over_64_kib_is_413(client: Client) -> None:
    response = post(client, b" " * 65_537)
    assert (response.status_code, response.json()["code"]) == (413, "too_large")


@pytest.mark.parametrize(
    "headers",
    [{}, {"origin": "https://evil.example"}, {"origin": "null"}, {"sec-fetch-site": "cross-site"},
     {"sec-fetch-site": "same-site"}, {"origin": "http://testserver.evil.example"},
     {"origin": "https://evil.example", "sec-fetch-site": "same-origin"}],
)  # fmt: skip
@pytest.mark.parametrize("method", ["post", "delete"])
def test_wrong_origin_is_403(headers: dict[str, str], method: str) -> None:
    stranger = Client(headers=headers, enforce_csrf_checks=True)
    call = getattr(stranger, method)
    response = call(URL, json.dumps(ACCEPT), content_type="application/json")
    assert (response.status_code, response.json()["code"]) == (403, "wrong_origin")
    assert not Record.objects.exists()


def test_same_origin_by_fetch_metadata() -> None:
    headers = {"sec-fetch-site": "same-origin", "origin": "null"}
    browser = Client(headers=headers, enforce_csrf_checks=True)
    assert post(browser, ACCEPT).status_code == 201


def test_flood_is_429_but_a_refusal_always_takes_effect(client: Client, settings: Any) -> None:
    settings.CONSENT_RATE_PER_MINUTE = 3
    for _ in range(3):
        client.cookies.clear()
        assert post(client, ACCEPT).status_code == 201
    client.cookies.clear()
    response = post(client, ACCEPT)
    assert response.status_code == 429
    assert 1 <= int(response.headers["Retry-After"]) <= 61
    assert not response.cookies
    refused = post(client, REFUSE)
    assert refused.status_code == 201
    assert refused.cookies["cookieconsent_status"].value.startswith("r1.1.")
    assert Record.objects.count() == 3


def test_ck_09_unwritable_record_stops_an_acceptance_not_a_refusal(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    from django.db import OperationalError

    def fail(*args: Any) -> None:
        raise OperationalError

    monkeypatch.setattr(actions, "_append", fail)
    response = post(client, ACCEPT)
    assert (response.status_code, response.json()["code"]) == (503, "not_recorded")
    assert not response.cookies
    assert post(client, REFUSE).cookies["cookieconsent_status"].value.startswith("r1.1.")


def test_forged_cookie_is_no_consent(client: Client) -> None:
    day = f"{datetime.now(UTC):%Y%m%d}"
    client.cookies["cookieconsent_status"] = f"a1.1.analytics.{day}." + "A" * 32
    response = client.get(URL)
    assert response.json()["categories"]["analytics"] is False
    assert client.get("/").headers["Cache-Control"] == "private, no-store"


@pytest.mark.parametrize(
    "value", ["allow", "deny", "dismiss", "allow;x", "x" * 5000, "r1.9.20260101"]
)
def test_ck_02_other_values_are_undecided(client: Client, value: str) -> None:
    client.cookies["cookieconsent_status"] = value
    assert client.get(URL).json()["status"] == "undecided"


def test_ck_11_choice_ends_after_its_last_day(client: Client) -> None:
    from consent.middleware import today

    held = today() - timedelta(days=365)
    client.cookies["cookieconsent_status"] = f"r1.1.{held:%Y%m%d}"
    assert client.get(URL).json()["status"] == "decided"
    ended = today() - timedelta(days=366)
    client.cookies["cookieconsent_status"] = f"r1.1.{ended:%Y%m%d}"
    assert client.get(URL).json()["status"] == "expired"


def test_ga_10_signal_exactly_one(client: Client) -> None:
    assert client.get(URL, headers={"sec-gpc": "1"}).json()["status"] == "gpc"
    for value in ("0", "true", " 1", "11"):
        assert client.get(URL, headers={"sec-gpc": value}).json()["status"] == "undecided"
    post(client, ACCEPT, sec_gpc="1")
    assert Record.objects.get().gpc is True
    assert client.get(URL, headers={"sec-gpc": "1"}).json()["categories"]["analytics"] is True


def test_notice_is_cacheable_with_etag(
    client: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    response = client.get(URL + "notice/?lang=nl")
    assert response.json()["language"] == "nl"
    assert response.json()["notice"] == 1
    assert {c["name"] for c in response.json()["cookies"]} >= {"_ga", "_gat", "sessionid"}
    with django_assert_num_queries(0):
        again = client.get(URL + "notice/?lang=nl", headers={"if-none-match": response["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert client.get(URL + "notice/?lang=xx").status_code == 400


def test_cp_05_no_address_no_browser_in_a_record(client: Client) -> None:
    post(client, ACCEPT, user_agent="Canary/1.0", x_forwarded_for="203.0.113.77")
    row = str(Record.objects.values().get())
    assert "Canary" not in row
    assert "203.0.113.77" not in row
    assert "127.0.0.1" not in row


def test_acceptance_while_logged_in_is_linked(client: Client, django_user_model: Any) -> None:
    user = django_user_model.objects.create_user("marie@example.test", "x")
    client.force_login(user)
    body = post(client, ACCEPT).json()
    assert str(AccountLink.objects.get(account=user).record) == body["record"]
    post(client, REFUSE)
    assert AccountLink.objects.count() == 1


def test_secure_over_https(client: Client) -> None:
    secure = Client(headers={"origin": "https://testserver"})
    response = secure.post(URL, json.dumps(REFUSE), content_type="application/json", secure=True)
    assert response.cookies["cookieconsent_status"]["secure"]


def test_withdrawal_takes_googles_cookies_from_host_and_parents(settings: Any) -> None:
    settings.ALLOWED_HOSTS = [".localhost"]
    client = Client(headers={"origin": "http://www.example.localhost"})
    for name in ("_ga", "_ga_C7V9QNLBQD", "_gat", "other"):
        client.cookies[name] = "x"
    response = client.delete(URL, headers={"host": "www.example.localhost"})
    lines = [morsel.OutputString() for morsel in response.cookies.values()]
    for name in ("_ga", "_ga_C7V9QNLBQD", "_gat"):
        for domain in ("", "; Domain=www.example.localhost", "; Domain=example.localhost"):
            wanted = f"{name}=;"
            assert any(
                line.startswith(wanted) and "Max-Age=0" in line and (domain.lower() in line.lower())
                for line in lines
            ), (name, domain, lines)
    assert not any(line.startswith("other") for line in lines)


def test_wrong_method_is_405_in_the_shape(client: Client) -> None:
    response = client.put(URL, "{}", content_type="application/json")
    assert (response.status_code, response.json()["code"]) == (405, "method_not_allowed")


def test_limits_are_of_one_process(client: Client) -> None:
    assert answers.GOOGLE_COOKIE.fullmatch("_ga_C7V9QNLBQD")
    assert not answers.GOOGLE_COOKIE.fullmatch("_gallery")
    assert cookies.NAME == "cookieconsent_status"


def test_a_refusal_without_record_is_counted_for_staff(client: Client, settings: Any) -> None:
    from consent import unrecorded
    from consent.models import Unrecorded

    settings.CONSENT_RATE_PER_MINUTE = 1
    post(client, ACCEPT)
    for _ in range(3):
        client.cookies.clear()
        assert post(client, REFUSE).status_code == 201
    unrecorded.flush()
    assert Unrecorded.objects.get().count == 3
    unrecorded.flush()
    assert Unrecorded.objects.get().count == 3


def test_cp_01_a_withdrawn_acceptance_is_not_taken_for_a_repetition(client: Client) -> None:
    first = post(client, ACCEPT)
    old = first.cookies["cookieconsent_status"].value
    client.delete(URL)
    client.cookies["cookieconsent_status"] = old
    again = post(client, ACCEPT).json()
    assert again["record"] != first.json()["record"]
    assert list(Record.objects.order_by("pk").values_list("event", flat=True)) == [
        "given", "withdrawn", "given",
    ]  # fmt: skip


def test_cp_01_a_repetition_without_a_database_is_no_error_of_the_server(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    from django.db import OperationalError
    from django.db.models import QuerySet

    def fail(*args: Any) -> None:
        raise OperationalError

    post(client, ACCEPT)
    monkeypatch.setattr(QuerySet, "exists", fail)
    answer = post(client, ACCEPT)
    assert (answer.status_code, answer.json()["code"]) == (503, "not_recorded")


@pytest.mark.parametrize("way", ["quoted", "twice"])
def test_ck_17_a_cookie_that_a_cache_reads_otherwise_is_no_consent(
    client: Client, way: str
) -> None:
    value = post(client, ACCEPT).cookies["cookieconsent_status"].value
    client.cookies.clear()
    header = {
        "quoted": f'cookieconsent_status="{value}"',
        "twice": f"cookieconsent_status=r1.1.20261101; cookieconsent_status={value}",
    }[way]
    page = client.get("/", headers={"cookie": header})
    assert "googletagmanager" not in page.headers["Content-Security-Policy"]
    assert page.headers["Cache-Control"] == "private, no-store"


def test_a_form_never_leads_to_another_site(client: Client) -> None:
    for referer in ("http://testserver//evil.example/", "http://testserver/\\evil.example/"):
        answer = client.post(
            "/privacy/cookies/", {"action": "refuse-all", "notice": "1"},
            headers={"referer": referer},
        )  # fmt: skip
        assert answer.status_code == 302
        assert not answer.headers["Location"].startswith(("//", "/\\"))
