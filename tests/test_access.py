"""The answer to a request for access: all of the person's data, nobody else's, and art. 15."""

import io
import json
import resource
import sys
import zipfile
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from django.apps import apps
from django.conf import settings
from django.db import connection
from django.test.utils import CaptureQueriesContext

from consent.log.ids import uuid7
from privacy.models import (
    ContactMessage,
    DataSubject,
    Disclosure,
    FiscalYear,
    Invoice,
    LegalHold,
    MarketingChoice,
)
from privacy.rights import access, schemas
from privacy.rights import tables as tables_module
from privacy.rights.tables import tables
from privacy.rights.third_parties import (
    UnknownRedaction,
    UnreviewedThirdParties,
    third_party_values,
)
from privacy.sources.base import about_people, sources
from tests.owners import ELSEWHERE, Canaries

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
PUBLISHED = Path(settings.BASE_DIR, "static/privacy/export-1.schema.json")


def archive(person: DataSubject, **options: Any) -> zipfile.ZipFile:
    out = io.BytesIO()
    options = {"language": "fr", "now": NOW, "reviewed": True} | options
    access.build(person, out=out, **options)
    return zipfile.ZipFile(out)


def document(found: zipfile.ZipFile) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(found.read("donnees.json"))
    return content


def texts(found: zipfile.ZipFile) -> str:
    names = [name for name in found.namelist() if not name.endswith(".pdf")]
    return "\n".join(found.read(name).decode() for name in names)


def plain_person(**values: Any) -> DataSubject:
    return DataSubject.objects.create(last_name="Dupont", email="d@example.test", **values)


def test_dr_09_the_canaries_are_in_every_table_that_leads_to_somebody() -> None:
    marie = Canaries("marie")
    declared = {source.label() for source in about_people()}
    assert declared == set(marie.rows) | ELSEWHERE
    known = {model._meta.label_lower for model in apps.get_models(include_auto_created=True)}
    leading = {label for label, one in sources().items() if one.path is not None and one.personal()}
    assert leading <= set(marie.rows)
    assert leading <= known
    assert len(marie.shown) > 30


def test_dr_09_all_of_the_person_and_nothing_of_anybody_else() -> None:
    marie, paul = Canaries("marie"), Canaries("paul")
    found = archive(marie.person)
    exact, rows = found.read("donnees.json").decode(), texts(found)
    data = document(found)["data"]
    for (label, name), word in marie.shown.items():
        assert word in exact, (label, name)
        assert word in found.read(f"csv/{label}.csv").decode(), (label, name)
        assert word in found.read(f"html/{label}-1.html").decode(), (label, name)
        assert data[label]["rows"][0][name] == word
    for label, word in marie.secret.items():
        assert word not in rows, label
    for word in (*paul.shown.values(), *paul.secret.values(), str(paul.person.pk)):
        assert word not in rows
    for label, row in paul.rows.items():
        assert str(row.pk) not in rows or label.startswith("otp_"), label


def test_dr_09_one_row_of_the_person_for_each_table() -> None:
    marie = Canaries("marie")
    Canaries("paul")
    data = document(archive(marie.person))["data"]
    assert set(data) == {table.name for table in tables()}
    assert {name for name, one in data.items() if len(one["rows"]) != 1} == set()


def test_dr_09_the_document_follows_the_published_schema_in_four_languages() -> None:
    marie = Canaries("marie")
    schema = json.loads(PUBLISHED.read_text())
    jsonschema.Draft202012Validator.check_schema(schema)
    check = jsonschema.Draft202012Validator(schema, format_checker=jsonschema.FormatChecker())
    for language in ("fr", "nl", "de", "en"):
        content = document(archive(marie.person, language=language))
        check.validate(content)
        assert json.loads(json.dumps(content)) == content
    check.validate(document(archive(plain_person())))


def test_dr_09_the_published_schema_is_that_of_the_declarations() -> None:
    """`manage.py portability schemas` writes them."""
    assert json.loads(PUBLISHED.read_text()) == schemas.export()


def test_dr_09_each_item_of_article_15() -> None:
    person = plain_person(account_opened_on=date(2020, 1, 2), account_closed_on=date(2026, 2, 28))
    MarketingChoice.objects.create(
        person=person, channel="email", given=True, at=NOW, source="account"
    )
    Disclosure.objects.create(
        person=person, recipient="accountant", recipient_name="Fiduciaire Lebrun SRL",
        purpose="iv", categories=["name", "iban"], at=NOW,
    )  # fmt: skip
    found = archive(person)
    told = document(found)["information"]
    purposes = {one["key"]: one for one in told["purposes"]}  # (a)
    assert set(purposes) == {"ii", "v", "vi", "vii", "marketing"}
    assert purposes["marketing"]["bases"] == ["votre consentement, art. 6(1)(a) du RGPD"]
    assert "gestion des Utilisateurs" in purposes["ii"]["purpose"]
    assert "adresse e-mail" in told["categories"]  # (b)
    (named,) = told["recipients"]["named"]  # (c)
    assert named == {
        "name": "Fiduciaire Lebrun SRL", "on": "2026-11-24",
        "categories": ["nom et prénom", "numéro de compte (IBAN)"],
    }  # fmt: skip
    assert any("secrétariat social" in line for line in told["recipients"]["possible"])
    own = next(one for one in told["kept"] if one["source"] == "privacy.datasubject")  # (d)
    assert own["until"] == "2031-02-28"
    assert "cinq (5) ans" in own["because"]
    rights = " ".join(told["rights"])  # (e)
    for word in ("rectification", "effacement", "limitation", "opposition", "portabilité"):
        assert word in rights
    assert told["rights_page"].endswith("/privacy/rights/")
    assert told["authority"]["phone"] == "+32 2 274 48 00"  # (f), T-21
    assert "213 85 40" not in texts(found)
    assert {one["data"] for one in told["source"]} == {one["data"] for one in told["kept"]}  # (g)
    assert "automatisé" in told["automated_decisions"]  # (h)
    assert any("2023/1795" in line for line in told["transfers"])  # 15(2)


def test_dr_09_what_is_not_held_is_not_told() -> None:
    told = document(archive(plain_person()))["information"]
    assert [one["source"] for one in told["kept"]] == ["privacy.datasubject"]
    assert told["purposes"] == []
    assert told["recipients"]["named"] == []
    assert told["not_erased_because"] == []


def test_dr_09_a_hold_is_told() -> None:
    person = plain_person()
    LegalHold.objects.create(
        person=person, reason="procès", placed_at=NOW, review_on=date(2027, 5, 1)
    )
    assert "2027-05-01" in document(archive(person))["information"]["not_erased_because"][0]


@pytest.mark.parametrize(
    ("issued", "until"),
    [
        ("2026-01-01", "2033-12-31"), ("2026-12-31", "2033-12-31"),
        ("2018-06-15", "2025-12-31"), ("2019-06-15", "2026-12-31"),
    ],
)  # fmt: skip
def test_dr_09_an_invoice_says_its_own_end(issued: str, until: str) -> None:
    person = plain_person()
    invoice(person, "F1", issued_on=issued)
    rows = document(archive(person))["data"]["privacy.invoice"]["rows"]
    assert [row["kept_until"] for row in rows] == [until]


def test_dr_09_a_fiscal_year_of_its_own_moves_the_end() -> None:
    person = plain_person()
    FiscalYear.objects.create(starts_on="2026-07-01", ends_on="2027-06-30")
    invoice(person, "F1", issued_on="2026-07-01")
    rows = document(archive(person))["data"]["privacy.invoice"]["rows"]
    assert rows[0]["kept_until"] == "2034-12-31"


def invoice(person: DataSubject, number: str, **values: Any) -> Invoice:
    return Invoice.objects.create(
        person=person, number=number, name="D", address="A", net="100.00", vat="21.00",
        **{"issued_on": "2026-03-01", "iban": "BE71096123456769"} | values,
    )  # fmt: skip


def message(person: DataSubject, body: str) -> ContactMessage:
    return ContactMessage.objects.create(person=person, body=body, received_at=NOW)


def test_dr_11_nothing_leaves_before_somebody_looked() -> None:
    person = plain_person()
    message(person, "Mon voisin Jean Petit a payé.")
    out = io.BytesIO()
    with pytest.raises(UnreviewedThirdParties):
        access.build(person, out=out, language="fr", now=NOW)
    assert out.getvalue() == b""


def test_dr_11_a_redaction_hides_one_value_and_says_why() -> None:
    person = plain_person()
    first, second = message(person, "Jean Petit"), message(person, "Bonjour")
    (looked,) = [one for one in third_party_values(person) if one.row == str(first.pk)]
    assert (looked.source, looked.field, looked.value) == (
        "privacy.contactmessage", "body", "Jean Petit",
    )  # fmt: skip
    key = (looked.source, looked.row, looked.field)
    found = archive(person, redactions={key: "nomme un voisin"})
    rows = {row["id"]: row for row in document(found)["data"]["privacy.contactmessage"]["rows"]}
    assert rows[str(first.pk)]["body"] == "[masqué : nomme un voisin]"
    assert rows[str(second.pk)]["body"] == "Bonjour"
    assert "Jean Petit" not in texts(found)
    assert texts(found).count("[masqué : nomme un voisin]") == 3


def test_dr_11_all_looked_at_by_redactions_needs_no_flag() -> None:
    person = plain_person()
    one = message(person, "Jean Petit")
    key = ("privacy.contactmessage", str(one.pk), "body")
    assert "Jean Petit" not in texts(archive(person, reviewed=False, redactions={key: "voisin"}))


def test_dr_11_a_redaction_that_hides_nothing_stops_the_export() -> None:
    person = plain_person()
    message(person, "Jean Petit")
    with pytest.raises(UnknownRedaction):
        archive(person, redactions={("privacy.contactmessage", str(uuid7()), "body"): "voisin"})
    with pytest.raises(ValueError, match="reason"):
        archive(person, redactions={("privacy.contactmessage", str(uuid7()), "body"): " "})


def test_dr_11_without_review_a_copy_holds_back_and_says_so() -> None:
    person = plain_person()
    message(person, "Jean Petit")
    found = archive(person, reviewed=False, hold_back=True)
    assert "Jean Petit" not in texts(found)
    assert document(found)["held_back"] is True
    assert "pas encore complète" in found.read("index.html").decode()
    assert "Dupont" in texts(found)


def test_dr_09_the_pdf_is_one_that_assistive_programs_read() -> None:
    pdf = archive(plain_person()).read("resume.pdf")
    assert pdf.startswith(b"%PDF-")
    assert b"pdfuaid" in pdf


def test_dr_09_csv_is_for_spreadsheets_and_runs_nothing() -> None:
    person = plain_person(phone="+32470123456", street='=HYPERLINK("http://x.test")')
    lines = archive(person).read("csv/privacy.datasubject.csv").decode("utf-8-sig").splitlines()
    assert "Nom" in lines[0].split(";")
    assert "+32470123456" in lines[1]
    assert "'+32470123456" not in lines[1]
    assert "'=HYPERLINK" in lines[1]
    assert archive(person).read("csv/privacy.datasubject.csv").startswith(b"\xef\xbb\xbf")


def test_dr_09_values_are_texts_in_the_pages() -> None:
    person = plain_person(street="<script>alert(1)</script>")
    page = archive(person).read("html/privacy.datasubject-1.html").decode()
    assert "<script" not in page
    assert "&lt;script&gt;" in page


def test_dr_09_words_are_in_the_language_of_the_person() -> None:
    page = archive(plain_person(), language="nl").read("index.html").decode()
    assert '<html lang="nl">' in page
    assert "gebruikers" in page.lower() or "gegevens" in page.lower()


def test_dr_09_queries_do_not_grow_with_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    person = plain_person()
    copies: list[str] = []
    copied = tables_module.copied

    def counting(statement: str, values: list[Any]) -> Any:
        copies.append(statement)
        return copied(statement, values)

    monkeypatch.setattr(tables_module, "copied", counting)
    for number in range(50):
        invoice(person, f"F{number}")
    with CaptureQueriesContext(connection) as queries:
        archive(person)
    # All counts in one, four for art. 15; then JSON, CSV and pages of two filled sources.
    assert len(queries) <= 9
    assert len(copies) == 6


def test_dr_09_progress_comes_to_its_end() -> None:
    person = plain_person()
    told: list[tuple[int, int]] = []
    archive(person, progress=lambda done, total: told.append((done, total)))
    assert told[-1] == (3, 3)
    assert told == sorted(told)


def many_messages(person: DataSubject, number: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO privacy_contactmessage (id, reference, person_id, name, email, phone,"
            " topic, body, language, received_at, outcome, refiled_as)"
            " SELECT gen_random_uuid(), to_hex(%s) || '-' || to_hex(i), %s, 'Dupont',"
            " 'd@example.test', '', 'autre',"
            " 'Message ' || i, 'fr', now(), '', '' FROM generate_series(1, %s) AS i",
            [number, person.pk, number],
        )


class _Nowhere(io.RawIOBase):
    """Cannot be sought, keeps nothing."""

    size = 0

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self.size += len(data)
        return len(data)


def peak_bytes() -> int:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


def test_dr_09_a_hundred_thousand_records_in_flat_memory() -> None:
    person = plain_person()
    sizes = []
    for number in (1_000, 99_000):
        many_messages(person, number)
        out = _Nowhere()
        rows = access.build(person, out=out, language="fr", now=NOW, reviewed=True)
        sizes.append((rows, peak_bytes()))
        assert out.size > 10_000
    assert [rows for rows, _peak in sizes] == [1_001, 100_001]
    assert sizes[1][1] - sizes[0][1] < 16_000_000


def test_dr_09_long_tables_are_read_in_pages() -> None:
    person = plain_person()
    many_messages(person, 2_001)
    found = archive(person)
    pages = [name for name in found.namelist() if name.startswith("html/privacy.contactmessage")]
    assert len(pages) == 3
    middle = found.read("html/privacy.contactmessage-2.html").decode()
    assert middle.count("<tr>") == 1_001
    assert 'rel="prev"' in middle
    assert 'rel="next"' in middle
