"""A planted defect for each rule of requests and of their clock turns a test of that rule red.

Each row puts one wrong piece into the code and runs the body of a test that guards the rule. Red is
an assertion that fails, or the database that refuses what the defect would have written.
"""

import importlib
import inspect
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import partial
from types import SimpleNamespace
from typing import Any

import pytest
from django.core.exceptions import ObjectDoesNotExist
from django.db import DatabaseError, connection, transaction

from privacy.chain import Chain
from privacy.models import MarketingChoice, Objection, User
from privacy.requests.forms import RightsForm
from privacy.requests.states import By, Move, Status
from privacy.sources.base import Source

pytestmark = [pytest.mark.django_db]
# The last two: a row that a test takes for there is not.
RED = (
    AssertionError, pytest.fail.Exception, DatabaseError, ValueError, ObjectDoesNotExist,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Planted:
    """`make` gives the defect from what stands at `place` ("module:name"); `test` is "file:test";
    `given` names the values that the test's parameters get."""

    rule: str
    place: Any
    make: Callable[[Any], Any]
    test: str
    given: tuple[tuple[str, Any], ...] = ()


def always(value: Any) -> Callable[[Any], Any]:
    return lambda right: lambda *args, **kwargs: value


def instead(value: Any) -> Callable[[Any], Any]:
    return lambda right: value


def _today_for_receipt(right: Any) -> Any:
    return lambda asked, *, received_at, **more: right(asked, received_at=datetime.now(UTC), **more)


def _looks_up_the_address(right: Any) -> Any:
    def insert(asked: Any, **values: Any) -> Any:
        if User.objects.filter(email=asked.email).exists():
            User.objects.get(email=asked.email)
        return right(asked, **values)

    return insert


def _forgets_what_was_before(right: Any) -> Any:
    def choose(*, person: Any, **values: Any) -> Any:
        done = right(person=person, **values)
        newest = MarketingChoice.objects.filter(person=person).order_by("-at", "-pk").first()
        MarketingChoice.objects.exclude(pk=newest.pk if newest else None).delete()
        return done

    return choose


def _thirty_days(day: date, months: int = 1) -> date:
    return day + timedelta(days=30 * months)


PLANTED = [
    Planted("DR-01", "privacy.requests.filing:_insert", _today_for_receipt,
            "test_requests:test_dr_01_staff_enter_what_came_by_post_with_its_day"),
    Planted("DR-02", (RightsForm.base_fields["message"], "required"), instead(value=True),
            "test_rights_form:test_dr_02_the_form_offers_every_right_and_needs_no_free_text",
            (("prefix", ""),)),
    Planted("DR-03", "privacy.requests.letters:authority", always({}),
            "test_requests:test_dr_03_the_acknowledgement_says_what_it_must"),
    Planted("DR-04", "privacy.requests.acts:receive_identity", lambda right: partial(_unchanged),
            "test_requests:test_dr_04_asking_for_an_identity_needs_a_written_doubt"),
    Planted("DR-05", "privacy.requests.filing:_insert", _looks_up_the_address,
            "test_rights_api:test_dr_05_filing_is_a_202_for_known_and_unknown_alike"),
    Planted("DR-06", "privacy.requests.letters:text", always("Non."),
            "test_requests:test_dr_06_a_refusal_names_ground_reasons_and_remedies"),
    Planted("DR-07", "privacy.requests.letters:authority", always({}),
            "test_requests:test_dr_06_a_refusal_names_ground_reasons_and_remedies"),
    Planted("DR-08", "privacy.requests.moves:send_message",
        instead(SimpleNamespace(defer=lambda **arguments: None)),
            "test_requests:test_what_was_sent_is_kept_exactly_and_mailed_once"),
    Planted("DR-09", "privacy.rights.information:_disclosures", always([]),
            "test_access:test_dr_09_each_item_of_article_15"),
    Planted("DR-10", "privacy.rights.archives:LIFE", instead(timedelta(days=8)),
            "test_archives:test_dr_10_seven_days_and_not_one_second_more"),
    Planted("DR-11", "privacy.rights.third_parties:has_unreviewed", always(value=False),
            "test_access:test_dr_11_nothing_leaves_before_somebody_looked"),
    Planted("DR-12", "privacy.validation:canonical_iban", lambda right: str,
            "test_space:test_dr_12_what_is_corrected_is_kept_in_its_one_form"),
    Planted("DR-13", (Source, "_all"),
            lambda right: {k: v for k, v in right.items() if k != "privacy.invoice"},
            "test_sources:test_dr_13_every_field_of_every_model_is_declared"),
    Planted("DR-14", "privacy.restriction:_set", always(""),
            "test_restriction:test_dr_14_the_word_ends_with_its_block_and_needs_a_transaction"),
    Planted("DR-15", "privacy.rights.portability:_provided", always(value=True),
            "test_portability:test_dr_15_only_what_was_provided_under_consent_or_contract"),
    Planted("DR-16", "privacy.marketing:_objections",
            lambda right: lambda kind: Objection.objects.none(),
            "test_marketing:test_dr_16_promotion_stops_at_once"),
    Planted("DR-17", "privacy.actions.marketing:_object", always(value=True),
            "test_objection:test_dr_17_one_post_from_anywhere_ends_all_marketing"),
    Planted("DR-18", "tests.test_marketing:choose", _forgets_what_was_before,
            "test_marketing:test_dr_18_a_withdrawal_leaves_the_proof_of_what_was_before"),
    Planted("DR-19", "privacy.requests.clock:SORT",
            instead(Move("sort", (Status.AWAITING_CONFIRMATION,), Status.CLOSED, By.TIMER)),
            "test_requests:test_what_is_unconfirmed_after_three_days_goes_to_staff"),
    Planted("DR-20", (Chain, "first_broken"), always(None),
            "test_requests:test_dr_20_the_timeline_is_chained_and_append_only"),
    Planted("DR-21", "consent.audit:record", always(None),
            "test_rights_api:test_dr_21_every_look_is_in_the_journal"),
    Planted("DR-22", "privacy.breaches.acts:WITHIN", instead(timedelta(days=5)),
            "test_breaches:test_dr_22_due_is_72_hours_after_awareness_exactly"),
    Planted("DR-22", "privacy.breaches.clock:REMINDERS", instead((24, 66)),
            "test_breaches:test_dr_22_managers_are_reminded_at_24_48_and_66_hours_once_each"),
    Planted("TL-01", "privacy.deadlines:month_end", instead(_thirty_days),
            "test_deadlines:test_tl_01_vectors"),
    Planted("TL-02", "privacy.deadlines:may_extend", always(value=True),
            "test_requests:test_tl_02_an_extension_is_told_within_the_first_month"),
    Planted("TL-03", "privacy.requests.clock:due_alerts", always([]),
            "test_requests:test_tl_03_each_alert_is_given_once_and_goes_to_staff"),
    Planted("TL-04", "privacy.deadlines:may_pause", always(value=True),
            "test_deadlines:test_tl_04_three_working_days"),
    Planted("TL-05", "privacy.requests.clock:_flag", always(0),
            "test_requests:test_tl_05_deemed_refused_is_a_flag_at_midnight_and_nothing_else"),
    Planted("TL-06", "privacy.requests.filing:local_day",
            instead(lambda moment: moment.astimezone(UTC).date()),
            "test_requests:test_tl_06_the_day_of_receipt_is_that_of_brussels"),
]  # fmt: skip


def _unchanged(*, request: Any, **given: Any) -> Any:
    return request


def test_every_rule_of_requests_has_a_planted_defect() -> None:
    wanted = {f"DR-{number:02}" for number in range(1, 23)}
    wanted |= {f"TL-{number:02}" for number in range(1, 7)}
    assert {one.rule for one in PLANTED} == wanted


@pytest.mark.parametrize("planted", PLANTED, ids=lambda one: f"{one.rule}-{one.test}")
def test_a_planted_defect_turns_the_test_of_its_rule_red(
    planted: Planted, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    file, _, name = planted.test.partition(":")
    module = importlib.import_module(f"tests.{file}")
    test = getattr(module, name)
    given = {**_fixtures(test, module, request), **dict(planted.given)}
    place, what = planted.place if isinstance(planted.place, tuple) else _at(planted.place)
    monkeypatch.setattr(place, what, planted.make(getattr(place, what)))
    red = [_is_red(test, {**given, **values}) for values in _parameters(test, planted)]
    assert any(red), f"{name} stays green with a defect in {what}."


def _at(place: str) -> tuple[Any, str]:
    module, _, name = place.partition(":")
    return importlib.import_module(module), name


def _is_red(test: Any, given: dict[str, Any]) -> bool:
    try:
        with transaction.atomic():
            test(**given)
    except RED:
        return True
    finally:
        connection.needs_rollback = False
    return False


def _parameters(test: Any, planted: Planted) -> list[dict[str, Any]]:
    """Each set of values that the test is run with; one without any where it takes none."""
    marks = [mark for mark in getattr(test, "pytestmark", []) if mark.name == "parametrize"]
    if planted.given or not marks:
        return [{}]
    (mark,) = marks
    names = mark.args[0] if not isinstance(mark.args[0], str) else mark.args[0].split(",")
    return [
        dict(zip(names, values if len(names) > 1 else [values], strict=True))
        for values in mark.args[1]
    ]


def _fixtures(test: Any, module: Any, request: pytest.FixtureRequest) -> dict[str, Any]:
    """The test's own fixtures, those of its file before those of the project."""
    parametrized = {
        name.strip()
        for mark in getattr(test, "pytestmark", [])
        if mark.name == "parametrize"
        for name in (mark.args[0].split(",") if isinstance(mark.args[0], str) else mark.args[0])
    }
    found = {}
    for name in inspect.signature(test).parameters:
        if name in parametrized:
            continue
        own = getattr(module, name, None)
        if hasattr(own, "_get_wrapped_function"):
            made = own._get_wrapped_function()
            found[name] = made(**_fixtures(made, module, request))
        else:
            found[name] = request.getfixturevalue(name)
    return found
