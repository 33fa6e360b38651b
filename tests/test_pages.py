"""Public pages over HTTP: cookies, headers, caches, languages, errors."""

import json
import re
from datetime import UTC, datetime
from typing import Any

import pytest
from django.test import Client

from consent import snapshots
from consent.middleware import today

pytestmark = pytest.mark.django_db

PUBLIC = ["/", "/contact/", "/privacy/", "/privacy/versions/", "/privacy/versions/1/",
          "/privacy/cookies/", "/privacy/rights/"]  # fmt: skip
FORMS = ["/account/login/", "/account/register/", "/account/password/reset/"]
OTHER = ["/no/such/page/", "/admin/", "/admin/login/", "/api/docs/", "/account/"]
PREFIXES = ["", "/nl", "/de", "/en"]
LOCAL = [prefix + path for prefix in PREFIXES for path in PUBLIC + FORMS]


def accepted() -> Client:
    client = Client(headers={"origin": "http://testserver"})
    body = {"categories": {"analytics": True}, "notice": 1}
    client.post("/api/v1/consent/", json.dumps(body), content_type="application/json")
    return client


@pytest.mark.parametrize("path", LOCAL + OTHER)
def test_ck_14_t_06_anonymous_pages_set_no_cookie(path: str) -> None:
    response = Client().get(path)
    assert response.status_code < 500
    assert not response.cookies


@pytest.mark.parametrize("path", FORMS)
def test_ck_14_form_errors_set_no_cookie(client: Client, path: str) -> None:
    response = client.post(path, {"username": "x", "email": "x", "password": "y"})
    assert response.status_code < 500
    assert not response.cookies


@pytest.mark.parametrize("path", LOCAL + OTHER)
def test_strict_headers_everywhere(path: str) -> None:
    headers = Client().get(path).headers
    policy = headers["Content-Security-Policy"]
    assert "unsafe" not in policy
    assert "google" not in policy
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert re.search(r"script-src 'self'( 'nonce-[\w-]+')?;", policy)
    if not path.startswith("/admin/"):
        assert "require-trusted-types-for 'script'" in policy
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert "camera=()" in headers["Permissions-Policy"]
    assert "Accept-Language" not in headers.get("Vary", "") or path.startswith("/a")


@pytest.mark.parametrize("path", PUBLIC[:-1])
def test_ck_17_google_only_with_a_valid_acceptance(path: str) -> None:
    plain = Client().get(path)
    head = plain.content.decode().split("</head>")[0]
    assert "G-C7V9QNLBQD" not in head
    assert "googletagmanager" not in plain.content.decode()
    agreed = accepted().get(path)
    assert "https://www.googletagmanager.com" in agreed.headers["Content-Security-Policy"]
    assert "require-trusted-types-for" not in agreed.headers["Content-Security-Policy"]
    assert "/static/consent/analytics" in agreed.content.decode()


@pytest.mark.parametrize("path", [*FORMS, "/no/such/page/", "/privacy/rights/"])
def test_ga_09_never_on_account_pages_nor_on_errors(path: str) -> None:
    response = accepted().get(path)
    assert "google" not in response.headers["Content-Security-Policy"]
    assert "/static/consent/analytics" not in response.content.decode()


@pytest.mark.parametrize("path", PUBLIC[:5])
def test_shared_caches_keep_a_page_a_minute_by_consent_state(path: str) -> None:
    response = Client().get(path)
    assert response.headers["Vary"] == "Cookie, Sec-GPC"
    assert "public" in response.headers["Cache-Control"]
    ages = re.findall(r"age=(\d+)", response.headers["Cache-Control"])
    assert all(int(age) <= 60 for age in ages)


def test_a_value_that_is_not_accepted_is_not_cached() -> None:
    client = Client()
    client.cookies["cookieconsent_status"] = f"a1.1.analytics.{today():%Y%m%d}." + "A" * 32
    assert client.get("/").headers["Cache-Control"] == "private, no-store"
    client.cookies["cookieconsent_status"] = "dismiss"
    assert "public" in client.get("/").headers["Cache-Control"]


@pytest.mark.parametrize("path", PUBLIC)
def test_same_choice_same_page_whoever_asks(path: str) -> None:
    """What a cache keeps must not hold anything of the person (no id of an acceptance)."""
    first, second = accepted(), accepted()
    if path == "/privacy/cookies/":
        assert "no-store" in first.get(path).headers["Cache-Control"]
        return
    assert first.get(path).content == second.get(path).content


@pytest.mark.parametrize("path", PUBLIC[:3] + ["/privacy/cookies/"])
def test_public_pages_ask_the_database_nothing(
    path: str, client: Client, django_assert_num_queries: Any
) -> None:
    client.get(path)
    with django_assert_num_queries(0):
        client.get(path)


def test_banner_only_while_undecided() -> None:
    client = Client()
    assert "data-consent-banner" in client.get("/").content.decode()
    client.cookies["cookieconsent_status"] = f"r1.1.{today():%Y%m%d}"
    page = client.get("/").content.decode()
    assert "data-consent-banner" not in page
    assert "data-consent-open" in page
    assert "banner" not in page.split("</head>")[0]


def test_ga_10_gpc_is_not_asked_and_told_so() -> None:
    page = Client(headers={"sec-gpc": "1"}).get("/").content.decode()
    assert "data-consent-banner" not in page
    assert "Global Privacy Control" in page
    assert "data-consent-open" in page
    assert Client().get("/.well-known/gpc.json").json()["gpc"] is True


@pytest.mark.parametrize(
    ("prefix", "language"), list(zip(PREFIXES, ["fr", "nl", "de", "en"], strict=True))
)
def test_ax_07_ck_21_language_is_in_the_address(prefix: str, language: str) -> None:
    client = Client(headers={"accept-language": "en-GB,en;q=0.9"})
    response = client.get(f"{prefix}/privacy/")
    assert f'<html lang="{language}"' in response.content.decode()
    assert response.headers["Content-Language"] == language
    assert not response.cookies
    notice = snapshots.current()
    assert notice is not None
    assert notice.views[language].register["banner"]["refuse_all"] in response.content.decode()


@pytest.mark.parametrize(
    ("path", "status"),
    [("/no/such/page/", 404), ("/nl/nope/", 404), ("/privacy/versions/99/", 404),
     ("/privacy/versions/99999999999999999999/", 404)],
)  # fmt: skip
def test_ck_08_error_pages_have_the_control(path: str, status: int) -> None:
    response = Client().get(path)
    assert response.status_code == status
    assert "data-consent-open" in response.content.decode()
    assert response.headers["Cache-Control"] == "no-store"


def test_cross_origin_form_is_a_403_page() -> None:
    stranger = Client(enforce_csrf_checks=True, headers={"origin": "https://evil.example"})
    response = stranger.post("/privacy/cookies/", {"action": "accept-all", "notice": "1"})
    assert response.status_code == 403
    assert "data-consent-open" in response.content.decode()
    assert not response.cookies


@pytest.mark.parametrize(
    ("action", "more", "value"),
    [
        ("accept-all", {}, r"a1\.1\.analytics\."),
        ("refuse-all", {}, r"r1\.1\."),
        ("save", {}, r"r1\.1\."),
        ("save", {"analytics": "on"}, r"a1\.1\.analytics\."),
    ],
)
def test_ck_18_forms_work_without_scripts(
    client: Client, action: str, more: dict[str, str], value: str
) -> None:
    response = client.post(
        "/privacy/cookies/",
        {"action": action, "notice": "1", **more},
        headers={"referer": "http://testserver/contact/?x=1"},
    )
    assert (response.status_code, response.headers["Location"]) == (302, "/contact/")
    assert re.match(value, response.cookies["cookieconsent_status"].value)


def test_ck_18_customise_leads_to_the_choices(client: Client) -> None:
    response = client.post("/nl/privacy/cookies/", {"action": "customise", "notice": "1"})
    assert response.headers["Location"] == "/nl/privacy/cookies/"
    assert not response.cookies


def test_withdrawal_without_scripts_offers_the_receipt(client: Client) -> None:
    client.post("/privacy/cookies/", {"action": "accept-all", "notice": "1"})
    page = client.get("/privacy/cookies/").content.decode()
    assert "checked" in page
    answer = client.post(
        "/privacy/cookies/",
        {"action": "refuse-all", "notice": "1"},
        headers={"referer": "http://testserver/privacy/cookies/"},
        follow=True,
    )
    page = answer.content.decode()
    link = re.search(r'href="(/api/v1/consent/receipts/[^"]+)"', page)
    assert link is not None
    assert Client().get(link[1].replace("&amp;", "&")).json()["event"]["event_state"] == "given"


@pytest.mark.parametrize(
    ("data", "status"),
    [({}, 400), ({"action": "x"}, 400), ({"action": "accept-all", "notice": "9"}, 409),
     ({"action": "accept-all", "notice": "x"}, 409), ({"action": "accept-all"}, 409)],
)  # fmt: skip
def test_bad_forms_are_told_and_change_nothing(
    client: Client, data: dict[str, str], status: int
) -> None:
    response = client.post("/privacy/cookies/", data)
    assert response.status_code == status
    assert 'role="alert"' in response.content.decode()
    assert not response.cookies


@pytest.mark.parametrize("referer", ["https://evil.example/x", "javascript:alert(1)", "//evil/"])
def test_no_open_redirect_by_the_referer(client: Client, referer: str) -> None:
    response = client.post(
        "/privacy/cookies/", {"action": "refuse-all"}, headers={"referer": referer}
    )
    assert response.headers["Location"].startswith("/privacy/cookies/")


def test_without_a_publication_nothing_is_asked_and_nothing_runs(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(snapshots, "current", lambda: None)
    response = Client().get("/")
    assert response.status_code == 200
    assert "data-consent-banner" not in response.content.decode()
    assert "google" not in response.headers["Content-Security-Policy"]
    assert Client().get("/readyz").status_code == 503
    assert Client().get("/privacy/").status_code == 503
    assert Client().get("/api/v1/consent/").status_code == 503


def test_health_pages() -> None:
    assert Client().get("/healthz").content == b"ok\n"
    assert Client().get("/readyz").json() == {"ready": True, "problems": []}
    figures = Client().get("/metrics")
    assert b"site_requests_total" in figures.content
    assert Client(REMOTE_ADDR="203.0.113.5").get("/metrics").status_code == 404
    assert Client().get("/metrics", headers={"x-forwarded-for": "127.0.0.1"}).status_code == 404


def test_readyz_fails_when_the_database_is_away(monkeypatch: pytest.MonkeyPatch) -> None:
    from django.db import OperationalError

    from clicknconnect import startup

    def fail() -> list[str]:
        raise OperationalError

    monkeypatch.setattr(startup, "role_dangers", fail)
    response = Client().get("/readyz")
    assert (response.status_code, response.json()["ready"]) == (503, False)


def test_security_txt() -> None:
    text = Client().get("/.well-known/security.txt").content.decode()
    assert "Contact: mailto:info@clicknconnect.be" in text
    expires = re.search(r"Expires: (\S+)", text)
    assert expires is not None
    assert datetime.fromisoformat(expires[1]) > datetime.now(UTC)


@pytest.mark.parametrize("length", ["65537", "999999999999"])
def test_bodies_over_64_kib_are_413_everywhere(length: str) -> None:
    response = Client(headers={"origin": "http://testserver"}).post(
        "/privacy/cookies/", b"x", content_type="text/plain", headers={"content-length": length}
    )
    assert response.status_code == 413


def test_ck_12_a_visit_never_renews_the_cookie() -> None:
    client = accepted()
    for path in PUBLIC:
        assert not client.get(path).cookies


def test_public_keys_of_the_log() -> None:
    (key,) = Client().get("/.well-known/consent-log.json").json()["keys"]
    assert key["algorithm"] == "Ed25519"
    assert len(key["public_key"]) == 44
