"""An answer of a visitor, whichever way it comes: guards, record, cookie."""

import re
import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from http.cookies import Morsel
from threading import Lock
from time import monotonic

from django.conf import settings
from django.core.signing import BadSignature, TimestampSigner
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from clicknconnect.network import client_address
from consent import cookies, unrecorded
from consent.actions import Decision, RecordNotWritten, record_choice
from consent.cookies import Choice
from consent.enums import Event, Source, Status
from consent.keys import keys_for
from consent.log.ids import moment_of
from consent.middleware import Consent, judge, today
from consent.periods import Period, local_day
from consent.snapshots import Snapshot

# Cookies of Google Analytics, of today and of before (GA-06): what a withdrawal takes away.
GOOGLE_COOKIE = re.compile(
    r"_ga(?:_[\w-]+)?|_gat(?:_[\w-]+)?|_gid|_gac_[\w-]+|_gcl_[\w-]+", re.ASCII
)
receipt_signer = TimestampSigner(salt="consent.receipt")
RECEIPT_LINK_LIFE = timedelta(days=30)
EPOCH = "Thu, 01 Jan 1970 00:00:00 GMT"


class StaleNotice(Exception):
    """The acceptance is of a notice that is no longer shown."""


class TooMany(Exception):
    def __init__(self, seconds: int) -> None:
        super().__init__(f"Too many choices; wait {seconds} s.")
        self.seconds = seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What the visitor asks for. `previous` is the cookie as it was before a script rewrote it."""

    categories: tuple[str, ...]
    notice: int | None
    source: Source
    key: str = ""
    previous: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Visitor:
    """Who answers: the choice in their cookie, how they are addressed, and as whom."""

    snapshot: Snapshot
    choice: Choice | None
    gpc: bool
    language: str
    address: str | None
    account: uuid.UUID | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    choice: Choice
    withdrawn: uuid.UUID | None
    is_new: bool
    is_recorded: bool


def visitor(request: HttpRequest) -> Visitor:
    """Who sends `request`; a version of the policy must be published."""
    consent: Consent = request.consent  # type: ignore[attr-defined]
    assert consent.snapshot is not None
    return Visitor(
        snapshot=consent.snapshot,
        choice=consent.choice,
        gpc=consent.gpc,
        language=request.LANGUAGE_CODE,  # type: ignore[attr-defined]
        address=client_address(request),
        account=_account(request),
    )


def answer(visitor: Visitor, asked: Asked, *, now: datetime) -> Outcome:
    """Record what is asked. Raises StaleNotice, TooMany or RecordNotWritten for an acceptance.

    A refusal or a withdrawal always has an outcome: whatever fails, the cookie is set, and a record
    that could not be written is counted (CK-09).
    """
    snapshot = visitor.snapshot
    before = visitor.choice if asked.previous is None else _choice_of(asked.previous, snapshot)
    refusal = Choice(snapshot.notice, (), local_day(now))
    withdrawn = before.record if before and not asked.categories else None
    if asked.categories and asked.notice != snapshot.notice:
        raise StaleNotice
    try:
        _limit(visitor.address)
        choice = record_choice(
            decision=Decision(
                categories=tuple(sorted(asked.categories)),
                previous=before,
                source=asked.source,
                language=visitor.language,
                gpc=visitor.gpc,
                key=asked.key,
                account=visitor.account if asked.categories else None,
            ),
            snapshot=snapshot,
            now=now,
        )
    except (TooMany, RecordNotWritten):
        if asked.categories:
            raise
        unrecorded.note(Event.WITHDRAWN if withdrawn else Event.REFUSED)
        return Outcome(choice=refusal, withdrawn=withdrawn, is_new=True, is_recorded=False)
    return Outcome(choice=choice, withdrawn=withdrawn, is_new=choice != before, is_recorded=True)


def _choice_of(value: str, snapshot: Snapshot) -> Choice | None:
    no_signal = False
    status, choice = judge(
        value, no_signal, snapshot.notice, snapshot.period, snapshot.optional, today()
    )
    return choice if status == Status.DECIDED else None


def _account(request: HttpRequest) -> uuid.UUID | None:
    if settings.SESSION_COOKIE_NAME not in request.COOKIES:
        return None
    return request.user.pk if request.user.is_authenticated else None


class _Minute:
    """Hits of each address in the minute that runs; the next one starts from nothing.

    A plain dictionary: a limiter with a timer of its own costs more than the record.
    """

    def __init__(self) -> None:
        self._lock = Lock()
        self.reset()

    def reset(self) -> None:
        self._ends_at = 0.0
        self._hits: dict[str, int] = {}

    def hit(self, who: str, limit: int) -> int:
        """Count one; seconds to wait when over `limit`, else 0."""
        now = monotonic()
        with self._lock:
            if now >= self._ends_at:
                self._ends_at, self._hits = now + 60, {}
            hits = self._hits[who] = self._hits.get(who, 0) + 1
            return int(self._ends_at - now) + 1 if hits > limit else 0


_minute = _Minute()


def _limit(address: str | None) -> None:
    """So many a minute and address, in this process's memory only."""
    seconds = _minute.hit(address or "unknown", settings.CONSENT_RATE_PER_MINUTE)
    if seconds:
        raise TooMany(seconds)


def reset_limits() -> None:
    """For tests: nobody has asked yet."""
    _minute.reset()


def cookie_seconds(outcome: Outcome, period: Period, *, now: datetime) -> int:
    """What is left of the choice's life, in seconds."""
    choice = outcome.choice
    if outcome.is_new:
        return period.whole(now)
    since = moment_of(choice.record) if choice.record else None
    return period.remaining(choice.decided_on, now, since=since)


def set_cookie(
    response: HttpResponseBase, request: HttpRequest, outcome: Outcome, *, now: datetime
) -> None:
    """The cookie with what is left of the choice's life: a repetition never prolongs it (CK-12)."""
    consent: Consent = request.consent  # type: ignore[attr-defined]
    assert consent.snapshot is not None
    response.set_cookie(
        cookies.NAME,
        cookies.serialise(outcome.choice, keys_for("cookie")[0]),
        max_age=cookie_seconds(outcome, consent.snapshot.period, now=now),
        path="/",
        secure=request.is_secure(),
        httponly=False,
        samesite="Lax",
    )
    if not outcome.choice.categories:
        forget_google(response, request)


def forget_google(response: HttpResponseBase, request: HttpRequest) -> None:
    """Take Google's cookies away, for this host and each of its parent domains."""
    host = request.get_host().rsplit(":", 1)[0]
    labels = host.split(".")
    domains = ["", *(".".join(labels[i:]) for i in range(len(labels) - 1))]
    for name in request.COOKIES:
        if GOOGLE_COOKIE.fullmatch(name):
            for domain in domains:
                morsel: Morsel[str] = Morsel()
                morsel.set(name, "", "")
                morsel.update({"path": "/", "max-age": "0", "expires": EPOCH, "domain": domain})
                # One name may be deleted on several domains: the mapping's key is ours alone.
                response.cookies[f"{name}@{domain}"] = morsel


def receipt_path(record: uuid.UUID, *, signed: bool = False) -> str:
    """Where the receipt of `record` is; signed for someone whose cookie no longer names it."""
    path = f"/api/v1/consent/receipts/{record}/"
    return f"{path}?key={receipt_key(record)}" if signed else path


def receipt_key(record: uuid.UUID) -> str:
    """What opens the receipt of `record` for a month."""
    return receipt_signer.sign(str(record)).partition(":")[2]


def is_signed(record: uuid.UUID, key: str) -> bool:
    """Whether `key` is of a link that receipt_path signed in the last 30 days."""
    try:
        receipt_signer.unsign(f"{record}:{key}", max_age=RECEIPT_LINK_LIFE)
    except BadSignature:
        return False
    return True
