"""People in the admin: found, seen, changed; each with its trace in the journal."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from consent.models import Act
from consent.periods import local_day
from privacy.groups import AGENTS, ARCHIVE, MANAGERS, OFFICERS
from privacy.models import (
    DataSubject,
    Disclosure,
    DisclosureProposal,
    FiscalYear,
    Invoice,
    LegalHold,
    Restriction,
    User,
)
from tests import people

pytestmark = pytest.mark.django_db
LIST = "/admin/privacy/datasubject/"
TODAY = local_day(datetime.now(UTC))
REASON = "à la demande de la personne"


def staff(group: str, name: str = "staff") -> Client:
    user = User.objects.create_user(f"{name}@example.test", "x", is_staff=True)
    user.groups.add(Group.objects.get(name=group))
    client = Client(headers={"origin": "http://testserver", "accept-language": "fr"})
    client.force_login(user)
    return client


@pytest.fixture
def manager() -> Client:
    return staff(MANAGERS)


def page(who: DataSubject) -> str:
    return reverse("admin:privacy_datasubject_change", args=[who.pk])


def act(who: DataSubject, name: str) -> str:
    return reverse("admin:privacy_person_act", args=[who.pk, name])


def acts_on(who: DataSubject) -> list[str]:
    found = Act.objects.filter(target=f"privacy.datasubject:{who.pk}").order_by("at", "id")
    return list(found.values_list("act", flat=True))


def found(client: Client, words: str) -> set[str]:
    response = client.get(LIST, {"q": words})
    assert response.status_code == 200
    return {person.reference for person in response.context["cl"].result_list}


# --- The list -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "words",
    ["lefèvre", "LEFEVRE", "Lef", "Élodie", "elo", "Élodie Lef", "lefèvre élodie",
     "elodie@example.test", "Elodie@Example.test", "02 777 56 78", "+3227775678"],
)  # fmt: skip
def test_the_search_finds_by_name_address_and_phone(manager: Client, words: str) -> None:
    who = people.person(
        first_name="Élodie", last_name="Lefèvre", email="elodie@example.test", phone="+3227775678"
    )
    people.person(first_name="Jan", last_name="de Smet")
    assert found(manager, words) == {who.reference}


def test_the_search_finds_by_reference_invoice_and_message(manager: Client) -> None:
    who, other = people.person(), people.person(first_name="Jan", last_name="de Smet")
    people.fill(who)
    for words in (who.reference, who.reference.lower(), who.invoices.get().number,
                  who.contact_messages.get().reference):  # fmt: skip
        assert found(manager, words) == {who.reference}
    assert found(manager, "Jan de Smet") == {other.reference}
    assert found(manager, "de Smet") == {other.reference}
    for words in ("mith", "%", "_", "xample.test", "0", "a b c d e f g"):
        assert found(manager, words) == set()


def test_the_list_stays_fast_with_many_people(manager: Client) -> None:
    """An index answers each search, and nobody counts them all."""
    DataSubject.objects.bulk_create(
        [
            DataSubject(first_name=f"p{n % 977}", last_name=f"nom{n}", email=f"{n}@x.test",
                        phone=f"+322{n:07}")
            for n in range(20_000)
        ]
    )  # fmt: skip
    connection.cursor().execute("ANALYZE privacy_datasubject")
    from privacy.searching import matching

    for words in ("7@x.test", "nom777", "+32 2 777 12 34", "P-ABCDEFGH"):
        plan = DataSubject.objects.filter(matching(words)).explain()
        assert "Seq Scan on privacy_datasubject" not in plan, (words, plan)
    manager.get(LIST)
    with CaptureQueriesContext(connection) as seen:
        response = manager.get(LIST)
    assert response.context["cl"].result_count == 5_000
    assert len(seen) <= 14
    counts = [query["sql"] for query in seen if "COUNT(" in query["sql"]]
    assert len(counts) == 1
    assert "LIMIT 5000" in counts[0]


def test_dr_14_the_list_shows_restricted_people_to_managers_who_ask(manager: Client) -> None:
    who = people.person(last_name="Caché")
    people.restrict(who)
    assert found(manager, "Caché") == set()
    asked = manager.get(LIST, {"protection": "restricted"})
    assert [one.reference for one in asked.context["cl"].result_list] == [who.reference]
    assert "traitement limité" in asked.content.decode()
    agent = staff(AGENTS, "agent")
    refused = agent.get(LIST, {"protection": "restricted"}, follow=True)
    assert "Caché" not in refused.content.decode()


# --- The page -----------------------------------------------------------------------------------


def test_the_page_shows_all_that_is_held_with_its_end(manager: Client) -> None:
    FiscalYear.objects.create(starts_on=date(2024, 1, 1), ends_on=date(2024, 12, 31))
    who = people.with_account(
        street="Rue Haute 1", vat_number=people.VAT, account_closed_on=date(2024, 2, 29)
    )
    people.fill(who)
    html = manager.get(page(who)).content.decode()
    for words in (
        who.email, "Rue Haute 1", people.IBAN, people.VAT, "service 0", "Bonjour", "bruit",
        "Me Leroy", "31 décembre 2031", "28 février 2029", "pièce comptable du 01/03/2024",
        "peut concerner un tiers",
    ):  # fmt: skip
        assert words in html, words
    assert "admin.viewed" in acts_on(who)


def test_no_field_of_the_page_shows_a_secret(manager: Client) -> None:
    who = people.with_account()
    html = manager.get(page(who)).content.decode()
    assert who.account.password not in html
    assert "md5$" not in html


def test_the_page_keeps_its_budget_whatever_is_held(manager: Client) -> None:
    who = people.with_account()
    people.fill(who)
    manager.get(page(who))
    with CaptureQueriesContext(connection) as few:
        assert manager.get(page(who)).status_code == 200
    people.fill(people.person(), 3)
    people.invoice(who, lines=70)
    for _ in range(60):
        people.invoice(who)
    with CaptureQueriesContext(connection) as many:
        html = manager.get(page(who)).content.decode()
    assert len(many) == len(few)
    # One a source, and what each page of the admin asks.
    assert len(many) <= 48
    assert html.count("pièce comptable") == 100
    more = reverse("admin:privacy_person_held", args=[who.pk, "privacy.invoiceline"])
    assert f"{more}?p=2" in html
    last = manager.get(more, {"p": "3"}).content.decode()
    assert last.count("pièce comptable") == 31
    assert "person.held_viewed" not in acts_on(who)
    assert "person.viewed" in acts_on(who)


@pytest.mark.parametrize(
    "path", ["/nothing/change/", "/00000000-0000-7000-8000-000000000000/change/"]
)
def test_nobody_there_is_a_404(manager: Client, path: str) -> None:
    assert manager.get(LIST.rstrip("/") + path).status_code == 404


def test_rt_11_the_archive_is_for_its_role_and_logged() -> None:
    who = people.person(archived_at=people.AT, last_name="Ancien")
    for group, expected in ((MANAGERS, 403), (AGENTS, 403), (ARCHIVE, 200), (OFFICERS, 200)):
        client = staff(group, group.replace(" ", "-"))
        assert client.get(page(who)).status_code == expected, group
        assert found(client, "Ancien") == ({who.reference} if expected == 200 else set())
        held = reverse("admin:privacy_person_held", args=[who.pk, "privacy.invoice"])
        assert client.get(held).status_code == expected
        assert client.get(act(who, "hold")).status_code == 403
    assert acts_on(who).count("archive.viewed") == 4


def test_an_anonymised_person_shows_only_what_is_left(manager: Client) -> None:
    who = people.person(
        first_name="", last_name="", email="", phone="", iban="", anonymised_at=people.AT
    )
    people.invoice(who)
    html = manager.get(page(who)).content.decode()
    assert "Anonymisé le 2 novembre 2026" in html
    assert "service 0" in html
    assert act(who, "correct") not in html


# --- Restriction --------------------------------------------------------------------------------


def test_dr_14_a_restricted_person_is_seen_for_a_reason_that_is_noted(manager: Client) -> None:
    who = people.person(city="Liège")
    people.restrict(who)
    html = manager.get(page(who)).content.decode()
    assert "adresse contestée" in html
    assert "Liège" not in html
    refused = manager.post(act(who, "see"), {"reason": "", "confirm": "on"})
    assert refused.status_code == 422
    assert "Liège" not in refused.content.decode()
    shown = manager.post(act(who, "see"), {"reason": REASON, "confirm": "on"})
    assert "Liège" in shown.content.decode()
    assert "person.restricted_seen" in acts_on(who)
    agent = staff(AGENTS, "agent").get(page(who)).content.decode()
    assert who.reference in agent
    assert "adresse contestée" not in agent
    assert who.last_name not in agent


def test_dr_14_restrict_tell_then_lift(manager: Client) -> None:
    who = people.person()
    form = {"ground": "a", "reason": REASON, "confirm": "on"}
    assert manager.post(act(who, "restrict"), form).status_code == 302
    assert not DataSubject.objects.filter(pk=who.pk).exists()
    twice = manager.post(act(who, "restrict"), form)
    assert twice.status_code == 422
    placed = Restriction.objects.get()
    lift = {"row": placed.pk, "reason": REASON, "confirm": "on"}
    early = manager.post(act(who, "lift"), lift)
    assert "Avertissez d" in early.content.decode()
    corrected = manager.get(act(who, "correct"), follow=True)
    assert corrected.redirect_chain == [(page(who), 302)]
    told = {"row": placed.pk, "told_on": TODAY.isoformat(), "confirm": "on"}
    late = {**told, "told_on": (TODAY + timedelta(days=1)).isoformat()}
    assert manager.post(act(who, "told"), late).status_code == 422
    assert manager.post(act(who, "told"), told).status_code == 302
    assert manager.post(act(who, "lift"), lift).status_code == 302
    assert DataSubject.objects.filter(pk=who.pk).exists()
    assert [name for name in acts_on(who) if name.startswith("person.")] == [
        "person.restricted", "person.told_of_lift", "person.restriction_lifted"
    ]  # fmt: skip


# --- Acts ---------------------------------------------------------------------------------------


def corrected(who: DataSubject, **values: Any) -> dict[str, Any]:
    kept = {
        name: getattr(who, name)
        for name in ("first_name", "last_name", "street", "postal_code", "city", "country", "email",
                     "phone", "iban", "vat_number", "language")
    }  # fmt: skip
    return kept | values | {"reason": REASON, "confirm": "on"}


def test_dr_21_a_correction_is_validated_and_noted_by_names_of_fields(manager: Client) -> None:
    who = people.person()
    new = {"city": "Gand", "phone": "02 777 56 78", "vat_number": "0779.838.527"}
    assert manager.post(act(who, "correct"), corrected(who, **new)).status_code == 302
    who.refresh_from_db()
    assert (who.city, who.phone, who.vat_number) == ("Gand", "+3227775678", people.VAT)
    written = Act.objects.get(act="person.corrected")
    assert sorted(written.details["fields"]) == ["city", "phone", "vat_number"]
    assert "Gand" not in str(written.details)


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [("iban", "BE00 0000 0000 0000", "IBAN"), ("vat_number", "BE0000000001", "TVA"),
     ("phone", "12", "téléphone"), ("email", "nothing", "e-mail"), ("country", "Belgique", "2")],
)  # fmt: skip
def test_a_wrong_value_changes_nothing_and_is_explained(
    manager: Client, field: str, value: str, words: str
) -> None:
    who = people.person()
    answer = manager.post(act(who, "correct"), corrected(who, **{field: value, "city": "Gand"}))
    assert answer.status_code == 422
    assert words in str(answer.context["form"].errors[field])
    who.refresh_from_db()
    assert who.city == ""


def test_rt_01_an_account_is_closed_and_opened_again(manager: Client) -> None:
    who = people.with_account()
    form = {"closed_on": TODAY.isoformat(), "reason": REASON, "confirm": "on"}
    for wrong in (TODAY + timedelta(days=1), date(2019, 1, 1)):
        answer = manager.post(act(who, "close"), {**form, "closed_on": wrong.isoformat()})
        assert answer.status_code == 422
    assert manager.post(act(who, "close"), form).status_code == 302
    who.refresh_from_db()
    assert who.account_closed_on == TODAY
    assert not who.account.is_active
    opened = {"reason": REASON, "confirm": "on"}
    assert manager.post(act(who, "reopen"), opened).status_code == 302
    who.refresh_from_db()
    who.account.refresh_from_db()
    assert who.account_closed_on is None
    assert who.account.is_active


def test_rt_06_a_hold_has_a_reason_and_a_review_within_a_year(manager: Client) -> None:
    who = people.person()
    form = {
        "review_on": (TODAY + timedelta(days=20)).isoformat(),
        "reason": REASON,
        "confirm": "on",
    }
    for wrong in (TODAY + timedelta(days=370), TODAY - timedelta(days=1)):
        answer = manager.post(act(who, "hold"), {**form, "review_on": wrong.isoformat()})
        assert answer.status_code == 422
    assert manager.post(act(who, "hold"), {**form, "reason": ""}).status_code == 422
    assert manager.post(act(who, "hold"), {**form, "confirm": ""}).status_code == 422
    assert not LegalHold.objects.exists()
    assert manager.post(act(who, "hold"), form).status_code == 302
    front = manager.get("/admin/").content.decode()
    assert "blocage" in front
    hold = LegalHold.objects.get()
    released = {"row": hold.pk, "reason": REASON, "confirm": "on"}
    assert manager.post(act(who, "release"), released).status_code == 302
    assert manager.post(act(who, "release"), released).status_code == 422
    assert "blocage" not in manager.get("/admin/").content.decode()


def test_dr_09_a_disclosure_is_noted(manager: Client) -> None:
    who = people.person()
    form = {
        "recipient": "recovery", "recipient_name": "Me Leroy", "purpose": "vii",
        "categories": ["name", "iban"], "on": TODAY.isoformat(), "confirm": "on",
    }  # fmt: skip
    assert manager.post(act(who, "disclose"), form).status_code == 302
    assert Disclosure.objects.get().categories == ["iban", "name"]
    third = {**form, "recipient": "third_party_complainant"}
    assert manager.post(act(who, "disclose"), third).status_code == 422


def test_t_10_a_complainant_gets_data_after_a_second_manager_agreed(manager: Client) -> None:
    who = people.person()
    form = {
        "recipient_name": "Le voisin", "purpose": "vii", "categories": ["name"],
        "balancing": "son intérêt à agir prévaut", "confirm": "on",
    }  # fmt: skip
    assert manager.post(act(who, "propose"), {**form, "balancing": ""}).status_code == 422
    assert manager.post(act(who, "propose"), form).status_code == 302
    assert not Disclosure.objects.exists()
    agreed = {"row": DisclosureProposal.objects.get().pk, "confirm": "on"}
    assert manager.post(act(who, "approve"), agreed).status_code == 422
    second = staff(MANAGERS, "second")
    assert second.post(act(who, "approve"), agreed).status_code == 302
    given = Disclosure.objects.get()
    assert given.approved_by_id != given.by_id
    assert not DisclosureProposal.objects.exists()


@pytest.mark.parametrize("group", [AGENTS, OFFICERS, ARCHIVE])
def test_dr_21_others_than_managers_act_on_nobody(group: str) -> None:
    from privacy.admin.person_forms import ACTS

    who = people.person()
    client = staff(group)
    html = client.get(page(who)).content.decode()
    for name in ACTS:
        if (group, name) == (OFFICERS, "see"):
            continue
        assert client.post(act(who, name), {"row": who.pk}).status_code == 403, name
        assert act(who, name) not in html


def test_an_act_on_nobody_or_of_no_name_is_a_404(manager: Client) -> None:
    who = people.person()
    assert manager.get(act(who, "nothing")).status_code == 404
    assert manager.get(act(who, "release")).status_code == 404
    assert manager.put(act(who, "hold")).status_code == 405
    gone = act(who, "hold")
    who.delete()
    assert manager.get(gone).status_code == 404


# --- Invoices -----------------------------------------------------------------------------------


def test_rt_02_an_invoice_is_added_with_its_lines_and_stays(manager: Client) -> None:
    who = people.person()
    form = {
        "reference": who.reference, "number": "F-1", "issued_on": "2026-01-10", "name": "Zoé",
        "address": "Rue Haute 1", "vat_number": "0779.838.527", "iban": "BE71 0961 2345 6769",
        "net": "200", "vat": "42", "lines-TOTAL_FORMS": "1", "lines-INITIAL_FORMS": "0",
        "lines-0-description": "conseil", "lines-0-quantity": "2", "lines-0-unit_price": "100",
        "lines-0-vat_rate": "21",
    }  # fmt: skip
    add = reverse("admin:privacy_invoice_add")
    wrong = {
        "reference": "P-NOBODY22", "vat_number": "BE0000000001", "iban": "BE00", "net": "199",
        "issued_on": "2999-01-01", "lines-TOTAL_FORMS": "0",
    }  # fmt: skip
    for name, value in wrong.items():
        answer = manager.post(add, {**form, name: value})
        assert answer.status_code == 200, name
        assert "errorlist" in answer.content.decode(), name
    assert not Invoice.objects.exists()
    assert manager.post(add, form).status_code == 302
    made = Invoice.objects.get()
    assert (made.person, made.iban, made.vat_number) == (who, people.IBAN, people.VAT)
    assert made.lines.get().description == "conseil"
    change = reverse("admin:privacy_invoice_change", args=[made.pk])
    html = manager.get(change).content.decode()
    assert who.reference in html
    assert manager.post(change, form).status_code == 403
