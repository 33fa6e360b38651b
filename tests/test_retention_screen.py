"""The screen of retention: what falls due, without a name; who may decide decides."""

from datetime import UTC, date, datetime
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.test import Client
from django.urls import reverse

from privacy.groups import AUDITORS, MANAGERS
from privacy.models import AccountingApproval, User
from privacy.retention import approvals, due
from privacy.retention.rules import published
from tests.retention_rows import invoice, person

pytestmark = pytest.mark.django_db
SCREEN = "/admin/privacy/retentionrun/"
LONG_AGO = date(2015, 1, 1)


def staff(client: Client, group: str) -> Client:
    user = User.objects.create_user("staff@example.test", "x", is_staff=True)
    user.groups.add(Group.objects.get(name=group))
    client.force_login(user)
    return client


@pytest.fixture
def batch() -> AccountingApproval:
    now = datetime.now(UTC)
    invoice(person(opened=LONG_AGO), date(2016, 6, 15))
    approvals.propose(at=due.cuts(rules=published(), now=now), publication=1, now=now)
    return approvals.open_batches().get()


def decide(client: Client, batch: AccountingApproval, **data: str) -> Any:
    address = reverse("admin:privacy_accountingapproval_decide", args=[batch.pk])
    answer = client.post(address, data, follow=True)
    batch.refresh_from_db()
    return answer


def test_rt_07_the_screen_says_what_when_and_why_and_names_nobody(
    client: Client, batch: AccountingApproval
) -> None:
    gone, lost = person(opened=LONG_AGO, closed=date(2020, 5, 5)), person()
    page = staff(client, AUDITORS).get(SCREEN).content.decode()
    for text in (gone.reference, "6 mai 2025", "compte expiré", lost.reference):
        assert text in page
    assert "Durand" not in page
    assert "example.test" not in page.replace("staff@example.test", "")


def test_t_18_a_manager_approves_what_they_looked_at(
    client: Client, batch: AccountingApproval
) -> None:
    manager = staff(client, MANAGERS)
    decide(manager, batch, decision="approve", fingerprint=batch.fingerprint)
    assert batch.approved_at is None  # the box that confirms
    decide(manager, batch, decision="approve", fingerprint="0" * 64, confirm="yes")
    assert batch.approved_at is None
    decide(manager, batch, decision="approve", fingerprint=batch.fingerprint, confirm="yes")
    assert batch.approved_by == User.objects.get(email="staff@example.test").pk
    decide(manager, batch, decision="refuse", reason=" ")
    assert batch.refused_at is None
    decide(manager, batch, decision="refuse", reason="immeuble : 15 ans")
    assert batch.refused_because == "immeuble : 15 ans"


def test_t_18_who_may_only_read_decides_nothing(client: Client, batch: AccountingApproval) -> None:
    auditor = staff(client, AUDITORS)
    address = reverse("admin:privacy_accountingapproval_decide", args=[batch.pk])
    page = auditor.get(address)
    assert page.status_code == 200
    assert 'name="decision"' not in page.content.decode()
    answer = decide(
        auditor, batch, decision="approve", fingerprint=batch.fingerprint, confirm="yes"
    )
    assert (answer.status_code, batch.approved_at) == (403, None)


def test_t_18_the_front_page_says_what_waits(client: Client, batch: AccountingApproval) -> None:
    person()
    page = staff(client, MANAGERS).get("/admin/").content.decode()
    assert "1 document comptable attend que vous approuviez sa destruction." in page
    assert "Pour 1 personne, aucune date ne fait courir" in page
