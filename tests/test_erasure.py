"""Erasing people: nothing is left of one, everything of the other (issue 4 § 6)."""

import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import connection

from privacy import restriction
from privacy.models import (
    ContactMessage,
    ContactReply,
    DataSubject,
    ErasureEvidence,
    Invoice,
    InvoiceLine,
    LegalHold,
    Pseudonym,
    Restriction,
    RightsRequest,
    User,
)
from privacy.plans.execute import erase_people, erase_rows
from privacy.sources.base import sources
from tests.canaries import Filled, of, rows_of
from tests.retention_rows import approve

NOW = datetime(2026, 11, 24, 9, tzinfo=UTC)
# What a claim of its own keeps after its person was erased.
OUTLIVING = {
    "privacy_invoice", "privacy_invoiceline", "privacy_rightsrequest", "privacy_requestmessage",
    "privacy_requestfile",
}  # fmt: skip


@pytest.fixture(autouse=True)
def seeing(request: pytest.FixtureRequest) -> Iterator[None]:
    """The canary is restricted (ground a), as everything else: what is left of it is looked at."""
    request.getfixturevalue("db")
    with restriction.seeing():
        yield


def everywhere(canary: str) -> dict[str, int]:
    """Rows of the live database in whose text `canary` is, by table; the catalogue names them."""
    found = {}
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
            " WHERE n.nspname = 'public' AND c.relkind IN ('r', 'p') AND NOT c.relispartition"
        )
        for (table,) in cursor.fetchall():
            cursor.execute(
                f'SELECT count(*) FROM "{table}" x WHERE x::text ILIKE %s', [f"%{canary}%"]
            )
            (count,) = cursor.fetchone()
            if count:
                found[table] = count
    return found


def erase(*people: DataSubject, run: uuid.UUID | None = None) -> Any:
    return erase_people([p.pk for p in people], run=run or uuid.uuid4(), rule="account", now=NOW)


@pytest.mark.django_db
def test_rt_08_canaries_of_one_person_leave_and_of_the_other_stay() -> None:
    one, other = Filled("zwaluw").everything(), Filled("merel").everything()
    before, untouched = everywhere("zwaluw"), rows_of(other)
    assert len(before) >= 10
    assert len(untouched) >= 15
    counts = erase(one)
    assert counts["people"] == 1
    assert everywhere("zwaluw").keys() == OUTLIVING
    assert rows_of(other) == untouched
    left = DataSubject.objects.get(pk=one.pk)
    assert left.anonymised_at == NOW
    assert left.created_at == one.created_at
    assert rows_of(one).keys() == {"privacy.datasubject"} | {
        table.replace("_", ".", 1) for table in OUTLIVING
    }


@pytest.mark.django_db
def test_rt_07_second_run_deletes_nothing() -> None:
    one = Filled("zwaluw").everything()
    erase(one)
    again = erase(one)
    assert not again


@pytest.mark.django_db
def test_rt_07_evidence_counts_rows_and_names_nobody() -> None:
    one = Filled("zwaluw").everything()
    run = uuid.uuid4()
    counts = erase(one, run=run)
    rows = list(ErasureEvidence.objects.filter(run=run))
    assert {row.source: row.rows for row in rows} == {
        label: number for label, number in counts.items() if label != "people"
    }
    assert {row.pseudonym for row in rows} == {Pseudonym.objects.get(person=one).pseudonym}
    assert str(one.pk) not in str(list(ErasureEvidence.objects.values()))


@pytest.mark.django_db
def test_pf_61_the_empty_row_leaves_with_the_last_document() -> None:
    one = Filled("zwaluw").everything()
    erase(one)
    approve(*Invoice.objects.filter(person=one))
    invoices = list(Invoice.objects.filter(person=one).values_list("pk", flat=True))
    run = uuid.uuid4()
    gone = erase_rows(of("privacy.invoice"), invoices, run=run, rule="accounting", now=NOW)
    assert gone == len(invoices) == 1
    assert not InvoiceLine.objects.exists()
    assert DataSubject.objects.filter(pk=one.pk).exists()
    requests = list(RightsRequest.objects.filter(person=one).values_list("pk", flat=True))
    source = of("privacy.rightsrequest")
    assert erase_rows(source, requests, run=run, rule="request_files", now=NOW) == 1
    assert not DataSubject.objects.filter(pk=one.pk).exists()
    assert not Pseudonym.objects.exists()
    assert not everywhere("zwaluw")


@pytest.mark.django_db
@pytest.mark.parametrize("protection", ["hold", "b", "c"])
def test_rt_06_hold_and_restriction_keep_everything(protection: str) -> None:
    one = Filled("zwaluw").everything()
    if protection == "hold":
        LegalHold.objects.create(
            person=one, reason="x", placed_at=NOW, review_on=NOW.date().replace(year=2027)
        )
    else:
        Restriction.objects.create(person=one, ground=protection, reason="x", placed_at=NOW)
    before = rows_of(one)
    counts = erase(one)
    assert counts == {"kept.hold" if protection == "hold" else "kept.restriction": 1}
    assert rows_of(one) == before
    messages = list(ContactMessage.objects.values_list("pk", flat=True))
    source = of("privacy.contactmessage")
    assert erase_rows(source, messages, run=uuid.uuid4(), rule="contact", now=NOW) == 0
    assert rows_of(one) == before


@pytest.mark.django_db
def test_rt_06_hold_on_a_record_keeps_it_and_what_it_hangs_on() -> None:
    one = Filled("zwaluw").everything()
    reply = ContactReply.objects.get()
    LegalHold.objects.create(
        person=one, source="privacy.contactreply", record=reply.pk, reason="x", placed_at=NOW,
        review_on=NOW.date().replace(year=2027),
    )  # fmt: skip
    erase(one)
    assert ContactReply.objects.get().body == reply.body
    assert ContactMessage.objects.get().person_id == one.pk
    assert everywhere("zwaluw").keys() == {
        *OUTLIVING, "privacy_contactreply", "privacy_contactmessage",
    }  # fmt: skip
    assert DataSubject.objects.get(pk=one.pk).email == ""
    LegalHold.objects.filter(released_at=None).update(released_at=NOW)
    erase(one)
    assert everywhere("zwaluw").keys() == OUTLIVING


@pytest.mark.django_db
def test_open_message_is_closed_when_its_author_is_erased() -> None:
    one = DataSubject.objects.create(last_name="zwaluw")
    ContactMessage.objects.create(person=one, body="zwaluw", received_at=NOW)
    erase(one)
    message = ContactMessage.objects.get()
    assert (message.body, message.person, message.outcome) == ("", None, "no_further_action")
    assert message.purged_at == message.closed_at == NOW
    assert not DataSubject.objects.exists()


@pytest.mark.django_db
def test_rt_03_message_of_somebody_unknown_is_purged_with_its_replies() -> None:
    message = ContactMessage.objects.create(
        body="zwaluw", received_at=NOW, closed_at=NOW, outcome="handled"
    )
    ContactReply.objects.create(message=message, body="zwaluw", sent_at=NOW)
    source = of("privacy.contactmessage")
    run = uuid.uuid4()
    assert erase_rows(source, [message.pk], run=run, rule="contact", now=NOW) == 1
    assert not everywhere("zwaluw")
    assert ErasureEvidence.objects.filter(run=run, pseudonym=None).count() == 2
    assert erase_rows(source, [message.pk], run=run, rule="contact", now=NOW) == 0


@pytest.mark.django_db
def test_account_leaves_before_the_person() -> None:
    one = Filled("zwaluw").everything()
    assert User.objects.filter(pk=one.account_id).exists()
    erase(one)
    assert not User.objects.filter(pk=one.account_id).exists()


@pytest.mark.django_db
def test_every_source_has_a_statement() -> None:
    """Whatever an application declares can be erased; a field that cannot is named."""
    from privacy.plans import statements

    for source in sources().values():
        if source.path is not None and source.personal():
            assert statements.erase(source)
