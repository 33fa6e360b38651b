"""Registration and forgotten passwords: what anyone may learn, and what a mailed link may do."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.core import mail
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from procrastinate.contrib.django.models import ProcrastinateJob

from consent.models import AccountLink, Record
from privacy import jobs, tokens
from privacy.models import User
from privacy.tokens import Purpose

PASSWORD = "four-words-are-enough"
LINK = re.compile(r"https?://[^/\s]+(/\S*/account/\S+|/account/\S+)")
pytestmark = pytest.mark.django_db


@pytest.fixture
def client() -> Client:
    """A browser on this site, whose requests are checked as real ones are."""
    return Client(enforce_csrf_checks=True, headers={"origin": "http://testserver"})


@pytest.fixture
def marie() -> User:
    return User.objects.create_user("marie@example.test", "the-old-password")


def register(client: Client, email: str, prefix: str = "", **data: str) -> Any:
    body = {"email": email, "terms": "on", **data}
    return client.post(f"{prefix}/account/register/", body)


def ask_reset(client: Client, email: str) -> Any:
    return client.post("/account/password/reset/", {"email": email})


def post_letters() -> list[Any]:
    """Do the jobs that wait, as the worker would; the letters."""
    mail.outbox.clear()
    waiting = ProcrastinateJob.objects.filter(task_name="privacy.jobs.send_account_letter")
    for job in waiting.order_by("id"):
        jobs.send_account_letter(**job.args)
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM procrastinate_jobs")
    return list(mail.outbox)


def link_of(letter: Any, page: str) -> str:
    return next(path for path in LINK.findall(letter.body) if page in path)


# --- DR-05: the same answer, whoever asks about whomever -----------------------------------------


@pytest.mark.rule("DR-05")
@pytest.mark.parametrize("ask", [register, ask_reset])
def test_dr_05_known_and_unknown_addresses_get_the_same_answer(
    client: Client, marie: User, ask: Any
) -> None:
    answers = []
    for email in ("marie@example.test", "unknown@example.test"):
        with CaptureQueriesContext(
            connection,
        ) as queries:
            response = ask(client, email)
        page = client.get(response.headers["Location"])
        # The same statements, in the same order: nothing to measure with a watch.
        shapes = [re.sub(r"'[^']*'|\b\d+\b", "?", q["sql"]) for q in queries]
        answers.append((response.status_code, response.headers["Location"], page.text, shapes))
    assert answers[0] == answers[1]
    assert ProcrastinateJob.objects.count() == 2


@pytest.mark.rule("DR-05")
def test_dr_05_login_says_the_same_for_known_unknown_and_inactive(
    client: Client, marie: User
) -> None:
    User.objects.create_user("closed@example.test", PASSWORD, is_active=False)
    pages = []
    for email in ("marie@example.test", "unknown@example.test", "closed@example.test"):
        response = client.post("/account/login/", {"username": email, "password": PASSWORD})
        assert response.status_code == 422
        assert f'value="{email}"' in response.text
        pages.append(response.text.replace(email, ""))
    assert len(set(pages)) == 1
    assert PASSWORD not in pages[0]


@pytest.mark.rule("DR-05")
def test_dr_05_an_unknown_address_gets_no_letter(client: Client) -> None:
    ask_reset(client, "unknown@example.test")
    assert post_letters() == []
    assert not User.objects.exists()


def test_jobs_hold_neither_address_nor_token(client: Client, marie: User) -> None:
    ask_reset(client, marie.email)
    register(client, "new@example.test")
    for job in ProcrastinateJob.objects.all():
        assert set(job.args) == {"account", "kind"}
        assert job.args["kind"] in {"reset", "registration"}


# --- Registration --------------------------------------------------------------------------------


def test_registration_from_address_to_login(client: Client) -> None:
    register(client, " New@Example.Test ", prefix="/nl", name="Nele")
    account = User.objects.get()
    assert (account.email, account.name, account.language) == ("new@example.test", "Nele", "nl")
    assert not account.is_active
    assert not account.has_usable_password()
    assert account.terms_accepted_at is not None
    [letter] = post_letters()
    assert letter.to == ["new@example.test"]
    assert "Nele" not in letter.body + letter.subject
    link = link_of(letter, "/account/confirm/")
    assert link.startswith("/nl/account/confirm/")

    assert client.get(link).status_code == 200
    account.refresh_from_db()
    assert not account.is_active  # opening confirms nothing
    response = client.post(link, {"password": PASSWORD})
    assert response.headers["Location"] == "/nl/account/login/?fait=mot-de-passe"
    assert not client.cookies  # and nobody is logged in
    response = client.post(
        "/nl/account/login/", {"username": "new@example.test", "password": PASSWORD}
    )
    assert response.headers["Location"] == "/nl/account/"
    client.cookies.clear()
    # Single use.
    assert client.get(link).status_code == 410
    assert client.post(link, {"password": "another-password-1"}).status_code == 410


def test_registration_of_a_known_address_changes_nothing_and_tells_its_owner(
    client: Client, marie: User
) -> None:
    before = User.objects.values().get()
    register(client, marie.email, name="Someone else")
    assert User.objects.values().get() == before
    [letter] = post_letters()
    assert "déjà un compte" in letter.subject
    assert client.get(link_of(letter, "/password/reset/")).status_code == 200


def test_registration_again_before_confirming_sends_another_link(client: Client) -> None:
    register(client, "new@example.test", name="Typo")
    register(client, "new@example.test", name="Right")
    assert User.objects.get().name == "Right"
    first, second = post_letters()
    link = link_of(second, "/confirm/")
    assert client.post(link, {"password": PASSWORD}).status_code == 302
    assert client.get(link_of(first, "/confirm/")).status_code == 410


def test_a_closed_account_is_not_opened_again_by_registering(client: Client) -> None:
    User.objects.create_user("closed@example.test", PASSWORD, is_active=False)
    register(client, "closed@example.test")
    ask_reset(client, "closed@example.test")
    letters = post_letters()
    assert [letter.subject for letter in letters] == [
        "Votre compte est fermé – Click'n CoNNect"
    ] * 2
    assert not any(LINK.search(letter.body) for letter in letters)


def test_staff_who_were_shut_out_do_not_come_back_by_registering(client: Client) -> None:
    User.objects.create_user("agent@example.test", None, is_active=False, is_staff=True)
    register(client, "agent@example.test")
    assert "fermé" in post_letters()[0].subject


@pytest.mark.rule("TR-01", "TR-07")
def test_tr_01_tr_07_the_form_says_who_asks_and_what_is_needed(client: Client) -> None:
    page = client.get("/account/register/").text
    form = page[page.index("<h1>") :]
    for fact in ("SRL HA.I", "rue des Bailleries 15", "0779.838.527", "info@clicknconnect.be"):
        assert fact in form
    assert form.count("(obligatoire)") == 2
    assert form.count("(facultatif)") == 1
    assert not re.search(r"<input[^>]*type=\"checkbox\"[^>]*checked", form)


@pytest.mark.rule("CK-19")
def test_ck_19_accepting_the_terms_is_no_consent(client: Client) -> None:
    response = register(client, "new@example.test")
    [letter] = post_letters()
    client.post(link_of(letter, "/confirm/"), {"password": PASSWORD})
    client.post("/account/login/", {"username": "new@example.test", "password": PASSWORD})
    assert not Record.objects.exists()
    assert not AccountLink.objects.exists()
    assert "cookieconsent_status" not in {*response.cookies, *client.cookies}
    status = client.get("/api/v1/consent/").json()
    assert (status["status"], status["categories"]["analytics"]) == ("undecided", False)
    assert "googletagmanager" not in client.get("/").text


def test_registration_without_the_terms_makes_no_account(client: Client) -> None:
    response = client.post("/account/register/", {"email": "new@example.test", "name": "N"})
    assert response.status_code == 422
    assert not User.objects.exists()
    assert 'value="new@example.test"' in response.text
    assert 'href="#id_terms"' in response.text
    described = re.search(r'name="terms"[^>]*aria-describedby="([^"]*)"', response.text)
    assert described is not None
    for anchor in described[1].split():
        assert f'id="{anchor}"' in response.text
    assert re.search(r'name="terms"[^>]*aria-invalid="true"', response.text)


def test_unconfirmed_accounts_are_forgotten_after_three_days(client: Client, marie: User) -> None:
    User.objects.create_user("closed@example.test", PASSWORD, is_active=False)
    register(client, "new@example.test")
    now = datetime.now(UTC)
    jobs.forget_unconfirmed_accounts(int((now + timedelta(days=2)).timestamp()))
    assert User.objects.count() == 3
    jobs.forget_unconfirmed_accounts(int((now + timedelta(days=4)).timestamp()))
    left = {"closed@example.test", "marie@example.test"}
    assert set(User.objects.values_list("email", flat=True)) == left


# --- Forgotten passwords -------------------------------------------------------------------------


def test_reset_ends_every_session_and_makes_none(client: Client, marie: User) -> None:
    other = Client(headers={"origin": "http://testserver"})
    other.post("/account/login/", {"username": marie.email, "password": "the-old-password"})
    assert other.get("/account/").status_code == 200
    ask_reset(client, marie.email)
    [letter] = post_letters()
    link = link_of(letter, "/password/reset/")
    assert client.get(link).status_code == 200
    response = client.post(link, {"password": PASSWORD})
    assert response.headers["Location"] == "/account/login/?fait=mot-de-passe"
    assert not client.cookies
    assert other.get("/account/").status_code == 302
    assert not any(cookie.value for cookie in other.cookies.values())
    assert client.post(link, {"password": "another-password-1"}).status_code == 410
    login = {"username": marie.email, "password": PASSWORD}
    assert client.post("/account/login/", login).status_code == 302


def test_reset_by_someone_logged_in_needs_the_token(client: Client, marie: User) -> None:
    client.post("/account/login/", {"username": marie.email, "password": "the-old-password"})
    page = client.get("/account/password/reset/")
    assert f'value="{marie.email}"' in page.text
    assert ask_reset(client, marie.email).status_code == 403
    data = {"email": marie.email, "csrfmiddlewaretoken": client.cookies["Csrf-token"].value}
    assert client.post("/account/password/reset/", data).status_code == 302


def test_reset_of_an_unconfirmed_account_sends_the_confirmation(client: Client) -> None:
    register(client, "new@example.test")
    post_letters()
    ask_reset(client, "new@example.test")
    [letter] = post_letters()
    assert "/account/confirm/" in letter.body


@pytest.mark.parametrize("password", ["", "short", "password1234", "marie@example.test"])
def test_a_weak_password_is_refused_and_the_link_still_works(
    client: Client, marie: User, password: str
) -> None:
    link = f"/account/password/reset/{tokens.make(marie, Purpose.RESET)}/"
    response = client.post(link, {"password": password})
    assert response.status_code == 422
    assert "aria-invalid" in response.text
    assert client.post(link, {"password": PASSWORD}).status_code == 302


# --- Tokens --------------------------------------------------------------------------------------


@pytest.fixture
def waiting() -> User:
    return User.objects.create_user("new@example.test", None, is_active=False)


def opens(client: Client, purpose: Purpose, token: str) -> int:
    page = "confirm" if purpose is Purpose.CONFIRM else "password/reset"
    got = client.get(f"/account/{page}/{token}/").status_code
    posted = client.post(f"/account/{page}/{token}/", {"password": ""}).status_code
    assert (got, posted) in {(200, 422), (410, 410)}
    return got


@pytest.mark.parametrize("purpose", [Purpose.CONFIRM, Purpose.RESET])
def test_token_forged_or_of_another_purpose_is_gone(
    client: Client, waiting: User, marie: User, purpose: Purpose
) -> None:
    token = tokens.make(waiting, purpose)
    assert opens(client, purpose, token) == 200
    key, time, signature = token.split(".")
    of_marie = tokens.make(marie, purpose).split(".")[0]
    flipped = signature[:-2] + ("A" if signature[-2] != "A" else "B") + signature[-1]
    for forged in (
        f"{key}.{time}.{flipped}", f"{of_marie}.{time}.{signature}", f"{key}.{time}", key, ".",
        "..", "x" * 3000, "é", f"{key}.zzzzzz.{signature}", f"{key}=.{time}.{signature}",
        f"{key}.{time}.{signature}.x", "%00", tokens.make(User(), purpose),
    ):  # fmt: skip
        assert opens(client, purpose, forged) == 410
    other = Purpose.RESET if purpose is Purpose.CONFIRM else Purpose.CONFIRM
    assert opens(client, other, token) == 410


@pytest.mark.parametrize(
    ("purpose", "life"), [(Purpose.CONFIRM, 3 * 86_400), (Purpose.RESET, 3 * 3600)]
)
def test_token_expires(
    client: Client, waiting: User, purpose: Purpose, life: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = tokens.make(waiting, purpose)
    now = datetime.now(UTC).timestamp()
    monkeypatch.setattr("django.core.signing.time.time", lambda: now + life - 5)
    assert opens(client, purpose, token) == 200
    monkeypatch.setattr("django.core.signing.time.time", lambda: now + life + 5)
    assert opens(client, purpose, token) == 410


def test_token_outlives_a_rotated_secret_key(client: Client, marie: User, settings: Any) -> None:
    token = tokens.make(marie, Purpose.RESET)
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "another-key-for-this-test"
    assert opens(client, Purpose.RESET, token) == 200
    settings.SECRET_KEY_FALLBACKS = []
    assert opens(client, Purpose.RESET, token) == 410


@pytest.mark.parametrize("change", [{"is_active": False}, {"last_login": datetime.now(UTC)}])
def test_reset_token_ends_with_the_state_it_was_made_for(
    client: Client, marie: User, change: dict[str, Any]
) -> None:
    token = tokens.make(marie, Purpose.RESET)
    User.objects.filter(pk=marie.pk).update(**change)
    assert opens(client, Purpose.RESET, token) == 410


def test_two_uses_at_once_are_one(marie: User) -> None:
    from privacy.actions.accounts import set_password

    first, second = (User.objects.get(pk=marie.pk) for _ in range(2))
    now = datetime.now(UTC)
    set_password(account=first, password=PASSWORD, now=now)
    with pytest.raises(tokens.SpentToken):
        set_password(account=second, password="another-password-1", now=now)
    marie.refresh_from_db()
    assert marie.check_password(PASSWORD)
