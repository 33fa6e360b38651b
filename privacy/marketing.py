"""Who may be written to, and who may be looked at for promotion: one query each.

Legitimate interest (customer management, market studies) never sends anything (MK-04); a message
needs the person's own yes for that channel (MK-01), standing at the moment of sending.
"""

from collections.abc import Collection
from datetime import date, datetime, timedelta
from itertools import batched
from typing import Any
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Greatest
from django.db.models.lookups import GreaterThanOrEqual

from consent.enums import Preset
from consent.models import Publication
from consent.periods import add_months, local_day
from privacy.encryption import keyed_hash, keyed_hashes
from privacy.models import (
    Channel,
    DataSubject,
    MarketingChoice,
    Objection,
    ObjectionKind,
    Restriction,
    Suppression,
)

BATCH = 2000
# T-19: what the strict preset leaves of a silent former client (CNIL).
SILENT_MONTHS = 36
# What a channel needs to reach somebody. At a fair people are met: any of the three will do.
_HAS = {
    Channel.EMAIL: ~Q(email=""),
    Channel.SMS: ~Q(phone=""),
    Channel.PAPER: ~Q(street="") & ~Q(city=""),
    Channel.EVENTS: ~Q(email="") | ~Q(phone="") | (~Q(street="") & ~Q(city="")),
}


def may_be_written_to(
    channel: Channel | str, now: datetime, *, among: Collection[UUID] | None = None
) -> QuerySet[DataSubject]:
    """The people who may get marketing on `channel` at `now`; of `among` only, where given.

    One query, but for the list of addresses that must not be written to: it holds keyed hashes,
    and the key stays out of SQL (a logged statement would show it) and out of the people's rows (a
    stored hash would go stale with the next change of an address, and send). So the few whom the
    rest of the rule allows are hashed here, in batches, and only while the list is not empty.
    """
    found = _allowed(Channel(channel), now)
    if among is not None:
        found = found.filter(pk__in=among)
    suppressed = _suppressed(found)
    return found.exclude(pk__in=suppressed) if suppressed else found


def _allowed(channel: Channel, now: datetime) -> QuerySet[DataSubject]:
    newest = MarketingChoice.objects.filter(person=OuterRef("pk"), channel=channel, at__lte=now)
    return (
        _usable(local_day(now))
        .annotate(newest_choice=Subquery(newest.order_by("-at", "-id").values("given")[:1]))
        .filter(
            ~Exists(_objections(ObjectionKind.MARKETING)),
            _HAS[channel],
            _relation_lasts(local_day(now)),
            newest_choice=True,
        )
    )


def promotion_segment(now: datetime) -> QuerySet[DataSubject]:
    """Whose data may serve customer management and market studies (RT-04, RT-10): a contract that
    runs, or ended no longer ago than the published period. No message may be sent on it (MK-04).

    Under the strict preset also no longer than three years after the last contact (T-19)."""
    today = local_day(now)
    recent = Q(contract_ended_on__gte=earliest_end(today, promotion_months()))
    if is_strict():
        heard_of = Greatest("contract_ended_on", "last_contact_on")  # NULL counts for nothing
        recent &= Q(GreaterThanOrEqual(heard_of, earliest_end(today, SILENT_MONTHS)))
    return _usable(today).filter(
        ~Exists(_objections(ObjectionKind.LEGITIMATE_INTEREST)),
        ~Exists(_objections(ObjectionKind.MARKETING)),
        Q(contract_ended_on__isnull=True) | recent,
        contract_started_on__lte=today,
    )


def is_strict() -> bool:
    """Whether the newest publication applies the strict preset."""
    newest = Publication.objects.order_by("-number").values_list("preset", flat=True).first()
    return newest == Preset.STRICT


def promotion_months() -> int:
    """The published period; without a publication none, so that nobody is in the segment after."""
    return published_months("promotion_retention")


def earliest_end(today: date, months: int) -> date:
    """The earliest end whose period of `months`, clamped to the month, still runs on `today`."""
    day = add_months(today, -months) - timedelta(days=3)
    while add_months(day, months) < today:
        day += timedelta(days=1)
    return day


def published_months(fact: str) -> int:
    """Months of a fact of the newest publication that is counted in years or months, else 0."""
    content = Publication.objects.order_by("-number").values_list("content", flat=True).first()
    for row in (content or {"facts": []})["facts"]:
        if row["key"] == fact and row.get("amount"):
            return int(row["amount"]) * {"year": 12, "month": 1}.get(row.get("unit", ""), 0)
    return 0


def last_day_of_account(closed_on: date) -> date:
    """The last day on which data of a closed account is there (RT-01)."""
    return add_months(closed_on, published_months("account_retention"))


def _usable(today: date) -> QuerySet[DataSubject]:
    """Neither archived, emptied nor restricted (DR-14), nor shut out by staff."""
    return DataSubject.objects.filter(
        Q(account__isnull=True) | Q(account__is_active=True) | Q(account_closed_on__lte=today),
        ~Exists(Restriction.objects.filter(person=OuterRef("pk"), lifted_at__isnull=True)),
        archived_at__isnull=True,
        anonymised_at__isnull=True,
    )


def _relation_lasts(today: date) -> Q:
    """Account open, or contract running, or neither ever was: then only the yes counts (RT-10).

    Who closed their account was told that nothing more would come, whatever the contract does.
    """
    not_closed = Q(account_closed_on__isnull=True) | Q(account_closed_on__gt=today)
    open_account = Q(account_opened_on__isnull=False)
    running = Q(contract_started_on__isnull=False) & (
        Q(contract_ended_on__isnull=True) | Q(contract_ended_on__gt=today)
    )
    neither = Q(account_opened_on__isnull=True) & Q(contract_started_on__isnull=True)
    return not_closed & (open_account | running | neither)


def _objections(kind: ObjectionKind) -> QuerySet[Objection]:
    return Objection.objects.filter(person=OuterRef("pk"), kind=kind, ended_at__isnull=True)


def suppression_hash(email: str) -> str:
    """Of an address as it is stored, in lower case."""
    return keyed_hash(email, about="suppression")


def _suppressed(found: QuerySet[DataSubject]) -> list[Any]:
    """Keys of the people in `found` whose address is in the list; usually very few."""
    if not Suppression.objects.exists():
        return []
    keys: list[Any] = []
    with_address = found.exclude(email="").order_by("pk").values_list("pk", "email")
    for batch in batched(with_address.iterator(chunk_size=BATCH), BATCH):
        hashes = keyed_hashes([email for _, email in batch], about="suppression")
        listed = set(Suppression.objects.filter(pk__in=hashes).values_list("pk", flat=True))
        keys += [pk for (pk, _), one in zip(batch, hashes, strict=True) if one in listed]
    return keys
