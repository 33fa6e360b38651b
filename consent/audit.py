"""The append-only journal of what staff do, written in the transaction of the act itself."""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime
from typing import Any, Protocol

from consent.log.ids import uuid7
from consent.models import Act

_noted: ContextVar[list[str] | None] = ContextVar("noted", default=None)


@contextmanager
def noting() -> Iterator[list[str]]:
    """The names of the acts that are written in this block, as they come."""
    acts: list[str] = []
    token = _noted.set(acts)
    try:
        yield acts
    finally:
        _noted.reset(token)


class Actor(Protocol):
    """An account of staff; only its random id is kept."""

    pk: uuid.UUID


def record(
    *,
    by: Actor | None,
    act: str,
    now: datetime,
    target: str = "",
    details: dict[str, Any] | None = None,
) -> Act:
    """Write that `by` (None: a command or a job) did `act` ("register.published") to `target`.

    `details` are names of fields, counts, reasons: nothing that identifies a data subject.
    """
    noted = _noted.get()
    if noted is not None:
        noted.append(act)
    written: Act = Act.objects.create(
        id=uuid7(now),
        at=now,
        actor=by.pk if by is not None else None,
        act=act,
        target=target[:200],
        details=details or {},
    )
    return written
