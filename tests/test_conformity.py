"""Conformity warnings: what is open, accepted, corrected; who may answer; what never changes."""

from datetime import UTC, date, datetime
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction
from django.test import Client
from django.utils import translation

from consent import conformity
from consent.conformity import live
from consent.conformity.tensions import TENSIONS
from consent.models import (
    Acknowledgement,
    Act,
    Control,
    Fact,
    PolicyBlock,
    Publication,
    Service,
    Verification,
)
from consent.publishing import publish
from privacy.groups import AGENTS, AUDITORS, MANAGERS, OFFICERS
from privacy.models import User
from tests.test_publishing_screens import member

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 12, 1, 9, tzinfo=UTC)
# Made true by the code from the first version on; the others wait for staff.
MADE_TRUE = {"T-06"}
IDS = [concern.id for concern in TENSIONS]


def state(warning: str, now: datetime = NOW) -> conformity.Status:
    return next(s for s in conformity.statuses(now=now) if s.concern.id == warning)


def open_ids(now: datetime = NOW) -> set[str]:
    return {warning.id for warning in conformity.open_warnings(now=now)}


@pytest.fixture
def manager() -> User:
    return User.objects.create_user("manager@example.test", "x", is_staff=True, name="Paule")


def accept(warning: str, by: User, reason: str = "Examiné avec le conseil.") -> Acknowledgement:
    return conformity.acknowledge(
        warning=warning, sha256=state(warning).sha256, reason=reason, by=by, now=NOW
    )


def test_tensions_t_01_to_t_24_are_all_there() -> None:
    assert [f"T-{number:02}" for number in range(1, 25)] == IDS
    for concern in TENSIONS:
        for text in (concern.title, concern.rule, concern.explanation, concern.warning):
            assert str(text).strip(), concern.id


@pytest.mark.parametrize("warning", IDS)
def test_each_tension_appears_until_acknowledged_with_a_reason(
    warning: str, manager: User, client: Client
) -> None:
    """And acknowledging never changes public text."""
    status = state(warning)
    if warning in MADE_TRUE:
        assert (status.state, status.corrected_in) == ("corrected", 1)
        return
    assert status.state == "open"
    assert status.quoted
    before = {path: client.get(path).content for path in ("/privacy/", "/privacy/versions/1/")}
    row = accept(warning, manager)
    assert state(warning).state == "accepted"
    assert warning not in open_ids()
    assert (row.actor, row.publication, row.quoted) == (manager.pk, 1, list(status.quoted))
    assert Act.objects.get().act == "warning.accepted"
    assert {path: client.get(path).content for path in before} == before
    assert Publication.objects.count() == 1


def test_strict_preset_corrects_t_01_t_02_t_07_t_17_t_21() -> None:
    publish(now=NOW, preset="strict_be_fr")
    corrected = {"T-01", "T-02", "T-07", "T-17", "T-21"}
    assert {w for w in IDS if state(w).corrected_in == 2} == corrected
    assert not corrected & open_ids()
    publish(now=NOW, preset="politique")
    assert corrected <= open_ids()


CORRECTIONS: list[tuple[str, str, str]] = [
    ("T-03", "analytics-cookies-explained", "Les cookies analytiques demandent un accord."),
    ("T-05", "delete-cookies-explained", "Le bouton « Gérer mes cookies » suffit."),
    ("T-08", "rights-intro", "Vous pouvez exercer ces droits :"),
    ("T-10", "recipients-closed", "Google reçoit les mesures."),
    ("T-13", "controller-named", "Click'n CoNNect est le nom commercial de la SRL HA.I."),
    ("T-14", "no-answer", "Nous répondons dans le mois."),
    ("T-15", "terms", "Cette politique est un texte à part."),
    ("T-16", "rights-channels", "Vous pouvez vous opposer à la prospection à tout moment."),
    ("T-22", "terms", "En vigueur depuis le 1er décembre 2026."),
    ("T-23", "data-categories", "Vos nom et prénom."),
]  # fmt: skip


@pytest.mark.parametrize(("warning", "key", "text"), CORRECTIONS, ids=lambda v: str(v)[:20])
def test_corrected_by_a_version_with_other_words(warning: str, key: str, text: str) -> None:
    PolicyBlock.objects.filter(key=key).update(text=dict.fromkeys(("fr", "nl", "de", "en"), text))
    assert state(warning).state == "open"  # a draft corrects nothing
    publish(now=NOW, preset="politique")
    assert (state(warning).state, state(warning).corrected_in) == ("corrected", 2)


def test_a_complement_corrects_nothing() -> None:
    """It is our sentence beside the policy's words, not the policy."""
    row = PolicyBlock.objects.get(key="complement-terms")
    row.text = {**row.text, "fr": "Les cookies analytiques demandent votre accord."}
    row.save()
    publish(now=NOW, preset="politique")
    assert state("T-03").state == "open"


def test_t_19_closes_with_three_years() -> None:
    fact = Fact.objects.get(key="promotion_retention")
    fact.amount, fact.words = 3, {**fact.words, "fr": "3 ans"}
    fact.save()
    publish(now=NOW, preset="politique")
    assert state("T-19").corrected_in == 2


def test_other_words_open_what_was_accepted(manager: User) -> None:
    accept("T-14", manager)
    row = PolicyBlock.objects.get(key="no-answer")
    row.text = {**row.text, "fr": row.text["fr"].replace("elle sera", "elle est")}
    row.save()
    assert state("T-14").state == "accepted"
    publish(now=NOW, preset="politique")
    assert state("T-14").state == "open"
    accept("T-14", manager, "Nouvelle phrase, même réponse.")
    assert Acknowledgement.objects.filter(warning="T-14").count() == 2


def test_what_is_accepted_does_not_depend_on_the_language(manager: User) -> None:
    accept("T-01", manager)
    accept("GA-08", manager)
    with translation.override("en"):
        assert state("T-01").state == "accepted"
        assert state("GA-08").state == "accepted"


def test_short_reasons_and_stale_words_are_refused(manager: User) -> None:
    with pytest.raises(conformity.ShortReason):
        accept("T-01", manager, "  ok      ")
    for warning, sha256 in (("T-01", "0" * 64), ("T-99", "0" * 64), ("T-06", state("T-06").sha256)):
        with pytest.raises(conformity.NotOpen):
            conformity.acknowledge(
                warning=warning, sha256=sha256, reason="Une bonne raison.", by=manager, now=NOW
            )
    accept("T-01", manager)
    with pytest.raises(conformity.NotOpen):
        accept("T-01", manager)
    assert Acknowledgement.objects.count() == Act.objects.count() == 1


def test_acknowledgements_are_append_only(manager: User) -> None:
    row = accept("T-01", manager)
    for statement in ("UPDATE consent_acknowledgement SET reason = 'x'",
                      "DELETE FROM consent_acknowledgement"):  # fmt: skip
        with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)
    assert Acknowledgement.objects.get() == row


@pytest.mark.parametrize(
    ("months", "checked", "is_open"),
    [
        (None, None, True),
        (14, None, True),
        (14, date(2026, 11, 1), False),
        (25, date(2025, 12, 1), False),
        (25, date(2025, 11, 30), True),
        (26, date(2026, 11, 1), True),
    ],
)
def test_ga_08_retention_at_google(months: Any, checked: Any, is_open: bool) -> None:
    Control.objects.create(
        analytics_property_retention_months=months, analytics_property_checked_on=checked
    )
    assert ("GA-08" in open_ids()) is is_open


def test_ga_11_t_12_review_of_the_transfer() -> None:
    assert "GA-11" not in open_ids()
    later = datetime(2027, 11, 22, 9, tzinfo=UTC), datetime(2027, 11, 23, 9, tzinfo=UTC)
    assert "GA-11" not in open_ids(later[0])
    assert "GA-11" in open_ids(later[1])
    Service.objects.update(transfer_reviewed_on=None)
    publish(now=NOW, preset="politique")
    assert "GA-11" in open_ids()


def test_ga_01_disagreement_at_run_time(settings: Any) -> None:
    settings.GA_MEASUREMENT_ID = "G-OTHER12345"
    status = state("GA-01")
    assert status.state == "open"
    assert "G-OTHER12345" in status.quoted[0]


def test_seal_anchor_and_verification(settings: Any) -> None:
    settings.SEAL_ANCHOR = "mailto:proof@example.test"
    assert "CP-01" not in open_ids()
    settings.SEAL_ANCHOR = ""
    assert "CP-01" in open_ids()
    assert "CP-01-V" not in open_ids()
    Verification.objects.create(
        at=datetime.now(UTC), ok=False, seals=3, records=0, seconds=0.1,
        problem="Le sceau 3 ne tient pas.",
    )  # fmt: skip
    assert state("CP-01-V").quoted == ("Le sceau 3 ne tient pas.",)


def test_another_module_adds_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    concern = live.Concern(
        "X-01", "L2", "Titre", "Règle", "Clair", "À faire", "—", lambda _v: ("vu",), is_live=True
    )
    monkeypatch.setattr(live, "PROVIDERS", [*live.PROVIDERS, lambda: [concern]])
    assert "X-01" in open_ids()


def test_binding_ones_come_first_with_their_addresses() -> None:
    found = conformity.open_warnings(now=NOW)
    levels = [warning.level for warning in found]
    assert levels == sorted(levels, key=["L1", "L2", "L3", "watch"].index)
    assert found[0].url == f"/admin/consent/acknowledgement/{found[0].id}/"
    assert all(warning.title for warning in found)


def test_nothing_published_is_no_warning(django_assert_max_num_queries: Any) -> None:
    with django_assert_max_num_queries(8):
        conformity.open_warnings(now=NOW)
    assert conformity.review._present(None, NOW) is None


ADDRESS = "/admin/consent/acknowledgement/"


def test_screen_lists_every_warning_and_counts_the_open(django_assert_max_num_queries: Any) -> None:
    client = member(MANAGERS)
    client.get(ADDRESS)
    with django_assert_max_num_queries(14):
        page = client.get(ADDRESS).content.decode()
    for warning in IDS:
        assert f"{ADDRESS}{warning}/" in page
    assert f"<strong>{len(open_ids(datetime.now(UTC)))}</strong> avertissements ouverts" in page
    assert "corrigé, version 1" in page


def test_a_manager_works_a_warning_through(django_assert_max_num_queries: Any) -> None:
    client = member(MANAGERS)
    page = client.get(f"{ADDRESS}T-14/")
    html = page.content.decode()
    for words in ("considérée comme rejetée", "RGPD, art. 12(3)", "préréglage strict"):
        assert words in html
    data = {"sha256": state("T-14").sha256, "reason": "court"}
    page = client.post(f"{ADDRESS}T-14/", data)
    assert "au moins 10 signes" in page.content.decode()
    assert ">court</textarea>" in page.content.decode()
    data["reason"] = "Phrase gardée : la date de réponse est suivie."
    assert client.post(f"{ADDRESS}T-14/", data).status_code == 302
    with django_assert_max_num_queries(19):
        html = client.get(f"{ADDRESS}T-14/").content.decode()
    assert "accepté avec motif" in html
    assert "Phrase gardée" in html
    assert "privacy@example.test" in html or "privacy managers" in html
    page = client.post(f"{ADDRESS}T-14/", data)
    assert "est plus ouvert pour les mots" in page.content.decode()
    assert client.get(f"{ADDRESS}T-99/").status_code == 404
    assert client.put(f"{ADDRESS}T-14/").status_code == 405


@pytest.mark.parametrize("group", [AGENTS, OFFICERS, AUDITORS])
def test_others_read_warnings_and_accept_none(group: str) -> None:
    client = member(group)
    assert client.get(ADDRESS).status_code == 200
    page = client.get(f"{ADDRESS}T-01/")
    assert page.status_code == 200
    assert "<textarea" not in page.content.decode()
    data = {"sha256": state("T-01").sha256, "reason": "Une bonne raison."}
    assert client.post(f"{ADDRESS}T-01/", data).status_code == 403
    assert not Acknowledgement.objects.exists()


def test_archive_and_strangers_see_no_warning(client: Client) -> None:
    assert member("archive").get(ADDRESS).status_code == 403
    assert member("archive", "b@example.test").get(f"{ADDRESS}T-01/").status_code == 403
    assert client.get(ADDRESS).status_code == 302


def test_t_06_opens_when_the_code_keeps_another_life() -> None:
    version = Publication.objects.get()
    cookies = [{**row, "lifetime_seconds": 1} if row["name"] == "sessionid" else row
               for row in version.content["cookies"]]  # fmt: skip
    published = conformity.review.Published({**version.content, "cookies": cookies})
    concern = next(concern for concern in TENSIONS if concern.id == "T-06")
    assert concern.examine(published) == ("sessionid : 14 jours (1 s)",)
