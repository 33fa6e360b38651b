"""Verify the whole log: in one consistent view of it, in memory for its months only."""

import json
import time
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from django.db import connection, transaction

from consent.log import chain, months, sealing, signing_keys
from consent.log.chain import Statement
from consent.log.verification import contents, links, month
from consent.log.verification.broken import Broken
from consent.log.verification.expected import GRACE
from consent.log.verification.links import Month
from consent.models import Verification

LOCK = "consent.verify"


@dataclass(slots=True)
class Outcome:
    """What was looked at, and the first thing amiss ("" when the log is as it was sealed)."""

    seals: int = 0
    records: int = 0
    problem: str = ""
    seconds: float = 0.0
    _named: month.Named = field(default_factory=set)
    _texts: dict[tuple[str, int, str], int] = field(default_factory=dict)

    @property
    def ok(self) -> bool:
        return not self.problem


class Unreadable(Exception):
    """A file that was given cannot be used; the text is a sentence."""


def verify(
    *, now: datetime, anchor: Statement | None = None, trusted: frozenset[str] | None = None
) -> Outcome:
    """Hold the whole log against its seals.

    `trusted` are base64 public keys, those of LEDGER_SIGNING_KEYS when None: one of them must have
    signed the newest seal. `anchor` is a seal that was kept elsewhere.
    """
    started = time.monotonic()
    outcome = Outcome()
    if trusted is None:
        trusted = frozenset(key["public_key"] for key in signing_keys.public())
    is_nested = connection.in_atomic_block
    try:
        with transaction.atomic():
            if not is_nested:
                _one_view()
            _verify(outcome, now, anchor, trusted)
    except Broken as error:
        outcome.problem = str(error)
    outcome.seconds = time.monotonic() - started
    return outcome


def _one_view() -> None:
    """One snapshot for all that is read; and no month leaves meanwhile (it would wait for us)."""
    with connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        cursor.execute("SELECT pg_advisory_xact_lock_shared(hashtext(%s))", [LOCK])


def _verify(
    outcome: Outcome, now: datetime, anchor: Statement | None, trusted: frozenset[str]
) -> None:
    chained = links.check(trusted=trusted, anchor=anchor)
    outcome.seals = chained.seals
    here = {*sealing.months_with("consent_record", "id")}
    here |= {*sealing.months_with("consent_sealed", "record")}
    if not chained.seals and here and min(here) < months.of_moment(now - GRACE):
        raise Broken(f"No seal exists, and records of month {min(here)} are there.")
    for name in sorted(here | chained.months.keys()):
        seen = month.check(name, chained.months.get(name, Month()))
        outcome.records += seen.records
        outcome._named |= seen.named
        for text, seal in seen.texts.items():
            outcome._texts.setdefault(text, seal)
    contents.check(outcome._named, outcome._texts)


def keep(outcome: Outcome, *, at: datetime) -> Verification:
    """Store what a verification found, for the dashboard."""
    return Verification.objects.create(
        at=at,
        ok=outcome.ok,
        seals=outcome.seals,
        records=outcome.records,
        problem=outcome.problem,
        seconds=round(outcome.seconds, 3),
    )


def read_anchor(path: Path) -> Statement:
    """The statement in an anchor file, {"seal": <signed statement>, …}. Raises Unreadable."""
    anchor = _json(path)
    try:
        statement, signature = chain.read(anchor["seal"])
    except (chain.Malformed, KeyError, TypeError) as error:
        raise Unreadable(f"{path} is no anchor of a consent log: {error}") from error
    if not chain.is_signed(statement, signature):
        raise Unreadable(f"{path} is no anchor: its signature does not fit.")
    return statement


def read_keys(path: Path) -> frozenset[str]:
    """The public keys in a saved /.well-known/consent-log.json. Raises Unreadable."""
    try:
        return frozenset(str(key["public_key"]) for key in _json(path)["keys"])
    except (KeyError, TypeError) as error:
        raise Unreadable(f"{path} holds no public keys of a consent log.") from error


def _json(path: Path) -> Any:
    try:
        return json.loads(path.read_text("utf-8"))
    except OSError as error:
        raise Unreadable(f"{path} cannot be read: {error.strerror}.") from error
    except ValueError as error:
        raise Unreadable(f"{path} is not JSON.") from error
