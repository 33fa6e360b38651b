"""`manage.py staff`: colleagues are invited, helped and removed, and the journal knows."""

from datetime import UTC, datetime
from io import StringIO
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.core import mail
from django.core.management import CommandError, call_command
from django.test import Client
from procrastinate.contrib.django.models import ProcrastinateJob

from consent.models import Act
from privacy import factor, tokens
from privacy.groups import AGENTS, MANAGERS
from privacy.jobs import send_account_letter
from privacy.models import User
from privacy.tokens import Purpose
from tests.factors import (
    PASSWORD,
    code,
    codes_shown,
    enrol,
    give_password,
    hidden,
    log_in,
    secret_shown,
    wrong_code,
)

pytestmark = pytest.mark.django_db
EMAIL = "anna@example.test"


@pytest.fixture
def client() -> Client:
    """A browser on this site, whose requests are checked as real ones are."""
    return Client(enforce_csrf_checks=True, headers={"origin": "http://testserver"})


@pytest.fixture(autouse=True)
def _live(settings: Any) -> None:
    settings.DEMO = False
    settings.SECURE_SSL_REDIRECT = False


def staff(*arguments: str) -> str:
    out = StringIO()
    call_command("staff", *arguments, stdout=out)
    return out.getvalue()


def invite(*more: str, group: str = AGENTS) -> str:
    return staff("invite", EMAIL, "--group", group, *more)


def letters() -> list[Any]:
    """What the worker would send now."""
    mail.outbox.clear()
    for job in ProcrastinateJob.objects.order_by("id"):
        send_account_letter(**job.args)
    return list(mail.outbox)


def link_in(letter: Any) -> str:
    (found,) = [line for line in letter.body.splitlines() if "/account/staff/" in line]
    return "/" + found.split("/", 3)[3]


def account() -> User:
    return User.objects.get(email=EMAIL)


def fill(client: Client, link: str, **changed: str) -> Any:
    """Open the link and send its form, right but for what is `changed`."""
    page = client.get(link)
    assert page.status_code == 200, page.text
    data = {
        "secret": hidden(page, "secret"),
        "name": "Anna",
        "password": PASSWORD,
        "new_code": code(secret_shown(page)),
    }
    return client.post(link, data | changed)


# --- Invitation ---------------------------------------------------------------------------------


@pytest.mark.rule("DR-21", "CK-14")
@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("fr", "Vous êtes invité"), ("nl", "staff"), ("de", "staff"), ("en", "staff"),
    ],
)  # fmt: skip
def test_dr_21_invitation_leads_to_a_verified_session(
    client: Client, language: str, words: str
) -> None:
    said = invite("--language", language, "--as-of", "2026-11-22T09:00+01:00")
    assert f"Made the account {EMAIL}." in said
    assert "7 days" in said
    person = account()
    assert (person.is_active, person.is_staff, person.has_usable_password()) == (False, True, False)
    assert person.date_joined == datetime(2026, 11, 22, 8, tzinfo=UTC)
    (letter,) = letters()
    assert letter.extra_headers["Content-Language"] == language
    assert words in letter.body
    prefix = "" if language == "fr" else f"/{language}"
    link = link_in(letter)
    assert link.startswith(f"{prefix}/account/staff/")
    # Opening it changes nothing, however often.
    assert client.get(link).status_code == client.get(link).status_code == 200
    assert not account().is_active
    assert not client.cookies
    done = fill(client, link)
    assert done.status_code == 200
    assert len(codes_shown(done)) == 10
    assert set(done.cookies) == {"sessionid", "Csrf-token"}
    assert client.get("/admin/").status_code == 200
    person = account()
    assert (person.name, person.is_active) == ("Anna", True)
    assert factor.is_asked(person)
    # Once.
    other = Client(headers={"origin": "http://testserver"})
    assert other.get(link).status_code == other.post(link).status_code == 410
    assert log_in(other, person, code="000000").status_code == 422
    names = list(Act.objects.order_by("id").values_list("act", "actor"))
    assert names[0] == ("staff.invited", None)
    assert ("staff.enrolled", person.pk) in names
    assert Act.objects.get(act="staff.invited").details == {"groups": [AGENTS], "letter": True}


@pytest.mark.parametrize(
    ("field", "value"),
    [("name", ""), ("password", "short"), ("password", EMAIL), ("new_code", ""), ("secret", "x")],
)
def test_invitation_with_a_fault_does_nothing_and_goes_on(
    client: Client, field: str, value: str
) -> None:
    invite()
    link = link_in(letters()[0])
    answer = fill(client, link, **{field: value})
    assert answer.status_code == 422
    assert "Quelque chose est à corriger" in answer.text
    assert not client.cookies
    assert not account().is_active
    assert not factor.is_asked(account())
    assert fill(client, link).status_code == 200


def test_invitation_keeps_the_secret_over_a_wrong_code(client: Client) -> None:
    invite()
    link = link_in(letters()[0])
    page = client.get(link)
    secret = secret_shown(page)
    data = {"secret": hidden(page, "secret"), "name": "A", "password": PASSWORD}
    wrong = client.post(link, data | {"new_code": wrong_code(secret)})
    assert wrong.status_code == 422
    assert secret_shown(wrong) == secret
    assert PASSWORD not in wrong.text


def test_invitation_ends_after_seven_days(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    invite()
    link = link_in(letters()[0])
    now = datetime.now(UTC).timestamp()
    monkeypatch.setattr("django.core.signing.time.time", lambda: now + 7 * 86_400 - 5)
    assert client.get(link).status_code == 200
    monkeypatch.setattr("django.core.signing.time.time", lambda: now + 7 * 86_400 + 5)
    assert client.get(link).status_code == 410


@pytest.mark.parametrize("purpose", [Purpose.CONFIRM, Purpose.RESET, Purpose.STEP])
def test_other_tokens_are_no_invitation(client: Client, purpose: Purpose) -> None:
    invite()
    assert client.get(f"/account/staff/{tokens.make(account(), purpose)}/").status_code == 410


def test_invited_again_is_the_same_account_and_a_new_letter(client: Client) -> None:
    invite()
    said = invite(group=MANAGERS)
    assert f"Found {EMAIL}." in said
    assert User.objects.count() == 1
    assert set(account().groups.values_list("name", flat=True)) == {AGENTS, MANAGERS}
    first, second = letters()
    fill(client, link_in(first))
    assert client.get(link_in(second)).status_code == 410
    # Enrolled now: nothing to send, and a letter that still waits in the queue is not sent.
    assert "no invitation was needed" in invite()
    assert letters() == []


def test_unknown_group_lists_the_known_ones() -> None:
    with pytest.raises(CommandError, match='no group "boss".*agents, archive, auditors'):
        invite(group="boss")
    with pytest.raises(CommandError, match="at least one --group.*privacy managers"):
        staff("invite", EMAIL)
    with pytest.raises(CommandError, match="no e-mail|not an e-mail"):
        staff("invite", "anna", "--group", AGENTS)
    with pytest.raises(CommandError, match="no moment"):
        invite("--as-of", "yesterday")
    assert not User.objects.exists()
    assert not ProcrastinateJob.objects.exists()


def test_a_person_becomes_staff_only_when_it_is_said(client: Client) -> None:
    person = User.objects.create_user(EMAIL, PASSWORD, name="Anna")
    with pytest.raises(CommandError, match="--existing"):
        invite()
    assert not account().is_staff
    invite("--existing")
    assert account().is_staff
    (letter,) = letters()
    # They have a password: the mailbox alone does not make them staff.
    assert fill(client, link_in(letter), password="another-guess-1").status_code == 422
    assert fill(client, link_in(letter)).status_code == 200
    assert client.get(link_in(letter)).status_code == 410
    assert User.objects.get(pk=person.pk).check_password(PASSWORD)


def test_an_unproved_registration_gives_nobody_a_way_in(client: Client) -> None:
    waiting = User.objects.create_user(EMAIL, None, is_active=False, name="Mallory")
    old = tokens.make(waiting, Purpose.CONFIRM)
    invite("--name", "Anna")
    assert client.get(f"/account/confirm/{old}/").status_code == 410
    assert account().name == "Anna"


def test_superuser_made_by_command_is_let_in_by_invitation(client: Client) -> None:
    boss = User.objects.create_superuser(EMAIL, PASSWORD)
    assert give_password(client, EMAIL).status_code == 403
    staff("invite", EMAIL)
    assert fill(client, link_in(letters()[0])).status_code == 200
    assert client.get("/admin/").status_code == 200
    assert factor.is_asked(boss)


def test_invitations_are_limited(client: Client) -> None:
    invite()
    link = link_in(letters()[0])
    statuses = [client.post(link, {}).status_code for _ in range(11)]
    assert statuses == [422] * 10 + [429]


# --- A lost factor ------------------------------------------------------------------------------


@pytest.mark.rule("DR-21")
def test_dr_21_lost_factor_comes_back_by_mailbox_and_password(client: Client) -> None:
    person = User.objects.create_user(EMAIL, PASSWORD, is_staff=True)
    enrol(person)
    log_in(client, person)
    assert client.get("/admin/").status_code == 200
    assert "7 days" in staff("reset-factor", EMAIL)
    assert client.get("/admin/").status_code == 302
    assert not factor.is_asked(person)
    (letter,) = letters()
    link = link_in(letter)
    stranger = Client(headers={"origin": "http://testserver"})
    assert give_password(stranger, EMAIL).status_code == 403
    assert fill(stranger, link, password="a-guess-of-the-mailbox-thief").status_code == 422
    # A forgotten password is chosen anew first, and the link still works.
    reset = tokens.make(account(), Purpose.RESET)
    chosen = {"password": "another-password-of-hers"}
    assert stranger.post(f"/account/password/reset/{reset}/", chosen).status_code == 302
    assert fill(client, link, **chosen).status_code == 200
    assert client.get("/admin/").status_code == 200
    assert stranger.get(link).status_code == 410
    acts = list(Act.objects.order_by("id").values_list("act", flat=True))
    assert "staff.factor_reset" in acts
    assert "staff.enrolled" in acts


def test_reset_factor_again_makes_older_links_worthless(client: Client) -> None:
    person = User.objects.create_user(EMAIL, PASSWORD, is_staff=True)
    staff("reset-factor", EMAIL)
    link = link_in(letters()[0])
    fill(client, link)
    staff("reset-factor", EMAIL)
    assert client.get(link).status_code == 410
    assert not factor.is_asked(person)


def test_reset_factor_of_nobody_or_of_a_person_says_so() -> None:
    User.objects.create_user(EMAIL, PASSWORD)
    for email in (EMAIL, "nobody@example.test"):
        with pytest.raises(CommandError, match="no staff"):
            staff("reset-factor", email)
    assert not Act.objects.exists()


# --- List and remove ----------------------------------------------------------------------------


def test_list_says_who_has_what() -> None:
    invite()
    boss = User.objects.create_superuser("boss@example.test", PASSWORD)
    enrol(boss)
    User.objects.create_user("plain@example.test", PASSWORD)
    said = staff("list").splitlines()
    assert [line.split()[0] for line in said] == [EMAIL, "boss@example.test"]
    assert "invited" in said[0]
    assert AGENTS in said[0]
    assert "two factors" in said[1]
    assert "(superuser)" in said[1]


@pytest.mark.rule("DR-21")
def test_dr_21_remove_takes_everything_and_twice_is_once(client: Client) -> None:
    person = User.objects.create_superuser(EMAIL, PASSWORD)
    person.groups.add(Group.objects.get(name=MANAGERS))
    enrol(person)
    log_in(client, person)
    assert MANAGERS in staff("remove", EMAIL, "--as-of", "2026-11-22T09:00")
    assert client.get("/admin/").status_code == 302
    person = account()
    assert (person.is_staff, person.is_superuser, person.is_active) == (False, False, True)
    assert not person.groups.exists()
    assert not factor.is_asked(person)
    act = Act.objects.get(act="staff.removed")
    assert (act.actor, act.details) == (None, {"groups": [MANAGERS]})
    assert act.at == datetime(2026, 11, 22, 8, tzinfo=UTC)
    assert "nothing to do" in staff("remove", EMAIL)
    assert Act.objects.filter(act="staff.removed").count() == 1
    with pytest.raises(CommandError, match="no account"):
        staff("remove", "nobody@example.test")
    # A plain account is left; a link that still waits leads nowhere.
    assert give_password(client, EMAIL, next_page="/account/").status_code == 302


def test_a_removed_invitation_is_forgotten_like_any_unconfirmed_account(client: Client) -> None:
    from datetime import timedelta

    from privacy.unconfirmed import forget_unconfirmed

    invite()
    link = link_in(letters()[0])
    now = datetime.now(UTC) + timedelta(days=10)
    assert forget_unconfirmed(older_than=timedelta(days=3), now=now) == 0
    staff("remove", EMAIL)
    assert client.get(link).status_code == 410
    assert letters() == []
    assert forget_unconfirmed(older_than=timedelta(days=3), now=now) == 1
