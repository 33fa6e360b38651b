"""The consent log in the admin: filters, and exactly the filtered rows as CSV."""

import csv
import io
import random
import tracemalloc
from datetime import UTC, date, datetime
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.db.models import QuerySet
from django.test import Client

from consent import export
from consent.models import Act, Record
from consent.periods import local_day
from privacy.groups import AGENTS, AUDITORS, MANAGERS, OFFICERS
from privacy.models import User
from tests import ledger, records

pytestmark = pytest.mark.django_db
LIST, CSV = "/admin/consent/record/", "/admin/consent/record/csv/"
FIRST, LAST = date(2026, 3, 20), date(2026, 4, 20)


def staff(group: str) -> Client:
    user = User.objects.create_user("staff@example.test", "x", is_staff=True)
    user.groups.add(Group.objects.get(name=group))
    client = Client(headers={"origin": "http://testserver", "accept-language": "fr"})
    client.force_login(user)
    return client


@pytest.fixture
def manager() -> Client:
    return staff(MANAGERS)


def table(response: Any, comma: str = ";") -> list[list[str]]:
    text = b"".join(response.streaming_content).decode()
    assert text.startswith("\ufeff")
    return list(csv.reader(io.StringIO(text.removeprefix("\ufeff")), delimiter=comma))


APRIL = date(2026, 4, 1)
CHANGE = date(2026, 3, 29)  # of clocks


def day(record: Record) -> date:
    return local_day(record.recorded_at)


QUERIES = [
    ("", lambda r: True),
    ("event__exact=refused", lambda r: r.event == "refused"),
    ("source__exact=page&language__exact=nl", lambda r: (r.source, r.language) == ("page", "nl")),
    ("notice=2&gpc__exact=1", lambda r: r.notice == 2 and r.gpc),
    ("notice=2&gpc__exact=0", lambda r: r.notice == 2 and not r.gpc),
    ("day_from=2026-03-29&day_to=2026-03-29", lambda r: day(r) == CHANGE),
    ("day_from=2026-04-01", lambda r: day(r) >= APRIL),
    ("day_to=2026-03-31&event__exact=given", lambda r: day(r) < APRIL and r.event == "given"),
]


@pytest.mark.parametrize(("query", "wanted"), QUERIES, ids=[query for query, _ in QUERIES])
def test_list_and_file_hold_exactly_the_filtered_rows(
    manager: Client, query: str, wanted: Any
) -> None:
    made = records.some(500, first=FIRST, last=LAST)
    expected = sorted((str(r.pk) for r in made if wanted(r)), reverse=True)
    page = manager.get(f"{LIST}?{query}")
    assert page.context["cl"].result_count == len(expected)
    assert f"{CSV}?{query}".rstrip("?").replace("&", "&amp;") in page.text
    rows = table(manager.get(f"{CSV}?{query}"))
    assert [row[0] for row in rows[1:]] == expected


def test_file_says_what_the_record_says_in_the_language_of_the_reader(manager: Client) -> None:
    at = datetime(2026, 3, 28, 23, 30, 0, 5000, tzinfo=UTC)
    records.make_partitions(FIRST, LAST)
    chance = random.Random(3)
    record = records.one(at, chance, event="given", categories=["analytics"], source="page",
                         language="nl", gpc=True, previous=None)  # fmt: skip
    record.save()
    heading, row = table(manager.get(CSV))
    found = dict(zip(heading, row, strict=True))
    assert found["décision"] == "donné"
    assert found["endroit"] == "page des choix"
    assert found["signal GPC"] == "oui"
    assert found["enregistré le"] == "2026-03-29T00:30:00.005+01:00"
    assert found["catégories acceptées"] == "analytics"
    english = table(manager.get(CSV, headers={"accept-language": "en"}), ",")
    assert english[0] != heading
    assert english[1][0] == row[0]


@pytest.mark.parametrize("query", ["day_from=2026-02-30", "day_from=x", "day_to=0001-01-01",
                                   "day_from=2026-04-02&day_to=2026-04-01"])  # fmt: skip
def test_a_day_that_is_none_is_said_and_shows_and_exports_nothing(
    manager: Client, query: str
) -> None:
    records.some(20, first=FIRST, last=LAST)
    page = manager.get(f"{LIST}?{query}")
    assert page.context["cl"].result_count == 0
    assert "n’est pas un jour" in page.text or "vient après" in page.text
    answer = manager.get(f"{CSV}?{query}", follow=True)
    assert "Rien n’a été exporté" in answer.text
    assert not Act.objects.filter(act="record.exported").exists()


@pytest.mark.parametrize("query", ["notice=x", "event__exact=", "nothing=1", "gpc__exact=7"])
def test_no_parameter_is_an_error_of_ours(manager: Client, query: str) -> None:
    for address in (LIST, CSV):
        assert manager.get(f"{address}?{query}").status_code in {200, 302, 400}


def test_export_is_in_the_journal_with_its_filters(manager: Client) -> None:
    table(manager.get(f"{CSV}?event__exact=refused"))
    act = Act.objects.get(act="record.exported")
    assert act.actor == User.objects.get().pk
    assert act.details["filters"] == {"event__exact": "refused"}


@pytest.mark.parametrize(
    ("group", "status"), [(MANAGERS, 200), (OFFICERS, 200), (AUDITORS, 200), (AGENTS, 403)]
)
def test_who_may_export(group: str, status: int) -> None:
    assert staff(group).get(CSV).status_code == status


def test_who_may_look_may_not_export_without_the_permission() -> None:
    from django.contrib.auth.models import Permission

    client = staff(AGENTS)
    user = User.objects.get()
    user.user_permissions.add(Permission.objects.get(codename="view_record"))
    # New rights end the sessions that began without them.
    user.refresh_from_db()
    client.force_login(user)
    assert client.get(LIST).status_code == 200
    assert "csv/" not in client.get(LIST).text
    assert client.get(CSV).status_code == 403


def test_the_log_takes_no_change_from_its_screens(manager: Client) -> None:
    made = records.some(1, first=FIRST, last=LAST)[0]
    assert manager.get(f"{LIST}{made.pk}/change/").status_code == 200
    assert manager.post(f"{LIST}{made.pk}/change/", {"event": "given"}).status_code == 403
    assert manager.post(f"{LIST}{made.pk}/delete/", {"post": "yes"}).status_code == 403
    assert manager.get(f"{LIST}add/").status_code == 403
    assert Record.objects.count() == 1


@pytest.mark.parametrize("cell", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1"])
def test_no_cell_is_a_formula(cell: str) -> None:
    assert export.safe(cell) == f"'{cell}"
    assert export.safe("analytics") == "analytics"
    assert export.safe("") == ""


def test_rows_that_come_while_the_file_is_sent_are_not_in_it() -> None:
    made = records.some(10, first=FIRST, last=LAST)
    sent = export.lines(Record.objects.all(), language="fr", now=datetime(2026, 5, 1, tzinfo=UTC))
    next(sent)
    records.some(5, first=date(2026, 5, 2), last=date(2026, 5, 9), seed=9)
    text = "".join(sent)
    assert text.count("\r\n") == len(made)
    assert all(str(record.pk) in text for record in made)


def test_memory_stays_flat_for_100_000_rows() -> None:
    ledger.fill(100_000)

    def peak(rows: QuerySet[Record]) -> tuple[int, int]:
        tracemalloc.start()
        length = sum(
            text.count("\r\n")
            for text in export.lines(rows, language="fr", now=ledger.after(days=30))
        )
        most = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return length - 1, most

    everything = Record.objects.all()
    few, low = peak(everything.filter(pk__in=[r.pk for r in everything[:4000]]))
    all_of_them, high = peak(everything)
    assert (few, all_of_them) == (4000, 100_000)
    assert high < low + 2_000_000, (low, high)


def test_the_list_never_reads_the_whole_log(
    manager: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    from consent.admin import log

    monkeypatch.setattr(log, "MOST_SHOWN", 60)
    records.some(200, first=FIRST, last=LAST)
    page = manager.get(LIST)
    assert page.context["cl"].result_count == 60
    assert "Seules les 60 lignes les plus récentes" in page.text
    assert len(table(manager.get(CSV))) == 201
