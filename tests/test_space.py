"""The person's own space: what is held, corrected, chosen, objected to, and ended."""

import re
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.core import mail
from django.test import Client
from procrastinate.contrib.django.models import ProcrastinateJob

from privacy import jobs, tokens
from privacy.actions.marketing import choices_of, object_to_marketing
from privacy.actions.space import subject_of
from privacy.choice_texts import hashes
from privacy.models import Channel, DataSubject, MarketingChoice, Objection, User
from privacy.models.marketing import Source
from privacy.tokens import Purpose
from tests.writable import PASSWORD, account, person

pytestmark = pytest.mark.django_db
NOW = datetime.now(UTC)
# In Brussels, at any hour of the test.
TODAY = (datetime.now(UTC) + timedelta(hours=1)).date()
DATA = {
    "first_name": "Marie", "last_name": "Dupont", "street": "Rue Haute 2", "postal_code": "1000",
    "city": "Bruxelles", "country": "be", "phone": "02 777 12 34", "iban": "be71 0961 2345 6769",
    "vat_number": "0779.838.527", "language": "nl",
}  # fmt: skip


@pytest.fixture
def client() -> Client:
    return Client(headers={"origin": "http://testserver"})


@pytest.fixture
def marie(client: Client) -> User:
    user = account(name="Marie Dupont")
    client.force_login(user)
    return user


def subject(user: User) -> DataSubject:
    found = subject_of(account=user, now=NOW)
    assert found is not None
    return found


# --- A person begins -----------------------------------------------------------------------------


def confirm(client: Client, **fields: Any) -> User:
    user = User(email="new@example.test", is_active=False, **fields)
    user.set_unusable_password()
    user.save()
    token = tokens.make(user, Purpose.CONFIRM)
    response = client.post(f"/account/confirm/{token}/", {"password": PASSWORD})
    assert response.status_code == 302
    return User.objects.get(pk=user.pk)


def test_pf_41_confirming_the_address_makes_the_person(client: Client) -> None:
    user = confirm(client, name="Nele Van Damme", language="nl")
    made = DataSubject.objects.get()
    assert (made.account, made.email, made.language) == (user, user.email, "nl")
    assert (made.first_name, made.last_name) == ("Nele", "Van Damme")
    assert made.account_opened_on in (TODAY, TODAY - timedelta(days=1))


def test_pf_41_a_forgotten_password_makes_no_second_person(client: Client) -> None:
    user = confirm(client)
    for _ in range(2):
        token = tokens.make(User.objects.get(pk=user.pk), Purpose.RESET)
        client.post(f"/account/password/reset/{token}/", {"password": PASSWORD})
    assert DataSubject.objects.count() == 1


def test_pf_41_who_was_known_by_the_address_is_the_same_person(client: Client) -> None:
    known = person("new@example.test", account_opened_on=None, last_name="Known")
    user = confirm(client, name="Other Name")
    assert DataSubject.objects.get() == known
    known.refresh_from_db()
    assert (known.account, known.last_name) == (user, "Known")


def test_pf_41_nobody_guesses_between_two(client: Client) -> None:
    for _ in range(2):
        person("new@example.test", account_opened_on=None)
    user = confirm(client)
    assert DataSubject.objects.count() == 3
    assert subject(user).phone == ""


def test_pf_41_staff_are_nobodys_customers(client: Client) -> None:
    boss = account("boss@example.test", is_staff=True)
    client.force_login(boss)
    assert client.get("/account/").status_code == 200
    assert client.post("/account/", {"name": "Boss", "language": "fr"}).status_code == 302
    assert client.get("/account/close/").status_code == 404
    assert client.post("/account/objection/", {"kind": "marketing"}).status_code == 404
    assert not DataSubject.objects.exists()


# --- Seeing and correcting -----------------------------------------------------------------------


def test_dr_12_what_is_corrected_is_kept_in_its_one_form(client: Client, marie: User) -> None:
    response = client.post("/account/", DATA)
    assert response.status_code == 302
    held = subject(marie)
    assert (held.phone, held.iban) == ("+3227771234", "BE71096123456769")
    assert (held.vat_number, held.country) == ("BE0779838527", "BE")
    marie.refresh_from_db()
    assert (marie.name, marie.language) == ("Marie Dupont", "nl")
    page = client.get("/account/").text
    for shown in (held.reference, held.iban, held.phone, held.street, marie.email):
        assert shown in page


@pytest.mark.parametrize(
    ("field", "value", "says"),
    [
        ("iban", "BE71 0961 2345 6768", "IBAN"),
        ("vat_number", "BE 0779.838.528", "TVA"),
        ("phone", "12", "téléphone"),
        ("country", "B1", "deux lettres"),
        ("language", "it", ""),
    ],
)
def test_dr_12_a_wrong_number_gets_one_sentence_and_nothing_is_lost(
    client: Client, marie: User, field: str, value: str, says: str
) -> None:
    before = subject(marie)
    response = client.post("/account/", {**DATA, field: value})
    assert response.status_code == 422
    (error,) = re.findall(rf'id="id_{field}_error">\s*(.*?)\s*</ul>', response.text, re.S)
    assert error.count("<li>") == 1
    assert says in error
    for name, typed in {**DATA, field: value}.items():
        if name not in ("language", "country"):
            assert f'value="{typed}"' in response.text
    after = subject(marie)
    assert (after.street, after.iban) == (before.street, before.iban)


def test_dr_12_four_wrong_things_are_four_sentences(client: Client, marie: User) -> None:
    wrong = {"iban": "x", "vat_number": "x", "phone": "x", "country": "xyz"}
    response = client.post("/account/", {**DATA, **wrong})
    assert response.text.count('class="errorlist"') == 4


@pytest.mark.parametrize("path", ["marketing", "objection"])
def test_dr_21_the_space_is_closed_to_strangers(client: Client, path: str) -> None:
    response = client.post(f"/account/{path}/", {"email": "on", "kind": "marketing"})
    assert response.status_code == 302
    assert response.headers["Location"].startswith("/account/login/")
    assert client.get("/account/close/").status_code == 302
    assert not response.cookies


# --- Marketing -----------------------------------------------------------------------------------


def boxes(client: Client) -> dict[str, bool]:
    page = client.get("/account/").text
    found = {}
    for channel in Channel.values:
        (box,) = re.findall(rf'<input type="checkbox" name="{channel}"[^>]*>', page)
        found[channel] = " checked" in box
    return found


def toggle(client: Client, was: dict[str, bool], **now: bool) -> Any:
    data = {f"was-{channel}": str(int(given)) for channel, given in was.items()}
    data |= {channel: "on" for channel, given in {**was, **now}.items() if given}
    return client.post("/account/marketing/", data)


@pytest.mark.rule("MK-03")
def test_mk_03_four_boxes_none_ticked_each_by_itself(client: Client, marie: User) -> None:
    was = boxes(client)
    assert was == dict.fromkeys(Channel.values, False)
    for channel in Channel.values:
        toggle(client, was, **{channel: True})
        was = boxes(client)
        assert was[channel]
    assert MarketingChoice.objects.count() == 4
    toggle(client, was, sms=False)
    assert boxes(client) == {"paper": True, "email": True, "sms": False, "events": True}
    assert MarketingChoice.objects.count() == 5


@pytest.mark.rule("MK-03", "MK-01")
def test_mk_03_a_choice_holds_the_hash_of_the_text_that_was_shown(
    client: Client, marie: User
) -> None:
    toggle(client, boxes(client), email=True)
    assert MarketingChoice.objects.get().shown == hashes()["email"]
    data = {"was-email": "1"}
    client.post("/nl/account/marketing/", data)
    assert len({len(row.shown) for row in MarketingChoice.objects.all()}) == 1


@pytest.mark.rule("MK-03")
def test_mk_03_saving_what_holds_writes_nothing(client: Client, marie: User) -> None:
    toggle(client, boxes(client), email=True)
    toggle(client, boxes(client))
    toggle(client, boxes(client))
    assert MarketingChoice.objects.count() == 1


@pytest.mark.rule("DR-17")
def test_dr_17_an_old_window_turns_nothing_on_again(client: Client, marie: User) -> None:
    toggle(client, boxes(client), email=True)
    old_window = boxes(client)
    object_to_marketing(person=subject(marie), now=datetime.now(UTC), source=Source.LINK)
    toggle(client, old_window)
    assert not any(choices_of(subject(marie)).values())
    assert Objection.objects.get().ended_at is None


@pytest.mark.rule("DR-17")
def test_dr_17_only_a_new_yes_of_the_person_ends_their_objection(
    client: Client, marie: User
) -> None:
    client.post("/account/objection/", {"kind": "marketing"})
    assert Objection.objects.get().source == "account"
    toggle(client, boxes(client), paper=True)
    ended = Objection.objects.get()
    assert ended.ended_at is not None
    assert ended.ended_because


@pytest.mark.rule("TR-08", "DR-16", "DR-17")
def test_tr_08_the_right_to_object_has_a_block_and_buttons_of_its_own(
    client: Client, marie: User
) -> None:
    page = client.get("/account/").text
    (block,) = re.findall(r'<section aria-labelledby="opposition">.*?</section>', page, re.S)
    assert "Vous opposer à la prospection" in block
    assert re.findall(r'name="kind" value="([a-z_]+)"', block) == [
        "marketing",
        "legitimate_interest",
    ]
    assert block.count("<button") == 2
    for kind in ("legitimate_interest", "marketing"):
        for _ in range(2):
            assert client.post("/account/objection/", {"kind": kind}).status_code == 302
    assert Objection.objects.count() == 2
    page = client.get("/account/").text
    (block,) = re.findall(r'<section aria-labelledby="opposition">.*?</section>', page, re.S)
    assert "<button" not in block
    assert client.post("/account/objection/", {"kind": "other"}).status_code == 404


# --- The end -------------------------------------------------------------------------------------


def close(client: Client, password: str = PASSWORD) -> Any:
    return client.post("/account/close/", {"password": password})


@pytest.mark.rule("RT-01")
def test_rt_01_closing_ends_account_and_sessions_and_a_letter_says_so(
    client: Client, marie: User
) -> None:
    elsewhere = Client()
    elsewhere.force_login(marie)
    client.get("/account/")
    response = close(client)
    assert response.status_code == 302
    assert "Votre compte est fermé" in client.get(response.headers["Location"]).text
    held = DataSubject.objects.get()
    assert held.account_closed_on in (TODAY, TODAY - timedelta(days=1))
    marie.refresh_from_db()
    assert not marie.is_active
    for browser in (client, elsewhere):
        assert browser.get("/account/").status_code == 302
    (job,) = ProcrastinateJob.objects.filter(task_name="privacy.jobs.send_account_letter")
    jobs.send_account_letter(**job.args)
    (letter,) = mail.outbox
    assert letter.to == [marie.email]
    assert str(held.account_closed_on.year + 5) in letter.body


@pytest.mark.rule("RT-01")
def test_rt_01_the_page_says_what_stays_and_until_when(client: Client, marie: User) -> None:
    page = client.get("/account/close/").text
    assert str(TODAY.year + 5) in page
    assert "sept (7) années fiscales complètes" in page


@pytest.mark.rule("RT-01")
def test_rt_01_a_wrong_password_closes_nothing(client: Client, marie: User) -> None:
    response = close(client, "not-hers")
    assert response.status_code == 422
    assert "not-hers" not in response.text
    assert User.objects.get().is_active
    assert not ProcrastinateJob.objects.exists()


@pytest.mark.rule("DR-20")
def test_dr_20_guessing_passwords_on_the_page_ends(client: Client, marie: User) -> None:
    answers = [close(client, f"guess-{n}").status_code for n in range(12)]
    assert answers[0] == 422
    assert answers[-1] == 429
    assert close(client).status_code == 429


@pytest.mark.rule("RT-01")
def test_rt_01_opening_again_by_staff_cancels_the_end(client: Client, marie: User) -> None:
    client.get("/account/")
    close(client)
    boss = User.objects.create_superuser("boss@example.test", PASSWORD)
    staff = Client(headers={"origin": "http://testserver"})
    staff.force_login(boss)
    data = {"email": marie.email, "name": "Marie", "language": "fr", "is_active": "on"}
    response = staff.post(f"/admin/privacy/user/{marie.pk}/change/", data)
    assert response.status_code == 302, response.text
    assert DataSubject.objects.get(account=marie).account_closed_on is None


def test_the_whole_space_is_a_bounded_number_of_queries(
    client: Client, marie: User, django_assert_max_num_queries: Any
) -> None:
    client.get("/account/")
    for number in range(40):
        MarketingChoice.objects.create(
            person=subject(marie),
            channel=Channel.values[number % 4],
            given=number % 2 == 0,
            at=NOW + timedelta(seconds=number),
            source="account",
        )
    with django_assert_max_num_queries(14):
        client.get("/account/")


def test_rt_01_the_day_is_the_one_in_brussels() -> None:
    user = account("night@example.test")
    late = datetime(2026, 11, 24, 23, 30, tzinfo=UTC)
    made = subject_of(account=user, now=late)
    assert made is not None
    assert made.account_opened_on == date(2026, 11, 25)


@pytest.mark.parametrize("page", ["/account/", "/account/close/"])
def test_ck_14_each_form_of_the_space_carries_the_token(
    client: Client, marie: User, page: str
) -> None:
    """With a browser's checks: a form without it could never be sent."""
    text = client.get(page).text
    forms = re.findall(r'<form method="post" action="/account/.*?</form>', text, re.S)
    assert forms
    for form in forms:
        assert 'name="csrfmiddlewaretoken"' in form, form[:80]
