"""RT-11: after the account a person is in the archive, which ordinary staff cannot open."""

from datetime import UTC, date, datetime
from typing import Any

import pytest
from django.contrib.auth.models import Group

from privacy.access import may_see_person, people_seen_by
from privacy.groups import AGENTS, ARCHIVE, AUDITORS, MANAGERS, OFFICERS
from privacy.models import DataSubject, User
from privacy.retention import archive
from tests.retention_rows import person

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 24, 2, 10, tzinfo=UTC)
TODAY = date(2026, 11, 24)
LONG_AGO = date(2015, 1, 1)
YESTERDAY = date(2026, 11, 23)


@pytest.mark.parametrize(
    ("known", "archived"),
    [
        ({"opened": LONG_AGO, "closed": YESTERDAY}, True),
        ({"opened": LONG_AGO, "closed": TODAY}, False),
        ({"opened": LONG_AGO}, False),
        ({"opened": LONG_AGO, "closed": YESTERDAY, "started": LONG_AGO}, False),
        ({"opened": LONG_AGO, "closed": YESTERDAY, "started": LONG_AGO, "ended": YESTERDAY}, True),
        ({"started": LONG_AGO, "ended": YESTERDAY}, True),
        ({}, False),
    ],
)
def test_rt_11_archived_the_day_after(known: dict[str, Any], *, archived: bool) -> None:
    one = person(**known)
    assert archive.move(now=NOW, today=TODAY) == archive.Moved(int(archived), 0)
    one.refresh_from_db()
    assert one.archived_at == (NOW if archived else None)
    assert archive.move(now=NOW, today=TODAY) == archive.Moved(0, 0)


def test_rt_11_re_opening_brings_back_at_once() -> None:
    one = person(opened=LONG_AGO, closed=YESTERDAY)
    archive.move(now=NOW, today=TODAY)
    DataSubject.objects.filter(pk=one.pk).update(account_closed_on=None)
    one.refresh_from_db()
    assert one.archived_at is None


def test_rt_11_an_end_that_was_put_off_brings_back_in_the_night() -> None:
    one = person(opened=LONG_AGO, closed=YESTERDAY)
    archive.move(now=NOW, today=TODAY)
    DataSubject.objects.filter(pk=one.pk).update(account_closed_on=date(2026, 12, 31))
    assert archive.move(now=NOW, today=TODAY) == archive.Moved(0, 1)
    one.refresh_from_db()
    assert one.archived_at is None


@pytest.mark.parametrize(
    ("group", "reads"),
    [(AGENTS, False), (MANAGERS, False), (OFFICERS, True), (ARCHIVE, True), (AUDITORS, True)],
)
def test_rt_11_only_with_the_permission_of_the_archive(group: str, *, reads: bool) -> None:
    from django.contrib.auth.models import Permission

    user = User.objects.create_user("staff@example.test", "x", is_staff=True)
    user.groups.add(Group.objects.get(name=group))
    user.user_permissions.add(Permission.objects.get(codename="view_datasubject"))
    active = person(opened=LONG_AGO)
    gone = person(opened=LONG_AGO, closed=YESTERDAY)
    archive.move(now=NOW, today=TODAY)
    gone.refresh_from_db()
    assert may_see_person(user, active)
    assert may_see_person(user, gone) == reads
    assert set(people_seen_by(user)) == ({active, gone} if reads else {active})


def test_rt_11_who_may_see_nobody_sees_nobody() -> None:
    user = User.objects.create_user("staff@example.test", "x", is_staff=True)
    one = person(opened=LONG_AGO)
    assert not may_see_person(user, one)
    assert not people_seen_by(user).exists()
