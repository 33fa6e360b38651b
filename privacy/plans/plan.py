"""Plan → approve → execute: what goes is written down first, and only that goes."""

import hashlib
import json
from collections import Counter
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection, transaction

from consent import audit
from privacy import restriction
from privacy.models import ErasurePlan, PlannedPerson
from privacy.plans import execute as deed
from privacy.plans import statements
from privacy.sources.base import source_of

State, Outcome = ErasurePlan.State, PlannedPerson.Outcome


class Drifted(Exception):
    """What the plan would erase is not what was approved."""


class NotApproved(Exception):
    """Nobody approved the plan."""


def plan_people(people: list[UUID], *, kind: str, rule: str, now: datetime) -> ErasurePlan:
    """Write down, from one snapshot, what erasing these people takes. Nothing changes.

    `kind`: what it is for ("request", "retention"). Sessions and queued jobs are not counted: they
    come and go with every visit, and go with the person whatever they are by then.
    """
    outermost = not connection.in_atomic_block
    with transaction.atomic():
        if outermost:
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        plan = ErasurePlan(kind=kind, rule=rule, as_of=now)
        counts: Counter[str] = Counter()
        hashes: list[str] = []
        planned: list[PlannedPerson] = []
        for some in deed.parts(sorted(set(people)), deed.BATCH):
            found, here = described(some)
            counts += here
            hashes += found.values()
            planned += [
                PlannedPerson(plan=plan, person_id=person, fingerprint=of_them)
                for person, of_them in found.items()
            ]
        plan.counts = dict(counts)
        plan.fingerprint = whole(hashes)
        plan.save()
        PlannedPerson.objects.bulk_create(planned, batch_size=2000)
    return plan


def described(people: list[UUID]) -> tuple[dict[UUID, str], Counter[str]]:
    """A fingerprint for each of these people who exist, of the keys of what would go; the counts.

    Who is kept has a fingerprint of nothing: they become another when the protection ends. Inside
    a transaction.
    """
    keeping = deed.kept(people)
    kept = keeping.people
    held = keeping.rows
    parts: dict[UUID, list[tuple[str, int, str]]] = {}
    counts: Counter[str] = Counter()
    with connection.cursor() as cursor:
        with restriction.seeing():
            cursor.execute("SELECT id FROM privacy_datasubject WHERE id = ANY(%s)", [people])
            for (person,) in cursor.fetchall():
                parts[person] = []
        going = [person for person in parts if person not in kept]
        with restriction.purging():
            for source in [*deed.in_order(), source_of("privacy.datasubject")]:
                if source.path is None:
                    continue
                hold = held and source.path != ""
                cursor.execute(statements.keys_by_person(source, held=hold), {"keys": going})
                for person, rows, of_keys in cursor.fetchall():
                    parts[person].append((source.label(), rows, of_keys))
                    counts[source.label()] += rows
    return {person: _hash(parts[person]) for person in sorted(parts)}, counts


def whole(hashes: list[str]) -> str:
    """The fingerprint of a plan, of those of its people."""
    return _hash(sorted(hashes))


def _hash(what: Any) -> str:
    return hashlib.sha256(json.dumps(what).encode()).hexdigest()


def approve(plan: ErasurePlan, *, by: audit.Actor, now: datetime) -> None:
    """Of its fingerprint, by a member of staff. Raises Drifted when the plan was approved or
    changed meanwhile."""
    with transaction.atomic():
        done = ErasurePlan.objects.filter(
            pk=plan.pk, state=State.PLANNED, fingerprint=plan.fingerprint
        ).update(state=State.APPROVED, approved_by=by.pk, approved_at=now)
        if not done:
            raise Drifted("This plan is no longer what was shown, or was approved already.")
        audit.record(
            by=by,
            act="erasure.approved",
            now=now,
            target=str(plan.pk),
            details={"fingerprint": plan.fingerprint, "rule": plan.rule, "rows": plan.counts},
        )
    plan.refresh_from_db()


def execute(plan: ErasurePlan, *, now: datetime) -> Counter[str]:
    """Erase the people of an approved plan; again after an interruption, by as many workers as
    there are: each batch is somebody's, and its progress is part of its transaction.

    Raises NotApproved, and Drifted before anything changes (or, after an interruption, before
    anything else changes). Answers the counts of what this call erased.
    """
    _begin(plan)
    total: Counter[str] = Counter()
    while True:
        picked: list[UUID] = []

        def pick(cursor: Any, picked: list[UUID] = picked) -> list[UUID]:
            cursor.execute(
                "SELECT person_id, fingerprint FROM privacy_plannedperson"
                " WHERE plan_id = %s AND outcome = '' ORDER BY person_id"
                " FOR UPDATE SKIP LOCKED LIMIT %s",
                [plan.pk, deed.BATCH],
            )
            expected = dict(cursor.fetchall())
            picked += expected
            deed.lock(picked)
            if described(picked)[0] != expected:
                raise Drifted("Since the plan was made, rows of its people came or went.")
            return picked

        def after(counts: Counter[str], kept: dict[UUID, str], picked: list[UUID] = picked) -> None:
            mine = PlannedPerson.objects.filter(plan=plan, person__in=picked)
            mine.filter(person__in=list(kept)).update(outcome=Outcome.KEPT)
            mine.filter(outcome=Outcome.WAITING).update(outcome=Outcome.ERASED)

        if not _waiting(plan):
            break
        total += deed.erase_batch(pick, run=plan.pk, rule=plan.rule, now=now, after=after)
        if not picked:  # another worker has the rest
            return total
    ErasurePlan.objects.filter(pk=plan.pk, state=State.EXECUTING).update(
        state=State.EXECUTED, executed_at=now
    )
    plan.refresh_from_db()
    return total


def _waiting(plan: ErasurePlan) -> bool:
    return PlannedPerson.objects.filter(plan=plan, outcome=Outcome.WAITING).exists()


def _begin(plan: ErasurePlan) -> None:
    """The first time: everything is still as it was approved."""
    with transaction.atomic():
        plan.refresh_from_db(from_queryset=ErasurePlan.objects.select_for_update())
        if plan.state == State.PLANNED:
            raise NotApproved("Nobody approved this plan.")
        if plan.state != State.APPROVED:
            return
        members = PlannedPerson.objects.filter(plan=plan).order_by("person")
        people = list(members.values_list("person", flat=True))
        hashes: list[str] = []
        for some in deed.parts(people, deed.BATCH):
            hashes += described(some)[0].values()
        if whole(hashes) != plan.fingerprint:
            raise Drifted("Since the plan was made, rows of its people came or went.")
        plan.state = State.EXECUTING
        plan.save(update_fields=["state"])
