"""Each active person is told once of a new version: what changed, since when, in their language."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.test import Client

from consent.enums import LANGUAGES
from consent.models import Act, PolicyBlock, Publication
from consent.publishing import publish
from privacy import notices, sending
from privacy.groups import AGENTS, MANAGERS
from privacy.models import PolicyNotice, Restriction, User
from tests import mailers
from tests.mailers import Server
from tests.writable import account, person

pytestmark = [pytest.mark.django_db, pytest.mark.rule("TR-10")]


@pytest.fixture(autouse=True)
def _server(settings: Any) -> Iterator[None]:
    settings.MAILERS = mailers.MAILERS
    mailers.reset()
    notices.changes_of.cache_clear()
    yield
    mailers.reset()
    notices.changes_of.cache_clear()


@pytest.fixture
def boss() -> User:
    return account("boss@example.test", is_staff=True)


def now() -> datetime:
    return datetime.now(UTC)


def member(email: str, **fields: Any) -> Any:
    return person(email, account=account(email), **fields)


def reword() -> None:
    block = PolicyBlock.objects.get(key="account-retention")
    block.text = {code: f"{text} Nova {code}." for code, text in block.text.items()}
    block.save()


def new_version() -> Publication:
    reword()
    made = publish(now=now(), preset="politique")
    assert made is not None
    return made


def announce(version: Publication, by: User) -> int:
    return notices.announce_version(version, by, now())


def run() -> None:
    sending.run(notices.MAILING)


@pytest.mark.parametrize("language", LANGUAGES)
def test_tr_10_the_letter_says_what_changed_since_when_and_where(boss: User, language: str) -> None:
    who = member("marie@example.test", language=language)
    version = new_version()
    assert announce(version, boss) == 1
    run()
    (letter,) = Server.got
    assert letter.to == [who.email]
    assert f"Nova {language}." in letter.body
    assert str(version.in_force_on.year) in letter.body
    prefix = "" if language == "fr" else f"/{language}"
    assert f"{prefix}/privacy/policy/{version.number}/" in letter.body or (
        f"/{version.number}/" in letter.body
    )
    assert letter.extra_headers["Content-Language"] == language
    assert "List-Unsubscribe" not in letter.extra_headers  # no marketing


def test_tr_10_at_most_once_each_and_later_only_who_came_meanwhile(boss: User) -> None:
    member("one@example.test")
    version = new_version()
    assert announce(version, boss) == 1
    run()
    member("two@example.test")
    assert announce(version, boss) == 1
    run()
    run()
    assert sorted(letter.to[0] for letter in Server.got) == ["one@example.test", "two@example.test"]
    planned = Act.objects.filter(act="register.announced").order_by("at")
    assert [act.details["planned"] for act in planned] == [1, 1]


def test_tr_10_another_version_is_another_letter(boss: User) -> None:
    member("one@example.test")
    for _ in range(2):
        announce(new_version(), boss)
        run()
    assert len(Server.got) == 2


@pytest.mark.rule("TR-10", "DR-14")
@pytest.mark.parametrize(
    ("fields", "is_told"),
    [
        ({}, True),
        ({"account_opened_on": None}, False),
        ({"account_closed_on": date(2026, 1, 1)}, False),
        ({"email": ""}, False),
        ({"archived_at": datetime(2026, 1, 1, tzinfo=UTC)}, False),
        ({"anonymised_at": datetime(2026, 1, 1, tzinfo=UTC)}, False),
        ({"account": None, "contract_started_on": date(2020, 1, 1)}, True),
        (
            {
                "account": None,
                "contract_started_on": date(2020, 1, 1),
                "contract_ended_on": date(2021, 1, 1),
            },
            False,
        ),
    ],
)
def test_tr_10_who_is_active(fields: dict[str, Any], is_told: bool) -> None:
    values = {"account": account("marie@example.test"), **fields}
    person(values.pop("email", "marie@example.test"), **values)
    assert notices.active_people(now()).exists() is is_told


@pytest.mark.rule("DR-14")
def test_dr_14_who_is_restricted_by_now_is_not_written_to(boss: User) -> None:
    who = member("marie@example.test")
    announce(new_version(), boss)
    Restriction.objects.create(person=who, ground="a", reason="x", placed_at=now())
    run()
    assert Server.got == []
    assert PolicyNotice.objects.get().state == "skipped"


def test_tr_10_killed_in_between_is_unknown_and_not_sent_twice(boss: User) -> None:
    member("marie@example.test")
    announce(new_version(), boss)
    Server.trouble["marie@example.test"] = SystemExit()
    with pytest.raises(SystemExit):
        run()
    Server.trouble.clear()
    sending.give_up(notices.MAILING, now=now() + timedelta(minutes=11))
    run()
    assert Server.got == []
    assert PolicyNotice.objects.get().state == "unknown"


# --- The screens ---------------------------------------------------------------------------------


def staff(group: str) -> Client:
    user = account(f"{group.split()[0]}@example.test", is_staff=True)
    user.groups.add(Group.objects.get(name=group))
    client = Client(headers={"origin": "http://testserver", "accept-language": "fr"})
    client.force_login(user)
    return client


def draft_token(client: Client) -> str:
    from tests.factors import hidden

    return hidden(client.get("/admin/consent/publication/publish/"), "token")


@pytest.mark.parametrize("ticked", [True, False])
def test_tr_10_a_box_on_the_screen_that_publishes(ticked: bool) -> None:
    member("marie@example.test")
    reword()
    client = staff(MANAGERS)
    data = {"token": draft_token(client), "confirm": "yes"}
    if ticked:
        data["offer-notify"] = "yes"
    page = client.post("/admin/consent/publication/publish/", data, follow=True).text
    assert PolicyNotice.objects.count() == int(ticked)
    assert ("1 personne active sera prévenue" in page) is ticked


def test_tr_10_nothing_is_announced_of_what_was_not_published() -> None:
    member("marie@example.test")
    client = staff(MANAGERS)
    data = {"token": "stale", "confirm": "yes", "offer-notify": "yes"}
    client.post("/admin/consent/publication/publish/", data)
    assert not PolicyNotice.objects.exists()


def test_tr_10_progress_and_a_later_announcement() -> None:
    member("marie@example.test")
    version = new_version()
    client = staff(MANAGERS)
    screen = "/admin/privacy/policynotice/"
    assert "1 personne est active" in client.get(screen).text
    for data in ({"version": str(version.number)}, {"version": "1", "confirm": "yes"}):
        client.post(screen, data)
        assert not PolicyNotice.objects.exists()
    client.post(screen, {"version": str(version.number), "confirm": "yes"})
    run()
    page = client.get(screen).text
    assert "<dt>envoyé</dt><dd>1</dd>" in page
    assert "marie@" not in page


def test_dr_21_agents_announce_nothing() -> None:
    client = staff(AGENTS)
    assert client.get("/admin/privacy/policynotice/").status_code == 403
    assert client.post("/admin/privacy/policynotice/", {"version": "1"}).status_code == 403
