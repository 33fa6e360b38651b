"""DR-22: the register of breaches, its 72 hours, the authority's form, the people concerned."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.core import mail
from django.core.exceptions import ValidationError
from django.db import IntegrityError, ProgrammingError, connection, transaction
from django.test import Client
from django.urls import reverse

from consent.enums import LANGUAGES
from consent.models import Act
from privacy import sending
from privacy.breaches import acts, authority, clock, jobs, telling
from privacy.breaches.standing import standing_of
from privacy.breaches.telling import Choice
from privacy.breaches.timeline import CHAIN
from privacy.groups import AUDITORS
from privacy.models import Breach, BreachEvent, BreachNotice, DataSubject, User
from privacy.sending import State
from tests import mailers, people
from tests.mailers import Server
from tests.requests import colleague, queued

pytestmark = [pytest.mark.django_db, pytest.mark.rule("DR-22")]
# A Saturday evening before a bank holiday.
AWARE = datetime(2026, 10, 31, 20, 17, tzinfo=UTC)
TEXT = {code: f"Un carnet a été volé ({code})." for code in LANGUAGES}


@pytest.fixture
def boss() -> User:
    return colleague("boss@example.test")


@pytest.fixture
def server(settings: Any) -> Iterator[None]:
    settings.MAILERS = mailers.MAILERS
    mailers.reset()
    yield
    mailers.reset()


def noted(by: User, *, now: datetime = AWARE, **values: Any) -> Breach:
    known = {"title": "Carnet volé", "aware_at": AWARE, "happened": "Un carnet de clients volé."}
    breach = Breach(**{**known, **values})
    return acts.record(acts.start(breach, by=by, now=now), by=by, now=now)


def kinds(breach: Breach) -> list[str]:
    return [step.kind for step in CHAIN.of(breach.pk)]


# --- The clock ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "aware",
    [
        AWARE,
        datetime(2026, 12, 24, 23, 59, tzinfo=UTC),
        # Summer time ends, and begins, meanwhile: 72 hours are 72 hours.
        datetime(2026, 10, 24, 12, 0, tzinfo=ZoneInfo("Europe/Brussels")),
        datetime(2026, 3, 28, 12, 0, tzinfo=ZoneInfo("Europe/Brussels")),
    ],
)
def test_dr_22_due_is_72_hours_after_awareness_exactly(boss: User, aware: datetime) -> None:
    breach = noted(boss, aware_at=aware, now=aware + timedelta(hours=5))
    breach.refresh_from_db()
    assert breach.due_at.timestamp() - aware.timestamp() == 72 * 3600


def test_dr_22_the_due_moment_stays_when_it_is_closed(boss: User) -> None:
    breach = noted(boss, risk="none", risk_reasons="Chiffré, clé à part.")
    closed = acts.close(breach, by=boss, now=AWARE + timedelta(hours=1))
    assert closed.due_at == AWARE + timedelta(hours=72)
    for change in ("aware_at = aware_at + interval '1 hour'", "due_at = due_at + interval '1 day'"):
        with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"UPDATE privacy_breach SET {change}")


def test_dr_22_what_is_known_is_never_in_the_future(boss: User) -> None:
    with pytest.raises(IntegrityError, match="known_before_recorded"), transaction.atomic():
        noted(boss, now=AWARE - timedelta(minutes=1))


@pytest.mark.parametrize(("seconds", "is_refused"), [(0, False), (1, True)])
def test_dr_22_reasons_are_required_when_it_is_late(
    boss: User, seconds: int, is_refused: bool
) -> None:
    """In the database: not even SQL saves it without."""
    breach = noted(boss)
    told = breach.due_at + timedelta(seconds=seconds)
    sql = "UPDATE privacy_breach SET authority_told_at = %s"
    if is_refused:
        with pytest.raises(IntegrityError, match="late_with_reasons"), transaction.atomic():
            connection.cursor().execute(sql, [told])
        connection.cursor().execute(sql + ", late_reasons = 'x'", [told])
    else:
        connection.cursor().execute(sql, [told])
    breach.refresh_from_db()
    assert breach.was_late is is_refused


def test_dr_22_managers_are_reminded_at_24_48_and_66_hours_once_each(boss: User) -> None:
    breach = noted(boss)
    colleague("second@example.test")
    colleague("reads@example.test", group=AUDITORS)
    given = []
    for hour in range(100):
        clock.run(now=AWARE + timedelta(hours=hour))
        clock.run(now=AWARE + timedelta(hours=hour))
        given.append(len(queued("privacy.breaches.jobs.remind")))
    rises = [hour for hour in range(1, 100) if given[hour] > given[hour - 1]]
    assert (rises, given[-1]) == ([24, 48, 66], 3)
    mail.outbox.clear()
    jobs.remind(**queued("privacy.breaches.jobs.remind")[0])
    assert sorted(letter.to[0] for letter in mail.outbox) == [
        "boss@example.test", "second@example.test",
    ]  # fmt: skip
    assert all(breach.reference in letter.body for letter in mail.outbox)
    assert "carnet" not in mail.outbox[0].body.lower()


def test_dr_22_reminders_that_fall_together_are_one_and_stop_once_told(boss: User) -> None:
    breach = noted(boss)
    assert clock.run(now=AWARE + timedelta(hours=50)) == 1
    breach.refresh_from_db()
    assert breach.reminders_given == [24, 48]
    breach.authority_told_at = AWARE + timedelta(hours=51)
    acts.change(breach, {"authority_told_at"}, by=boss, now=AWARE + timedelta(hours=51))
    assert clock.run(now=AWARE + timedelta(hours=70)) == 0
    mail.outbox.clear()
    jobs.remind(breach=str(breach.pk), hours=48)
    assert mail.outbox == []


def test_dr_22_no_risk_stops_the_reminders(boss: User) -> None:
    noted(boss, risk="none", risk_reasons="Chiffré.")
    assert clock.run(now=AWARE + timedelta(hours=70)) == 0


@pytest.mark.parametrize(
    ("hours", "level", "words"),
    [(0, "warn", "il reste 72 heures"), (71, "warn", "il reste 1 heure "), (75, "bad", "3 heures")],
)
def test_dr_22_the_front_page_says_how_long_is_left(
    boss: User, hours: int, level: str, words: str
) -> None:
    found = standing_of(noted(boss), AWARE + timedelta(hours=hours))
    assert found.level == level
    assert words in found.words


# --- Closing and the timeline ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("values", "may"),
    [
        ({}, False),
        ({"risk": "none", "risk_reasons": "x"}, True),
        ({"risk": "risk", "risk_reasons": "x"}, False),
        ({"risk": "risk", "risk_reasons": "x", "authority_told_at": AWARE}, True),
        ({"risk": "high", "risk_reasons": "x", "authority_told_at": AWARE}, False),
        ({"risk": "high", "risk_reasons": "x", "authority_told_at": AWARE,
          "people_told_at": AWARE}, True),
        ({"risk": "high", "risk_reasons": "x", "authority_told_at": AWARE,
          "not_told_reasons": "Chiffré (art. 34, § 3, a)."}, True),
    ],
)  # fmt: skip
def test_dr_22_it_closes_when_all_is_done(boss: User, values: dict[str, Any], may: bool) -> None:
    breach = noted(boss, **values)
    if may:
        acts.close(breach, by=boss, now=AWARE)
        assert kinds(breach)[-1] == "closed"
    else:
        with pytest.raises(ValidationError):
            acts.close(breach, by=boss, now=AWARE)
        with pytest.raises(IntegrityError, match="closed_when"), transaction.atomic():
            Breach.objects.update(closed_at=AWARE)


def test_dr_22_every_act_is_a_step_of_the_chain_and_in_the_journal(boss: User) -> None:
    breach = noted(boss)
    breach.risk, breach.risk_reasons, breach.measures = "none", "Chiffré.", "Clé changée."
    acts.change(breach, {"risk", "risk_reasons", "measures"}, by=boss, now=AWARE)
    acts.close(breach, by=boss, now=AWARE)
    with pytest.raises(acts.NotPossible):
        acts.change(breach, {"measures"}, by=boss, now=AWARE)
    acts.reopen(breach, by=boss, now=AWARE)
    assert kinds(breach) == ["recorded", "assessed", "changed", "closed", "reopened"]
    steps = CHAIN.of(breach.pk)
    assert CHAIN.first_broken(steps) is None
    steps[2].details = {"fields": []}
    assert CHAIN.first_broken(steps) == 3
    journal = Act.objects.filter(act__startswith="breach.", actor=boss.pk)
    assert sorted(act.act for act in journal) == sorted(f"breach.{kind}" for kind in kinds(breach))
    assert "Chiffré" not in str(list(BreachEvent.objects.values("details")))


def test_dr_22_no_step_is_changed_put_in_or_taken_out(boss: User) -> None:
    breach = noted(boss)
    (step,) = CHAIN.of(breach.pk)
    last = CHAIN.after(step, breach.pk, "closed", by=None, now=AWARE)
    last.number = 5
    last.hash = CHAIN.hash_of(last)
    with pytest.raises(IntegrityError, match="follow"), transaction.atomic():
        last.save()
    with pytest.raises(ProgrammingError, match="permission denied"), transaction.atomic():
        connection.cursor().execute("UPDATE privacy_breachevent SET kind = 'closed'")


def test_dr_22_a_breach_is_never_deleted(boss: User) -> None:
    breach = noted(boss)
    with pytest.raises(ProgrammingError, match="permission denied"), transaction.atomic():
        connection.cursor().execute("DELETE FROM privacy_breach")
    assert Breach.objects.get() == breach


# --- The authority --------------------------------------------------------------------------------


def test_dr_22_the_authoritys_form_answers_in_the_order_of_article_33(boss: User) -> None:
    breach = noted(
        boss, data_categories=["name", "iban"], people_categories=[], people_count=40,
        records_count=80, consequences="Hameçonnage.", measures="Plainte déposée.",
    )  # fmt: skip
    data = authority.as_data(breach)
    articles = [answer["article"] for answer in data["answers"]]
    assert list(dict.fromkeys(articles)) == [
        "33(3)(a)", "33(3)(b)", "33(3)(c)", "33(3)(d)", "34", "33(1)",
    ]  # fmt: skip
    answers = {answer["field"]: answer["answer"] for answer in data["answers"]}
    assert answers["nature"] == "Un carnet de clients volé."
    assert (answers["people_count"], answers["records_count"]) == (40, 80)
    assert len(answers["data_categories"]) == 2
    assert "name" not in answers["data_categories"]
    assert "0779.838.527" in answers["controller"]
    assert answers["contact"] == "info@clicknconnect.be"
    assert answers["due_at"].startswith("2026-11-03T20:17")


# --- The people -----------------------------------------------------------------------------------


def test_dr_22_people_are_chosen_by_what_is_held_about_them(boss: User) -> None:
    billed, silent = people.person(phone=""), people.person(iban="", email="")
    people.invoice(billed)
    breach = noted(boss, notice=TEXT)

    def count(**choice: Any) -> int:
        return telling.reach(breach, Choice(**choice)).people

    assert count() == 2
    assert telling.reach(breach, Choice()).without_address == 1
    assert count(category="phone") == 1
    # An invoice holds the bank account, too.
    assert count(category="iban") == 1
    assert count(source="privacy.invoice") == 1
    assert count(references=(silent.reference,)) == 1
    assert count(references=(silent.reference,), source="privacy.invoice") == 0


def test_dr_22_each_is_told_once_in_their_language_restricted_or_archived(
    boss: User, server: None
) -> None:
    who = [people.person(language=code) for code in LANGUAGES]
    people.restrict(who[1])
    DataSubject.objects.filter(pk=who[2].pk).update(archived_at=AWARE)
    without = people.person(email="")
    breach = noted(boss, risk="high", risk_reasons="x", notice=TEXT)
    assert telling.order(breach, Choice(), by=boss, now=AWARE) == 5
    with pytest.raises(acts.NotPossible):
        telling.order(breach, Choice(), by=boss, now=AWARE)
    with pytest.raises(acts.NotPossible, match="en route"):
        acts.close(breach, by=boss, now=AWARE)
    sending.run(telling.MAILING)
    sending.run(telling.MAILING)
    assert sorted(letter.to[0] for letter in Server.got) == sorted(one.email for one in who)
    for letter in Server.got:
        language = letter.extra_headers["Content-Language"]
        assert TEXT[language] in letter.body
        assert "contact@apd-gba.be" in letter.body
        assert breach.reference in letter.body
    assert BreachNotice.objects.get(state=State.SKIPPED).person_id == without.pk
    breach.refresh_from_db()
    assert breach.people_told_at is not None
    assert kinds(breach)[-2:] == ["notices_ordered", "notices_sent"]
    assert CHAIN.of(breach.pk)[-1].details == {"sent": 4, "skipped": 1}
    assert CHAIN.first_broken(CHAIN.of(breach.pk)) is None


def test_dr_22_a_letter_that_may_have_left_is_not_sent_again(boss: User, server: None) -> None:
    one = people.person()
    breach = noted(boss, notice=TEXT)
    telling.order(breach, Choice(), by=boss, now=AWARE)
    Server.trouble[one.email] = OSError("cut off")
    sending.run(telling.MAILING)
    Server.trouble.clear()
    sending.run(telling.MAILING)
    assert Server.got == []
    assert BreachNotice.objects.get().state == State.UNKNOWN
    breach.refresh_from_db()
    assert (breach.people_told_at, breach.is_telling) == (None, False)


def test_dr_22_nothing_is_sent_without_a_text_in_four_languages(boss: User) -> None:
    people.person()
    with pytest.raises(acts.NotPossible, match="quatre langues"):
        telling.order(noted(boss), Choice(), by=boss, now=AWARE)
    assert not BreachNotice.objects.exists()


# --- The screens ----------------------------------------------------------------------------------

ADD = "/admin/privacy/breach/add/"


def given(**values: Any) -> dict[str, Any]:
    now = datetime.now(ZoneInfo("Europe/Brussels"))
    return {
        "title": "Carnet volé",
        "aware_at": f"{now - timedelta(hours=90):%Y-%m-%dT%H:%M}",
        "happened": "Un carnet volé.",
        "risk": "",
        **{f"notice_{code}": "" for code in LANGUAGES},
        **values,
    }


@pytest.fixture
def desk(boss: User) -> Client:
    client = Client(headers={"origin": "http://testserver"})
    client.force_login(boss)
    return client


def change_of(breach: Breach) -> str:
    return reverse("admin:privacy_breach_change", args=[breach.pk])


def test_dr_22_a_manager_records_and_completes_it(desk: Client) -> None:
    assert desk.post(ADD, given()).status_code == 302
    breach = Breach.objects.get()
    page = desk.get(change_of(breach))
    assert "devait être prévenue il y a 18 heures" in page.content.decode()
    assert breach.reference in desk.get("/admin/").content.decode()
    now = datetime.now(ZoneInfo("Europe/Brussels"))
    told = {"authority_told_at": f"{now:%Y-%m-%dT%H:%M}"}
    refused = desk.post(change_of(breach), given(**told))
    assert refused.status_code == 200
    assert "donnez les raisons du retard" in refused.content.decode()
    done = desk.post(change_of(breach), given(**told, late_reasons="Découverte tardive."))
    assert done.status_code == 302
    breach.refresh_from_db()
    assert breach.was_late
    assert kinds(breach) == ["recorded", "authority_told", "changed"]
    desk.get("/admin/")  # the sentence that it was changed
    assert breach.reference not in desk.get("/admin/").content.decode()


def test_dr_22_tomorrow_is_refused_with_a_sentence(desk: Client) -> None:
    tomorrow = datetime.now(UTC) + timedelta(days=1)
    answer = desk.post(ADD, given(aware_at=f"{tomorrow:%Y-%m-%dT%H:%M}"))
    assert "Ce moment est encore à venir." in answer.content.decode()
    assert not Breach.objects.exists()


def test_dr_22_closing_explains_what_lacks_and_a_closed_one_is_only_read(
    desk: Client, boss: User
) -> None:
    breach = noted(boss)
    close = reverse("admin:privacy_breach_act", args=[breach.pk, "close"])
    answer = desk.post(close, follow=True)
    assert "Avant de clore" in answer.content.decode()
    Breach.objects.update(risk="none", risk_reasons="Chiffré.")
    desk.post(close)
    assert desk.post(change_of(breach), given()).status_code == 403
    page = desk.get(change_of(breach)).content.decode()
    assert 'name="happened"' not in page
    assert "Rouvrir" in page


def test_dr_22_the_form_of_the_authority_is_a_page_and_a_file(desk: Client, boss: User) -> None:
    breach = noted(boss)
    where = reverse("admin:privacy_breach_authority", args=[breach.pk])
    assert "Un carnet de clients volé." in desk.get(where).content.decode()
    answer = desk.post(where)
    assert answer.json()["reference"] == breach.reference
    assert kinds(breach)[-1] == "exported"


def test_dr_22_people_are_counted_then_told_after_a_confirmation(desk: Client, boss: User) -> None:
    who = people.person()
    breach = noted(boss, notice=TEXT)
    where = reverse("admin:privacy_breach_people", args=[breach.pk])
    assert desk.get(where, {"category": ""}).status_code == 422
    assert desk.get(where, {"references": "XX"}).status_code == 422
    page = desk.get(where, {"references": who.reference.lower()}).content.decode()
    assert "<dt>Personnes concernées</dt><dd>1</dd>" in page
    assert TEXT["de"] in page
    desk.post(where, {"everybody": "on"})
    assert not BreachNotice.objects.exists()
    desk.post(where, {"references": who.reference, "confirm": "yes"})
    assert BreachNotice.objects.get().person == who


@pytest.mark.parametrize("group", ["auditors", "data protection officers", "agents"])
def test_dr_22_others_read_or_see_nothing_and_decide_nothing(boss: User, group: str) -> None:
    breach = noted(boss, notice=TEXT)
    people.person()
    client = Client(headers={"origin": "http://testserver"})
    client.force_login(colleague("other@example.test", group=group))
    reads = group != "agents"
    pages = [change_of(breach)] + [
        reverse(f"admin:privacy_breach_{name}", args=[breach.pk])
        for name in ("authority", "people")
    ]
    assert {client.get(page).status_code for page in pages} == {200 if reads else 403}
    assert breach.reference in client.get("/admin/").content.decode() or not reads
    act = reverse("admin:privacy_breach_act", args=[breach.pk, "close"])
    for page in (*pages, act):
        assert client.post(page, {"everybody": "on", "confirm": "yes"}).status_code == 403
    assert kinds(breach) == ["recorded"]
