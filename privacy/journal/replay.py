"""After a restore: what the journal knows and the database does not is erased again."""

from collections import Counter
from collections.abc import Iterator
from itertools import islice
from uuid import UUID

from django.db import transaction
from django.db.models import Max

from privacy import restriction
from privacy.encryption import hasher
from privacy.journal import journal
from privacy.journal.entries import Entry, JournalError
from privacy.models import DataSubject, ErasureBatch

# Entries that are compared with the database at a time.
AT_ONCE = 5000


class NotReplayed(Exception):
    """The database is an old one: what was erased since is in it again."""


def lacking() -> bool:
    """Whether the journal ends with a batch that the database never heard of.

    A batch is in the database before the journal has its entries; so only going back in time (a
    restored backup) makes it lack one. One that was interrupted, or runs now, is none of these.
    Raises JournalError when the journal cannot be read.
    """
    last = journal().last()
    return last is not None and not ErasureBatch.objects.filter(pk=last.batch).exists()


def require_none() -> None:
    """Raises NotReplayed: an erasure now would hide that those before it are missing."""
    if lacking():
        raise NotReplayed(
            "The database was restored and the erasures since were not replayed: run "
            "`manage.py erasures replay --commit` first."
        )


def verify() -> tuple[int, list[str]]:
    """How many entries the journal has, and what is wrong with it, as sentences."""
    count, wrong = 0, 0
    mac = hasher("journal")
    try:
        for entry in journal().read():
            count += 1
            wrong += entry.mac != mac(str(entry.person))
    except JournalError as error:
        return count, [str(error)]
    problems = []
    if wrong:
        problems.append(f"{wrong} entries were not made by this site: their keyed hash differs.")
    known = ErasureBatch.objects.aggregate(last=Max("sequence"))["last"] or 0
    if known > count:
        problems.append(
            f"The journal ends at entry {count}, and the database knows of {known}: entries are "
            "missing. Put the journal back from its own backup."
        )
    return count, problems


def find(batches: dict[UUID, Entry]) -> Iterator[tuple[list[Entry], Counter[str]]]:
    """What is to be erased again, in parts; and the counts of each part.

    `batches` is filled with those that the database lacks, for `remember` when all is done.

    "resurrected": the person is there again. "wrong": somebody else has their key by now (created
    at another moment), who is never touched. "missing": they are not in this database.
    Raises JournalError.
    """
    entries_left = journal().read()
    mac = None
    while some := list(islice(entries_left, AT_ONCE)):
        mac = mac or hasher("journal")
        done = ErasureBatch.objects.filter(
            pk__in={entry.batch for entry in some}, done_at__isnull=False
        )
        known = set(done.values_list("pk", flat=True))
        entries = [entry for entry in some if entry.batch not in known]
        counts: Counter[str] = Counter()
        again: list[Entry] = []
        there = people({entry.person for entry in entries})
        for entry in entries:
            found = there.get(entry.person)
            if entry.mac != mac(str(entry.person)):
                raise JournalError(
                    f"Entry {entry.sequence} of the journal was not made by this site."
                )
            if found is None:
                counts["missing"] += 1
            elif found[0] != entry.created_at:
                counts["wrong"] += 1
            elif not found[1]:
                counts["resurrected"] += 1
                again.append(entry)
        batches.update((entry.batch, entry) for entry in entries)
        if entries:
            yield again, counts


def people(keys: set[UUID]) -> dict[UUID, tuple[object, bool]]:
    """Of these, who is there: created at, whether their row is empty."""
    rows = DataSubject._base_manager.filter(pk__in=keys)
    found = rows.values_list("pk", "created_at", "anonymised_at")
    with transaction.atomic(), restriction.seeing():
        return {key: (created, empty is not None) for key, created, empty in found}


def remember(batches: dict[UUID, Entry]) -> None:
    """These are known to this database from here on."""
    ErasureBatch.objects.bulk_create(
        (
            ErasureBatch(
                pk=key,
                run=entry.run,
                rule=entry.rule,
                started_at=entry.at,
                done_at=entry.at,
                sequence=entry.sequence,
            )
            for key, entry in batches.items()
        ),
        batch_size=2000,
        update_conflicts=True,
        unique_fields=["id"],
        update_fields=["done_at", "sequence"],
    )
