"""What is due on a day: the rows of each rule, as ranges of an index, each with its reason.

The same questions as `privacy.claims` asks of one person, asked of all of them at once; a test
holds the two together.
"""

import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Exists, F, Max, OuterRef, Q, QuerySet, Subquery
from django.utils.translation import gettext_lazy as _

from consent.periods import ends_at, local_day
from privacy import restriction
from privacy.claims import ENDED_WORDS, Facts, Kind, claims_of, end_of
from privacy.models import (
    Complaint,
    ContactMessage,
    DataSubject,
    FiscalYear,
    Invoice,
    LegalHold,
    MarketingChoice,
    Objection,
    ObjectionKind,
    Restriction,
    RightsRequest,
)
from privacy.models.protection import KEEPS_FROM_PURGE
from privacy.periods import FiscalYearRow, fiscal_end, last_day_years, latest_due
from privacy.requests.states import Status
from privacy.retention.rules import REQUEST_FILES, Rule

CHUNK = 2000
WORDS: dict[str, Any] = {
    **{str(kind): words for kind, words in ENDED_WORDS.items()},
    "document": _("exercices comptables terminés"),
    "message": _("message traité"),
    "request": _("demande terminée"),
    "unconfirmed": _("demande jamais confirmée"),
}
# A hold on everything about a person.
WHOLE = ("", "privacy.datasubject")
# Of these a hold keeps the document, not the person's other data.
DOCUMENTS = ("privacy.invoice", "privacy.invoiceline")
# Of these a hold keeps the file of the request.
REQUESTS = ("privacy.rightsrequest", "privacy.requestmessage")
# Never confirmed, and nobody of the staff took it up: nothing else ends it.
UNCONFIRMED = (Status.AWAITING_CONFIRMATION, Status.TRIAGE)
MESSAGES = ("privacy.contactmessage", "privacy.contactreply", "privacy.contactreason")


@dataclass(frozen=True, slots=True)
class Cuts:
    """The latest date of each trigger that is due on `today`; `now` for what ends by the moment."""

    today: date
    now: datetime
    rules: dict[str, Rule]
    fiscal_years: tuple[FiscalYearRow, ...]
    account: date
    contract: date
    accounting: date
    requests: date


@dataclass(frozen=True, slots=True)
class Item:
    """One row that is due: `last_day` was its last one, because of `reason` on `since`."""

    rule: str
    source: str
    key: uuid.UUID
    reference: str
    since: date
    last_day: date
    reason: str

    @property
    def due_on(self) -> date:
        """The day at whose first moment it goes."""
        return self.last_day + timedelta(days=1)

    @property
    def words(self) -> str:
        return str(WORDS[self.reason])


def cuts(
    *,
    rules: dict[str, Rule],
    now: datetime,
    ahead: int = 0,
    fiscal_years: tuple[FiscalYearRow, ...] | None = None,
) -> Cuts:
    """What is due at `now`, or `ahead` days later. One query, for the fiscal years if not given."""
    moment = now + timedelta(days=ahead)
    today = local_day(now) + timedelta(days=ahead)
    years = fiscal_years
    if years is None:
        years = tuple(FiscalYear.objects.values_list("starts_on", "ends_on").order_by("starts_on"))
    amount = {key: rule.amount for key, rule in rules.items()}
    return Cuts(
        today=today,
        now=moment,
        rules=rules,
        fiscal_years=years,
        account=latest_due(today, lambda day: last_day_years(day, amount["account"])),
        contract=latest_due(today, lambda day: last_day_years(day, amount["promotion"])),
        accounting=latest_due(today, lambda day: fiscal_end(day, years, amount["accounting"])),
        requests=latest_due(today, lambda day: last_day_years(day, amount[REQUEST_FILES])),
    )


# --- The rows -------------------------------------------------------------------------------------


def people(at: Cuts) -> QuerySet[DataSubject]:
    """People of whom every claim has ended before `at.today` (RT-01, RT-06, RT-10)."""
    no_account = Q(account_opened_on__isnull=True)
    no_contract = Q(contract_started_on__isnull=True)
    contract_over = Q(contract_ended_on__lte=at.contract)
    complained = Complaint.objects.filter(closed_on__lte=at.account).values("person")
    over = (
        (Q(account_closed_on__lte=at.account) & (no_contract | contract_over))
        | (no_account & contract_over)
        | (no_account & no_contract & Q(pk__in=complained))
    )
    still_complains = Complaint.objects.filter(person=OuterRef("pk")).filter(
        Q(closed_on__isnull=True) | Q(closed_on__gt=at.account)
    )
    held = _open_holds(OuterRef("pk")).exclude(source__in=DOCUMENTS)
    return DataSubject.objects.filter(over, anonymised_at__isnull=True).exclude(
        Exists(held)
        | Exists(_restrictions(OuterRef("pk")))
        | Exists(still_complains)
        | Q(_agrees_to_marketing())
    )


def invoices(at: Cuts) -> QuerySet[Invoice]:
    """Documents whose fiscal years are over, whatever became of the account (RT-02)."""
    held = _open_holds(OuterRef("person")).filter(
        Q(source__in=WHOLE)
        | Q(source="privacy.invoice", record__isnull=True)
        | Q(source="privacy.invoice", record=OuterRef("pk"))
        | Q(source="privacy.invoiceline")
    )
    return Invoice.objects.filter(issued_on__lte=at.accounting).exclude(
        Exists(held) | Exists(_restrictions(OuterRef("person")))
    )


def messages(at: Cuts) -> QuerySet[ContactMessage]:
    """Closed messages whose content is still there (RT-03)."""
    closed = at.now - timedelta(days=at.rules["contact"].amount)
    held = _open_holds(OuterRef("person")).filter(
        Q(source__in=WHOLE)
        | Q(source="privacy.contactmessage", record__isnull=True)
        | Q(source="privacy.contactmessage", record=OuterRef("pk"))
        | Q(source__in=MESSAGES[1:])
    )
    return ContactMessage.objects.filter(closed_at__lte=closed, purged_at__isnull=True).exclude(
        Exists(held) | Exists(_restrictions(OuterRef("person")))
    )


def requests(at: Cuts) -> QuerySet[RightsRequest]:
    """Requests that ended long enough ago, or came and were never confirmed, whose contents are
    still there. Refused and failed ones too; what was asked is kept no longer than that."""
    before = ends_at(at.requests)
    over = Q(ended_at__lt=before) | Q(
        ended_at__isnull=True,
        confirmed_at__isnull=True,
        status__in=UNCONFIRMED,
        received_at__lt=before,
    )
    held = _open_holds(OuterRef("person")).filter(
        Q(source__in=WHOLE)
        | Q(source__in=REQUESTS, record__isnull=True)
        | Q(source=REQUESTS[0], record=OuterRef("pk"))
        | Q(source=REQUESTS[1])
    )
    return RightsRequest.objects.filter(over, content_erased_at__isnull=True).exclude(
        Exists(held) | Exists(_restrictions(OuterRef("person")))
    )


def without_anchor() -> QuerySet[DataSubject]:
    """Findings: people for whom no date starts any clock, and whom nothing open keeps."""
    return DataSubject.objects.filter(
        anonymised_at__isnull=True,
        account_opened_on__isnull=True,
        contract_started_on__isnull=True,
    ).exclude(Exists(Complaint.objects.filter(person=OuterRef("pk"))) | Q(_agrees_to_marketing()))


def _open_holds(person: OuterRef) -> QuerySet[LegalHold]:
    return LegalHold.objects.filter(person=person, released_at__isnull=True)


def _restrictions(person: OuterRef) -> QuerySet[Restriction]:
    return Restriction.objects.filter(
        person=person, lifted_at__isnull=True, ground__in=KEEPS_FROM_PURGE
    )


def _agrees_to_marketing() -> Q:
    """The newest choice of a channel is a yes, and no objection to marketing is open (RT-05)."""
    newer = MarketingChoice.objects.filter(
        person=OuterRef("person"), channel=OuterRef("channel")
    ).filter(Q(at__gt=OuterRef("at")) | Q(at=OuterRef("at"), pk__gt=OuterRef("pk")))
    agrees = MarketingChoice.objects.filter(person=OuterRef("pk"), given=True).exclude(
        Exists(newer)
    )
    objects = Objection.objects.filter(
        person=OuterRef("pk"), kind=ObjectionKind.MARKETING, ended_at__isnull=True
    )
    return Q(Exists(agrees)) & ~Q(Exists(objects))


# --- Each row with its reason ---------------------------------------------------------------------


def items(rule: str, at: Cuts, *, limit: int | None = None) -> Iterator[Item]:
    """What `rule` finds due, one at a time; memory stays flat (a cursor of the database)."""
    with transaction.atomic(), restriction.purging():
        yield from _ITEMS[rule](at, limit)


def _people(at: Cuts, limit: int | None) -> Iterator[Item]:
    last_complaint = (
        Complaint.objects.filter(person=OuterRef("pk"))
        .order_by()
        .values("person")
        .annotate(last=Max("closed_on"))
        .values("last")
    )
    rows: Any = people(at).annotate(complaint=Subquery(last_complaint)).order_by("pk")
    found = rows.only(
        "reference", "account_opened_on", "account_closed_on", "contract_started_on",
        "contract_ended_on",
    )[:limit]  # fmt: skip
    for row in found.iterator(chunk_size=CHUNK):
        known = Facts(
            account_opened_on=row.account_opened_on,
            account_closed_on=row.account_closed_on,
            contract_started_on=row.contract_started_on,
            contract_ended_on=row.contract_ended_on,
            complaints=(row.complaint,) if row.complaint else (),
        )
        end = end_of(
            claims_of(
                known,
                years=at.rules["account"].amount,
                promotion_years=at.rules["promotion"].amount,
            )
        )
        claim = end.claims[0]
        # `people` finds only those of whom every claim has ended.
        assert claim.until is not None
        assert claim.since is not None
        yield Item(
            "account", "privacy.datasubject", row.pk, row.reference, claim.since, claim.until,
            Kind(claim.kind).value,
        )  # fmt: skip


def _documents(at: Cuts, limit: int | None) -> Iterator[Item]:
    ends: dict[date, date] = {}
    rows = invoices(at).order_by("issued_on", "pk").values_list("pk", "number", "issued_on")
    for key, number, issued_on in rows[:limit].iterator(chunk_size=CHUNK):
        if issued_on not in ends:
            years = at.rules["accounting"].amount
            ends = {issued_on: fiscal_end(issued_on, at.fiscal_years, years)}
        yield Item(
            "accounting", "privacy.invoice", key, number, issued_on, ends[issued_on], "document"
        )


def _messages(at: Cuts, limit: int | None) -> Iterator[Item]:
    rows = messages(at).order_by("closed_at", "pk").values_list("pk", "reference", F("closed_at"))
    for key, reference, closed_at in rows[:limit].iterator(chunk_size=CHUNK):
        closed_on = local_day(closed_at)
        # Gone from the moment it is closed: the day before was the last whole one.
        last = closed_on + timedelta(days=at.rules["contact"].amount - 1)
        yield Item("contact", "privacy.contactmessage", key, reference, closed_on, last, "message")


def _requests(at: Cuts, limit: int | None) -> Iterator[Item]:
    rows = (
        requests(at)
        .order_by("received_at", "pk")
        .values_list("pk", "reference", "ended_at", "received_on")
    )
    years = at.rules[REQUEST_FILES].amount
    for key, reference, ended_at, received_on in rows[:limit].iterator(chunk_size=CHUNK):
        since = local_day(ended_at) if ended_at else received_on
        yield Item(
            REQUEST_FILES, "privacy.rightsrequest", key, reference, since,
            last_day_years(since, years), "request" if ended_at else "unconfirmed",
        )  # fmt: skip


_ITEMS = {
    "account": _people,
    "accounting": _documents,
    "contact": _messages,
    REQUEST_FILES: _requests,
}
RULES = tuple(_ITEMS)
ROWS: dict[str, Any] = {
    "account": people,
    "accounting": invoices,
    "contact": messages,
    REQUEST_FILES: requests,
}
