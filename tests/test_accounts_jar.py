"""Cookies of logged-in people only: none before, both while logged in, none after."""

import re
from typing import Any

import pytest
from django.conf import settings
from django.test import Client

from privacy.models import User

PASSWORD = "four-words-are-enough"
NAMES = ("sessionid", "Csrf-token")
pytestmark = pytest.mark.django_db


@pytest.fixture
def client() -> Client:
    """A browser on this site, whose requests are checked as real ones are."""
    return Client(enforce_csrf_checks=True, headers={"origin": "http://testserver"})


@pytest.fixture
def marie() -> User:
    return User.objects.create_user("marie@example.test", PASSWORD, name="Marie")


def log_in(client: Client, email: str = "marie@example.test", **data: str) -> Any:
    return client.post("/account/login/", {"username": email, "password": PASSWORD, **data})


def token(client: Client) -> dict[str, str]:
    return {"csrfmiddlewaretoken": client.cookies["Csrf-token"].value}


@pytest.mark.rule("CK-14", "T-06")
@pytest.mark.parametrize("prefix", ["", "/nl", "/de", "/en"])
@pytest.mark.parametrize(
    "path",
    [
        "/account/", "/account/login/", "/account/logout/", "/account/register/",
        "/account/register/?fait=envoye", "/account/password/reset/",
        "/account/password/reset/?fait=envoye", "/account/confirm/forged/",
        "/account/password/reset/forged/",
    ],
)  # fmt: skip
def test_ck_14_anonymous_pages_set_no_cookie(client: Client, prefix: str, path: str) -> None:
    response = client.get(prefix + path)
    assert response.status_code in {200, 302, 410}
    assert not response.cookies
    assert "no-store" in response.headers["Cache-Control"]


@pytest.mark.rule("CK-14")
def test_ck_14_admin_login_sets_no_cookie(client: Client) -> None:
    response = client.get("/admin/login/?next=/admin/", follow=True)
    assert response.redirect_chain == [("/account/login/?next=%2Fadmin%2F", 302)]
    assert not client.cookies


@pytest.mark.rule("CK-14")
@pytest.mark.parametrize(
    ("path", "data", "status"),
    [
        ("/account/login/", {"username": "marie@example.test", "password": "wrong"}, 422),
        ("/account/login/", {"username": "nobody@example.test", "password": "wrong"}, 422),
        ("/account/login/", {}, 422),
        ("/account/register/", {"email": "new@example.test", "terms": "on"}, 302),
        ("/account/register/", {"email": "new@example.test"}, 422),
        ("/account/password/reset/", {"email": "marie@example.test"}, 302),
        ("/account/password/reset/", {"email": ""}, 422),
        ("/account/logout/", {}, 302),
        ("/account/", {"name": "x", "language": "fr"}, 302),
        ("/account/confirm/forged/", {"password": PASSWORD}, 410),
        ("/admin/login/", {"username": "marie@example.test", "password": PASSWORD}, 302),
    ],
)
def test_ck_14_anonymous_forms_set_no_cookie(
    client: Client, marie: User, path: str, data: dict[str, str], status: int
) -> None:
    response = client.post(path, data)
    assert response.status_code == status
    assert not response.cookies


@pytest.mark.rule("CK-14", "T-06")
def test_t_06_anonymous_forms_carry_no_token_but_need_an_origin(client: Client) -> None:
    for path in ("/account/login/", "/account/register/", "/account/password/reset/"):
        assert b"csrfmiddlewaretoken" not in client.get(path).content
        assert Client(enforce_csrf_checks=True).post(path, {}).status_code == 403
        foreign = Client(enforce_csrf_checks=True, headers={"origin": "https://elsewhere.test"})
        assert foreign.post(path, {}).status_code == 403


@pytest.mark.rule("CK-14", "PF-10", "PF-11")
def test_ck_14_login_sets_both_cookies_with_the_published_lives(
    client: Client, marie: User
) -> None:
    response = log_in(client)
    assert (response.status_code, response.headers["Location"]) == (302, "/account/")
    assert set(response.cookies) == set(NAMES)
    session, csrf = (response.cookies[name] for name in NAMES)
    # The clock may tick between two lines of the middleware, never more.
    assert session["max-age"] in {1_209_600, 1_209_599}
    assert csrf["max-age"] == 31_536_000
    assert session["httponly"]
    assert session["samesite"] == csrf["samesite"] == "Lax"
    again = client.get("/account/")
    assert again.status_code == 200
    assert not again.cookies


@pytest.mark.rule("CK-14", "T-06")
def test_ck_14_logout_takes_both_cookies_away(client: Client, marie: User) -> None:
    log_in(client)
    assert client.get("/account/logout/").status_code == 200
    assert client.get("/account/").status_code == 200
    response = client.post("/account/logout/", token(client))
    assert response.headers["Location"] == "/account/login/?fait=deconnecte"
    for name in NAMES:
        assert (response.cookies[name].value, response.cookies[name]["max-age"]) == ("", 0)
    page = client.get(response.headers["Location"])
    assert "Vous êtes déconnecté." in page.text


@pytest.mark.rule("CK-14")
def test_ck_14_logged_in_forms_need_the_token(client: Client, marie: User) -> None:
    log_in(client)
    assert client.post("/account/logout/").status_code == 403
    assert client.post("/account/", {"name": "x", "language": "nl"}).status_code == 403
    assert client.get("/account/").status_code == 200


@pytest.mark.rule("CK-14", "T-06")
@pytest.mark.parametrize("path", ["/account/", "/account/login/", "/account/register/"])
def test_ck_14_first_page_after_the_session_ended_clears_both(
    client: Client, marie: User, path: str
) -> None:
    from django.contrib.sessions.models import Session

    log_in(client)
    Session.objects.all().delete()
    response = client.get(path)
    assert {name: response.cookies[name]["max-age"] for name in NAMES} == dict.fromkeys(NAMES, 0)


@pytest.mark.rule("CK-14", "T-06")
@pytest.mark.parametrize("path", ["/", "/account/", "/account/login/"])
@pytest.mark.parametrize("end", ["closed", "erased", "new password"])
def test_ck_14_first_page_after_the_account_ended_clears_both(
    client: Client, marie: User, path: str, end: str
) -> None:
    log_in(client)
    if end == "erased":
        marie.delete()
    else:
        marie.is_active = end != "closed"
        marie.set_password("a-new-password-of-hers")
        marie.save()
    response = client.get(path)
    assert {name: response.cookies[name]["max-age"] for name in NAMES} == dict.fromkeys(NAMES, 0)


@pytest.mark.rule("CK-14")
def test_session_cookie_names_are_the_published_ones() -> None:
    assert (settings.SESSION_COOKIE_NAME, settings.CSRF_COOKIE_NAME) == NAMES


@pytest.mark.parametrize(
    ("target", "lands"),
    [
        ("/admin/", "/admin/"),
        ("/nl/privacy/?a=b", "/nl/privacy/?a=b"),
        ("https://evil.test/", "/account/"),
        ("//evil.test/", "/account/"),
        ("/\\evil.test/", "/account/"),
        ("javascript:alert(1)", "/account/"),
        ("http://testserver.evil.test/", "/account/"),
        ("", "/account/"),
    ],
)
def test_next_stays_on_this_site(client: Client, marie: User, target: str, lands: str) -> None:
    page = client.get("/account/login/", {"next": target})
    hidden = re.search(r'name="next" value="([^"]*)"', page.text)
    assert hidden is not None
    assert hidden[1] == lands
    assert log_in(client, next=target).headers["Location"] == lands
    # Logged in already: the same rule.
    assert client.get("/account/login/", {"next": target}).headers["Location"] == lands


def test_home_sends_anonymous_people_to_login_and_back(client: Client, marie: User) -> None:
    assert client.get("/nl/account/").headers["Location"] == "/nl/account/login/?next=/nl/account/"


def test_home_shows_and_changes_the_person_s_own_data(client: Client, marie: User) -> None:
    log_in(client)
    assert "marie@example.test" in client.get("/account/").text
    data = {"first_name": "Marie", "last_name": "D.", "language": "nl"} | token(client)
    assert client.post("/account/", data).headers["Location"] == "/account/?fait=enregistre"
    marie.refresh_from_db()
    assert (marie.name, marie.language) == ("Marie D.", "nl")
    response = client.post("/account/", {"last_name": "x", "language": "xx"} | token(client))
    assert response.status_code == 422


def test_home_lists_the_acceptances_of_the_account(client: Client, marie: User) -> None:
    log_in(client)
    body = {"categories": {"analytics": True}, "notice": 1, "source": "banner"}
    headers = {"X-CSRFToken": client.cookies["Csrf-token"].value}
    given = client.post("/api/v1/consent/", body, content_type="application/json", headers=headers)
    receipt = given.json()["receipt"]
    del client.cookies["cookieconsent_status"]
    assert f'href="{receipt}"' in client.get("/account/").text
    assert client.get(receipt).status_code == 200


@pytest.mark.parametrize("method", ["put", "delete", "patch"])
@pytest.mark.parametrize("page", ["", "login/", "logout/", "register/", "password/reset/"])
def test_other_methods_are_refused(client: Client, method: str, page: str) -> None:
    assert getattr(client, method)(f"/account/{page}").status_code == 405
