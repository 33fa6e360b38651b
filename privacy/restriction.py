"""Restriction of processing, as the database enforces it (GDPR art. 18, DR-14).

Unless a transaction says otherwise, PostgreSQL shows the application nothing of a person with an
open restriction: no row of theirs is read, changed or deleted, whatever the code asks for. These
three say otherwise, until the block or the transaction ends. Who opens one has a reason in law:
the person looks at their own data, a claim is defended, the restriction itself is worked on.
"""

from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

from django.db import connection
from psycopg.pq import TransactionStatus

from privacy.models import Restriction


class OutsideTransaction(Exception):
    """The word is local to a transaction: one must be open."""


def seeing() -> AbstractContextManager[None]:
    """Restricted rows may be read, and nothing else. Raises OutsideTransaction."""
    return _mode("see")


def handling() -> AbstractContextManager[None]:
    """Restricted rows may be read and changed. Raises OutsideTransaction."""
    return _mode("handle")


def purging() -> AbstractContextManager[None]:
    """As if grounds (a) and (d) were none: they do not stop the end of a period (DR-14).

    People restricted on grounds (b) and (c) stay hidden. Raises OutsideTransaction.
    """
    return _mode("retention")


def restricted(people: Iterable[Any]) -> set[Any]:
    """Those of `people` (keys of DataSubject) with an open restriction."""
    found = Restriction.objects.filter(person__in=list(people), lifted_at__isnull=True)
    return set(found.values_list("person_id", flat=True))


@contextmanager
def _mode(word: str) -> Iterator[None]:
    if not connection.in_atomic_block:
        raise OutsideTransaction
    before = _set(word)
    try:
        yield
    finally:
        # In a transaction that failed the word goes with it.
        if connection.connection.info.transaction_status != TransactionStatus.INERROR:
            _set(before)


def _set(word: str) -> str:
    """The word that held before."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT before, set_config('privacy.restricted', %s, true)"
            " FROM (SELECT current_setting('privacy.restricted', true) AS before OFFSET 0) AS now",
            [word],
        )
        before, _ = cursor.fetchone()
    return before or ""
