"""Groups, the people of the demonstration, and accounts in the admin."""

from io import StringIO
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.core.management import CommandError, call_command
from django.test import Client

from privacy.groups import MANAGERS, PERMISSIONS
from privacy.models import User

pytestmark = pytest.mark.django_db


@pytest.fixture
def client() -> Client:
    """A browser on this site, whose requests are checked as real ones are."""
    return Client(enforce_csrf_checks=True, headers={"origin": "http://testserver"})


@pytest.fixture
def people(settings: Any) -> Any:
    settings.DEMO_PASSWORD = "amber10-apple20-april30-arrow40"
    call_command("demo_people", stdout=StringIO())
    return settings


def log_in(client: Client, email: str, password: str, target: str = "/admin/") -> Any:
    data = {"username": email, "password": password, "next": target}
    return client.post("/account/login/", data)


def permissions(group: str) -> set[str]:
    found = Group.objects.get(name=group).permissions
    return {
        f"{app}.{codename}"
        for app, codename in found.values_list("content_type__app_label", "codename")
    }


def test_groups_are_made_by_migration() -> None:
    assert set(Group.objects.values_list("name", flat=True)) == set(PERMISSIONS)


@pytest.mark.parametrize("group", ["data protection officers", "auditors"])
def test_officers_and_auditors_read_all_and_change_nothing(group: str) -> None:
    given = permissions(group)
    assert {"consent.view_record", "consent.view_cookie", "privacy.view_user"} <= given
    # A file of the log is a way to read it.
    assert "consent.export_record" in given
    acts = {name.partition(".")[2] for name in given} - {"export_record"}
    assert all(act.startswith("view_") for act in acts)


def test_managers_change_the_register_and_the_switch_but_no_proof() -> None:
    given = permissions(MANAGERS)
    assert {"consent.change_cookie", "consent.add_service", "consent.change_control"} <= given
    evidence = ("record", "notice", "publication", "revision", "asset", "accountlink")
    assert (
        not {f"consent.{act}_{m}" for act in ("add", "change", "delete") for m in evidence} & given
    )
    assert not {"privacy.change_user", "auth.change_group", "auth.add_permission"} & given


def test_demo_people_again_keeps_them_and_a_changed_password(people: Any) -> None:
    before = list(User.objects.order_by("pk").values("pk", "password"))
    out = StringIO()
    call_command("demo_people", stdout=out)
    assert list(User.objects.order_by("pk").values("pk", "password")) == before
    assert people.DEMO_PASSWORD not in out.getvalue()
    paul = User.objects.get(email="privacy@demo.test")
    paul.set_password("another-password-1")
    paul.save()
    call_command("demo_people", stdout=out)
    paul.refresh_from_db()
    assert paul.check_password("another-password-1")
    assert User.objects.get(email="marie@demo.test").check_password(people.DEMO_PASSWORD)
    staff = User.objects.filter(is_staff=True)
    assert staff.count() == 5
    assert not User.objects.filter(is_superuser=True).exists()
    groups = dict(staff.values_list("email", "groups__name"))
    assert groups["privacy2@demo.test"] == "privacy managers"
    assert not User.objects.get(email="marie@demo.test").groups.exists()


def test_demo_people_of_all_states_are_made_once(people: Any) -> None:
    from django.db import transaction

    from privacy import restriction
    from privacy.models import DataSubject, Invoice

    def held() -> list[Any]:
        with transaction.atomic(), restriction.seeing():
            return [list(model.objects.order_by("pk").values()) for model in (DataSubject, Invoice)]

    before = held()
    assert len(before[0]) == 21
    marie = DataSubject.objects.get(account__email="marie@demo.test")
    assert marie.iban
    assert len({invoice.issued_on.year for invoice in marie.invoices.all()}) > 1
    for state in ("account_closed_on", "archived_at", "anonymised_at"):
        assert DataSubject.objects.filter(**{f"{state}__isnull": False}).exists()
    for kind in ("holds", "objections"):
        assert DataSubject.objects.filter(**{f"{kind}__isnull": False}).exists()
    assert DataSubject.objects.count() < 21
    marie.city = "Namur"
    marie.save()
    call_command("demo_people", stdout=StringIO())
    after = held()
    assert [len(rows) for rows in after] == [len(rows) for rows in before]
    marie.refresh_from_db()
    assert marie.city == "Namur"


def test_demo_people_exist_only_in_the_demonstration(settings: Any) -> None:
    settings.DEMO = False
    with pytest.raises(CommandError, match="DEMO=1"):
        call_command("demo_people")
    assert not User.objects.exists()


def test_staff_land_in_the_admin_and_others_do_not(client: Client, people: Any) -> None:
    response = log_in(client, "privacy@demo.test", people.DEMO_PASSWORD)
    assert response.headers["Location"] == "/admin/"
    assert client.get("/admin/").status_code == 200
    client.cookies.clear()
    log_in(client, "marie@demo.test", people.DEMO_PASSWORD)
    assert client.get("/admin/", follow=True).status_code == 403


def test_admin_shows_no_password_to_an_auditor_who_changes_nothing(
    client: Client, people: Any
) -> None:
    log_in(client, "auditor@demo.test", people.DEMO_PASSWORD)
    marie = User.objects.get(email="marie@demo.test")
    address = f"/admin/privacy/user/{marie.pk}/change/"
    page = client.get(address)
    assert page.status_code == 200
    assert marie.password not in page.text
    assert 'name="password"' not in page.text
    token = {"csrfmiddlewaretoken": client.cookies["Csrf-token"].value}
    assert client.post(address, {"email": "x@x.test"} | token).status_code == 403
    assert client.get("/admin/privacy/user/add/").status_code == 403


@pytest.fixture
def helper(people: Any) -> User:
    """Staff who may change people, and is no superuser."""
    from django.contrib.auth.models import Permission

    agent = User.objects.get(email="agent@demo.test")
    names = ["view_user", "change_user", "delete_user", "add_user"]
    agent.user_permissions.add(*Permission.objects.filter(codename__in=names))
    return agent


def test_admin_gives_no_powers_without_being_superuser(
    client: Client, people: Any, helper: User
) -> None:
    log_in(client, helper.email, people.DEMO_PASSWORD)
    token = {"csrfmiddlewaretoken": client.cookies["Csrf-token"].value}
    marie = User.objects.get(email="marie@demo.test")
    managers = Group.objects.get(name=MANAGERS).pk
    data = {
        "email": "Marie2@demo.test", "name": "M", "language": "de", "is_active": "on",
        "is_staff": "on", "is_superuser": "on", "groups": [managers],
    }  # fmt: skip
    assert client.post(f"/admin/privacy/user/{marie.pk}/change/", data | token).status_code == 302
    marie.refresh_from_db()
    assert (marie.email, marie.language) == ("marie2@demo.test", "de")
    assert not marie.is_staff
    assert not marie.is_superuser
    assert not marie.groups.exists()
    # Staff, superusers among them, are out of reach: address and reset link would be the account.
    for person in User.objects.filter(is_staff=True):
        change = client.post(f"/admin/privacy/user/{person.pk}/change/", data | token)
        assert change.status_code == 403
        assert client.post(f"/admin/privacy/user/{person.pk}/delete/", token).status_code == 403


def test_admin_makes_accounts_whose_password_nobody_knows(client: Client, people: Any) -> None:
    boss = User.objects.create_superuser("boss@example.test", people.DEMO_PASSWORD)
    log_in(client, boss.email, people.DEMO_PASSWORD)
    token = {"csrfmiddlewaretoken": client.cookies["Csrf-token"].value}
    data = {"email": "hired@example.test", "language": "fr", "is_active": "on", "is_staff": "on"}
    assert client.post("/admin/privacy/user/add/", data | token).status_code == 302
    hired = User.objects.get(email="hired@example.test")
    # Usable, so that closing the account later does not make it one that waits to be confirmed.
    assert hired.has_usable_password()
    assert hired.is_staff
