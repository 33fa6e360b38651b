"""The form of rights: without account, cookie or script; what follows; confirming; following."""

import re
from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from privacy.models import DataSubject, Right, RightsRequest, User
from privacy.requests import acts, links
from privacy.requests.states import Status
from tests.requests import colleague, filed, work

pytestmark = pytest.mark.django_db
GOOD = {"rights": ["access", "erasure"], "name": "Ada Canary", "email": "Ada@Example.test"}


@pytest.fixture
def client() -> Client:
    """A browser on this site, whose requests are checked as real ones are."""
    return Client(enforce_csrf_checks=True, headers={"origin": "http://testserver"})


def send(client: Client, prefix: str = "", **changed: Any) -> Any:
    return client.post(f"{prefix}/privacy/rights/", {**GOOD, **changed})


@pytest.mark.parametrize("prefix", ["", "/nl", "/de", "/en"])
def test_dr_02_the_form_offers_every_right_and_needs_no_free_text(
    client: Client, prefix: str
) -> None:
    page = client.get(f"{prefix}/privacy/rights/")
    body = page.content.decode()
    assert set(re.findall(r'name="rights" value="(\w+)"', body)) == set(Right.values)
    answer = send(client, prefix, rights=list(Right.values))
    assert answer.status_code == 303
    request = RightsRequest.objects.get()
    assert request.rights == Right.values
    assert request.language == (prefix[1:] or "fr")
    assert request.email == "ada@example.test"


def test_tr_07_what_is_mandatory_is_said_in_words(client: Client) -> None:
    body = client.get("/privacy/rights/").content.decode()
    form = body[body.index("rights-form") : body.index("</form>", body.index("rights-form"))]
    assert form.count("(obligatoire)") == 3
    assert form.count("(facultatif)") == 4


def test_nobody_gets_a_cookie(client: Client) -> None:
    for answer in (client.get("/privacy/rights/"), send(client), send(client, rights=[])):
        assert not answer.cookies
    assert not client.cookies


def test_wrong_entries_are_said_and_kept(client: Client) -> None:
    answer = send(client, rights=[], email="nowhere")
    body = answer.content.decode()
    assert answer.status_code == 422
    assert "Cochez au moins une chose" in body
    assert 'value="Ada Canary"' in body
    assert 'href="#id_rights"' in body
    assert not RightsRequest.objects.exists()
    chosen = send(client, rights=["erasure"], email="nowhere").content.decode()
    assert re.search(r'value="erasure" checked', chosen)


def test_dr_03_the_page_after_sending_says_reference_due_date_and_what_happens(
    client: Client,
) -> None:
    answer = client.get(send(client).headers["Location"])
    request = RightsRequest.objects.get()
    body = answer.content.decode()
    assert request.reference in body
    assert f'datetime="{request.legal_due_on}"' in body
    assert f'datetime="{request.target_on}"' in body
    assert "274 48 00" in body
    assert "ada@" not in body.lower()
    assert client.get("/privacy/rights/sent/nonsense/").status_code == 404


@pytest.mark.rule("DR-05")
def test_dr_05_known_and_unknown_addresses_get_the_same_answer_and_work(client: Client) -> None:
    User.objects.create_user("known@example.test", "four-words-are-enough")
    DataSubject.objects.create(email="known@example.test", last_name="Known")
    send(client, email="warm@example.test")
    seen = []
    for email in ("known@example.test", "nobody@example.test"):
        with CaptureQueriesContext(connection) as queries:
            answer = send(client, email=email)
        page = client.get(answer.headers["Location"]).content.decode()
        shapes = [re.sub(r"'[^']*'|\b\d+\b|s\d+_x\d+", "?", q["sql"]) for q in queries]
        seen.append(
            (
                answer.status_code,
                shapes,
                re.sub(r"DSR-\d{4}-\w{6}|/sent/[^/]+/|\w{4}-\w{4}-\w{4}", "?", page),
            )
        )
    assert seen[0] == seen[1]


def test_a_double_click_is_one_request(client: Client) -> None:
    first, second = send(client), send(client)
    assert RightsRequest.objects.count() == 1
    assert first.status_code == second.status_code == 303


def test_a_form_of_another_site_is_refused() -> None:
    for headers in ({"origin": "https://evil.test"}, {}):
        stranger = Client(enforce_csrf_checks=True, headers=headers)
        assert send(stranger).status_code == 403
    assert not RightsRequest.objects.exists()


def test_too_many_are_a_429_that_says_how_long(client: Client) -> None:
    answers = [send(client, message=str(number)) for number in range(6)]
    assert [answer.status_code for answer in answers] == [303] * 5 + [429]
    assert int(answers[-1].headers["Retry-After"]) > 0
    assert RightsRequest.objects.count() == 5


def test_dr_04_logged_in_nothing_is_asked_that_the_site_knows(client: Client) -> None:
    account = User.objects.create_user(
        "marie@example.test", "four-words-are-enough", name="Marie Dupont"
    )
    person = DataSubject.objects.create(email=account.email, account=account)
    client.force_login(account)
    body = client.get("/privacy/rights/").content.decode()
    assert 'name="email"' not in body
    assert 'name="name"' not in body
    assert "marie@example.test" in body
    token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', body)
    assert token is not None
    assert client.post("/privacy/rights/", {"rights": ["access"]}).status_code == 403
    answer = client.post(
        "/privacy/rights/", {"rights": ["access"], "csrfmiddlewaretoken": token[1]}
    )
    request = RightsRequest.objects.get()
    assert (request.account, request.person, request.name) == (account, person, "Marie Dupont")
    assert request.status == Status.RECEIVED
    assert (
        f"/privacy/rights/{request.reference}/"
        in client.get(answer.headers["Location"]).content.decode()
    )


# --- Confirming ----------------------------------------------------------------------------------


@pytest.mark.parametrize("prefix", ["", "/nl", "/de", "/en"])
def test_opening_the_link_confirms_nothing_and_the_button_does(client: Client, prefix: str) -> None:
    request = filed(now=datetime.now(UTC), language=prefix[1:] or "fr")
    (letter,) = work()
    found = re.search(r"http://\S+?(/\S*confirm/\S+)", letter.body)
    assert found is not None
    path = found[1]
    assert path.startswith(f"{prefix}/privacy/rights/confirm/")
    for method in (client.get, client.head):
        assert method(path).status_code == 200
    request.refresh_from_db()
    assert request.status == Status.AWAITING_CONFIRMATION
    assert client.post(path).status_code == 200
    request.refresh_from_db()
    assert request.status == Status.RECEIVED
    for method in (client.get, client.post):
        assert method(path).status_code == 410


def test_a_link_that_was_never_ours_is_a_404(client: Client) -> None:
    request = filed(now=datetime.now(UTC))
    for token in ("x", f"{request.reference}-{'0' * 40}", "é", request.reference):
        assert client.get(f"/privacy/rights/confirm/{token}/").status_code == 404


def test_an_old_link_is_a_410(client: Client) -> None:
    request = filed(now=datetime(2020, 1, 1, tzinfo=UTC))
    token = links.token(request, links.Purpose.CONFIRM)
    answer = client.get(f"/privacy/rights/confirm/{token}/")
    assert answer.status_code == 410
    assert "suivez-la" in answer.content.decode()


# --- Following -----------------------------------------------------------------------------------


def test_dr_21_follow_by_link_shows_dates_and_letters_and_no_notes(client: Client) -> None:
    boss, now = colleague(), datetime.now(UTC)
    request = acts.confirm(request=filed(now=now), now=now)
    acts.note(request=request, by=boss, text="Entre nous", now=now)
    acts.extend(request=request, by=boss, reason="Des archives", now=now)
    answer = client.get(links.follow_path(request))
    body = answer.content.decode()
    assert answer.headers["Cache-Control"] == "private, no-store"
    for words in ("Échéance légale", "Prolongée", "trente jours", "Des archives", "274 48 00"):
        assert words in body
    assert "Entre nous" not in body
    assert boss.email not in body


def test_dr_21_another_persons_request_is_a_404(client: Client) -> None:
    mine = User.objects.create_user("marie@example.test", "four-words-are-enough")
    other = User.objects.create_user("paul@example.test", "four-words-are-enough")
    request = filed(account=mine, email=mine.email)
    path = f"/privacy/rights/{request.reference}/"
    assert client.get(path).status_code == 302
    client.force_login(other)
    assert client.get(path).status_code == 404
    assert client.get("/privacy/rights/DSR-2026-AAAAAA/").status_code == 404
    client.force_login(mine)
    assert client.get(path).status_code == 200
    token = links.token(request, links.Purpose.FOLLOW)
    stranger = filed(email="b@example.test")
    assert client.get(f"/privacy/rights/{stranger.reference}/{token}/").status_code == 404


def test_t_14_the_person_reads_that_the_duty_remains(client: Client) -> None:
    request = acts.confirm(
        request=filed(now=datetime(2026, 1, 5, tzinfo=UTC)), now=datetime(2026, 1, 5, tzinfo=UTC)
    )
    from privacy.requests import clock

    clock.run(now=datetime(2026, 2, 6, tzinfo=UTC))
    body = client.get(links.follow_path(request)).content.decode()
    assert "l&#x27;obligation de répondre demeure" in body or "l'obligation de répondre" in body
    assert "reste ouverte" in body


def test_t_14_an_old_link_of_an_ended_request_is_a_410(client: Client) -> None:
    boss, then = colleague(), datetime(2020, 1, 5, tzinfo=UTC)
    request = acts.confirm(request=filed(now=then), now=then)
    done = acts.complete(request=request, by=boss, text="Voici.", now=then)
    assert client.get(links.follow_path(done)).status_code == 410
