"""The link under every message: one button, no login, no origin, no end."""

import re
import uuid
from typing import Any

import pytest
from django.core import mail
from django.test import Client
from procrastinate.contrib.django.models import ProcrastinateJob

from privacy import jobs
from privacy.actions.marketing import choices_of
from privacy.marketing import suppression_hash
from privacy.models import DataSubject, MarketingChoice, Objection, Suppression
from privacy.objection_links import link_of, token_of
from tests.writable import person, says

pytestmark = [pytest.mark.django_db, pytest.mark.rule("DR-17", "MK-02")]
ONE_CLICK = {"List-Unsubscribe": "One-Click"}


@pytest.fixture
def stranger() -> Client:
    """A mail provider's machine: no cookie, no Origin, another site."""
    return Client(enforce_csrf_checks=True, headers={"sec-fetch-site": "cross-site"})


def address(who: DataSubject, prefix: str = "") -> str:
    return f"{prefix}/privacy/objection/{token_of(who)}/"


def state() -> tuple[Any, ...]:
    return (
        Objection.objects.count(),
        MarketingChoice.objects.count(),
        Suppression.objects.count(),
        ProcrastinateJob.objects.count(),
    )


@pytest.mark.parametrize("prefix", ["", "/nl", "/de", "/en"])
def test_dr_17_the_page_shows_a_button_and_nothing_about_anybody(
    stranger: Client, prefix: str
) -> None:
    who = person(last_name="Canari", iban="BE71096123456769")
    before = state()
    response = stranger.get(address(who, prefix))
    assert response.status_code == 200
    assert len(re.findall(r"<form[^>]*method=\"post\"", response.text)) >= 1
    for value in (who.email, "Canari", "Marie", who.phone, who.street, who.reference, str(who.pk)):
        assert value not in response.text
    assert not response.cookies
    assert "no-store" in response.headers["Cache-Control"]
    assert response.headers["Referrer-Policy"] == "no-referrer"
    assert state() == before


@pytest.mark.parametrize("body", [{}, ONE_CLICK])
def test_dr_17_one_post_from_anywhere_ends_all_marketing(
    stranger: Client, body: dict[str, str]
) -> None:
    who = person()
    for channel in ("email", "sms"):
        says(who, channel=channel)
    response = stranger.post(address(who), body)
    assert response.status_code == 200
    assert not response.cookies
    objection = Objection.objects.get()
    assert (objection.kind, objection.source) == ("marketing", "one_click" if body else "link")
    assert choices_of(who) == dict.fromkeys(("paper", "email", "sms", "events"), False)
    assert Suppression.objects.get().pk == suppression_hash(who.email)


def test_mk_02_one_letter_confirms_in_the_persons_language(stranger: Client) -> None:
    who = person(language="nl")
    for _ in range(3):
        stranger.post(address(who), ONE_CLICK)
    (job,) = ProcrastinateJob.objects.filter(task_name="privacy.jobs.send_objection_letter")
    assert job.args == {"person": str(who.pk)}
    jobs.send_objection_letter(**job.args)
    (letter,) = mail.outbox
    assert letter.to == [who.email]
    assert letter.extra_headers["Content-Language"] == "nl"


def test_dr_17_again_and_again_is_once(stranger: Client) -> None:
    who = person()
    says(who)
    pages = [stranger.post(address(who), ONE_CLICK).text]
    once = state()
    pages.append(stranger.post(address(who), ONE_CLICK).text)
    assert state() == once
    assert pages[0] == pages[1]


def test_dr_17_the_same_answer_for_somebody_who_was_erased(stranger: Client) -> None:
    known, erased = person(), person("gone@example.test")
    before = [stranger.get(address(who)).text for who in (known, erased)]
    addresses = [address(known), address(erased)]
    erased.delete()
    answers = [stranger.post(one, ONE_CLICK) for one in addresses]
    strip = [a.text.replace(w, "") for a, w in zip(answers, addresses, strict=True)]
    assert strip[0] == strip[1]
    assert [a.status_code for a in answers] == [200, 200]
    assert len(before) == 2
    assert Objection.objects.count() == 1


def test_dr_17_an_emptied_person_gets_no_new_rows(stranger: Client) -> None:
    from tests.writable import NOW

    who = person(email="", anonymised_at=NOW)
    assert stranger.post(address(who), ONE_CLICK).status_code == 200
    assert state() == (0, 0, 0, 0)


@pytest.mark.parametrize("token", ["forged", "a.b", "x" * 300, "é.é"])
def test_dr_17_a_wrong_link_is_a_page_that_is_not_there(stranger: Client, token: str) -> None:
    for answer in (stranger.get, stranger.post):
        assert answer(f"/privacy/objection/{token}/").status_code == 404


def test_dr_17_a_signature_speaks_for_one_person(stranger: Client) -> None:
    one, other = person(), person("other@example.test")
    mixed = f"{token_of(one).partition('.')[0]}.{token_of(other).partition('.')[2]}"
    assert stranger.post(f"/privacy/objection/{mixed}/").status_code == 404


def test_dr_17_a_link_outlives_the_key_that_signed_it(stranger: Client, settings: Any) -> None:
    who = person()
    where = address(who)
    old, settings.SECRET_KEY = settings.SECRET_KEY, "another-secret-of-this-site-" * 3
    settings.SECRET_KEY_FALLBACKS = [old]
    assert stranger.post(where, ONE_CLICK).status_code == 200
    settings.SECRET_KEY_FALLBACKS = []
    assert stranger.post(where, ONE_CLICK).status_code == 404


def test_dr_17_only_this_address_is_open_to_other_sites(stranger: Client) -> None:
    assert stranger.post("/account/objection/", {"kind": "marketing"}).status_code == 403


def test_dr_17_the_link_is_in_the_persons_language() -> None:
    assert "/de/privacy/objection/" in link_of(person(language="de", id=uuid.uuid4()))
