"""The front page of the admin: what is to be done, what visitors chose, how the log stands."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.test import Client

from clicknconnect import dashboard
from clicknconnect.dashboard import ToDo
from consent import figures
from consent.admin import standing
from consent.admin.standing import Standing
from consent.models import CspReport, Showing, Unrecorded
from consent.periods import local_day
from privacy.groups import AGENTS, AUDITORS, MANAGERS
from privacy.models import User
from tests import records

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 3, 12, 0, tzinfo=UTC)
LONG_AGO = NOW - timedelta(days=3)


@pytest.fixture
def manager(client: Client) -> Client:
    return staff(client, MANAGERS)


def staff(client: Client, group: str) -> Client:
    user = User.objects.create_user(f"{len(group)}@example.test", "x", is_staff=True)
    user.groups.add(Group.objects.get(name=group))
    client.force_login(user)
    return client


def today() -> Any:
    return local_day(datetime.now(UTC))


def test_figures_of_the_page_are_those_of_the_records(manager: Client) -> None:
    first = today() - timedelta(days=40)
    made = records.some(400, first=first, last=today() - timedelta(days=1))
    Showing.objects.create(day=first, notice=1, language="fr", gpc=False, count=900)
    page = manager.get("/admin/?days=90")
    data = next(p for p in page.context["panels"] if p.order == 20).context
    for event in ("given", "refused", "withdrawn"):
        expected = sum(record.event == event for record in made)
        assert getattr(data["total"], event) == expected
        assert sum(getattr(bucket.tally, event) for bucket in data["table"]) == expected
        assert sum(getattr(tally, event) for _, tally in data["notices"]) == expected
        assert sum(getattr(tally, event) for _, tally in data["languages"]) == expected
    assert data["total"].shown == 900
    assert page.text.count("<svg viewBox") == 2
    assert 'role="img"' in page.text


@pytest.mark.parametrize("days", ["30", "90", "365"])
def test_the_page_costs_the_same_however_much_there_is(
    manager: Client, days: str, django_assert_max_num_queries: Any
) -> None:
    """Session, account, permissions (4), groups and figures of each panel and line.

    Contact, requests, holds, retention and approvals ask once each.
    """
    manager.get("/admin/")
    with django_assert_max_num_queries(35) as few:
        manager.get(f"/admin/?days={days}")
    records.some(300, first=today() - timedelta(days=300), last=today())
    figures.count_days(now=datetime.now(UTC))
    with django_assert_max_num_queries(len(few)):
        manager.get(f"/admin/?days={days}")


def test_a_period_that_does_not_exist_is_said(manager: Client) -> None:
    assert "Cette période n’existe pas" in manager.get("/admin/?days=7").text
    assert "Cette période n’existe pas" not in manager.get("/admin/").text


def test_agents_see_no_figures_and_auditors_do(client: Client) -> None:
    shown = staff(client, AGENTS).get("/admin/").context["panels"]
    assert [panel.template for panel in shown] == ["admin/privacy/_contact_panel.html"]
    assert len(staff(Client(), AUDITORS).get("/admin/").context["panels"]) >= 2


def test_what_waits_is_said_and_nothing_is_said_when_nothing_waits(manager: Client) -> None:
    lines = [line.text for line in manager.get("/admin/").context["to_do"]]
    # No worker runs beside the tests.
    assert "Aucun programme ne fait le travail de fond." in lines
    assert not [line for line in lines if "CSP" in line or "en vigueur" in line]
    Unrecorded.objects.create(day=today(), event="refused", count=3)
    CspReport.objects.create(day=today(), directive="img-src", blocked="eval", route="/", count=2)
    texts = " ".join(line.text for line in manager.get("/admin/").context["to_do"])
    assert "3 choix en vigueur" in texts
    assert "1 sorte de signalement CSP à examiner (2 en tout)." in texts
    Unrecorded.objects.update(day=today() - timedelta(days=8))
    assert "en vigueur" not in str(manager.get("/admin/").context["to_do"])


@pytest.mark.parametrize(
    ("log", "expected"),
    [
        (Standing(), []),
        (Standing(began_at=NOW - timedelta(hours=1)), []),
        (Standing(began_at=LONG_AGO, verified_at=NOW, anchored_at=NOW), []),
        (Standing(began_at=LONG_AGO, verified_at=NOW, anchors=False), []),
        (Standing(began_at=LONG_AGO, verified_at=NOW), ["ancré"]),
        (Standing(began_at=LONG_AGO, verified_at=LONG_AGO, anchored_at=NOW), ["vérifié"]),
        (Standing(began_at=LONG_AGO, anchored_at=LONG_AGO), ["vérifié", "ancré"]),
        (
            Standing(
                began_at=LONG_AGO,
                verified_at=NOW,
                is_intact=False,
                problem="seal 3",
                anchored_at=NOW,
            ),
            ["seal 3"],
        ),
    ],
)
def test_cp_01_what_is_amiss_with_the_log_is_said(log: Standing, expected: list[str]) -> None:
    lines = list(standing.troubles(log, NOW))
    assert len(lines) == len(expected)
    assert all(word in line.text for word, line in zip(expected, lines, strict=True))


def test_urgent_lines_come_first(monkeypatch: pytest.MonkeyPatch, rf: Any) -> None:
    board = dashboard.Board(
        to_dos=[lambda *_: [ToDo(text="later")], lambda *_: [ToDo(text="now", is_urgent=True)]],
        panels=[lambda *_: None],
    )
    monkeypatch.setattr(dashboard, "board", board)
    found = dashboard.shown(rf.get("/"), NOW)
    assert [line.text for line in found["to_do"]] == ["now", "later"]
    assert found["panels"] == []
