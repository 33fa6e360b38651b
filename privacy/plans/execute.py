"""The deed: rows of people go, in one transaction a batch, with their evidence.

What leads to a person goes before what identifies them: leaves first, then the account, the
person's own row last, so that whenever it stops no row is left that nobody can find.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import cache, partial
from typing import Any
from uuid import UUID

from django.db import connection, transaction

from privacy import journal, restriction
from privacy.journal import replay
from privacy.models import DataSubject, ErasureBatch, User
from privacy.plans import binding, statements
from privacy.plans.statements import PEOPLE
from privacy.sources.base import Source, sources

BATCH = 500
ROWS = 5000

# Why nothing of a person may go now; '' where a hold names only some of their rows.
_KEPT = """
SELECT person_id, CASE WHEN source IN ('', 'privacy.datasubject') THEN 'hold' ELSE '' END
FROM privacy_legalhold
WHERE person_id = ANY(%(people)s::uuid[]) AND released_at IS NULL
UNION ALL
SELECT person_id, 'restriction' FROM privacy_restriction
WHERE person_id = ANY(%(people)s::uuid[]) AND lifted_at IS NULL AND ground IN ('b', 'c')"""
_LOCKED = """
SELECT id, created_at, anonymised_at IS NOT NULL FROM privacy_datasubject
WHERE id = ANY(%(people)s::uuid[]) ORDER BY id FOR UPDATE"""
_NAMED = """
INSERT INTO privacy_pseudonym (pseudonym, run, person_id)
SELECT gen_random_uuid(), %(run)s, person FROM unnest(%(keys)s::uuid[]) AS person
ON CONFLICT (person_id, run) DO NOTHING"""

type Pick = Callable[[Any], list[UUID]]
type After = Callable[[Counter[str], dict[UUID, str]], None]


@dataclass(frozen=True, slots=True)
class Kept:
    """`people`: of whom nothing may be erased now, and why: "hold" or "restriction".

    `rows`: whether a legal hold names something of anybody: then the statements look at holds.
    """

    people: dict[UUID, str]
    rows: bool


def kept(people: Iterable[UUID]) -> Kept:
    """What keeps data of these people from an erasure."""
    with binding.cursor() as cursor:
        cursor.execute(_KEPT, {"people": binding.array(people)})
        found = cursor.fetchall()
    whole = {person: why for person, why in reversed(found) if why}
    return Kept(whole, any(why != "restriction" for _person, why in found))


def lock(people: list[UUID]) -> dict[UUID, tuple[datetime, bool]]:
    """Those who exist, locked, always in one order: created at, whether their row is empty."""
    with binding.cursor() as prepared:
        prepared.execute(_LOCKED, {"people": binding.array(people)})
        return {key: (created, empty) for key, created, empty in prepared.fetchall()}


def erase_people(
    people: list[UUID], *, run: UUID, rule: str, now: datetime, after: After | None = None
) -> Counter[str]:
    """Erase everything about these people but what a claim keeps; up to 500 in a transaction.

    Kept: rows whose source outlives an erasure (accounting documents, files of requests,
    which leave by `erase_rows` when their own period ends), rows that a legal hold names and what
    they hang on. While one
    of those is left the person's row stays, empty. Who is under a hold as a whole, or a
    restriction on grounds b or c, is left alone.

    Answers rows by source label, and how many people: "people" erased, "kept.hold",
    "kept.restriction". Who is gone already counts nowhere, so that a second call does nothing.
    `after` is called with the counts of each batch and who was kept, in its transaction (for a
    progress row). Raises
    RuntimeError inside another transaction: an erasure that is rolled back after the journal knows
    it would look like a lost one.
    """
    total: Counter[str] = Counter()
    for some in parts(sorted(set(people)), BATCH):
        pick = partial(_these, some)
        total += erase_batch(pick, run=run, rule=rule, now=now, after=after)
    return total


def _these(people: list[UUID], cursor: Any) -> list[UUID]:
    return people


def erase_batch(
    pick: Pick,
    *,
    run: UUID,
    rule: str,
    now: datetime,
    after: After | None = None,
    again: bool = False,
) -> Counter[str]:
    """One transaction of `erase_people`, about the people whom `pick` chooses and locks in it.

    `again`: the journal has them already, and tells it to.

    `pick` may raise to call it off: then nothing was done, and the journal knows nothing.
    """
    counts: Counter[str] = Counter()
    if not again:
        replay.require_none()
    batch = ErasureBatch.objects.create(run=run, rule=rule, started_at=now)
    with transaction.atomic(durable=True), connection.cursor() as cursor:
        with restriction.handling():  # whom a restriction keeps counts as kept, not as gone
            people = pick(cursor)
            # Whoever places a hold or a restriction from here on waits, by its foreign key.
            there = lock(people)
            keeping = kept(there)
            counts.update(f"kept.{why}" for why in keeping.people.values())
            going = [key for key in there if key not in keeping.people]
            full = {key: there[key][0] for key in going if not there[key][1]}
            if full and not again:
                batch.sequence = journal.append(full, batch=batch.pk, run=run, rule=rule, now=now)
            if going:
                given = {"run": run, "rule": rule, "now": now}
                _erase_locked(cursor, going, given, counts, held=keeping.rows)
        counts["people"] += len(full)
        batch.done_at = now
        batch.save(update_fields=["done_at", "sequence"])
        if after is not None:
            after(counts, keeping.people)
    return counts


def _erase_locked(
    cursor: Any, people: list[UUID], given: dict[str, Any], counts: Counter[str], *, held: bool
) -> None:
    own = sources()[DataSubject._meta.label_lower]
    for source in in_order():
        if source.path is None:
            _erase_found(cursor, source, people, given, counts)
    with binding.cursor() as prepared:
        with_keys = {"keys": binding.array(people), **given}
        prepared.execute(_NAMED, with_keys)
        for source in _present(prepared, with_keys["keys"]):
            prepared.execute(statements.erase(source, PEOPLE, held=held), with_keys)
            _count(prepared, source.label(), counts)
        # The people are locked, so that what was emptied without a hold is still empty.
        emptied = frozenset() if held else frozenset(s.model for s in in_order() if s.path)
        prepared.execute(statements.person_gone(empty_only=False, but=emptied), with_keys)
        _count(prepared, own.label(), counts)
        prepared.execute(statements.erase(own, PEOPLE), with_keys)
        _count(prepared, own.label(), counts)


def _present(cursor: Any, people: str) -> list[type[Source]]:
    """The sources that hold something of these locked people, in the order of `in_order`."""
    found = [source for source in in_order() if source.path is not None]
    among = {statements.place(source): source for source in found}
    cursor.execute(statements.present(tuple(among)), {"keys": people})
    there = {place for place, holds in zip(among, cursor.fetchone(), strict=True) if holds}
    return [source for source in found if statements.place(source) in there]


@cache
def in_order() -> tuple[type[Source], ...]:
    """What an erasure empties but the person's own row: the farthest first, the account last."""
    found = [
        source
        for source in sources().values()
        if statements.takes(source) and not source.outlives and source.path != ""
    ]

    def far(source: type[Source]) -> tuple[bool, int, str]:
        distance = 50 if source.path is None else source.path.count("__")
        return source.model is User, -distance, source.label()

    return tuple(sorted(found, key=far))


def _erase_found(
    cursor: Any,
    source: type[Source],
    people: list[UUID],
    given: dict[str, Any],
    counts: Counter[str],
) -> None:
    keys = list(source.find(people).values_list("pk", flat=True))
    if keys:
        cursor.execute(statements.erase_found(source), {"keys": keys, **given})
        _count(cursor, source.label(), counts)


def erase_rows(
    source: type[Source], keys: list[Any], *, run: UUID, rule: str, now: datetime
) -> int:
    """Erase these rows of one source, and what hangs on them; answers how many of `keys` went.

    For a rule that ends for a row and not for a person: a message that is handled, an accounting
    document. Rows of people who are under a hold or a restriction (b, c), and rows that a hold
    names, stay. The empty row of a person of whom nothing else was left goes as well. One
    transaction for each 5 000 keys; a second call does nothing.
    """
    total = 0
    for some in parts(keys, ROWS):
        with transaction.atomic(), restriction.purging(), connection.cursor() as cursor:
            total += _erase_rows(cursor, source, some, {"run": run, "rule": rule, "now": now})
    return total


def _erase_rows(cursor: Any, source: type[Source], keys: list[Any], given: dict[str, Any]) -> int:
    if source.path is None:
        counts: Counter[str] = Counter()
        cursor.execute(statements.erase_found(source), {"keys": keys, **given})
        return _count(cursor, source.label(), counts)
    cursor.execute(statements.people_of(source, 0), {"keys": keys})
    people = [key for (key,) in cursor.fetchall()]
    lock(people)
    keeping = kept(people)
    held = keeping.rows
    cursor.execute(_NAMED, {"run": given["run"], "keys": people})
    with_keys = {"keys": keys, "kept": list(keeping.people), **given}
    for child, hop in statements.children(source.model):
        cursor.execute(statements.erase(child, hop, held=held), with_keys)
    cursor.execute(statements.erase(source, 0, held=held), with_keys)
    gone = _count(cursor, source.label(), Counter())
    if people:
        cursor.execute(statements.person_gone(empty_only=True), {"keys": people, **given})
    return gone


def _count(cursor: Any, label: str, counts: Counter[str]) -> int:
    (rows,) = cursor.fetchone()
    if rows:
        counts[label] += rows
    return int(rows)


def parts(keys: list[Any], size: int) -> Iterator[list[Any]]:
    for start in range(0, len(keys), size):
        yield keys[start : start + size]
