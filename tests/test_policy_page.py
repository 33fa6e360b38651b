"""The policy page says what the policy says: each fact (PF), each sentence, from the register."""

import html
import re
from typing import Any

import pytest
from django.test import Client

from consent import snapshots
from consent.models import Publication
from consent.register.effective import with_facts
from consent.render import policy_lines
from tests.data.policy import FACTS, SENTENCES

pytestmark = pytest.mark.django_db


def words(page: str) -> str:
    """The text of a page, as a reader takes it in."""
    body = page[page.index("<main") : page.index("</main>")]
    text = html.unescape(re.sub(r"<[^>]+>", " ", body)).replace("\u00a0", " ")
    return re.sub(r"\s+", " ", re.sub(r"\s+([.,;:)])", r"\1", re.sub(r"\s+", " ", text)))


def tidy(text: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"\s+([.,;:)])", r"\1", text)).strip()


@pytest.fixture
def page() -> str:
    return words(Client().get("/privacy/").content.decode())


@pytest.mark.parametrize(("rule", "fact"), FACTS)
def test_every_fact_of_the_policy_is_on_the_page(page: str, rule: str, fact: str) -> None:
    assert tidy(fact) in page, rule


def test_the_policys_sentences_stand_word_for_word_and_in_order(page: str) -> None:
    def bare(text: str) -> str:
        # Where a list's label ends in a colon, a page may set a heading or a column.
        return tidy(re.sub(r"[:;]", " ", text))

    page, place = bare(page), 0
    for sentence in SENTENCES:
        found = page.find(bare(sentence), place)
        assert found >= 0, sentence
        place = found


@pytest.mark.parametrize("anchor", ["cookies", "donnees", "droits", "autorite"])
@pytest.mark.parametrize("path", ["/privacy/", "/nl/privacy/", "/privacy/versions/1/"])
def test_anchors(path: str, anchor: str) -> None:
    content = Client().get(path).content.decode()
    assert content.count(f'id="{anchor}"') == 1


def test_version_date_and_hash_are_shown() -> None:
    version = Publication.objects.get()
    for path in ("/privacy/", "/privacy/versions/", "/privacy/versions/1/"):
        assert version.sha256 in Client().get(path).content.decode()


def test_t_17_no_dead_links_and_no_address_is_plain_text() -> None:
    content = Client().get("/privacy/").content.decode()
    assert 'href="#"' not in content
    assert 'href=""' not in content
    assert "Internet Explorer" in content
    assert not re.search(r"<a[^>]*>\s*Internet Explorer", content)


@pytest.mark.parametrize("prefix", ["/nl", "/de", "/en"])
def test_translations_say_that_french_prevails(prefix: str) -> None:
    content = Client().get(f"{prefix}/privacy/").content.decode()
    assert "la version française fait foi" in html.unescape(content)


def test_complements_are_marked_as_such() -> None:
    content = Client().get("/privacy/").content.decode()
    register = with_facts(Publication.objects.get().content, "fr")
    complements = [row for row in register["policy"] if row["kind"] == "complement"]
    assert {row["tension"] for row in complements} >= {
        "T-03", "T-04", "T-05", "T-08", "T-09", "T-10", "T-14", "T-15", "T-16", "T-21",
    }  # fmt: skip
    assert content.count("Complément") >= len(complements)


def test_a_published_version_stays_as_it_was() -> None:
    before = Client().get("/privacy/versions/1/").content
    from datetime import UTC, datetime

    from consent.models import Fact
    from consent.publishing import publish

    fact = Fact.objects.get(key="account_retention")
    fact.words = {**fact.words, "fr": "six (6) ans"}
    fact.save()
    publish(now=datetime(2026, 12, 1, tzinfo=UTC), preset="politique")
    snapshots.refresh()
    assert "six (6) ans" in Client().get("/privacy/").content.decode()
    old = Client().get("/privacy/versions/1/").content.decode()
    assert "six (6) ans" not in old
    assert words(old)[-200:] == words(before.decode())[-200:]
    newer = html.unescape(Client().get("/privacy/versions/2/").content.decode())
    assert re.search(r"<ins>[^<]*six \(6\) ans", newer)
    assert re.search(r"<del>[^<]*cinq \(5\) ans", newer)


def test_every_language_has_every_block() -> None:
    content = Publication.objects.get().content
    counts = {
        code: len(policy_lines(with_facts(content, code))) for code in ("fr", "nl", "de", "en")
    }
    assert len(set(counts.values())) == 1, counts


def test_tr_01_who_is_responsible_is_on_every_page() -> None:
    for path in ("/", "/contact/", "/privacy/", "/account/register/"):
        content = html.unescape(Client().get(path).content.decode())
        for fact in ("SRL HA.I", "rue des Bailleries 15", "0779.838.527", "info@clicknconnect.be"):
            assert fact in content, (path, fact)


def test_policy_text_is_rendered_once_per_publication(django_assert_num_queries: Any) -> None:
    client = Client()
    client.get("/privacy/")
    with django_assert_num_queries(0):
        client.get("/privacy/")
