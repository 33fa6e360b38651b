"""Why data is kept and until when: the last claim decides, each use stops at its own end."""

from datetime import date, timedelta
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consent.register.effective import apply_preset
from consent.register.file import read
from privacy import claims
from privacy.claims import Claim, Facts, Kind, claims_of, end_of
from privacy.periods import last_day_years
from privacy.retention import rules

DAY = timedelta(days=1)
REGISTER = Path("clicknconnect/register.yaml")
OPENED = date(2015, 3, 1)
LEFT = date(2020, 2, 29)
ANY_DAY = st.dates(date(2000, 1, 1), date(2060, 1, 1))


def end(**known: Any) -> claims.End:
    return end_of(claims_of(Facts(**known), years=5, promotion_years=5))


def used(today: date, **known: Any) -> frozenset[str]:
    return claims.uses(Facts(**known), today=today, years=5, promotion_years=5)


def test_rt_01_five_years_after_the_account() -> None:
    found = end(account_opened_on=OPENED, account_closed_on=LEFT)
    assert found.last_day == date(2025, 2, 28)
    assert found.claims == (Claim(Kind.ACCOUNT, date(2025, 2, 28), LEFT),)


def test_rt_10_the_contract_that_ended_later_keeps_longer() -> None:
    found = end(
        account_opened_on=OPENED, account_closed_on=LEFT,
        contract_started_on=OPENED, contract_ended_on=date(2022, 6, 30),
    )  # fmt: skip
    assert found.last_day == date(2027, 6, 30)
    assert [claim.kind for claim in found.claims] == [Kind.CONTRACT]


@pytest.mark.parametrize(
    ("known", "kind"),
    [
        ({"account_closed_on": None}, Kind.ACCOUNT),
        ({"contract_started_on": OPENED}, Kind.CONTRACT),
        ({"complaints": (LEFT, None)}, Kind.COMPLAINT),
        ({"has_marketing_consent": True}, Kind.MARKETING),
        ({"is_kept_by_restriction": True}, Kind.RESTRICTION),
        ({"is_held": True}, Kind.HOLD),
    ],
)
def test_rt_06_an_open_claim_keeps_without_a_day(known: dict[str, Any], kind: Kind) -> None:
    found = end(**{"account_opened_on": OPENED, "account_closed_on": LEFT} | known)
    assert found.last_day is None
    assert [claim.kind for claim in found.claims] == [kind]
    assert found.reasons == [str(claims.OPEN_WORDS[kind])]
    assert not found.is_finding


def test_rt_01_a_complaint_keeps_from_its_closing() -> None:
    closed = date(2023, 5, 5)
    found = end(account_opened_on=OPENED, account_closed_on=LEFT, complaints=(LEFT, closed))
    assert found.last_day == date(2028, 5, 5)


def test_rt_05_an_objection_ends_what_marketing_keeps() -> None:
    found = end(
        account_opened_on=OPENED, account_closed_on=LEFT,
        has_marketing_consent=True, objects_to_marketing=True,
    )  # fmt: skip
    assert found.last_day == date(2025, 2, 28)


@pytest.mark.parametrize("held", [False, True])
def test_rt_01_a_missing_anchor_is_a_finding_not_a_day(held: bool) -> None:
    found = end(is_held=held)
    assert found.is_finding
    assert found.last_day is None


@given(st.one_of(st.none(), ANY_DAY), st.one_of(st.none(), ANY_DAY), st.lists(ANY_DAY, max_size=3))
def test_rt_10_nothing_goes_before_the_last_claim(
    closed: date | None, ended: date | None, complaints: list[date]
) -> None:
    known = Facts(
        account_opened_on=closed and date(1999, 1, 1),
        account_closed_on=closed,
        contract_started_on=ended and date(1999, 1, 1),
        contract_ended_on=ended,
        complaints=tuple(complaints),
    )
    found = end_of(claims_of(known, years=5, promotion_years=3))
    ends = [last_day_years(closed, 5)] if closed else []
    ends += [last_day_years(ended, 3)] if ended else []
    ends += [last_day_years(day, 5) for day in complaints]
    assert found.last_day == (max(ends) if ends else None)
    assert found.is_finding == (not ends)


# --- Uses stop at their own end (RT-10) -----------------------------------------------------------

CONTRACT_END, ACCOUNT_END = date(2020, 6, 30), date(2022, 1, 31)
PERSON = {
    "account_opened_on": OPENED, "account_closed_on": ACCOUNT_END,
    "contract_started_on": OPENED, "contract_ended_on": CONTRACT_END,
}  # fmt: skip
SERVICE = {"ii", "iii", "v", "vi"}


@pytest.mark.parametrize(
    ("today", "purposes"),
    [
        (CONTRACT_END, {*SERVICE, "vii", "promotion"}),
        (ACCOUNT_END, {*SERVICE, "vii", "promotion"}),
        (ACCOUNT_END + DAY, {"vii", "promotion"}),
        (date(2025, 6, 30), {"vii", "promotion"}),
        # Promotion stops at its own end; the account's clock still runs.
        (date(2025, 7, 1), {"vii"}),
        (date(2027, 1, 31), {"vii"}),
        (date(2027, 2, 1), set()),
    ],
)
def test_rt_04_rt_10_each_use_stops_at_its_own_end(today: date, purposes: set[str]) -> None:
    assert used(today, **PERSON) == purposes


@pytest.mark.parametrize(
    ("consent", "objects", "promotion", "restricted"), [*product([False, True], repeat=4)]
)
def test_rt_10_matrix_of_choices(
    *, consent: bool, objects: bool, promotion: bool, restricted: bool
) -> None:
    found = used(
        CONTRACT_END,
        has_marketing_consent=consent,
        objects_to_marketing=objects,
        objects_to_promotion=promotion,
        is_restricted=restricted,
        **PERSON,
    )
    assert ("marketing" in found) == (consent and not objects and not restricted)
    assert ("promotion" in found) == (not promotion and not restricted)
    assert "promotion_messages" not in found
    assert restricted == (found == set())


def test_rt_04_t_19_promotion_never_sends_unless_said_so() -> None:
    known = Facts(contract_started_on=OPENED)
    for sends in (False, True):
        found = claims.uses(
            known, today=OPENED, years=5, promotion_years=5, sends_on_interest=sends
        )
        assert ("promotion_messages" in found) == sends


# --- The rules are the published ones -------------------------------------------------------------


def rules_under(preset: str) -> dict[str, rules.Rule]:
    return rules.of(apply_preset(read(REGISTER), preset), preset=preset)


def test_rt_01_rules_are_the_published_periods() -> None:
    found = rules_under("politique")
    assert {key: (rule.amount, rule.unit) for key, rule in found.items()} == {
        "account": (5, "year"),
        "accounting": (7, "fiscal_year"),
        "promotion": (5, "year"),
        "contact": (0, "day"),
        "request_files": (5, "year"),
    }
    assert [key for key, rule in found.items() if rule.needs_approval] == ["accounting"]


def test_t_18_the_strict_preset_takes_the_longer_of_policy_and_law() -> None:
    found = rules_under("strict_be_fr")
    assert found["accounting"].amount == 10
    assert found["account"].amount == 5
    (statutory,) = rules.STATUTORY
    assert statutory.source
    assert statutory.checked_on


def test_rt_01_without_a_published_period_nothing_is_purged() -> None:
    content = apply_preset(read(REGISTER), "politique")
    content["facts"] = [row for row in content["facts"] if row["key"] != "account_retention"]
    with pytest.raises(rules.NoRules, match="account_retention"):
        rules.of(content, preset="politique")
