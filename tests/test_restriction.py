"""DR-14: the data of a restricted person is stored and nothing else, whatever the code asks for."""

import re
from io import StringIO
from time import perf_counter
from typing import Any

import pytest
from django.core.management import call_command
from django.db import DatabaseError, connection, models, transaction

from clicknconnect.grants import EVERYTHING
from privacy import restriction
from privacy.models import (
    Campaign,
    CampaignDelivery,
    ContactMessage,
    DataSubject,
    MarketingChoice,
    Objection,
    Restriction,
)
from privacy.sources.base import about_people
from tests import people
from tests.people import AT

pytestmark = [pytest.mark.django_db, pytest.mark.rule("DR-14")]
# Why a table about people is not hidden: what is in it must go on.
OPEN_TABLES = {
    "privacy.user": "whoever is restricted still logs in",
    "privacy.restriction": "the restriction itself",
    "privacy.legalhold": "what keeps from destroying holds for restricted people first of all",
    "consent.accountlink": "keys of records",
    "otp_static.staticdevice": "second factor",
    "otp_static.statictoken": "second factor",
    "otp_totp.totpdevice": "second factor",
    "sessions.session": "sessions",
    "procrastinate.procrastinatejob": "work that waits",
    "privacy.rightsrequest": "a request must be answered, most of all the one that restricts",
    "privacy.requestfile": "what came with that request",
    "privacy.identitydocument": "who made that request",
    "privacy.requestmessage": "what is said about that request",
    "privacy.approval": "what two people decide about that request",
    "privacy.recipienttask": "who must hear of what that request changed",
    "privacy.correction": "what the person wants corrected by that request",
    "privacy.policynotice": "whether a letter left; none is planned for a restricted person",
    "privacy.breachnotice": "a breach of restricted data is told to the person, too (art. 34)",
    "privacy.archive": "the person's own copies of their data",
    "privacy.thirdpartydecision": "what was decided about such a copy",
}


def hidden_models() -> list[type[models.Model]]:
    return [one.model for one in about_people() if one.label() not in OPEN_TABLES]


@pytest.fixture
def restricted() -> DataSubject:
    who = people.with_account()
    people.fill(who)
    people.restrict(who)
    return who


def of(model: Any, who: DataSubject) -> Any:
    (source,) = [one for one in about_people() if one.model is model]
    return source.find([who.pk])


def test_dr_14_every_table_about_people_is_hidden_or_open_for_a_reason() -> None:
    """A new table fails here until it has its policy, or a reason."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.relname, count(p.polname) FROM pg_class c"
            " LEFT JOIN pg_policy p ON p.polrelid = c.oid WHERE c.relrowsecurity GROUP BY 1"
        )
        guarded = dict(cursor.fetchall())
    assert set(guarded) == {model._meta.db_table for model in hidden_models()}
    assert set(guarded.values()) == {4}


@pytest.mark.parametrize("model", hidden_models(), ids=lambda model: model.__name__)
def test_dr_14_no_path_reads_or_changes_a_restricted_row(
    restricted: DataSubject, model: Any
) -> None:
    other = people.person()
    people.fill(other)
    assert of(model, restricted).count() == 0
    assert of(model, other).count() == 1
    assert model._base_manager.count() == 1
    rows = connection.cursor()
    table = connection.ops.quote_name(model._meta.db_table)
    rows.execute(f"SELECT * FROM {table}")
    assert len(rows.fetchall()) == 1
    with restriction.seeing():
        pk = of(model, restricted).get().pk
    # Choices are events: nobody may change one at all.
    changes = "UPDATE" in getattr(model, "DATABASE_GRANTS", EVERYTHING)
    statements = ["DELETE FROM {} WHERE id = %s"]
    if changes:
        statements += ["SELECT id FROM {} WHERE id = %s FOR UPDATE"]
        statements += ["UPDATE {} SET id = id WHERE id = %s"]
    for statement in statements:
        rows.execute(statement.format(table), [pk])
        assert rows.rowcount == 0
    assert model._base_manager.filter(pk=pk).delete()[0] == 0
    # An export of whole tables, as a report or COPY would make it.
    with rows.copy(f"COPY (SELECT id FROM {table}) TO STDOUT") as copy:
        out = b"".join(bytes(part) for part in copy).decode()
    assert str(pk) not in out
    with restriction.seeing():
        assert of(model, restricted).get().pk == pk
        assert model._base_manager.filter(pk=pk).delete()[0] == 0
        if changes:
            assert model._base_manager.filter(pk=pk).update(id=pk) == 0
    with restriction.handling():
        assert of(model, restricted).get().pk == pk
        if changes:
            assert model._base_manager.filter(pk=pk).update(id=pk) == 1
    assert of(model, restricted).count() == 0


def test_dr_14_a_campaign_does_not_find_them(restricted: DataSubject) -> None:
    other = people.person()
    MarketingChoice.objects.create(person=other, channel="email", given=True, at=AT, source="link")
    campaign = Campaign.objects.create(name="une", subject={}, body={})
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO privacy_campaigndelivery (id, campaign_id, person_id, state, at)"
            " SELECT gen_random_uuid(), %s, d.id, 'planned', now() FROM privacy_datasubject d"
            " WHERE EXISTS (SELECT FROM privacy_marketingchoice m WHERE m.person_id = d.id)",
            [campaign.pk],
        )
        assert cursor.rowcount == 1
    with pytest.raises(DatabaseError, match="row-level security"), transaction.atomic():
        CampaignDelivery.objects.create(campaign=campaign, person=restricted, at=AT)


def test_dr_14_what_the_person_sends_comes_in(restricted: DataSubject) -> None:
    MarketingChoice.objects.create(
        person=restricted, channel="email", given=False, at=AT, source="link"
    )
    Objection.objects.create(person=restricted, kind="legitimate_interest", at=AT, source="account")
    ContactMessage.objects.create(person=restricted, body="Où en est-on ?", received_at=AT)
    with restriction.seeing():
        assert MarketingChoice.objects.filter(person=restricted).count() == 2
        assert Objection.objects.filter(person=restricted).count() == 2
        assert ContactMessage.objects.filter(person=restricted).count() == 2


def test_dr_14_a_message_of_nobody_known_stays_in_sight(restricted: DataSubject) -> None:
    message = ContactMessage.objects.create(body="Bonjour", received_at=AT)
    assert ContactMessage.objects.filter(pk=message.pk).exists()


@pytest.mark.parametrize(("ground", "purged"), [("a", 1), ("b", 0), ("c", 0), ("d", 1)])
def test_dr_14_only_grounds_b_and_c_keep_from_purge(ground: str, purged: int) -> None:
    who = people.person()
    people.restrict(who, ground)
    with restriction.purging():
        assert DataSubject.objects.filter(pk=who.pk).update(last_name="") == purged


def test_dr_14_the_word_ends_with_its_block_and_needs_a_transaction() -> None:
    who = people.person()
    people.restrict(who)
    with restriction.seeing():
        with restriction.handling():
            assert DataSubject.objects.filter(pk=who.pk).update(city="Namur") == 1
        assert DataSubject.objects.filter(pk=who.pk).update(city="Mons") == 0
        assert DataSubject.objects.get(pk=who.pk).city == "Namur"
    assert not DataSubject.objects.filter(pk=who.pk).exists()
    with pytest.raises(DatabaseError), restriction.seeing(), transaction.atomic():
        connection.cursor().execute("SELECT 1/0")
    assert not DataSubject.objects.filter(pk=who.pk).exists()


def test_dr_14_lifted_after_the_person_was_told_all_is_back() -> None:
    who = people.person()
    placed = people.restrict(who)
    with pytest.raises(DatabaseError, match="told_before_lift"), transaction.atomic():
        Restriction.objects.filter(pk=placed.pk).update(lifted_at=AT)
    Restriction.objects.filter(pk=placed.pk).update(told_at=AT, lifted_at=AT)
    assert DataSubject.objects.filter(pk=who.pk).exists()


def test_dr_14_a_dump_of_the_application_misses_them_too(restricted: DataSubject) -> None:
    out = StringIO()
    call_command("dumpdata", "privacy.datasubject", "privacy.invoice", stdout=out)
    assert str(restricted.pk) not in out.getvalue()


def test_dr_14_the_policy_costs_little_on_a_list() -> None:
    """The hidden ones are read once a statement, not once a row."""
    DataSubject.objects.bulk_create(
        [DataSubject(last_name=f"n{number}", email=f"{number}@x.test") for number in range(10_000)]
    )
    for who in DataSubject.objects.all()[:20]:
        people.restrict(who)
    with connection.cursor() as cursor:
        cursor.execute("EXPLAIN ANALYZE SELECT * FROM privacy_datasubject")
        plan = "\n".join(row[0] for row in cursor.fetchall())
    assert re.search(r"InitPlan 1\s+->  Result .*loops=1", plan), plan
    assert "SubPlan" not in plan
    times = {}
    for word in ("handle", ""):
        restriction._set(word)
        times[word] = min(_seconds() for _ in range(5))
    assert times[""] < times["handle"] * 2 + 0.02, times


def _seconds() -> float:
    begin = perf_counter()
    with connection.cursor() as cursor:
        cursor.execute("SELECT id, email FROM privacy_datasubject")
        cursor.fetchall()
    return perf_counter() - begin
