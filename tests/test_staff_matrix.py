"""Who may open which screen of the admin: one table, every group, every model, every page.

A model that is not in the table fails the test until somebody decides who may see it.
"""

from typing import Any

import pytest
from django.apps import apps
from django.contrib import admin
from django.contrib.auth.models import Group
from django.test import Client
from django.urls import reverse

from privacy.groups import AGENTS, ARCHIVE, AUDITORS, MANAGERS, OFFICERS
from privacy.models import FiscalYear, User
from tests import admin_rows, people

PASSWORD = "four-words-are-enough"
pytestmark = [pytest.mark.django_db, pytest.mark.rule("DR-21")]

GROUPS = {
    "agent": AGENTS, "manager": MANAGERS, "officer": OFFICERS, "archive": ARCHIVE,
    "auditor": AUDITORS,
}  # fmt: skip
# No row in `may`: 403 on every page.
READERS = {"manager": "view", "officer": "view", "auditor": "view"}
REGISTER = {**READERS, "agent": "view", "manager": "all"}
# The code knows these rows by name: they are written, never added or taken away.
FIXED = {**REGISTER, "manager": "change"}
PUBLISHED = {**READERS, "agent": "view"}
# Model → who → "view", "add" (and view), "change" (and view), "write" (all three) or "all" (these
# and delete).
MAY: dict[str, dict[str, str]] = {
    "auth.group": {"officer": "view", "auditor": "view"},
    "clicknconnect.run": READERS,
    "consent.acknowledgement": PUBLISHED,
    "consent.act": READERS,
    "consent.anchor": READERS,
    "consent.bannertext": FIXED,
    "consent.browser": REGISTER,
    "consent.category": REGISTER,
    "consent.control": {**READERS, "manager": "change"},
    "consent.cookie": REGISTER,
    "consent.cspreport": READERS,
    "consent.fact": REGISTER,
    "consent.notice": PUBLISHED,
    "consent.policyblock": REGISTER,
    "consent.presetrule": FIXED,
    "consent.publication": PUBLISHED,
    "consent.record": READERS,
    "consent.revision": PUBLISHED,
    "consent.seal": READERS,
    "consent.service": REGISTER,
    "consent.unrecorded": READERS,
    "consent.verification": READERS,
    "privacy.accountingapproval": READERS,
    "privacy.breach": {**READERS, "manager": "write"},
    "privacy.campaign": {**READERS, "manager": "all"},
    "privacy.complaint": {**READERS, "agent": "change", "manager": "change", "archive": "view"},
    "privacy.contactmessage": {**READERS, "agent": "view"},
    "privacy.datacategory": REGISTER,
    "privacy.marketingchoice": READERS,
    "privacy.objection": READERS,
    "privacy.peoplecategory": REGISTER,
    "privacy.policynotice": READERS,
    "privacy.processor": REGISTER,
    "privacy.purpose": REGISTER,
    "privacy.recipient": REGISTER,
    "privacy.retentionrule": REGISTER,
    "privacy.retentionrun": READERS,
    "privacy.rightsrequest": PUBLISHED,
    "privacy.securitymeasure": REGISTER,
    "privacy.datasubject": {**READERS, "agent": "view", "archive": "view"},
    "privacy.fiscalyear": {**READERS, "manager": "write"},
    "privacy.invoice": {**READERS, "manager": "add", "archive": "view"},
    "privacy.user": READERS,
}
WRITES = {("change", "change"), ("add", "add"), ("write", "add"), ("write", "change")}
# The page of acts of a row that nobody edits: whoever may act may post to it. A post that names no
# act is answered 422, and changes nothing; everybody else gets 403.
ACTS = {"privacy.contactmessage": {"agent", "manager"}}
# What a page needs a row of, and nothing above has made.
ROWS = (
    "clicknconnect.run", "consent.acknowledgement", "consent.anchor", "consent.seal",
    "consent.verification", "privacy.accountingapproval", "privacy.breach", "privacy.campaign",
    "privacy.complaint", "privacy.contactmessage", "privacy.marketingchoice", "privacy.objection",
    "privacy.policynotice", "privacy.retentionrun", "privacy.rightsrequest",
)  # fmt: skip
PAGES = ("changelist", "add", "change", "delete", "history")


def expected(label: str, who: str, page: str) -> int:
    """The status of a GET."""
    if who in ("anonymous", "person"):
        return 302
    right = MAY[label].get(who, "")
    # Whoever may switch may also make the one row; the fixture has made it.
    allowed = {
        "changelist": {"view", "add", "change", "write", "all"},
        "change": {"view", "add", "change", "write", "all"},
        "history": {"view", "add", "change", "write", "all"},
        "add": {"add", "write", "all"},
        "delete": {"all"},
    }[page]
    return 200 if right in allowed else 403


def labels() -> list[str]:
    return sorted(model._meta.label_lower for model in admin.site._registry)


def test_dr_21_somebody_decided_about_every_model() -> None:
    assert labels() == sorted(MAY)


@pytest.fixture
def rows() -> None:
    from datetime import UTC, date, datetime

    from consent import audit
    from consent.log.ids import uuid7
    from consent.models import Control, CspReport, Unrecorded
    from privacy.jobs import send_account_letter

    # Who is nobody's colleague, and whose key is the first.
    User.objects.create_user("first@example.test", PASSWORD)
    send_account_letter.defer(account=str(uuid7()), kind="reset")
    Control.objects.create()
    CspReport.objects.create(day=date(2026, 11, 22), directive="img-src", blocked="x", route="y")
    Unrecorded.objects.create(day=date(2026, 11, 22), event="given", count=1)
    audit.record(by=None, act="test.made", now=datetime(2026, 11, 22, tzinfo=UTC))
    people.invoice(people.person())
    FiscalYear.objects.create(starts_on=date(2026, 1, 1), ends_on=date(2026, 12, 31))
    for label in ROWS:
        admin_rows.add(apps.get_model(label), 1)
    Client(headers={"origin": "http://testserver"}).post(
        "/api/v1/consent/",
        {"categories": {"analytics": False}, "notice": 1, "source": "banner"},
        content_type="application/json",
    )


def visitor(who: str) -> Client:
    client = Client(headers={"origin": "http://testserver"})
    if who == "anonymous":
        return client
    person = User.objects.create_user(f"{who}@example.test", PASSWORD, is_staff=who in GROUPS)
    if who in GROUPS:
        person.groups.add(Group.objects.get(name=GROUPS[who]))
    client.force_login(person)
    return client


def address(label: str, page: str) -> str:
    name = f"admin:{label.replace('.', '_')}_{page}"
    if page in ("changelist", "add"):
        return reverse(name)
    row = apps.get_model(label)._base_manager.order_by("pk").first()
    assert row is not None, f"{label} needs a row in this test"
    return reverse(name, args=[row.pk])


@pytest.mark.parametrize("who", [*GROUPS, "person", "anonymous"])
def test_dr_21_every_page_opens_to_exactly_whom_it_may(rows: None, who: str) -> None:
    client = visitor(who)
    wrong = []
    for label in labels():
        for page in PAGES:
            status = client.get(address(label, page)).status_code
            if status != expected(label, who, page):
                wrong.append((label, page, status))
    assert wrong == []


@pytest.mark.parametrize("who", [*GROUPS, "person", "anonymous"])
def test_dr_21_nothing_can_be_posted_to_a_page_that_is_closed(rows: None, who: str) -> None:
    client = visitor(who)
    before = {label: apps.get_model(label)._base_manager.count() for label in labels()}
    wrong = []
    for label in labels():
        for page in ("add", "change", "delete"):
            right = MAY[label].get(who, "")
            if right == "all" or (right, page) in WRITES:
                continue
            status = client.post(address(label, page), {"post": "yes"}).status_code
            closed = 302 if who in ("anonymous", "person") else 403
            acts = page == "change" and who in ACTS.get(label, ())
            if status != (422 if acts else closed):
                wrong.append((label, page, status))
    assert wrong == []
    del before["consent.act"]  # it tells of each refusal
    for label, count in before.items():
        assert apps.get_model(label)._base_manager.count() == count


def test_dr_21_a_person_is_sent_to_a_403(rows: None) -> None:
    assert visitor("person").get("/admin/consent/act/", follow=True).status_code == 403


def admin_paths() -> list[Any]:
    """Every address of the admin, with any arguments."""
    from django.urls import get_resolver
    from django.urls.resolvers import URLResolver

    def walk(resolver: Any, prefix: str) -> Any:
        for part in resolver.url_patterns:
            if isinstance(part, URLResolver):
                yield from walk(part, prefix + str(part.pattern))
            else:
                yield part

    (root,) = [
        part for part in get_resolver().url_patterns if getattr(part, "app_name", "") == "admin"
    ]
    return list(walk(root, ""))


@pytest.mark.parametrize("verified", [False, True])
def test_dr_21_outside_the_demo_every_admin_address_asks_for_the_factor(
    rows: None, settings: Any, verified: bool
) -> None:
    from django.urls import NoReverseMatch

    from tests.factors import enrol, log_in

    settings.DEMO = False
    settings.SECURE_SSL_REDIRECT = False
    boss = User.objects.create_superuser("boss@example.test", PASSWORD)
    client = Client(headers={"origin": "http://testserver"})
    if verified:
        enrol(boss)
        log_in(client, boss)
    else:
        client.force_login(boss)
    opened, closed = [], []
    for label in labels():
        for page in PAGES:
            try:
                where = address(label, page)
            except NoReverseMatch:
                continue
            status = client.get(where).status_code
            (opened if status in (200, 403) else closed).append((where, status))
    for name in ("index", "jsi18n", "password_change"):
        answer = client.get(reverse(f"admin:{name}"))
        at_login = answer.headers.get("Location", "").startswith("/admin/login/")
        (closed if at_login else opened).append((name, answer.status_code))
    assert (closed if verified else opened) == []
    if not verified:
        assert client.get("/admin/", follow=True).status_code == 403
        assert client.get("/admin/login/").status_code == 403


def test_dr_21_every_admin_address_is_journalled() -> None:
    """A view that somebody adds without `admin_view` fails here."""
    outside = []
    for part in admin_paths():
        view = part.callback
        guarded = (
            getattr(view, "is_journalled", False)
            or hasattr(view, "model_admin")
            or hasattr(view, "admin_site")
        )
        if not guarded and part.name != "login":
            outside.append(part.name)
    # Django's redirect of an old address.
    assert [name for name in outside if name] == []


def test_dr_21_every_screen_writes_the_journal() -> None:
    from clicknconnect.audited import Audited

    for screen in admin.site._registry.values():
        assert isinstance(screen, Audited), screen
        for method in ("log_addition", "log_change", "log_deletions", "history_view"):
            assert getattr(type(screen), method) is getattr(Audited, method), (screen, method)
