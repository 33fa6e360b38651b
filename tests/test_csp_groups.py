"""CSP reports as staff work them through: handled with a reason, open again when new ones come."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.test import Client

from consent import csp_groups, csp_reports
from consent.models import Act, CspHandled, CspReport
from privacy.groups import AGENTS, AUDITORS, MANAGERS, OFFICERS
from privacy.models import User

pytestmark = pytest.mark.django_db
SCREEN = "/admin/consent/cspreport/"
GROUP = {"directive": "img-src", "blocked": "https://ads.example", "route": "privacy/"}
T0 = datetime(2026, 11, 3, 12, 0, tzinfo=UTC)
REASON = "Une extension du navigateur"


def staff(group: str) -> Client:
    user = User.objects.create_user("staff@example.test", "x", is_staff=True)
    user.groups.add(Group.objects.get(name=group))
    client = Client(headers={"origin": "http://testserver", "accept-language": "fr"})
    client.force_login(user)
    return client


def report(*, at: datetime = T0, rf: Any, directive: str = "img-src") -> None:
    body = (
        f'{{"csp-report": {{"effective-directive": "{directive}",'
        ' "blocked-uri": "https://ads.example/x?secret=1",'
        ' "document-uri": "http://testserver/privacy/"}}'
    )
    request = rf.post("/", body, content_type="application/csp-report")
    assert csp_reports.receive(request, now=at) == 1


def handle(*, seen: datetime = T0, reason: str = REASON, **group: str) -> CspHandled:
    by = User.objects.first() or User.objects.create_user("m@example.test", "x")
    return csp_groups.handle(by=by, **{**GROUP, **group}, seen=seen, reason=reason, now=seen)


def test_reports_are_one_group_over_days_and_open(rf: Any) -> None:
    for days in range(3):
        report(at=T0 + timedelta(days=days), rf=rf)
    report(rf=rf, directive="script-src-elem")
    assert CspReport.objects.count() == 4
    groups = csp_groups.groups()
    assert [(g.directive, g.count, g.is_open) for g in groups] == [
        ("img-src", 3, True), ("script-src-elem", 1, True),
    ]  # fmt: skip
    assert groups[0].last_at == T0 + timedelta(days=2)
    assert csp_groups.open_counts() == (2, 4)


def test_handled_until_a_new_report_comes_even_on_the_same_day(rf: Any) -> None:
    report(rf=rf)
    handle()
    assert csp_groups.open_counts() == (0, 0)
    report(rf=rf, at=T0 + timedelta(seconds=1))
    assert csp_groups.open_counts() == (1, 2)
    assert csp_groups.groups()[0].reason == REASON
    handle(seen=T0 + timedelta(seconds=1))
    assert csp_groups.open_counts() == (0, 0)
    assert CspHandled.objects.count() == 1
    assert Act.objects.filter(act="csp.handled").count() == 2


def test_what_came_while_somebody_read_is_not_handled(rf: Any) -> None:
    report(rf=rf)
    client = staff(MANAGERS)
    page = client.get(SCREEN)
    seen = page.context["open"][0].last_at
    report(rf=rf, at=seen + timedelta(minutes=1))
    answer = client.post(SCREEN, {**GROUP, "seen": seen.isoformat(), "reason": REASON}, follow=True)
    assert "Le signalement est traité" in answer.text
    assert answer.context["open"][0].count == 2
    assert "signalé de nouveau depuis" in answer.text


def test_nobody_handles_the_future(rf: Any) -> None:
    report(rf=rf)
    by = User.objects.create_user("m@example.test", "x")
    csp_groups.handle(
        by=by, **GROUP, seen=T0 + timedelta(days=300), reason=REASON, now=T0 + timedelta(hours=1)
    )
    report(rf=rf, at=T0 + timedelta(hours=2))
    assert csp_groups.open_counts()[0] == 1


@pytest.mark.parametrize("reason", ["", "   ", "court", "a" * 9 + "   "])
def test_a_handling_needs_a_reason(rf: Any, reason: str) -> None:
    report(rf=rf)
    with pytest.raises(csp_groups.ShortReason):
        handle(reason=reason)
    answer = staff(MANAGERS).post(
        SCREEN, {**GROUP, "seen": T0.isoformat(), "reason": reason}, follow=True
    )
    assert "un motif compte au moins 10 caractères" in answer.text
    assert not CspHandled.objects.exists()


@pytest.mark.parametrize(
    "change", [{"directive": "x"}, {"seen": ""}, {"seen": "now"}, {"seen": "2026-13-01T00:00"},
               {"seen": "2026-11-03T12:00"}],
)  # fmt: skip
def test_what_does_not_exist_is_said(rf: Any, change: dict[str, str]) -> None:
    report(rf=rf)
    data = {**GROUP, "seen": T0.isoformat(), "reason": REASON, **change}
    assert "n’existe pas" in staff(MANAGERS).post(SCREEN, data, follow=True).text
    assert not CspHandled.objects.exists()


@pytest.mark.parametrize(
    ("group", "get", "post"),
    [(MANAGERS, 200, 302), (OFFICERS, 200, 403), (AUDITORS, 200, 403), (AGENTS, 403, 403)],
)
def test_who_may_look_and_who_may_handle(rf: Any, group: str, get: int, post: int) -> None:
    report(rf=rf)
    client = staff(group)
    data = {**GROUP, "seen": T0.isoformat(), "reason": REASON}
    assert client.get(SCREEN).status_code == get
    assert client.post(SCREEN, data).status_code == post
    assert CspHandled.objects.exists() == (post == 302)


def test_the_screen_says_when_it_does_not_show_all() -> None:
    client = staff(MANAGERS)
    CspReport.objects.bulk_create(
        CspReport(day=T0.date(), directive="img-src", blocked=f"https://{n}.example", route="/")
        for n in range(250)
    )
    page = client.get(SCREEN)
    assert len(page.context["open"]) == csp_groups.MOST_GROUPS
    assert "Seules les 200 sortes" in page.text
