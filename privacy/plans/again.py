"""The replay of the journal: the deed, once more, for those who came back."""

from collections import Counter
from datetime import datetime
from itertools import groupby
from typing import Any
from uuid import UUID

from django.db import transaction

from privacy.journal import replay
from privacy.journal.entries import Entry
from privacy.plans import execute as deed


def replay_all(*, now: datetime, commit: bool) -> Counter[str]:
    """Erase again what the journal says; counts of "resurrected", "wrong", "missing" and "kept".

    By key AND moment of creation, so that a newcomer whose key happens to be the same is never
    touched. Set-based, in batches; after an interruption it begins anew and finds less to do.
    Raises JournalError. Without `commit` nothing changes.
    """
    total: Counter[str] = Counter()
    batches: dict[UUID, Entry] = {}
    for again, counts in replay.find(batches):
        total += counts
        if commit:
            for (run, rule), entries in groupby(again, key=lambda entry: (entry.run, entry.rule)):
                for some in deed.parts(list(entries), deed.BATCH):
                    done = deed.erase_batch(_Same(some), run=run, rule=rule, now=now, again=True)
                    total += Counter(kept=done["kept.hold"] + done["kept.restriction"])
    if commit:
        with transaction.atomic():
            replay.remember(batches)
    return total


class _Same:
    """Picks who is still the one whom the journal means."""

    def __init__(self, entries: list[Entry]) -> None:
        self.created = {entry.person: entry.created_at for entry in entries}

    def __call__(self, cursor: Any) -> list[UUID]:
        there = deed.lock(list(self.created))
        return [key for key, (created, _empty) in there.items() if created == self.created[key]]
