"""Logging in with a second factor: no cookie before the end, and no way round (DR-21, CK-14)."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.test import Client

from consent.models import Act
from privacy import factor
from privacy.groups import MANAGERS
from privacy.models import Authenticator, User
from tests.factors import (
    PASSWORD,
    code,
    codes_shown,
    enrol,
    give_password,
    hidden,
    log_in,
    secret_of,
    secret_shown,
    wrong_code,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def client() -> Client:
    """A browser on this site, whose requests are checked as real ones are."""
    return Client(enforce_csrf_checks=True, headers={"origin": "http://testserver"})


@pytest.fixture
def paul() -> User:
    paul = User.objects.create_user("paul@example.test", PASSWORD, name="Paul", is_staff=True)
    paul.groups.add(Group.objects.get(name=MANAGERS))
    return paul


@pytest.fixture
def live(settings: Any) -> None:
    """No demonstration."""
    settings.DEMO = False
    settings.SECURE_SSL_REDIRECT = False


def acts() -> list[str]:
    return list(Act.objects.order_by("id").values_list("act", flat=True))


def post_code(client: Client, step: str, value: str, **more: str) -> Any:
    return client.post("/account/login/code/", {"step": step, "code": value, **more})


# --- Logging in ----------------------------------------------------------------------------------


@pytest.mark.rule("CK-14", "DR-21")
def test_ck_14_no_cookie_before_the_code(client: Client, paul: User, live: None) -> None:
    enrol(paul)
    page = give_password(client, paul.email)
    assert page.status_code == 200
    assert not client.cookies
    assert "no-store" in page.headers["Cache-Control"]
    assert 'autocomplete="one-time-code"' in page.text
    assert 'inputmode="numeric"' in page.text
    assert b"csrfmiddlewaretoken" not in page.content
    assert client.get("/account/login/code/").headers["Location"] == "/account/login/"
    assert client.get("/admin/").status_code == 302
    assert not client.cookies
    wrong = post_code(client, hidden(page, "step"), wrong_code(secret_of(paul)))
    assert wrong.status_code == 422
    assert not client.cookies
    # django-otp asks for a moment's patience after a wrong one.
    Authenticator.objects.update(throttling_failure_count=0)
    done = post_code(client, hidden(wrong, "step"), code(secret_of(paul)), next="/admin/")
    assert done.headers["Location"] == "/admin/"
    assert set(done.cookies) == {"sessionid", "Csrf-token"}
    assert client.get("/admin/").status_code == 200
    assert acts()[:2] == ["staff.code_refused", "staff.logged_in"]


@pytest.mark.rule("DR-21")
def test_dr_21_a_code_and_a_step_work_once(client: Client, paul: User) -> None:
    enrol(paul)
    step = hidden(give_password(client, paul.email), "step")
    used = code(secret_of(paul))
    assert post_code(client, step, used).status_code == 302
    second = Client(headers={"origin": "http://testserver"})
    # The step ended with the login it led to, even with a code that was never used.
    assert post_code(second, step, code(secret_of(paul), steps=1)).status_code == 422
    # The code was used; a new step does not help.
    fresh = hidden(give_password(second, paul.email), "step")
    assert post_code(second, fresh, used).status_code == 422
    assert not second.cookies


@pytest.mark.rule("DR-21")
@pytest.mark.parametrize("end", ["time", "password", "groups", "closed", "factor", "other purpose"])
def test_dr_21_a_step_ends(
    client: Client, paul: User, end: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from privacy import tokens

    enrol(paul)
    User.objects.filter(pk=paul.pk).update(last_login=datetime.now(UTC) - timedelta(days=1))
    step = hidden(give_password(client, paul.email), "step")
    if end == "time":
        now = datetime.now(UTC).timestamp()
        monkeypatch.setattr("django.core.signing.time.time", lambda: now + 301)
    elif end == "password":
        fresh = User.objects.get(pk=paul.pk)
        fresh.set_password("another-password-of-his")
        fresh.save()
    elif end == "groups":
        paul.groups.clear()
    elif end == "closed":
        User.objects.filter(pk=paul.pk).update(is_active=False)
    elif end == "factor":
        enrol(paul)
    else:
        step = tokens.make(paul, tokens.Purpose.RESET)
    assert post_code(client, step, code(secret_of(paul))).status_code == 422
    assert not client.cookies


@pytest.mark.rule("DR-05", "DR-21")
def test_dr_05_wrong_code_and_old_step_get_the_same_words_and_statements(
    client: Client, paul: User, django_assert_num_queries: Any
) -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    User.objects.filter(pk=paul.pk).update(is_staff=False)
    enrol(paul)
    step = hidden(give_password(client, paul.email), "step")
    with CaptureQueriesContext(
        connection,
    ) as known:
        wrong = post_code(client, step, wrong_code(secret_of(paul)))
    with CaptureQueriesContext(connection) as unknown:
        old = post_code(client, step[:-3], wrong_code(secret_of(paul)))
    assert wrong.status_code == old.status_code == 422
    assert wrong.text.replace(step, "") == old.text.replace(step[:-3], "")
    # The account of the step is read, the throttle counts twice, the device is read; a wrong code
    # is then counted on its device.
    assert 0 <= len(known) - len(unknown) <= 1


@pytest.mark.rule("DR-21")
def test_dr_21_codes_are_limited_by_account(client: Client, paul: User) -> None:
    enrol(paul)
    step = hidden(give_password(client, paul.email), "step")
    for number in range(10):
        answer = client.post(
            "/account/login/code/",
            {"step": step, "code": "abc"},
            REMOTE_ADDR=f"10.0.{number}.1",
        )
        assert answer.status_code == 422
    refused = post_code(client, step, code(secret_of(paul)))
    assert refused.status_code == 429
    assert int(refused.headers["Retry-After"]) > 0
    # A new step is the same account.
    step = hidden(give_password(client, paul.email), "step")
    assert post_code(client, step, code(secret_of(paul))).status_code == 429


@pytest.mark.rule("DR-21")
def test_dr_21_recovery_codes_work_once_and_say_how_many_are_left(
    client: Client, paul: User
) -> None:
    codes = enrol(paul)
    assert len(codes) == len(set(codes)) == 10
    assert log_in(client, paul, code=codes[3].replace(" ", "-")).status_code == 302
    assert "Il vous en reste 9." in client.get("/admin/").text
    assert factor.recovery_codes_left(paul) == 9
    assert Act.objects.get(act="staff.recovery_code_used").details == {"left": 9}
    other = Client(headers={"origin": "http://testserver"})
    assert log_in(other, paul, code=codes[3]).status_code == 422
    # A code of somebody else's paper opens nothing.
    pia = User.objects.create_user("pia@example.test", PASSWORD, is_staff=True)
    assert log_in(other, paul, code=enrol(pia)[0]).status_code == 422


def test_the_database_holds_neither_secret_nor_recovery_codes_in_clear(paul: User) -> None:
    from django_otp.plugins.otp_static.models import StaticToken

    codes = enrol(paul)
    secret = secret_of(paul)
    kept = Authenticator.objects.get(user=paul).key
    assert secret.hex() not in kept
    assert factor.in_words(secret).replace(" ", "") not in kept
    tokens = set(StaticToken.objects.values_list("token", flat=True))
    assert not tokens & {text.replace(" ", "") for text in codes}


def test_secret_and_recovery_codes_outlive_rotated_keys(
    client: Client, paul: User, settings: Any
) -> None:
    from cryptography.fernet import Fernet

    codes = enrol(paul)
    settings.FIELD_ENCRYPTION_KEYS = [
        Fernet.generate_key().decode(),
        *settings.FIELD_ENCRYPTION_KEYS,
    ]
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "another-secret-key-of-fifty-characters-and-even-more"
    assert log_in(client, paul).status_code == 302
    assert factor.verify(account=paul, code=codes[0]) is not None
    settings.FIELD_ENCRYPTION_KEYS = settings.FIELD_ENCRYPTION_KEYS[:1]
    assert factor.verify(account=paul, code="123456") is None


# --- Without a factor ---------------------------------------------------------------------------


@pytest.mark.rule("DR-21")
def test_dr_21_staff_without_factor_get_no_session_outside_the_demo(
    client: Client, paul: User, live: None
) -> None:
    answer = give_password(client, paul.email)
    assert answer.status_code == 403
    assert "second facteur" in answer.text
    assert not client.cookies
    assert acts() == ["staff.login_without_factor"]
    # A session that got there otherwise opens nothing either.
    client.force_login(paul)
    assert client.get("/admin/", follow=True).status_code == 403
    assert client.get("/account/factor/").status_code == 403


def test_demo_staff_enter_without_and_are_asked_once_enrolled(client: Client, paul: User) -> None:
    assert give_password(client, paul.email).headers["Location"] == "/admin/"
    assert client.get("/admin/").status_code == 200
    page = client.get("/account/factor/")
    secret = secret_shown(page)
    data = {
        "csrfmiddlewaretoken": client.cookies["Csrf-token"].value,
        "secret": hidden(page, "secret"),
        "password": PASSWORD,
        "new_code": code(secret),
    }
    other = Client(headers={"origin": "http://testserver"})
    give_password(other, paul.email)
    done = client.post("/account/factor/", data)
    assert done.status_code == 200
    assert len(codes_shown(done)) == 10
    assert "no-store" in done.headers["Cache-Control"]
    assert client.get("/admin/").status_code == 200
    assert "10 codes de secours" in client.get("/account/").text
    # The session of the other browser, begun without a factor, is over.
    assert other.get("/admin/").status_code == 302
    assert give_password(other, paul.email).status_code == 200
    assert acts().count("staff.enrolled") == 1


def test_other_people_have_no_factor_page(client: Client) -> None:
    marie = User.objects.create_user("marie@example.test", PASSWORD)
    give_password(client, marie.email)
    assert client.get("/account/factor/").status_code == 403
    assert "Second facteur" not in client.get("/account/").text
    client.cookies.clear()
    assert client.get("/account/factor/").status_code == 302


# --- Changing it --------------------------------------------------------------------------------


def token(client: Client) -> dict[str, str]:
    return {"csrfmiddlewaretoken": client.cookies["Csrf-token"].value}


@pytest.mark.rule("DR-21")
@pytest.mark.parametrize("lack", ["password", "code", "new_code", "secret", ""])
def test_dr_21_replacing_needs_password_and_code(
    client: Client, paul: User, live: None, lack: str
) -> None:
    codes = enrol(paul)
    log_in(client, paul)
    before = Authenticator.objects.get(user=paul).pk
    page = client.get("/account/factor/")
    secret = secret_shown(page)
    data = {
        "secret": hidden(page, "secret"),
        "password": PASSWORD,
        "code": codes[0],
        "new_code": code(secret),
    }
    if lack:
        data[lack] = {"secret": "forged"}.get(lack, "999999")
    done = client.post("/account/factor/", data | token(client))
    if lack:
        assert done.status_code == 422
        assert "Quelque chose est à corriger" in done.text
        assert Authenticator.objects.get(user=paul).pk == before
        assert client.get("/admin/").status_code == 200
        return
    assert done.status_code == 200
    assert Authenticator.objects.get(user=paul).pk != before
    assert secret_of(paul) == secret
    assert factor.recovery_codes_left(paul) == 10
    assert client.get("/admin/").status_code == 200
    assert "staff.factor_replaced" in acts()


@pytest.mark.rule("DR-21")
def test_dr_21_outside_the_demo_a_factor_is_never_removed(
    client: Client, paul: User, live: None
) -> None:
    codes = enrol(paul)
    log_in(client, paul)
    assert client.get("/account/factor/remove/").status_code == 403
    data = {"password": PASSWORD, "code": codes[0]} | token(client)
    assert client.post("/account/factor/remove/", data).status_code == 403
    assert factor.is_asked(paul)


def test_in_the_demo_a_factor_goes_with_password_and_code(client: Client, paul: User) -> None:
    codes = enrol(paul)
    log_in(client, paul)
    data = {"password": PASSWORD, "code": "999999"} | token(client)
    assert client.post("/account/factor/remove/", data).status_code == 422
    data = {"password": PASSWORD, "code": codes[0]} | token(client)
    done = client.post("/account/factor/remove/", data)
    assert done.headers["Location"].startswith("/account/?fait=")
    assert not factor.is_asked(paul)
    assert client.get("/admin/").status_code == 200


def test_new_recovery_codes_end_the_old_ones(client: Client, paul: User) -> None:
    codes = enrol(paul)
    log_in(client, paul)
    data = {"password": PASSWORD, "code": codes[0]} | token(client)
    done = client.post("/account/factor/codes/", data)
    fresh = codes_shown(done)
    assert len(fresh) == 10
    assert not set(fresh) & set(codes)
    assert factor.verify(account=paul, code=codes[1]) is None
    # The session goes on: nothing that it was begun with has changed.
    assert client.get("/admin/").status_code == 200


# --- Sessions, and passwords --------------------------------------------------------------------


@pytest.mark.rule("DR-21")
@pytest.mark.parametrize(
    "change", ["password", "group", "permission", "closed", "powers", "factor", "key"]
)
def test_dr_21_sessions_end_when_something_changes(client: Client, paul: User, change: str) -> None:
    from django.contrib.auth.models import Permission

    enrol(paul)
    log_in(client, paul)
    assert client.get("/account/").status_code == 200
    people = User.objects.filter(pk=paul.pk)
    match change:
        case "password":
            people.update(password="md5$a$b")
        case "group":
            paul.groups.clear()
        case "permission":
            paul.user_permissions.add(Permission.objects.first())
        case "closed":
            people.update(is_active=False)
            people.update(is_active=True)
        case "powers":
            people.update(is_superuser=True)
        case "factor":
            factor.remove(paul)
        case "key":
            device = Authenticator.objects.get(user=paul)
            device.seal(factor.new_secret())
            device.save()
    assert client.get("/account/").status_code == 302


def test_sessions_go_on_when_nothing_of_that_changes(client: Client, paul: User) -> None:
    enrol(paul)
    log_in(client, paul)
    stale = User.objects.get(pk=paul.pk)
    User.objects.filter(pk=paul.pk).update(name="P.", language="nl")
    paul.groups.set(paul.groups.all())
    Authenticator.objects.update(last_t=3)
    assert client.get("/account/").status_code == 200
    # An old copy of the row, written back, does not bring ended sessions back.
    paul.groups.clear()
    stale.save()
    assert client.get("/account/").status_code == 302


@pytest.mark.rule("DR-21")
def test_dr_21_a_new_password_does_not_go_round_the_factor(
    client: Client, paul: User, live: None
) -> None:
    from privacy import tokens

    enrol(paul)
    link = f"/account/password/reset/{tokens.make(paul, tokens.Purpose.RESET)}/"
    done = client.post(link, {"password": "another-password-of-his"})
    assert done.headers["Location"].startswith("/account/login/")
    assert not client.cookies
    data = {"username": paul.email, "password": "another-password-of-his"}
    asked = client.post("/account/login/", data)
    assert asked.status_code == 200
    assert hidden(asked, "step")
    assert not client.cookies
    assert factor.is_asked(paul)
