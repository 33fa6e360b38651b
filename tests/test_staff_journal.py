"""Every act of staff is in the journal, which nobody can change (DR-21)."""

from datetime import UTC, datetime
from io import StringIO
from typing import Any

import pytest
from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.core.exceptions import PermissionDenied
from django.core.management import call_command
from django.db import DatabaseError, connection, transaction
from django.http import HttpRequest, HttpResponse
from django.test import Client

from consent import audit
from consent.models import Act, Browser
from privacy.models import User

pytestmark = [pytest.mark.django_db, pytest.mark.rule("DR-21")]
PASSWORD = "amber10-apple20-april30-arrow40"


@pytest.fixture
def people(settings: Any) -> None:
    settings.DEMO_PASSWORD = PASSWORD
    call_command("demo_people", stdout=StringIO())


def logged_in(email: str) -> Client:
    client = Client(headers={"origin": "http://testserver"})
    client.post("/account/login/", {"username": email, "password": PASSWORD})
    assert client.cookies
    return client


@pytest.fixture
def manager(people: None) -> Client:
    return logged_in("privacy@demo.test")


@pytest.fixture
def auditor(people: None) -> Client:
    return logged_in("auditor@demo.test")


@pytest.fixture
def boss(people: None) -> Client:
    User.objects.create_superuser("boss@example.test", PASSWORD)
    return logged_in("boss@example.test")


def since_login() -> list[tuple[str, str]]:
    rows = Act.objects.exclude(act="staff.logged_in").order_by("at")
    return list(rows.values_list("act", "target"))


# --- Writing ------------------------------------------------------------------------------------


def test_dr_21_add_change_and_delete_name_fields_never_values(manager: Client) -> None:
    data = {"key": "viv", "label": "Vivaldi", "url": "https://help.vivaldi.com/", "position": "90"}
    made = manager.post("/admin/consent/browser/add/", data)
    assert made.status_code == 302, made.context["errors"]
    row = Browser.objects.get(key="viv")
    where = f"/admin/consent/browser/{row.pk}"
    assert manager.post(f"{where}/change/", data | {"position": "91"}).status_code == 302
    assert manager.post(f"{where}/delete/", {"post": "yes"}).status_code == 302
    target = f"consent.browser:{row.pk}"
    assert since_login() == [
        ("admin.added", target), ("admin.changed", target), ("admin.deleted", target),
    ]  # fmt: skip
    assert Act.objects.get(act="admin.changed").details == {"fields": ["position"]}
    assert (
        Act.objects.get(act="admin.changed").actor == User.objects.get(email="privacy@demo.test").pk
    )
    # Django's own log, which the application could change, is not written.
    assert not LogEntry.objects.exists()


def test_dr_21_an_action_on_a_list_names_each_row(manager: Client) -> None:
    rows = list(Browser.objects.order_by("pk").values_list("pk", flat=True)[:2])
    data = {"action": "delete_selected", "_selected_action": rows, "post": "yes"}
    assert manager.post("/admin/consent/browser/", data).status_code == 302
    assert sorted(since_login()) == sorted(
        ("admin.deleted", f"consent.browser:{pk}") for pk in rows
    )


def test_dr_21_a_post_without_an_act_of_its_own_gets_one(manager: Client) -> None:
    data = {"action": "delete_selected", "index": "0"}
    assert manager.post("/admin/consent/cookie/", data).status_code == 302
    (act,) = Act.objects.filter(act="admin.posted")
    assert (act.target, act.details) == ("consent.cookie", {"action": "delete_selected"})


def test_dr_21_change_and_act_are_one_transaction(
    manager: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(**act: Any) -> None:
        raise DatabaseError("the journal cannot be written")

    before = Browser.objects.count()
    monkeypatch.setattr("consent.audit.record", fail)
    manager.raise_request_exception = False
    data = {"key": "viv", "label": "Vivaldi", "url": "https://help.vivaldi.com/", "position": "90"}
    assert manager.post("/admin/consent/browser/add/", data).status_code == 500
    assert Browser.objects.count() == before


def test_dr_21_group_changes_are_named(boss: Client) -> None:
    from django.contrib.auth.models import Group

    agent = User.objects.get(email="agent@demo.test")
    managers = Group.objects.get(name="privacy managers")
    data = {
        "email": agent.email, "name": agent.name, "language": "fr", "is_active": "on",
        "is_staff": "on", "groups": [managers.pk],
    }  # fmt: skip
    where = f"/admin/privacy/user/{agent.pk}/change/"
    assert boss.post(where, data).status_code == 302
    act = Act.objects.get(act="staff.groups_changed")
    assert act.details == {"added": ["privacy managers"], "removed": ["agents"]}
    assert Act.objects.get(act="admin.changed").details == {"fields": ["groups"]}


def test_dr_21_a_refusal_is_noted(people: None) -> None:
    agent = logged_in("agent@demo.test")
    assert agent.post("/admin/privacy/user/add/", {}).status_code == 403
    assert agent.get("/admin/consent/act/").status_code == 403
    assert since_login() == [("admin.refused", "privacy.user"), ("admin.refused", "consent.act")]


def test_dr_21_coming_and_going_of_staff_is_noted_of_people_not(people: None) -> None:
    dora = logged_in("dpo@demo.test")
    dora.post("/account/logout/")
    marie = logged_in("marie@demo.test")
    marie.post("/account/logout/")
    acts = Act.objects.order_by("at")
    assert [act.act for act in acts] == ["staff.logged_in", "staff.logged_out"]
    assert acts[0].details == {"factor": "password"}


# --- Looking ------------------------------------------------------------------------------------


def test_dr_21_looking_at_a_person_is_noted_for_everyone(manager: Client) -> None:
    marie = User.objects.get(email="marie@demo.test")
    where = f"/admin/privacy/user/{marie.pk}"
    manager.get("/admin/privacy/user/?q=marie")
    manager.get(f"{where}/change/")
    manager.get(f"{where}/history/")
    assert since_login() == [
        ("admin.listed", "privacy.user"),
        ("admin.viewed", f"privacy.user:{marie.pk}"),
        ("admin.history_viewed", f"privacy.user:{marie.pk}"),
    ]
    assert Act.objects.get(act="admin.listed").details == {"filters": ["q"]}


def test_dr_21_looking_at_the_register_is_noted_for_auditors(
    manager: Client, auditor: Client
) -> None:
    for client in (manager, auditor):
        for path in ("/admin/", "/admin/consent/cookie/", "/admin/consent/", "/admin/jsi18n/"):
            assert client.get(path).status_code == 200
    aude = User.objects.get(email="auditor@demo.test")
    rows = Act.objects.exclude(act="staff.logged_in").order_by("at")
    assert {act.actor for act in rows} == {aude.pk}
    assert [(act.act, act.target) for act in rows] == [
        ("admin.opened", "index"),
        ("admin.listed", "consent.cookie"),
        ("admin.opened", "app_list:consent"),
    ]


def test_dr_21_a_view_of_ones_own_is_noted_too(manager: Client, rf: Any) -> None:
    """What somebody adds to the admin needs nothing but `admin_view`, as Django asks."""

    def export(request: HttpRequest) -> HttpResponse:
        if request.GET.get("refuse"):
            raise PermissionDenied
        return HttpResponse("a,b")

    view = admin.site.admin_view(export)
    assert view.is_journalled
    person = User.objects.get(email="privacy@demo.test")
    for method, path in (("get", "/x/"), ("post", "/x/")):
        request = getattr(rf, method)(path)
        request.user, request._dont_enforce_csrf_checks = person, True
        request.resolver_match = None
        assert view(request).status_code == 200
    request = rf.get("/x/?refuse=1")
    request.user, request.resolver_match = person, None
    with pytest.raises(PermissionDenied):
        view(request)
    assert [act for act, _ in since_login()] == ["admin.opened", "admin.posted", "admin.refused"]


# --- The journal itself -------------------------------------------------------------------------


def test_dr_21_the_journal_shows_addresses_as_they_are_now(manager: Client, people: None) -> None:
    paul = User.objects.get(email="privacy@demo.test")
    gone = User.objects.create_user("gone@example.test", PASSWORD, is_staff=True)
    for by in (gone, None):
        audit.record(by=by, act="test.done", now=datetime.now(UTC), target="x")
    erased = str(gone.pk)
    gone.delete()
    User.objects.filter(pk=paul.pk).update(email="paul@example.test")
    page = manager.get("/admin/consent/act/")
    assert page.status_code == 200
    assert "paul@example.test" in page.text
    assert "privacy@demo.test" not in page.text
    assert "gone@example.test" not in page.text
    assert erased in page.text
    assert "manage.py" in page.text


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("act=test.one", {"test.one"}),
        ("actor=command", {"test.one"}),
        ("actor=not-a-uuid", set()),
        ("actor={paul}", {"test.two", "staff.logged_in"}),
        ("q=PRIVACY@demo.test", {"test.two", "staff.logged_in"}),
        ("q=thing:7", {"test.one"}),
        ("at__year=2026&at__month=11&at__day=22", {"test.one"}),
    ],
)
def test_dr_21_the_journal_is_filtered(manager: Client, query: str, found: set[str]) -> None:
    paul = User.objects.get(email="privacy@demo.test")
    day = datetime(2026, 11, 22, 10, tzinfo=UTC)
    audit.record(by=None, act="test.one", now=day, target="thing:7")
    audit.record(by=paul, act="test.two", now=datetime(2026, 11, 20, 10, tzinfo=UTC))
    page = manager.get(f"/admin/consent/act/?{query.replace('{paul}', str(paul.pk))}")
    assert page.status_code == 200
    shown = {act.act for act in page.context["cl"].result_list}
    assert shown - {"admin.listed"} == found


def test_dr_21_the_journal_cannot_be_changed(boss: Client) -> None:
    act = audit.record(by=None, act="test.done", now=datetime.now(UTC))
    where = f"/admin/consent/act/{act.pk}"
    assert boss.get(f"{where}/change/").status_code == 200
    assert boss.post(f"{where}/change/", {"act": "other"}).status_code == 403
    assert boss.post(f"{where}/delete/", {"post": "yes"}).status_code == 403
    assert boss.get("/admin/consent/act/add/").status_code == 403
    for statement in ("UPDATE consent_act SET act = 'x'", "DELETE FROM consent_act"):
        with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)


def test_dr_21_history_comes_from_the_journal(manager: Client) -> None:
    row = Browser.objects.order_by("pk").first()
    assert row is not None
    where = f"/admin/consent/browser/{row.pk}"
    data = {"key": row.key, "label": row.label, "url": row.url, "position": "77"}
    assert manager.post(f"{where}/change/", data).status_code == 302
    manager.get(f"{where}/change/")
    page = manager.get(f"{where}/history/")
    assert "admin.changed (position)" in page.text
    assert "privacy@demo.test" in page.text
    assert "admin.viewed" not in page.text
    other = Browser.objects.order_by("pk").last()
    assert other is not None
    assert "aucun changement" in manager.get(f"/admin/consent/browser/{other.pk}/history/").text


def test_the_admin_leads_to_account_factor_and_logout(manager: Client) -> None:
    page = manager.get("/admin/")
    for path in ("/account/", "/account/factor/", "/account/logout/"):
        assert f'"{path}"' in page.text
    assert manager.get("/admin/password_change/").headers["Location"] == "/account/password/reset/"
    assert not [m for m in admin.site._registry if m._meta.app_label.startswith("otp_")]
