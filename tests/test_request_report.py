"""The yearly report: what SQL counts is what the rows say, before and after their contents go."""

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from statistics import median_low
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from consent.periods import local_day
from privacy.models import Right, RightsRequest
from privacy.requests import acts, emptying, lateness, report
from privacy.requests.moves import NotPossible
from tests.requests import colleague, filed

pytestmark = [pytest.mark.django_db, pytest.mark.rule("DR-20")]
NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
TODAY = local_day(NOW)
PAGE = "/admin/privacy/rightsrequest/report/"


@pytest.fixture
def requests() -> list[RightsRequest]:
    """Of 2026: answered after 1, 5 and 200 days, refused after 9, one open late, one in time."""
    boss, made = colleague(), []
    for number, (received, days, rights) in enumerate([
        (date(2026, 1, 10), 1, ("access",)), (date(2026, 1, 20), 5, ("access", "erasure")),
        (date(2026, 2, 3), 200, ("erasure",)), (date(2026, 5, 1), -9, ("objection",)),
        (date(2026, 3, 3), None, ("access",)), (date(2026, 11, 20), None, ("portability",)),
        (date(2025, 6, 1), 3, ("access",)),
    ]):  # fmt: skip
        at = datetime(received.year, received.month, received.day, 9, tzinfo=UTC)
        one = filed(now=at, email=f"{number}@example.test", rights=rights)
        if days is not None:
            one = acts.accept(request=one, by=boss, now=at)
            end = at + timedelta(days=abs(days))
            if days > 0:
                one = acts.complete(request=one, by=boss, text="voilà", now=end)
            else:
                one = acts.refuse(
                    request=one, by=boss, ground="unfounded", reason="x", evidence="x", now=end
                )
        made.append(one)
    return made


def test_dr_20_the_report_counts_what_the_rows_say(requests: list[RightsRequest]) -> None:
    found = report.report(2026, today=TODAY)
    mine = [one for one in requests if one.received_on.year == 2026]
    days = [(local_day(one.ended_at) - one.received_on).days for one in mine if one.ended_at]
    assert report.Line(
        "Ensemble", asked=6, answered=3, refused=1, closed=0, open=2, late=2, late_open=1,
        median=median_low(days), worst=200,
    ) == found.total  # fmt: skip
    expected = Counter(str(Right(right).label) for one in mine for right in one.rights)
    assert {line.label: line.asked for line in found.rights} == expected
    assert [(line.label, line.asked) for line in found.channels] == [("site", 6)]
    assert [line.asked for line in found.months] == [2, 1, 1, 0, 1, 0, 0, 0, 0, 0, 1, 0]
    assert report.years() == [2026, 2025]
    assert found.bars.ceiling == 2


def test_dr_20_late_ones_come_with_their_reasons(requests: list[RightsRequest]) -> None:
    boss = colleague("second@example.test")
    lateness.explain(request=requests[2], by=boss, reason="Archives inondées.", now=NOW)
    with pytest.raises(NotPossible):
        lateness.explain(request=requests[0], by=boss, reason="x", now=NOW)
    still_open, answered = report.late(2026, today=TODAY)
    assert (still_open.reference, still_open.reasons) == (requests[4].reference, [])
    assert (answered.reference, answered.reasons) == (
        requests[2].reference, ["Archives inondées."],
    )  # fmt: skip
    assert answered.days == (answered.ended_on - answered.due_on).days  # type: ignore[operator]


def test_dr_20_the_figures_survive_the_contents(requests: list[RightsRequest]) -> None:
    before = report.report(2026, today=TODAY)
    emptying.empty([one.pk for one in requests], run=uuid4(), now=NOW)
    assert report.report(2026, today=TODAY) == before
    assert [one.days for one in report.late(2026, today=TODAY)]


def test_dr_20_the_page_has_chart_tables_and_csv_with_few_queries(
    requests: list[RightsRequest], client: Client
) -> None:
    client.force_login(colleague("reads@example.test", group="auditors"))
    client.get(PAGE)
    with CaptureQueriesContext(connection) as asked:
        page = client.get(PAGE).content.decode()
    own = [one for one in asked if "FROM" in one["sql"] and "privacy_rightsrequest" in one["sql"]]
    assert len(own) == 3
    assert 'role="img" aria-label="6 demandes reçues, 2 en retard, 2 ouvertes."' in page
    assert requests[4].reference in page
    text = client.get(PAGE, {"year": "2026", "format": "csv"}).content.decode("utf-8-sig")
    assert text.splitlines()[1].startswith("Ensemble;Ensemble;6;3;1;0;2;2;5;200")
    assert requests[2].reference in text
    assert client.get(PAGE, {"year": "2025"}).status_code == 200
    for wrong in ("1999", "x", "2026'"):
        assert client.get(PAGE, {"year": wrong}).status_code == 404


def test_dr_20_the_page_is_for_who_sees_requests(client: Client) -> None:
    client.force_login(colleague("archive@example.test", group="archive"))
    assert client.get(PAGE).status_code == 403
    client.force_login(colleague("agent@example.test", group="agents"))
    assert client.get(PAGE).status_code == 200


def test_dr_20_staff_explain_a_delay_on_the_page(requests: list[Any], client: Client) -> None:
    client = Client(headers={"origin": "http://testserver"})
    client.force_login(colleague("other@example.test", group="agents"))
    where = reverse("admin:privacy_rightsrequest_act", args=[requests[4].pk, "explain-lateness"])
    client.post(where, {"reason": "Le seul collègue était malade."})
    assert "malade" in client.get(PAGE).content.decode()
