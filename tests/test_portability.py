"""What a person takes along: what they provided, under consent or contract, to be read again."""

import csv
import io
import json
import zipfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from django.conf import settings
from django.core.management import CommandError, call_command

from privacy.models import DataSubject, MarketingChoice
from privacy.rights import portability
from privacy.sources.base import Personal, source_of
from tests.owners import Canaries

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
PUBLISHED = Path(settings.BASE_DIR, "static/privacy/portability-1.schema.json")


def archive(person: DataSubject) -> zipfile.ZipFile:
    out = io.BytesIO()
    portability.build(person, out=out, language="fr", now=NOW)
    return zipfile.ZipFile(out)


def document(person: DataSubject) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(archive(person).read("portabilite.json"))
    return content


def real_person() -> DataSubject:
    person = DataSubject.objects.create(
        first_name="Marie", last_name="Dupont", email="marie@example.test", phone="+32470123456",
        iban="BE71096123456769", street="Rue Neuve 1", postal_code="5081", city="La Bruyère",
    )  # fmt: skip
    for channel in ("email", "paper"):
        MarketingChoice.objects.create(
            person=person, channel=channel, given=True, at=NOW, source="account"
        )
    return person


def test_dr_15_only_what_was_provided_under_consent_or_contract() -> None:
    marie = Canaries("marie")
    data = document(marie.person)["data"]
    exact = json.dumps(data, ensure_ascii=False)
    for (label, name), word in marie.shown.items():
        source = source_of(label)
        said = source.fields[name]
        taken = (
            isinstance(said, Personal)
            and said.provided
            and bool(portability.PURPOSES & set(source.purposes))
        )
        assert (word in exact) == taken, (label, name)
    assert not {"privacy.complaint", "privacy.restriction", "privacy.disclosure"} & set(data)
    assert "placed_at" not in exact
    assert "kept_until" not in exact


def test_dr_15_nothing_of_anybody_else() -> None:
    marie, paul = Canaries("marie"), Canaries("paul")
    exact = json.dumps(document(marie.person))
    assert not [word for word in paul.shown.values() if word in exact]


def test_dr_15_the_file_follows_the_published_schema() -> None:
    schema = json.loads(PUBLISHED.read_text())
    assert schema == portability.schema()
    jsonschema.Draft202012Validator(schema).validate(document(Canaries("marie").person))


def test_dr_15_csv_holds_the_same_values() -> None:
    person = real_person()
    found = archive(person)
    text = found.read("csv/privacy.datasubject.csv").decode("utf-8-sig")
    (row,) = csv.DictReader(io.StringIO(text))
    (exact,) = document(person)["data"]["privacy.datasubject"]
    assert row == {name: "" if value is None else str(value) for name, value in exact.items()}
    assert json.loads(found.read("portability-1.schema.json")) == portability.schema()


def taken_file(person: DataSubject, folder: Path) -> Path:
    path = folder / "portabilite.json"
    path.write_bytes(archive(person).read("portabilite.json"))
    return path


def provided(person: DataSubject) -> dict[str, Any]:
    """Without the keys, which are each site's own."""
    data = document(person)["data"]
    return {
        label: sorted(
            json.dumps({k: v for k, v in row.items() if k != "id"}, sort_keys=True) for row in rows
        )
        for label, rows in data.items()
    }


def test_dr_15_an_empty_site_makes_the_same_person_of_it(tmp_path: Path) -> None:
    person = real_person()
    path, before = taken_file(person, tmp_path), provided(person)
    person.delete()
    assert not DataSubject.objects.exists()
    call_command("portability", "import", str(path), "--commit")
    again = DataSubject.objects.get()
    assert again.pk != person.pk
    assert provided(again) == before


def test_dr_15_without_commit_nothing_is_kept(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = taken_file(real_person(), tmp_path)
    call_command("portability", "import", str(path))
    assert DataSubject.objects.count() == 1
    said = capsys.readouterr().out
    assert "privacy.marketingchoice: 2" in said
    assert "Nothing is kept" in said


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda data: data.update(version=2), "version"),
        (lambda data: data["data"]["privacy.datasubject"][0].pop("email"), "datasubject"),
        (lambda data: data["data"]["privacy.datasubject"][0].update(iban="BE00"), "iban"),
        (lambda data: data["data"].update({"privacy.datasubject": []}), "0 people"),
    ],
)
def test_dr_15_a_file_that_is_not_right_changes_nothing(
    change: Any, said: str, tmp_path: Path
) -> None:
    path = taken_file(real_person(), tmp_path)
    content = json.loads(path.read_text())
    change(content)
    path.write_text(json.dumps(content))
    with pytest.raises(CommandError, match=said):
        call_command("portability", "import", str(path), "--commit")
    assert DataSubject.objects.count() == 1


def test_dr_15_a_file_that_is_no_json_says_so(tmp_path: Path) -> None:
    path = tmp_path / "x.json"
    path.write_text("{")
    with pytest.raises(CommandError, match="no JSON"):
        call_command("portability", "import", str(path))
