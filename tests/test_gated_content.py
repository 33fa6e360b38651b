"""What {% gated_iframe %} writes, addresses that people mistype, and answers made early."""

import pytest
from django.template import Context, Template
from django.test import Client

from tests.test_api_consent import ACCEPT, post

pytestmark = pytest.mark.django_db


def test_an_embedded_page_waits_behind_a_button(client: Client) -> None:
    request = client.get("/nl/").wsgi_request
    written = Template(
        '{% load consent %}{% gated_iframe "analytics" src="/carte" title="Kaart" %}'
    ).render(Context({"request": request}))
    assert '<form action="/nl/privacy/cookies/"><button data-consent-open>' in written
    assert 'data-src="/carte" title="Kaart" hidden' in written
    assert " src=" not in written.split("<script")[0]


@pytest.mark.parametrize("prefix", ["/nl", "/de", "/en"])
def test_a_language_without_its_slash_finds_its_page(client: Client, prefix: str) -> None:
    response = client.get(prefix)
    assert (response.status_code, response.headers["Location"]) == (301, f"{prefix}/")


def test_ck_17_the_answer_to_a_foreign_host_has_a_policy(client: Client) -> None:
    response = client.get("/", headers={"host": "elsewhere.example"})
    assert response.status_code == 400
    policy = response.headers["Content-Security-Policy"]
    assert "script-src 'self'" in policy
    assert "unsafe" not in policy


@pytest.mark.parametrize("said", ["accepte", "refuse", "retire", "erreur", "change"])
def test_an_address_says_nothing_that_is_not_so(client: Client, said: str) -> None:
    page = client.get("/privacy/cookies/").content
    assert client.get(f"/privacy/cookies/?fait={said}").content == page


def test_what_was_done_is_said(client: Client) -> None:
    post(client, ACCEPT)
    assert "sont acceptés" in client.get("/privacy/cookies/?fait=accepte").text
    assert "restent désactivés" not in client.get("/privacy/cookies/?fait=refuse").text
