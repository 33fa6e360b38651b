"""The record of processing: sections of the register, their check, what reads them."""

import csv
import json
import re
from collections.abc import Callable
from datetime import UTC, datetime
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth.models import Group
from django.core.management import call_command
from django.core.management.base import CommandError
from django.test import Client
from django.utils.html import escape

from consent import snapshots
from consent.conformity import statuses
from consent.difference import row_changes
from consent.enums import LANGUAGES
from consent.forms.texts import FourTextsField
from consent.models import Control, Cookie, Fact, Notice, PresetRule, Publication
from consent.publishing import RegisterDisagrees, publish, version_digest
from consent.register import rows
from consent.register.check import disagreements
from consent.register.file import Register, dump, read
from privacy import register as published
from privacy.groups import AGENTS, ARCHIVE, MANAGERS
from privacy.models import DataCategory, Processor, Purpose, RetentionRule, User
from privacy.processing.sections import SECTIONS
from privacy.sources.base import Personal, Source, ThirdParty, sources

NOW = datetime(2026, 12, 1, 9, tzinfo=UTC)
NAMES = [section.name for section in SECTIONS]


@pytest.fixture
def register() -> Register:
    return read(settings.REGISTER_FILE)


def row(register: Register, section: str, key: str) -> dict[str, Any]:
    found: dict[str, Any] = next(one for one in register[section] if one["key"] == key)
    return found


@pytest.mark.django_db
def test_the_rows_give_the_file_back_byte_for_byte(register: Register) -> None:
    assert [name for name in register if name in NAMES] == NAMES
    out = StringIO()
    call_command("register", "dump", stdout=out)
    assert out.getvalue() == settings.REGISTER_FILE.read_text("utf-8")
    RetentionRule.objects.all().delete()
    Purpose.objects.filter(key="i").update(position=99)
    rows.load(register)
    rows.load(register)
    assert dump(rows.dumped()) == settings.REGISTER_FILE.read_text("utf-8")


def _lacks_german(register: Register) -> None:
    del row(register, "purposes", "iii")["name"]["de"]


def _empty_german(register: Register) -> None:
    row(register, "purposes", "iii")["name"]["de"] = ""


def _unknown_field(register: Register) -> None:
    row(register, "recipients", "google")["colour"] = "blue"


def _no_basis(register: Register) -> None:
    row(register, "purposes", "ii")["bases"] = []


def _no_rule(register: Register) -> None:
    row(register, "data_categories", "iban")["rules"] = []


def _unknown_action(register: Register) -> None:
    row(register, "retention_rules", "account")["action"] = "forget"


def _no_day(register: Register) -> None:
    row(register, "processors", "website")["reviewed_on"] = "soon"


def _no_section(register: Register) -> None:
    del register["security"]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("break_it", "place"),
    [
        (_lacks_german, "purposes/2/name: 'de'"),
        (_empty_german, "purposes/2/name/de"),
        (_unknown_field, "recipients/5: .*colour"),
        (_no_basis, "purposes/1/bases"),  # TR-02
        (_no_rule, "data_categories/4/rules"),  # TR-05
        (_unknown_action, "retention_rules/0/action"),
        (_no_day, "processors/2/reviewed_on"),
        (_no_section, "'security' is a required property"),
    ],
)
def test_tr_02_tr_05_a_malformed_record_names_the_place_and_loads_nothing(
    register: Register, tmp_path: Path, break_it: Callable[[Register], None], place: str
) -> None:
    break_it(register)
    file = tmp_path / "register.yaml"
    file.write_text(dump(register), "utf-8")
    before = rows.dumped()
    with pytest.raises(CommandError, match=place):
        call_command("register", "load", str(file), stdout=StringIO())
    assert rows.dumped() == before


def _set(section: str, name: str, /, **values: Any) -> Callable[[Register], None]:
    def change(register: Register) -> None:
        row(register, section, name).update(values)

    return change


def _rename(section: str, key: str) -> Callable[[Register], None]:
    return _set(section, key, key="renamed")


def _without(section: str, key: str, field: str) -> Callable[[Register], None]:
    def change(register: Register) -> None:
        row(register, section, key).pop(field)

    return change


SAME = dict.fromkeys(("fr", "nl", "de", "en"), "cinq ans")


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (_set("purposes", "i", data=["name", "shoe_size"]), "i names shoe_size"),
        (_set("purposes", "i", recipients=["nobody"]), "i names nobody"),
        (_set("data_categories", "iban", rules=["never"]), "iban names never"),
        (_without("purposes", "promotion", "interest"), "promotion lacks its interest"),
        (_without("purposes", "vi", "reason"), "vi lacks its reason"),
        (_rename("data_categories", "phone"), "privacy.datasubject is declared with phone"),
        (_rename("retention_rules", "contact"), "declared with contact"),
        (_rename("purposes", "vii"), "privacy.complaint is declared with vii"),
        (_rename("recipients", "third_party_complainant"), "recipient third_party_complainant"),
        (_rename("people_categories", "staff"), "nothing uses renamed"),
        (_set("processors", "google", service="matomo"), "google names matomo"),
        (_set("processors", "website", recipient="x"), "website names x"),
        (_set("processors", "website", reviewed_on="2026-13-01"), "2026-13-01 is no day"),
        (_set("retention_rules", "account", fact="reply"), "is no period of the policy"),
        (_set("retention_rules", "account", words=SAME), "does not quote {account_retention}"),
        (_set("retention_rules", "account", facts=["PF-71"]), "does not quote where it says so"),
        (_set("retention_rules", "account", amount=5, unit="year"), "needs a fact of the policy"),
        (_without("retention_rules", "staff", "unit"), "needs a fact of the policy"),
        (_set("retention_rules", "accounting", needs_approval=False), "anybody's approval (T-18)"),
        (_set("security", "access", name={**SAME, "nl": "{x_y}"}), "{x_y} is no fact"),
    ],
)
def test_tr_03_tr_05_the_check_says_what_disagrees(
    register: Register, change: Callable[[Register], None], sentence: str
) -> None:
    assert disagreements(register) == []
    change(register)
    assert sentence in " ".join(disagreements(register))


def test_tr_05_every_source_follows_the_rule_of_one_of_its_purposes(register: Register) -> None:
    """TR-05: what a table holds, why and how long is what the register says of that purpose."""
    wrong = []
    for label, source in sources().items():
        if not source.personal():
            continue
        named = [row(register, "purposes", key) for key in source.purposes]
        if not any(source.rule in purpose["rules"] for purpose in named):
            wrong.append((label, source.rule))
        said = {key for purpose in named for key in purpose["data"]}
        wrong += [(label, d.category) for d in source.personal().values() if d.category not in said]
    assert wrong == []


@pytest.mark.django_db
def test_a_source_with_an_unknown_rule_stops_a_publication(monkeypatch: pytest.MonkeyPatch) -> None:
    others = {label: one for label, one in sources().items() if one.model is not DataCategory}
    monkeypatch.setattr(Source, "_all", others)

    class Planted(Source):
        model = DataCategory
        path = "person"
        rule = "for_ever"
        purposes = ("xi",)
        fields = {"key": Personal("shoe_size")}

    with pytest.raises(RegisterDisagrees) as refused:
        publish(now=NOW, preset="politique")
    for name in ("for_ever", "xi", "shoe_size"):
        assert f"privacy.datacategory is declared with {name}" in str(refused.value)
    # Measuring goes on: it does not depend on this.
    snapshots.refresh()
    snapshot = snapshots.current()
    assert snapshot is not None
    assert snapshot.problems == ()


@pytest.mark.django_db
def test_the_record_asks_nobody_again_and_is_hashed_with_the_version() -> None:
    """A new purpose of processing is no new agreement about cookies (CK-16)."""
    before = Publication.objects.get()
    assert before.notice_id == 1
    assert before.content["retention_rules"] == before.source["retention_rules"]
    RetentionRule.objects.filter(key="staff").update(amount=2)
    after = publish(now=NOW, preset="politique")
    assert after is not None
    assert after.notice_id == 1
    assert Notice.objects.count() == 1
    assert after.sha256 == version_digest(after.content, after.in_force_on) != before.sha256
    (change,) = row_changes(before.content, after.content)
    assert (change.section, change.key, change.fields[0].new) == ("retention_rules", "staff", "2")


@pytest.mark.django_db
def test_rules_are_read_from_what_is_published_not_from_the_draft() -> None:
    RetentionRule.objects.filter(key="request_files").update(amount=9)
    rule = published.rule("request_files")
    assert (rule.amount, rule.unit, rule.action) == (5, "year", "delete")
    publication = publish(now=NOW, preset="politique")
    assert publication is not None
    snapshots.refresh()
    assert published.rule("request_files").amount == 9
    assert published.register_version() == (publication.number, publication.sha256)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("key", "amount", "unit", "trigger", "approval"),
    [
        ("account", 5, "year", "account_closed", False),  # PF-60
        ("accounting", 7, "fiscal_year", "document_issued", True),  # PF-61
        ("contact", 0, "day", "message_closed", False),  # PF-62
        ("promotion", 5, "year", "contract_ended", False),  # PF-71
        ("marketing", 0, "day", "consent_withdrawn", False),  # PF-72
        ("request_files", 5, "year", "request_closed", False),
        ("identity_documents", 24, "hour", "identity_checked", False),
        ("consent_proof", 5, "year", "choice_ended", False),
        ("staff", 1, "year", "staff_left", False),
    ],
)
def test_pf_60_to_pf_72_rules_have_the_policys_periods(
    key: str, amount: int, unit: str, trigger: str, approval: bool
) -> None:
    rule = published.rule(key)
    assert (rule.amount, rule.unit, rule.trigger) == (amount, unit, trigger)
    assert rule.needs_approval is approval
    assert not any("{" in text for text in rule.words.values())


@pytest.mark.django_db
def test_a_period_follows_its_fact_and_the_preset() -> None:
    Fact.objects.filter(key="promotion_retention").update(
        amount=4, words=dict.fromkeys(("fr", "nl", "de", "en"), "4 ans")
    )
    strict = PresetRule.objects.get(preset="strict_be_fr")
    strict.overrides.setdefault("facts", {})["promotion_retention"] = {
        "amount": 3,
        "words": dict.fromkeys(("fr", "nl", "de", "en"), "3 ans"),
    }
    strict.save()
    for preset, amount in (("politique", 4), ("strict_be_fr", 3)):
        publish(now=NOW, preset=preset)
        snapshots.refresh()
        rule = published.rule("promotion")
        assert rule.amount == amount
        assert f"{amount} ans" in rule.words["de"]


@pytest.mark.django_db
def test_tr_02_t_11_bases_are_the_policys_until_the_strict_preset() -> None:
    vi, marketing = published.purpose("vi"), published.purpose("marketing")
    assert vi.bases == vi.policy_bases == ("6(1)(b)",)  # PF-58
    # The page proposes another basis, and so opens the right that goes with it.
    assert vi.rights == ("portability", "objection", "withdrawal")
    assert published.purpose("v").bases == ("6(1)(b)", "6(1)(c)")  # PF-59
    assert published.purpose("promotion").rights == ("objection",)  # PF-70
    assert marketing.bases == ("6(1)(a)",)  # PF-72
    assert marketing.rights == ("portability", "withdrawal")
    publish(now=NOW, preset="strict_be_fr")
    snapshots.refresh()
    vi = published.purpose("vi")
    assert vi.bases == ("6(1)(f)", "6(1)(a)")
    assert vi.policy_bases == ("6(1)(b)",)
    assert published.purpose("iii").rights == ("portability",)


@pytest.mark.django_db
def test_tr_03_t_10_recipients_are_the_policys_three_two_of_vii_and_google() -> None:
    assert [one.key for one in published.recipients()] == [
        "administrations", "providers", "recovery", "authorities", "third_party_complainant",
        "google",
    ]  # fmt: skip
    used = {key: p.key for p in published.purposes() for key in p.recipients}
    assert used["authorities"] == used["third_party_complainant"] == "vii"
    assert published.recipients()[-1].name["nl"] == "Google Ireland Limited en Google LLC"


@pytest.mark.django_db
def test_a_version_older_than_the_record_is_a_sentence_and_goes_on_measuring() -> None:
    last = Publication.objects.get()
    older = {name: value for name, value in last.source.items() if name not in NAMES}
    publication = publish(now=NOW, preset="politique", source=older)
    assert publication is not None
    snapshots.refresh()
    snapshot = snapshots.current()
    assert snapshot is not None
    assert snapshot.problems == ()
    with pytest.raises(published.NotPublished, match="register load"):
        published.rule("account")
    rows.load(older)  # as a discard does
    assert RetentionRule.objects.count() == 9


@pytest.mark.django_db
def test_reading_a_rule_asks_the_database_nothing(django_assert_num_queries: Any) -> None:
    published.rule("account")
    with django_assert_num_queries(0):
        published.rules()
        published.purposes()


def exported(kind: str, language: str = "fr") -> str:
    out = StringIO()
    call_command("ropa", "export", format=kind, language=language, stdout=out)
    return out.getvalue()


@pytest.mark.django_db
def test_ropa_json_has_every_letter_of_art_30_for_every_purpose() -> None:
    found = json.loads(exported("json"))
    assert found["controller"]["name"] == "SRL HA.I"  # (a), with its trade name (T-13)
    assert found["controller"]["trade_name"] == "Click'n CoNNect"
    assert found["controller"]["authority_phone_current"] == "+32 2 274 48 00"  # T-21
    assert [one["key"] for one in found["activities"]] == [
        "i", "ii", "iii", "iv", "v", "vi", "vii", "promotion", "marketing",
    ]  # fmt: skip
    for one in found["activities"]:
        for letter in ("purpose", "bases", "people", "data", "recipients", "erasure"):
            assert one[letter], (one["key"], letter)  # (b), (c), (d), (f)
    assert found["security"]  # (g)
    google = next(one for one in found["activities"] if one["key"] == "vi")["transfers"]
    assert [one["name"] for one in google] == ["Google Ireland Limited"]  # (e), T-12
    assert "2023/1795" in google[0]["transfer"]
    assert google[0]["reviewed_on"] == "2026-11-22"
    assert (found["version"], found["sha256"]) == published.register_version()


@pytest.mark.django_db
def test_ropa_says_in_which_fields_each_category_is_held() -> None:
    found = json.loads(exported("json"))
    iv = next(one for one in found["activities"] if one["key"] == "iv")
    iban = next(one for one in iv["data"] if one["key"] == "iban")
    assert {"privacy.datasubject.iban", "privacy.invoice.iban"} <= set(iban["held_in"])
    named = {where for a in found["activities"] for d in a["data"] for where in d["held_in"]}
    declared = {
        f"{label}.{name}" for label, source in sources().items() for name in source.personal()
    }
    assert named == declared


@pytest.mark.django_db
def test_ropa_csv_is_one_line_a_purpose_and_opens_in_a_spreadsheet() -> None:
    Fact.objects.filter(key="trade_name").update(
        words=dict.fromkeys(("fr", "nl", "de", "en"), '=1+1";')
    )
    Purpose.objects.filter(key="ii").update(
        name=dict.fromkeys(("fr", "nl", "de", "en"), '=HYPERLINK("x");y')
    )
    publish(now=NOW, preset="politique")
    snapshots.refresh()
    text = exported("csv")
    assert text.startswith("\ufeff")
    lines = list(csv.reader(StringIO(text[1:]), delimiter=";"))
    assert len(lines) == 10
    assert {len(line) for line in lines} == {12}
    assert lines[2][2] == '\'=HYPERLINK("x");y'


@pytest.mark.django_db
@pytest.mark.parametrize("language", ["fr", "nl", "de", "en"])
def test_ropa_page_is_complete_in_itself_in_four_languages(language: str) -> None:
    text = exported("html", language)
    assert f'<html lang="{language}">' in text
    assert 'href="data:text/css;base64,' in text
    assert "<style" not in text
    assert "<script" not in text
    assert not re.search(r'(src|href)="https?:', text)
    for one in published.purposes():
        assert escape(one.name[language]) in text
    assert "{" not in text.replace("data:text/css", "")


@pytest.mark.django_db
def test_ropa_needs_a_publication() -> None:
    last = Publication.objects.get()
    older = {name: value for name, value in last.source.items() if name not in NAMES}
    publish(now=NOW, preset="politique", source=older)
    snapshots.refresh()
    with pytest.raises(CommandError, match="older than the record of processing"):
        exported("json")


def quoted(warning: str, now: datetime = NOW) -> tuple[str, ...]:
    return next(s.quoted for s in statuses(now=now) if s.concern.id == warning)


@pytest.mark.django_db
def test_tr_04_t_12_a_processor_without_country_or_with_an_old_review_is_a_warning() -> None:
    assert "Prestataire du site internet : pays inconnu." in quoted("TR-04")
    Processor.objects.filter(service="").update(country="BE", reviewed_on="2026-01-10")
    Processor.objects.filter(key="website").update(country="US")
    publish(now=NOW, preset="politique")
    assert quoted("TR-04") == (
        "Prestataire du site internet : hors de l'Union (US), sans fondement noté.",
    )
    late = quoted("TR-04", datetime(2027, 1, 11, 12, tzinfo=UTC))
    assert len(late) == 4
    assert "examiné le 10 janvier 2026" in late[0]


@pytest.mark.django_db
def test_tr_05_a_setting_that_leaves_the_published_period_is_a_warning() -> None:
    assert quoted("TR-05") == ()
    Control.objects.create(proof_retention_years=7)
    assert "7 ans" in quoted("TR-05")[0]


def staff(group: str) -> Client:
    person = User.objects.create_user(f"{group[:3]}@example.test", "four-words-are-enough",
                                      is_staff=True)  # fmt: skip
    person.groups.add(Group.objects.get(name=group))
    client = Client(headers={"origin": "http://testserver"})
    client.force_login(person)
    return client


def form_of(client: Client, address: str) -> dict[str, Any]:
    """What the browser would send of the form at `address`, unchanged."""
    form = client.get(address).context["adminform"].form
    data: dict[str, Any] = {}
    for bound in form:
        value = bound.value()
        if isinstance(bound.field, FourTextsField):
            data.update({f"{bound.name}_{code}": value[code] for code in LANGUAGES})
        elif value not in (None, False):
            data[bound.name] = value
    return data


@pytest.mark.django_db
def test_staff_write_a_rule_and_a_purpose_and_wrong_ones_are_sentences() -> None:
    client = staff(MANAGERS)
    rule = RetentionRule.objects.get(key="request_files")
    address = f"/admin/privacy/retentionrule/{rule.pk}/change/"
    data = form_of(client, address)
    answer = client.post(address, {**data, "amount": 4})
    assert answer.status_code == 302, answer.context["errors"]
    rule.refresh_from_db()
    assert rule.amount == 4
    both = client.post(address, {**data, "fact": "account_retention"})
    assert "ou un nombre et son unité" in both.content.decode()
    assert "{account_retention}" in both.content.decode()

    vi = Purpose.objects.get(key="vi")
    address = f"/admin/privacy/purpose/{vi.pk}/change/"
    data = form_of(client, address)
    wrong = client.post(address, {**data, "rules": ["for_ever"]})
    assert wrong.status_code == 200
    assert client.post(address, {**data, "people": ["staff", "users"]}).status_code == 302
    vi.refresh_from_db()
    assert vi.people == ["users", "staff"]
    assert vi.bases == ["6(1)(b)"]


@pytest.mark.django_db
def test_t_18_no_screen_lets_accounting_documents_go_by_themselves() -> None:
    client = staff(MANAGERS)
    rule = RetentionRule.objects.get(key="accounting")
    address = f"/admin/privacy/retentionrule/{rule.pk}/change/"
    data = form_of(client, address)
    del data["needs_approval"]
    answer = client.post(address, data)
    assert "demande toujours un accord" in answer.content.decode()
    rule.refresh_from_db()
    assert rule.needs_approval


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("query", "kind"),
    [("", "text/html"), ("?language=de&format=print", "text/html"), ("?format=csv", "text/csv"),
     ("?format=json&language=en", "application/json"), ("?language=xx&format=x", "text/html")],
)  # fmt: skip
def test_staff_read_the_record_in_force(query: str, kind: str) -> None:
    address = f"/admin/privacy/purpose/record/{query}"
    answer = staff(AGENTS).get(address)
    assert answer.status_code == 200
    assert answer.headers["Content-Type"].startswith(kind)
    assert "SRL HA.I" in answer.content.decode()
    assert staff(ARCHIVE).get(address).status_code == 403
    assert Client().get(address).status_code == 302


@pytest.mark.django_db
def test_the_publishing_screen_names_the_rows_and_the_problem() -> None:
    client = staff(MANAGERS)
    RetentionRule.objects.filter(key="staff").update(amount=2)
    page = client.get("/admin/consent/publication/publish/", follow=True).content.decode()
    assert "règle de conservation « staff »" in page
    Purpose.objects.filter(key="i").update(data=["shoe_size"])
    page = client.get("/admin/consent/publication/publish/", follow=True).content.decode()
    assert "« i » nomme « shoe_size »" in page


def test_t_23_the_open_category_is_marked_and_mapped_to_purposes(register: Register) -> None:
    """Free text is of the category « other », which each purpose that holds any of it names."""
    assert [one["key"] for one in register["data_categories"] if one["is_open"]] == ["other"]
    free = {
        purpose
        for source in sources().values()
        for declaration in source.personal().values()
        if isinstance(declaration, ThirdParty)
        for purpose in source.purposes
        if declaration.category == "other"
    }
    assert free
    assert all("other" in row(register, "purposes", key)["data"] for key in free)


@pytest.mark.django_db
def test_an_older_site_gets_the_new_sections_into_its_draft_and_nothing_is_published() -> None:
    last = Publication.objects.get()
    older = {name: value for name, value in last.source.items() if name not in NAMES}
    publish(now=NOW, preset="politique", source=older)
    for section in SECTIONS:
        section.model._default_manager.all().delete()
    Cookie.objects.filter(name="_ga").update(purpose=SAME)
    out = StringIO()
    call_command("register", "load", "--publish", "--if-empty", stdout=out)
    assert "New in the draft, to be published: purposes, data_categories" in out.getvalue()
    assert Publication.objects.count() == 2
    assert {name: rows.dumped()[name] for name in NAMES} == {n: last.source[n] for n in NAMES}
    assert Cookie.objects.get(name="_ga").purpose == SAME  # what staff wrote stays
    out = StringIO()
    call_command("register", "load", "--publish", "--if-empty", stdout=out)
    assert "New" not in out.getvalue()
