"""How often one may try."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from procrastinate.contrib.django.models import ProcrastinateJob

from privacy import limits
from privacy.models import User

PASSWORD = "four-words-are-enough"
pytestmark = pytest.mark.django_db


@pytest.fixture
def marie() -> User:
    return User.objects.create_user("marie@example.test", PASSWORD)


def try_login(client: Client, email: str, password: str = "wrong", **more: str) -> Any:
    return client.post("/account/login/", {"username": email, "password": password}, **more)


@pytest.mark.parametrize("email", ["marie@example.test", "unknown@example.test"])
def test_login_is_limited_by_address_known_or_not(client: Client, marie: User, email: str) -> None:
    statuses = [try_login(client, email, REMOTE_ADDR=f"10.0.{n}.1").status_code for n in range(12)]
    assert statuses == [422] * 10 + [429] * 2
    # The right password does not help now, from wherever; other people are not concerned.
    response = try_login(client, email.upper(), PASSWORD, REMOTE_ADDR="192.0.2.9")
    assert response.status_code == 429
    assert 1 <= int(response.headers["Retry-After"]) <= 900
    assert "no-store" in response.headers["Cache-Control"]
    assert not response.cookies
    assert try_login(client, "other@example.test").status_code == 422


def test_login_is_limited_by_network(client: Client, marie: User) -> None:
    for number in range(50):
        address = f"198.51.100.{number}"
        assert try_login(client, f"p{number}@x.test", REMOTE_ADDR=address).status_code == 422
    assert try_login(client, "p@x.test", REMOTE_ADDR="198.51.100.99").status_code == 429
    assert try_login(client, "p@x.test", REMOTE_ADDR="203.0.113.1").status_code == 422


def test_login_that_succeeds_is_not_counted(client: Client, marie: User) -> None:
    for _ in range(60):
        assert try_login(client, marie.email, PASSWORD).status_code == 302
        client.cookies.clear()


def test_login_limit_ends(rf: Any) -> None:
    request, now = rf.get("/"), datetime.now(UTC)
    for _ in range(10):
        limits.count(request, "a@x.test", limits.LOGIN, now=now)
    with pytest.raises(limits.TooManyAttempts) as error:
        limits.require_attempt(request, "a@x.test", limits.LOGIN, now=now)
    assert error.value.seconds == 900
    limits.require_attempt(request, "a@x.test", limits.LOGIN, now=now + timedelta(minutes=15))


@pytest.mark.rule("DR-05")
@pytest.mark.parametrize("path", ["/account/register/", "/account/password/reset/"])
@pytest.mark.parametrize("email", ["marie@example.test", "unknown@example.test"])
def test_dr_05_letters_are_limited_alike(
    client: Client, marie: User, path: str, email: str
) -> None:
    data = {"email": email, "terms": "on"}
    assert [client.post(path, data).status_code for _ in range(6)] == [302] * 5 + [429]
    assert ProcrastinateJob.objects.count() == 5


def test_letters_are_limited_by_network(client: Client) -> None:
    for number in range(50):
        data = {"email": f"p{number}@example.test"}
        assert client.post("/account/password/reset/", data).status_code == 302
    response = client.post("/account/password/reset/", {"email": "last@example.test"})
    assert response.status_code == 429
    assert int(response.headers["Retry-After"]) > 0
