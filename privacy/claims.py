"""Why a person's data is still kept, and until when. Pure: dates in, dates and words out.

Each claim keeps until a day, or is open: then something must happen first. Data goes when the last
claim has ended (RT-10). Where no date starts any clock, that is a finding for staff: never « keep
for ever », never « delete now ».
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from django.utils.translation import gettext_lazy as _

from privacy.periods import last_day_years


class Kind(StrEnum):
    ACCOUNT = "account"
    CONTRACT = "contract"
    COMPLAINT = "complaint"
    MARKETING = "marketing"
    RESTRICTION = "restriction"
    HOLD = "hold"
    NO_ANCHOR = "no_anchor"


# Lazy: shown to staff in their language.
OPEN_WORDS = {
    Kind.ACCOUNT: _("le compte est ouvert"),
    Kind.CONTRACT: _("le contrat est en cours"),
    Kind.COMPLAINT: _("une plainte est ouverte"),
    Kind.MARKETING: _("un accord de prospection n’est pas retiré"),
    Kind.RESTRICTION: _("le traitement est limité (art. 18, § 1, b ou c)"),
    Kind.HOLD: _("la suppression est bloquée"),
    Kind.NO_ANCHOR: _("aucune date ne fait courir de délai"),
}
ENDED_WORDS = {
    Kind.ACCOUNT: _("compte expiré"),
    Kind.CONTRACT: _("contrat terminé"),
    Kind.COMPLAINT: _("plainte close"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What is known of a person."""

    account_opened_on: date | None = None
    account_closed_on: date | None = None
    contract_started_on: date | None = None
    contract_ended_on: date | None = None
    # Of each complaint the day it was closed; None: open.
    complaints: tuple[date | None, ...] = ()
    has_marketing_consent: bool = False
    # Grounds b and c of art. 18(1), which suspend the purge (DR-14).
    is_kept_by_restriction: bool = False
    is_held: bool = False
    # Any ground: stored and nothing else.
    is_restricted: bool = False
    # Objections that no one ended (DR-16, DR-17).
    objects_to_marketing: bool = False
    objects_to_promotion: bool = False


@dataclass(frozen=True, slots=True)
class Claim:
    """`until` is a last day; None: open. `since` is the date that started the clock."""

    kind: Kind
    until: date | None = None
    since: date | None = None

    def words(self) -> str:
        """In the reader's language, without a name."""
        if self.until is None:
            return str(OPEN_WORDS[self.kind])
        return str(ENDED_WORDS[self.kind])


@dataclass(frozen=True, slots=True)
class End:
    """`last_day`: None while a claim is open. `claims`: the ones that decide it."""

    last_day: date | None
    claims: tuple[Claim, ...] = field(default=())

    @property
    def is_finding(self) -> bool:
        return any(claim.kind == Kind.NO_ANCHOR for claim in self.claims)

    @property
    def reasons(self) -> list[str]:
        return [claim.words() for claim in self.claims]


def claims_of(facts: Facts, *, years: int, promotion_years: int) -> list[Claim]:
    """Every claim on what is held about a person. `years` of the account, and of the contract."""
    found = []
    if facts.account_opened_on is not None:
        found.append(_after(Kind.ACCOUNT, facts.account_closed_on, years))
    if facts.contract_started_on is not None:
        found.append(_after(Kind.CONTRACT, facts.contract_ended_on, promotion_years))
    found += [_after(Kind.COMPLAINT, closed_on, years) for closed_on in facts.complaints]
    anchored = bool(found)
    if facts.has_marketing_consent and not facts.objects_to_marketing:
        found.append(Claim(Kind.MARKETING))
        anchored = True
    if not anchored:
        found.append(Claim(Kind.NO_ANCHOR))
    if facts.is_kept_by_restriction:
        found.append(Claim(Kind.RESTRICTION))
    if facts.is_held:
        found.append(Claim(Kind.HOLD))
    return found


def end_of(claims: Iterable[Claim]) -> End:
    """When the last of `claims` ends: its day, or what must happen first. Raises without a claim:
    `claims_of` gives at least one."""
    found = list(claims)
    still_open = tuple(claim for claim in found if claim.until is None)
    if still_open:
        return End(None, still_open)
    last = max(claim.until for claim in found if claim.until is not None)
    return End(last, tuple(claim for claim in found if claim.until == last))


def uses(
    facts: Facts, *, today: date, years: int, promotion_years: int, sends_on_interest: bool = False
) -> frozenset[str]:
    """The purposes for which the data may be used on `today`; each stops at its own end although
    the data stays for another (RT-10).

    `promotion` never sends: whether messages may go on legitimate interest alone is T-19's, and the
    answer is no unless `sends_on_interest`.
    """
    if facts.is_restricted or facts.is_kept_by_restriction:
        return frozenset()
    found = set()
    has_account = facts.account_opened_on is not None and not _is_past(
        facts.account_closed_on, today
    )
    has_contract = facts.contract_started_on is not None and not _is_past(
        facts.contract_ended_on, today
    )
    if has_account or has_contract:
        found |= {"ii", "iii", "v", "vi"}
    account = _after(Kind.ACCOUNT, facts.account_closed_on, years)
    knows_account = facts.account_opened_on is not None
    if (knows_account and _holds(account, today)) or any(
        _holds(_after(Kind.COMPLAINT, closed_on, years), today) for closed_on in facts.complaints
    ):
        found.add("vii")
    if facts.contract_started_on is not None and not facts.objects_to_promotion:
        contract = _after(Kind.CONTRACT, facts.contract_ended_on, promotion_years)
        if _holds(contract, today):
            found.add("promotion")
            if sends_on_interest and not facts.objects_to_marketing:
                found.add("promotion_messages")
    if facts.has_marketing_consent and not facts.objects_to_marketing:
        found.add("marketing")
    return frozenset(found)


def _after(kind: Kind, ended_on: date | None, years: int) -> Claim:
    if ended_on is None:
        return Claim(kind)
    return Claim(kind, last_day_years(ended_on, years), ended_on)


def _holds(claim: Claim, today: date) -> bool:
    return claim.until is None or claim.until >= today


def _is_past(ended_on: date | None, today: date) -> bool:
    """The day it ended is the last one of use."""
    return ended_on is not None and ended_on < today
