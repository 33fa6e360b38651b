"""The preview says what goes, when and why, and names nobody."""

import json
from datetime import UTC, date, datetime, timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from privacy.models import Complaint, DataSubject, Invoice
from privacy.retention import preview
from privacy.retention.rules import published
from tests.retention_rows import invoice, message, person

pytestmark = pytest.mark.django_db
LONG_AGO = date(2015, 1, 1)
AS_OF = "2026-11-24"
NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


@pytest.fixture
def rows() -> dict[str, Any]:
    made = {
        "today": person(opened=LONG_AGO, closed=date(2021, 11, 23)),
        "in_30": person(opened=LONG_AGO, closed=date(2021, 12, 23)),
        "in_90": person(started=LONG_AGO, ended=date(2022, 2, 21)),
        "later": person(opened=LONG_AGO, closed=date(2022, 2, 22)),
        "lost": person(),
    }
    for one in (made["today"], made["later"]):
        Complaint.objects.create(
            person=one, subject="x", body="x", received_on=LONG_AGO, closed_on=LONG_AGO
        )
    made["invoice"] = invoice(made["later"], date(2018, 6, 15))
    made["next_year"] = invoice(made["later"], date(2019, 6, 15))
    made["message"] = message(closed_at=NOW - timedelta(days=1), to=made["later"])
    return made


def as_json(**options: Any) -> dict[str, Any]:
    out = StringIO()
    call_command("retention", "preview", "--format", "json", "--as-of", AS_OF, stdout=out)
    found: dict[str, Any] = json.loads(out.getvalue())
    return found


def test_rt_07_preview_lists_each_record_with_its_day_and_reason(rows: dict[str, Any]) -> None:
    found = as_json()
    assert found["as_of"] == AS_OF
    account, accounting, contact, _requests = found["rules"]
    assert [r["reference"] for r in sorted(account["records"], key=lambda r: r["horizon"])] == [
        rows["today"].reference, rows["in_30"].reference, rows["in_90"].reference,
    ]  # fmt: skip
    assert {
        r["reference"]: (r["horizon"], r["due_on"], r["reason"]) for r in account["records"]
    } == {
        rows["today"].reference: (0, "2026-11-24", "account"),
        rows["in_30"].reference: (30, "2026-12-24", "account"),
        rows["in_90"].reference: (90, "2027-02-22", "contract"),
    }
    assert [one["counts"]["privacy.datasubject"] for one in account["due"]] == [1, 2, 3]
    assert [one["counts"].get("privacy.complaint") for one in account["due"]] == [1, 1, 1]
    assert [(r["reference"], r["horizon"], r["due_on"]) for r in accounting["records"]] == [
        (rows["invoice"].number, 0, "2026-01-01"),
        (rows["next_year"].number, 90, "2027-01-01"),
    ]
    assert accounting["due"][2]["counts"] == {"privacy.invoice": 2, "privacy.invoiceline": 2}
    assert accounting["needs_approval"]
    assert [(r["reference"], r["due_on"]) for r in contact["records"]] == [
        (rows["message"].reference, "2026-11-23")
    ]
    assert found["without_anchor"] == [rows["lost"].reference]


def test_rt_07_preview_names_nobody_and_changes_nothing(rows: dict[str, Any]) -> None:
    out = StringIO()
    call_command("retention", "preview", "--as-of", AS_OF, stdout=out)
    call_command("retention", "run", "--as-of", AS_OF, stdout=out)
    text = out.getvalue() + json.dumps(as_json())
    assert "Nothing was erased" in text
    assert rows["today"].reference in text
    for word in ("Camille", "Durand", "example.test", "Rue Haute"):
        assert word not in text
    assert DataSubject.objects.exclude(last_name="").count() == 5
    assert Invoice.objects.count() == 2


@pytest.mark.parametrize("text", ["24/11/2026", "2026-13-01", "hier"])
def test_rt_07_a_day_that_is_none_is_said(text: str) -> None:
    with pytest.raises(CommandError, match="is no day"):
        call_command("retention", "preview", "--as-of", text)


def test_rt_09_nothing_is_erased_ahead_of_its_day() -> None:
    with pytest.raises(CommandError, match="yet to come"):
        call_command("retention", "run", "--commit", "--as-of", "2099-01-01")


def test_rt_07_the_counts_grow_with_the_horizon(rows: dict[str, Any]) -> None:
    for section in preview.sections(rules=published(), now=NOW, models=False):
        counts = [section.count(ahead) for ahead in preview.HORIZONS]
        assert counts == sorted(counts)
