"""Every page of the admin: it answers, within its budget, which does not grow with the rows.

What is registered later is walked too, as are screens of its own (addresses without a key).
"""

from typing import Any

import pytest
from django.contrib import admin
from django.contrib.auth.models import Group
from django.contrib.contenttypes.models import ContentType
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import NoReverseMatch, reverse

from privacy.groups import PERMISSIONS
from privacy.models import DataSubject, RetentionRun, User
from tests import admin_rows

pytestmark = pytest.mark.django_db
# Session, account, permissions of the person and of the groups; then what the page shows.
MOST_QUERIES = 41
# The front page asks for every panel and every line of what is to be done.
MOST_OF_THE_FRONT = 33
# The page of a person asks each table about people once.
MOST_OF_A_PERSON = 48
# The screen of retention counts each of its four rules at three horizons.
MOST_OF_RETENTION = 46
FEW, MANY = 3, 60
MODELS = sorted(admin.site._registry, key=lambda model: model._meta.label_lower)


def name(model: Any) -> str:
    return f"{model._meta.app_label}_{model._meta.model_name}"


def screens(model: Any) -> list[str]:
    """Addresses of a model's pages that need no key: list, form, and screens of its own."""
    found = []
    for pattern in admin.site._registry[model].get_urls():
        if getattr(pattern, "name", None):
            try:
                found.append(reverse(f"admin:{pattern.name}"))
            except NoReverseMatch:
                continue
    return sorted(set(found))


def pages(model: Any) -> list[str]:
    """All its pages; those of one row for its first row."""
    rows = [row_page(model, act) for act in ("change", "history", "delete")]
    return screens(model) + [address for address in rows if address]


def row_page(model: Any, act: str) -> str:
    """The page of its first row; "" where there is no row or no such page."""
    first = model._default_manager.order_by("pk").first()
    try:
        return reverse(f"admin:{name(model)}_{act}", args=[first.pk]) if first else ""
    except NoReverseMatch:
        return ""


def has_form(model: Any) -> bool:
    return any(
        getattr(pattern, "name", "") == f"{name(model)}_add"
        for pattern in admin.site._registry[model].get_urls()
    )


GENERAL = ["/admin/", "/admin/?days=365", "/admin/consent/", "/admin/privacy/", "/admin/auth/"]


def person(*, group: str = "") -> Client:
    user = User.objects.create_user(
        "staff@example.test", "x", is_staff=True, is_superuser=not group
    )
    if group:
        user.groups.add(Group.objects.get(name=group))
    client = Client(headers={"origin": "http://testserver", "accept-language": "fr"})
    client.force_login(user)
    return client


def cost(client: Client, address: str) -> tuple[int, int]:
    """(status, queries), with whatever Django keeps in memory already there."""
    client.get(address)
    with CaptureQueriesContext(
        connection,
    ) as seen:
        response = client.get(address)
        if response.streaming:
            b"".join(response.streaming_content)
    return response.status_code, len(seen)


@pytest.mark.parametrize("model", MODELS, ids=name)
def test_every_page_keeps_its_budget_however_many_rows_there_are(model: Any) -> None:
    client = person()
    ContentType.objects.clear_cache()
    admin_rows.add(model, FEW)
    addresses = pages(model)
    assert addresses
    # Looking is in the journal, and the journal is on some pages.
    for address in addresses:
        client.get(address)
    few = {address: cost(client, address) for address in addresses}
    admin_rows.add(model, MANY)
    for address, (status, queries) in few.items():
        assert status in {200, 403}, address
        most = {DataSubject: MOST_OF_A_PERSON, RetentionRun: MOST_OF_RETENTION}.get(
            model, MOST_QUERIES
        )
        assert queries <= most, (address, queries)
        # Not more for more rows; the journal of these visits may be read with names by now.
        assert cost(client, address)[1] <= queries + 2, address
    assert any(status == 200 for status, _ in few.values())


@pytest.mark.parametrize("address", GENERAL)
def test_the_general_pages_keep_their_budget(address: str) -> None:
    status, queries = cost(person(), address)
    assert status == 200
    is_front = address.partition("?")[0] == "/admin/"
    assert queries <= (MOST_OF_THE_FRONT if is_front else MOST_QUERIES)


@pytest.mark.parametrize("group", sorted(PERMISSIONS))
def test_each_group_sees_what_it_may_and_403_elsewhere(group: str) -> None:
    """Per model: view permission opens list and row, add opens the form; else 403."""
    client = person(group=group)
    user = User.objects.get()
    for model in MODELS:
        label, kind = model._meta.app_label, model._meta.model_name
        admin_rows.add(model, 1)
        may = {act: user.has_perm(f"{label}.{act}_{kind}") for act in ("view", "change", "add")}
        looks = may["view"] or may["change"]
        listed = client.get(reverse(f"admin:{name(model)}_changelist")).status_code
        assert listed == (200 if looks else 403), model
        if change := row_page(model, "change"):
            assert client.get(change).status_code == (200 if looks else 403), model
        form = reverse(f"admin:{name(model)}_add") if has_form(model) else ""
        if form and not (may["add"] or may["change"]):
            assert client.get(form).status_code == 403, model
    assert client.get("/admin/").status_code == 200


@pytest.mark.parametrize("model", MODELS, ids=name)
def test_nobody_without_the_second_look_sees_a_page(model: Any) -> None:
    """Visitors are sent to log in; people who are no staff are refused."""
    address = reverse(f"admin:{name(model)}_changelist")
    assert Client().get(address).status_code == 302
    User.objects.create_user("marie@example.test", "x")
    client = Client()
    client.force_login(User.objects.get())
    assert client.get(address, follow=True).status_code == 403


def test_no_page_carries_a_style_or_script_of_its_own_without_the_nonce() -> None:
    import re

    client = person()
    for model in MODELS:
        admin_rows.add(model, 1)
        for address in pages(model):
            response = client.get(address)
            if not response.headers["Content-Type"].startswith("text/html"):
                continue
            text = response.text
            assert not re.search(r"<[^>]+\sstyle=", text), address
            assert not re.search(r"<[^>]+\son[a-z]+=", text), address
            for tag in re.findall(r"<(?:script|style)\b[^>]*>", text):
                assert "nonce=" in tag or "src=" in tag or "application/json" in tag, (address, tag)
