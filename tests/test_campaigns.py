"""Campaigns: to whom, at most once, and what a mail program can do with each letter."""

import smtplib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.policy import SMTP
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from consent.enums import LANGUAGES
from consent.models import Act
from privacy import campaigns, sending
from privacy.actions.marketing import object_to_marketing
from privacy.groups import MANAGERS, OFFICERS
from privacy.models import Campaign, CampaignDelivery, Channel, DataSubject, User
from privacy.models.marketing import Source
from privacy.objection_links import link_of
from privacy.sending import State
from tests import mailers
from tests.mailers import Server
from tests.writable import PASSWORD, account, person, says

pytestmark = [pytest.mark.django_db, pytest.mark.rule("MK-01", "MK-02")]


@pytest.fixture(autouse=True)
def _server(settings: Any) -> Iterator[None]:
    settings.MAILERS = mailers.MAILERS
    mailers.reset()
    yield
    mailers.reset()


@pytest.fixture
def boss() -> User:
    return account("boss@example.test", is_staff=True)


def now() -> datetime:
    return datetime.now(UTC)


def people(count: int, **fields: Any) -> list[DataSubject]:
    made = [person(f"p{number}@example.test", **fields) for number in range(count)]
    for one in made:
        says(one, channel=fields.pop("channel", Channel.EMAIL), at=now() - timedelta(days=1))
    return made


def campaign(**fields: Any) -> Campaign:
    texts = {code: f"Subject {code}" for code in LANGUAGES}
    return Campaign.objects.create(
        **{
            "name": "Spring",
            "subject": texts,
            "body": {c: f"Body {c}" for c in LANGUAGES},
            **fields,
        }
    )


def start(one: Campaign, by: User) -> int:
    return campaigns.start(campaign=one, by=by, now=now())


def states() -> dict[str, str]:
    return dict(CampaignDelivery.objects.values_list("person__email", "state"))


def run() -> None:
    sending.run(campaigns.MAILING)


def test_mk_01_only_those_who_said_yes_each_once(boss: User) -> None:
    people(3)
    person("silent@example.test")
    one = campaign()
    assert start(one, boss) == 3
    run()
    run()
    assert sorted(letter.to[0] for letter in Server.got) == [f"p{n}@example.test" for n in range(3)]
    one.refresh_from_db()
    assert one.state == "sent"
    assert one.ended_at is not None
    act = Act.objects.get(act="campaign.started")
    assert (act.actor, act.details) == (boss.pk, {"planned": 3})


def test_mk_01_planning_is_as_many_statements_for_many_as_for_few(boss: User) -> None:
    costs = []
    for count in (2, 40):
        for number in range(count):
            says(person(f"{count}-{number}@example.test"), at=now() - timedelta(days=1))
        with CaptureQueriesContext(connection) as queries:
            start(campaign(), boss)
        costs.append(len(queries))
    assert costs[0] == costs[1]


@pytest.mark.rule("DR-17", "RT-05")
def test_dr_17_who_objects_after_the_start_gets_nothing(boss: User) -> None:
    stays, leaves = people(2)
    start(campaign(), boss)
    object_to_marketing(person=leaves, now=now(), source=Source.LINK)
    run()
    assert [letter.to for letter in Server.got] == [[stays.email]]
    assert states()[leaves.email] == "skipped"


@pytest.mark.rule("MK-02")
@pytest.mark.parametrize("language", LANGUAGES)
def test_mk_02_each_letter_says_how_to_object_in_words_and_for_programs(
    boss: User, language: str
) -> None:
    (who,) = people(1, language=language)
    start(campaign(), boss)
    run()
    (letter,) = Server.got
    link = link_of(who)
    assert link in letter.body
    assert letter.subject == f"Subject {language}"
    # As it leaves: whole, in one line, not as an encoded word (RFC 8058, § 3.1).
    raw = letter.message(policy=SMTP).as_bytes().decode()
    assert f"\r\nList-Unsubscribe: <{link}>\r\n" in raw
    assert "List-Unsubscribe-Post: List-Unsubscribe=One-Click" in raw
    assert "Precedence: bulk" in raw
    assert "Auto-Submitted: auto-generated" in raw
    where = "/" + link.split("/", 3)[3]
    answer = Client().post(where, {"List-Unsubscribe": "One-Click"})
    assert answer.status_code == 200
    assert not list(campaigns.may_be_written_to(Channel.EMAIL, now()))


# --- What can go wrong ---------------------------------------------------------------------------


def test_killed_in_between_is_unknown_and_never_sent_twice(boss: User) -> None:
    people(1)
    start(campaign(), boss)
    # The process ends while the server has the letter.
    Server.trouble["p0@example.test"] = SystemExit()
    with pytest.raises(SystemExit):
        run()
    assert states() == {"p0@example.test": "sending"}
    Server.trouble.clear()
    run()
    assert states() == {"p0@example.test": "sending"}
    sending.give_up(campaigns.MAILING, now=now() + timedelta(minutes=11))
    assert states() == {"p0@example.test": "unknown"}
    run()
    assert Server.got == []
    assert Campaign.objects.get().state == "sent"


@pytest.mark.parametrize(
    ("problem", "state"),
    [
        (smtplib.SMTPRecipientsRefused({"p0@example.test": (550, b"no such user")}), "refused"),
        (smtplib.SMTPDataError(554, b"spam"), "refused"),
        (ValueError("Invalid address"), "refused"),
        (smtplib.SMTPDataError(452, b"full"), "planned"),
        (smtplib.SMTPRecipientsRefused({"p0@example.test": (450, b"later")}), "planned"),
        (smtplib.SMTPServerDisconnected("gone"), "unknown"),
        (TimeoutError(), "unknown"),
    ],
)
def test_what_the_server_says_decides_what_becomes_of_a_letter(
    boss: User, problem: Exception, state: str
) -> None:
    people(2)
    start(campaign(), boss)
    Server.trouble["p0@example.test"] = problem
    run()
    run()
    # One that waits or fails keeps nobody else from theirs.
    assert states() == {"p0@example.test": state, "p1@example.test": "sent"}
    Server.trouble.clear()
    sent = len(Server.got)
    CampaignDelivery.objects.filter(state="planned").update(at=now())
    run()
    assert len(Server.got) == sent + (state == "planned")


def test_a_server_that_is_away_loses_nothing(boss: User) -> None:
    people(2)
    start(campaign(), boss)
    Server.closed = ConnectionRefusedError()
    run()
    assert set(states().values()) == {"planned"}
    Server.closed = None
    run()
    assert set(states().values()) == {"sent"}


def test_a_run_ends_in_time_and_the_next_one_goes_on(boss: User) -> None:
    people(5)
    start(campaign(), boss)
    turns = iter([False, False, True])
    assert sending.run(campaigns.MAILING, is_over=lambda: next(turns)) == 2
    assert Campaign.objects.get().state == "sending"
    run()
    assert len(Server.got) == 5


def test_stopping_keeps_the_rest_from_leaving(boss: User) -> None:
    people(3)
    one = campaign()
    start(one, boss)
    turns = iter([False, True])
    sending.run(campaigns.MAILING, is_over=lambda: next(turns))
    campaigns.stop(campaign=one, by=boss, now=now())
    run()
    assert len(Server.got) == 1
    with pytest.raises(campaigns.NotReady):
        campaigns.stop(campaign=one, by=boss, now=now())


@pytest.mark.parametrize(
    "fields",
    [
        {"state": "sent"},
        {"channel": "sms"},
        {"body": dict.fromkeys(LANGUAGES, " ")},
    ],
)
def test_what_is_not_ready_is_not_started(boss: User, fields: dict[str, Any]) -> None:
    people(1)
    with pytest.raises(campaigns.NotReady):
        start(campaign(**fields), boss)
    assert not CampaignDelivery.objects.exists()
    assert not Act.objects.filter(act="campaign.started").exists()


def test_mk_01_without_anybody_nothing_starts(boss: User) -> None:
    person()
    with pytest.raises(campaigns.NotReady):
        start(campaign(), boss)
    assert Campaign.objects.get().state == "draft"


# --- Other channels ------------------------------------------------------------------------------


@pytest.mark.rule("MK-03")
def test_mk_03_other_channels_are_a_file_of_those_who_said_yes(boss: User) -> None:
    yes, _no = person("yes@example.test", last_name="=1+1"), person("no@example.test")
    says(yes, channel=Channel.SMS, at=now() - timedelta(days=1))
    text = campaigns.export(campaign=campaign(channel="sms"), by=boss, now=now())
    lines = text.removeprefix("\ufeff").splitlines()
    assert len(lines) == 2
    assert "+3227771234" in lines[1]
    assert "'=1+1" in lines[1]
    # Nothing that a text message does not need.
    assert yes.street not in text
    assert yes.email not in text
    assert states() == {"yes@example.test": "sent"}
    act = Act.objects.get(act="campaign.exported")
    assert act.details == {"people": 1, "channel": "sms"}


def test_mk_01_a_campaign_by_mail_gives_no_file(boss: User) -> None:
    with pytest.raises(campaigns.NotReady):
        campaigns.export(campaign=campaign(), by=boss, now=now())


# --- The screens ---------------------------------------------------------------------------------


def staff(group: str) -> Client:
    user = account(f"{group.split()[0]}@example.test", is_staff=True)
    user.groups.add(Group.objects.get(name=group))
    client = Client(headers={"origin": "http://testserver", "accept-language": "fr"})
    client.force_login(user)
    return client


def screen(one: Campaign) -> str:
    return f"/admin/privacy/campaign/{one.pk}/send/"


def test_the_screen_says_how_many_now_and_sends_after_a_confirmation() -> None:
    people(2)
    one, client = campaign(), staff(MANAGERS)
    page = client.get(screen(one)).text
    assert "il est à envoyer à 2 personnes" in page
    assert "Body nl" in page
    assert client.post(screen(one), {"act": "start"}, follow=True).status_code == 200
    assert not CampaignDelivery.objects.exists()
    page = client.post(screen(one), {"act": "start", "confirm": "yes"}, follow=True).text
    assert "2 messages sont prévus" in page
    run()
    page = client.get(screen(one)).text
    assert "<dt>envoyé</dt><dd>2</dd>" in page
    again = client.post(screen(one), {"act": "start", "confirm": "yes"}, follow=True).text
    assert "déjà partie" in again
    # What people got is read-only.
    change = f"/admin/privacy/campaign/{one.pk}/change/"
    assert client.post(change, {"name": "x"}).status_code == 403


def test_dr_21_who_may_only_read_sends_nothing() -> None:
    people(1)
    one, client = campaign(), staff(OFFICERS)
    assert "<button class" not in client.get(screen(one)).text.split("staff-page")[1]
    for act in ("start", "stop", "export"):
        assert client.post(screen(one), {"act": act, "confirm": "yes"}).status_code == 403
    assert not CampaignDelivery.objects.exists()


def test_the_file_comes_from_the_screen_and_is_in_the_journal() -> None:
    says(person("yes@example.test"), channel=Channel.PAPER, at=now() - timedelta(days=1))
    one, client = campaign(channel="paper"), staff(MANAGERS)
    response = client.post(screen(one), {"act": "export", "confirm": "yes"})
    assert response.headers["Content-Type"].startswith("text/csv")
    assert "Rue de la Loi 1" in response.text
    assert Act.objects.filter(act="campaign.exported").count() == 1


def test_unknown_letters_are_shown_by_reference() -> None:
    (who,) = people(1)
    one = campaign(state="sending")
    CampaignDelivery.objects.create(campaign=one, person=who, state=State.UNKNOWN, at=now())
    page = staff(MANAGERS).get(screen(one)).text
    assert who.reference in page
    assert who.email not in page


def test_a_draft_is_written_in_the_admin_by_whoever_it_names() -> None:
    client = staff(MANAGERS)
    data = {"name": "Autumn", "channel": "email"}
    for code in LANGUAGES:
        data |= {f"subject_{code}": f"s {code}", f"body_{code}": f"b {code}"}
    response = client.post("/admin/privacy/campaign/add/", data)
    assert response.status_code == 302, response.text
    made = Campaign.objects.get()
    assert made.created_by is not None
    assert made.created_by.check_password(PASSWORD)
    assert made.body["de"] == "b de"
