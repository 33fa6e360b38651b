"""Requests: their states, their clock, their timeline, and what SQL may not do to them."""

import importlib
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.core.management import call_command
from django.db import IntegrityError, connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from consent.models import Act
from consent.models.evidence import WrittenOnce
from privacy.models import (
    RefusalGround,
    RequestChannel,
    RequestEvent,
    RequestMessage,
    RightsRequest,
    User,
)
from privacy.requests import acts, clock, filing, links, states, timeline
from privacy.requests.acts import NotPossible
from privacy.requests.states import FINAL, Status
from tests.requests import RECEIVED, colleague, filed, queued, work

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


def kinds(request: RightsRequest) -> list[str]:
    return [event.kind for event in timeline.of(request)]


def confirmed(**asked: Any) -> RightsRequest:
    return acts.confirm(request=filed(**asked), now=RECEIVED + timedelta(hours=1))


def sql(statement: str, *values: Any) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement, values)


# --- Receipt -------------------------------------------------------------------------------------


def test_tl_06_the_day_of_receipt_is_that_of_brussels() -> None:
    request = filed(now=datetime(2026, 11, 21, 23, 30, tzinfo=UTC))
    assert request.received_on == date(2026, 11, 22)
    assert request.legal_due_on == date(2026, 12, 22)


def test_dr_03_sending_starts_the_clock_and_not_confirming() -> None:
    request = filed()
    assert request.status == Status.AWAITING_CONFIRMATION
    late = acts.confirm(request=request, now=RECEIVED + 5 * DAY)
    assert late.received_on == date(2026, 11, 22)
    assert late.legal_due_on == date(2026, 12, 22)
    assert late.status == Status.RECEIVED


def test_dr_03_the_acknowledgement_says_what_it_must() -> None:
    request = filed(language="en")
    (letter,) = work()
    assert letter.to == ["ada@example.test"]
    assert request.reference in letter.subject
    for words in (request.reference, "274 48 00", "contact@apd-gba.be", "info@clicknconnect.be"):
        assert words in letter.body
    assert f"/en/privacy/rights/confirm/{links.token(request, links.Purpose.CONFIRM)}/" in (
        letter.body
    )
    follow = links.token(request, links.Purpose.FOLLOW)
    assert f"/en/privacy/rights/{request.reference}/{follow}/" in letter.body
    assert kinds(request) == ["filed", "acknowledged"]


def test_dr_03_a_letter_sent_again_holds_the_same_links() -> None:
    request = filed()
    args = queued("privacy.requests.jobs.acknowledge")
    assert args == [{"request": str(request.pk)}]
    first, second = (work_again(args[0]) for _ in range(2))
    assert first == second


def work_again(args: dict[str, Any]) -> str:
    from django.core import mail

    from privacy.requests import jobs

    mail.outbox.clear()
    RequestMessage.objects.update(state="waiting", mailed_at=None)
    jobs.acknowledge(**args)
    return str(mail.outbox[0].body)


def test_dr_01_staff_enter_what_came_by_post_with_its_day() -> None:
    agent = colleague()
    asked = filing.Asked(rights=("erasure",), name="Ada", email="", language="nl")
    request = filing.enter(
        by=agent,
        asked=asked,
        channel=RequestChannel.POST,
        received_on=date(2026, 2, 10),
        now=datetime(2026, 2, 16, 9, tzinfo=UTC),
    )
    assert (request.received_on, request.legal_due_on) == (date(2026, 2, 10), date(2026, 3, 10))
    assert request.status == Status.RECEIVED
    assert queued("privacy.requests.jobs.acknowledge") == []
    assert Act.objects.filter(act="request.entered", actor=agent.pk).count() == 1
    with pytest.raises(filing.ReceivedLater):
        filing.enter(
            by=agent,
            asked=asked,
            channel=RequestChannel.POST,
            received_on=date(2026, 2, 17),
            now=datetime(2026, 2, 16, 22, 59, tzinfo=UTC),
        )


def test_references_tell_nothing_and_are_not_read_for_one_another() -> None:
    references = {filed().reference for _ in range(20)}
    assert len(references) == 20
    for reference in references:
        assert reference.startswith("DSR-2026-")
        assert not set(reference[9:]) & set("01ILOU")


def test_one_click_that_comes_twice_is_one_request() -> None:
    asked = filing.Asked(rights=("access",), name="A", email="a@example.test", language="fr")

    def send(minutes: int, key: str = "k") -> RightsRequest:
        now = RECEIVED + timedelta(minutes=minutes)
        return filing.file(asked=asked, account=None, now=now, sending=key)

    assert send(0).pk == send(1).pk
    assert len({send(0).pk, send(1, "other").pk, send(11).pk}) == 3


# --- States --------------------------------------------------------------------------------------


def test_the_trigger_knows_the_pairs_of_the_table() -> None:
    migration = importlib.import_module("privacy.migrations.0011_requests")
    assert set(migration.PAIRS) == states.pairs()


def test_sql_cannot_make_a_transition_that_is_not_in_the_table() -> None:
    request = filed()
    for status in set(Status) - {to for source, to in states.pairs() if source == request.status}:
        if status == request.status:
            continue
        with pytest.raises(IntegrityError, match="does not go from"):
            sql(
                "UPDATE privacy_rightsrequest SET status = %s, decided_by = %s, ended_at = now(),"
                " refusal_ground = 'unfounded', refusal_reason = 'x', refusal_evidence = 'x'",
                status,
                request.pk,
            )


def test_dr_19_sql_cannot_end_a_request_without_somebody() -> None:
    confirmed()
    for status in FINAL:
        with pytest.raises(IntegrityError, match="ended_by_somebody|refused_with_reasons"):
            sql("UPDATE privacy_rightsrequest SET status = %s, ended_at = now()", status)


def test_dr_07_sql_cannot_refuse_without_ground_reasons_and_evidence() -> None:
    request = confirmed()
    whole = {"refusal_ground": "unfounded", "refusal_reason": "x", "refusal_evidence": "x"}
    for left_out in whole:
        values = {**whole, left_out: ""}
        with pytest.raises(IntegrityError, match="refused_with_reasons"):
            sql(
                "UPDATE privacy_rightsrequest SET status = 'refused', ended_at = now(),"
                " decided_by = %s, refusal_ground = %s, refusal_reason = %s, refusal_evidence = %s",
                request.pk,
                *values.values(),
            )


def test_the_receipt_never_changes() -> None:
    filed()
    for change in (
        "received_at = received_at - interval '1 day', received_on = received_on - 1",
        "legal_due_on = legal_due_on + 1",
        "reference = 'DSR-2026-AAAAAA'",
    ):
        with pytest.raises(IntegrityError, match="never changes"):
            sql(f"UPDATE privacy_rightsrequest SET {change}")


def test_dr_06_a_refusal_names_ground_reasons_and_remedies() -> None:
    boss, request = colleague(), confirmed()
    work()
    with pytest.raises(NotPossible):
        acts.refuse(
            request=request, by=boss, ground=RefusalGround.EXCESSIVE, reason=" ", evidence="x",
            now=RECEIVED + DAY,
        )  # fmt: skip
    done = acts.refuse(
        request=request,
        by=boss,
        ground=RefusalGround.EXCESSIVE,
        reason="Trente demandes identiques.",
        evidence="Les trente lettres.",
        now=RECEIVED + DAY,
    )
    assert (done.status, done.decided_by) == (Status.REFUSED, boss.pk)
    (letter,) = work()
    for words in (
        "Trente demandes identiques.",
        "Rue de la Presse, 35",
        "274 48 00",
        "recours juridictionnel",
    ):
        assert words in letter.body
    assert "Les trente lettres." not in letter.body


def test_two_who_act_at_once_are_one_act() -> None:
    boss, request = colleague(), confirmed()
    acts.complete(request=request, by=boss, text="Voici.", now=RECEIVED + DAY)
    with pytest.raises(NotPossible):
        acts.complete(request=request, by=boss, text="Voici.", now=RECEIVED + DAY)
    assert kinds(request).count("answered") == 1
    assert RequestMessage.objects.filter(request=request, direction="out").count() == 1


def test_what_was_sent_is_kept_exactly_and_mailed_once() -> None:
    from privacy.requests import jobs

    boss, request = colleague(), confirmed()
    work()
    acts.complete(request=request, by=boss, text="Voici vos données.", now=RECEIVED + DAY)
    args = queued("privacy.requests.jobs.send_message")
    letters = work()
    assert len(letters) == 1
    assert letters[0].body.startswith("Voici vos données.")
    jobs.send_message(**args[0])
    from django.core import mail

    assert len(mail.outbox) == 1
    kept = RequestMessage.objects.get(request=request, is_acknowledgement=False)
    assert (letters[0].body.startswith(kept.body), kept.state) == (True, "sent")


# --- Extension, identity -------------------------------------------------------------------------


def test_tl_02_an_extension_is_told_within_the_first_month() -> None:
    boss, request = colleague(), confirmed()
    work()
    with pytest.raises(NotPossible):
        acts.extend(request=request, by=boss, reason=" ", now=RECEIVED + DAY)
    last = datetime(2026, 12, 22, 22, 59, tzinfo=UTC)
    with pytest.raises(NotPossible):
        acts.extend(request=request, by=boss, reason="x", now=last + timedelta(minutes=1))
    done = acts.extend(request=request, by=boss, reason="Archives anciennes.", now=last)
    assert done.extended_due_on == date(2027, 2, 22)
    (letter,) = work()
    assert "Archives anciennes." in letter.body
    assert "22 février 2027" in letter.body
    with pytest.raises(NotPossible):
        acts.extend(request=done, by=boss, reason="Encore.", now=last)


@pytest.mark.parametrize(
    "change",
    [
        "extension_reason = ''",
        "extension_reason = '  '",
        "extension_told_at = NULL",
        "extension_told_at = '2026-12-22 23:00:00+00'",
        "extension_told_at = '2026-11-21 12:00:00+00'",
        "extended_due_on = '2027-02-21'",
        "extended_due_on = '2027-03-31'",
    ],
)
def test_tl_02_sql_cannot_save_an_extension_that_was_not_told_in_time(change: str) -> None:
    request = filed()
    column, value = change.split(" = ")
    right = {
        "extended_due_on": "'2027-02-22'",
        "extension_reason": "'x'",
        "extension_told_at": "'2026-12-22 22:59:00+00'",
    }
    statement = "UPDATE privacy_rightsrequest SET " + ", ".join(
        f"{name} = {wanted}" for name, wanted in {**right, column: value}.items()
    )
    with pytest.raises(IntegrityError, match="told_in_time"):
        sql(statement)
    sql("UPDATE privacy_rightsrequest SET " + ", ".join(f"{n} = {v}" for n, v in right.items()))
    with pytest.raises(IntegrityError, match="extended once"):
        sql("UPDATE privacy_rightsrequest SET extended_due_on = '2027-02-23'")
    request.refresh_from_db()
    assert request.due_on == date(2027, 2, 22)


def test_dr_04_asking_for_an_identity_needs_a_written_doubt() -> None:
    boss, request = colleague(), confirmed()
    with pytest.raises(IntegrityError, match="identity_with_reason"):
        sql("UPDATE privacy_rightsrequest SET identity_asked_on = '2026-11-23'")
    waiting = acts.ask_identity(
        request=request, by=boss, reason="Deux personnes de ce nom.", now=RECEIVED + DAY
    )
    assert waiting.status == Status.AWAITING_IDENTITY
    back = acts.receive_identity(request=waiting, by=boss, now=RECEIVED + 4 * DAY)
    assert (back.status, back.identity_came_on) == (Status.IN_PROGRESS, date(2026, 11, 26))


# --- The clock -----------------------------------------------------------------------------------


def test_what_is_unconfirmed_after_three_days_goes_to_staff() -> None:
    request = filed()
    assert clock.run(now=RECEIVED + 3 * DAY).sorted == 0
    assert clock.run(now=RECEIVED + 3 * DAY + timedelta(seconds=1)).sorted == 1
    request.refresh_from_db()
    assert request.status == Status.TRIAGE
    assert acts.confirm(request=request, now=RECEIVED + 4 * DAY).status == Status.RECEIVED


def test_tl_03_each_alert_is_given_once_and_goes_to_staff() -> None:
    boss = colleague()
    request = acts.assign(request=confirmed(), by=boss, handler=boss, now=RECEIVED)
    work()
    given: list[str] = []
    for day in range(31):
        if clock.run(now=RECEIVED + day * DAY).alerted:
            request.refresh_from_db()
            given.append(f"{day}:{','.join(request.alerts_given[len(given) :])}")
            (letter,) = work()
            assert letter.to == [boss.email]
            assert "Canary" not in letter.body
            assert "ada@" not in letter.body
    assert [text.partition(":")[0] for text in given] == ["15", "23", "29"]
    assert set(request.alerts_given) == {"half", "three_quarters", "five_days", "one_day"}


def test_tl_05_deemed_refused_is_a_flag_at_midnight_and_nothing_else() -> None:
    colleague("boss@example.test")
    request = confirmed()
    work()
    midnight = datetime(2026, 12, 22, 23, 0, tzinfo=UTC)
    assert clock.run(now=midnight - timedelta(seconds=1)).flagged == 0
    assert clock.run(now=midnight).flagged == 1
    assert clock.run(now=midnight).flagged == 0
    request.refresh_from_db()
    assert request.deemed_refused_at == midnight
    assert request.status == Status.RECEIVED
    letter = next(sent for sent in work() if sent.to == ["ada@example.test"])
    for words in ("l'obligation de répondre demeure", "recours juridictionnel", "274 48 00"):
        assert words in letter.body
    assert kinds(request)[-2:] == ["deemed_refused", "incident"]


def test_tl_05_a_late_answer_clears_the_flag_and_the_history_stays() -> None:
    boss, request = colleague(), confirmed()
    clock.run(now=RECEIVED + 31 * DAY)
    done = acts.complete(request=request, by=boss, text="Enfin.", now=RECEIVED + 40 * DAY)
    assert done.deemed_refused_at is None
    assert kinds(request)[-4:] == ["deemed_refused", "incident", "answered", "flag_cleared"]
    assert timeline.of(request)[-2].details == {"late": True}


def test_tl_05_an_acknowledgement_is_no_follow_up_and_an_extension_is() -> None:
    boss, extended = colleague(), confirmed()
    acts.extend(request=extended, by=boss, reason="Archives.", now=RECEIVED + 29 * DAY)
    only_acknowledged = filed(email="b@example.test")
    work()
    assert clock.run(now=RECEIVED + 31 * DAY).flagged == 1
    only_acknowledged.refresh_from_db()
    extended.refresh_from_db()
    assert only_acknowledged.deemed_refused_at is not None
    assert extended.deemed_refused_at is None


def test_deadlines_run_takes_its_moment(capsys: Any) -> None:
    filed()
    call_command("deadlines", "run", "--as-of", "2026-12-23T00:00+01:00")
    assert "1 to sort, 1 reminded, 1 deemed refused" in capsys.readouterr().out


_STEPS = ("confirm", "accept", "assign", "identity", "extend", "clock", "note")


@given(st.lists(st.tuples(st.sampled_from(_STEPS), st.integers(0, 40)), max_size=12))
@settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_dr_19_no_timer_reaches_a_final_state(steps: list[tuple[str, int]]) -> None:
    """Whatever happens short of a decision, however much time goes by, in any order."""
    with transaction.atomic():
        boss, request, now = colleague(), filed(), RECEIVED
        does = {
            "confirm": lambda: acts.confirm(request=request, now=now),
            "accept": lambda: acts.accept(request=request, by=boss, now=now),
            "assign": lambda: acts.assign(request=request, by=boss, handler=boss, now=now),
            "identity": lambda: acts.ask_identity(request=request, by=boss, reason="x", now=now),
            "extend": lambda: acts.extend(request=request, by=boss, reason="x", now=now),
            "note": lambda: acts.note(request=request, by=boss, text="x", now=now),
            "clock": lambda: clock.run(now=now),
        }
        for name, days in [*steps, ("clock", 400)]:
            now += days * DAY
            request.refresh_from_db()
            try:
                with transaction.atomic():
                    does[name]()
            except NotPossible:
                continue
        request.refresh_from_db()
        assert request.status not in FINAL
        assert timeline.first_broken(timeline.of(request)) is None
        # Even then an answer is possible.
        if request.status in (Status.AWAITING_CONFIRMATION, Status.TRIAGE):
            request = acts.accept(request=request, by=boss, now=now)
        assert acts.complete(request=request, by=boss, text="x", now=now).status in FINAL
        transaction.set_rollback(True)


# --- The timeline --------------------------------------------------------------------------------


def test_dr_20_the_timeline_is_chained_and_append_only() -> None:
    request = confirmed()
    events = timeline.of(request)
    assert timeline.first_broken(events) is None
    with pytest.raises(WrittenOnce):
        events[0].delete()
    with pytest.raises(WrittenOnce):
        RequestEvent.objects.filter(request=request.pseudonym).update(kind="closed")
    events[0].details = {"rights": []}
    assert timeline.first_broken(events) == 1
    assert timeline.first_broken(timeline.of(request)[1:]) == 1


def test_dr_20_no_step_can_be_put_in_by_sql() -> None:
    request = confirmed()
    last = timeline.of(request)[-1]
    for number, previous in ((last.number + 2, last.hash), (last.number + 1, "0" * 64)):
        with pytest.raises(IntegrityError, match="does not follow"):
            sql(
                "INSERT INTO privacy_requestevent (id, request, number, at, kind, content_hash,"
                " details, previous_hash, hash) VALUES (gen_random_uuid(), %s, %s, now(), 'closed',"
                " '', '{}', %s, %s)",
                request.pseudonym,
                number,
                previous,
                "1" * 64,
            )


def test_dr_20_the_timeline_holds_nothing_of_the_person_and_outlives_the_request() -> None:
    boss, request = colleague(), confirmed(message="Je suis Ada Canary, ada@example.test")
    acts.note(request=request, by=boss, text="Téléphoné à Ada Canary", now=RECEIVED)
    acts.extend(request=request, by=boss, reason="Dossier d'Ada Canary", now=RECEIVED)
    with connection.cursor() as cursor:
        cursor.execute("SELECT string_agg(e::text, ' ') FROM privacy_requestevent e")
        (held,) = cursor.fetchone()
    assert "Canary" not in held
    assert "ada@" not in held
    assert request.reference not in held
    pseudonym = request.pseudonym
    RightsRequest.objects.filter(pk=request.pk).delete()
    assert not RequestMessage.objects.exists()
    left = list(RequestEvent.objects.filter(request=pseudonym).order_by("number"))
    assert timeline.first_broken(left) is None


# --- Links ---------------------------------------------------------------------------------------


def test_dr_21_links_are_of_one_request_and_one_purpose() -> None:
    mine, other = filed(), filed(email="b@example.test")
    token = links.token(mine, links.Purpose.FOLLOW)
    assert links.to_follow(mine.reference, token, now=RECEIVED).pk == mine.pk
    for reference, text in (
        (other.reference, token),
        (mine.reference, token[:-1] + "x"),
        (mine.reference, links.token(mine, links.Purpose.CONFIRM).rpartition("-")[2]),
        ("DSR-2026-AAAAAA", token),
    ):
        with pytest.raises(links.UnknownLink):
            links.to_follow(reference, text, now=RECEIVED)


def test_dr_21_links_end() -> None:
    boss, request = colleague(), confirmed()
    with pytest.raises(links.SpentLink):
        links.to_confirm(links.token(request, links.Purpose.CONFIRM), now=RECEIVED)
    old = filed(email="b@example.test")
    with pytest.raises(links.SpentLink):
        links.to_confirm(links.token(old, links.Purpose.CONFIRM), now=RECEIVED + 31 * DAY)
    done = acts.complete(request=request, by=boss, text="x", now=RECEIVED)
    token = links.token(done, links.Purpose.FOLLOW)
    assert links.to_follow(done.reference, token, now=RECEIVED + 180 * DAY)
    with pytest.raises(links.SpentLink):
        links.to_follow(done.reference, token, now=RECEIVED + 181 * DAY)
    RightsRequest.objects.filter(pk=done.pk).update(link_number=1)
    with pytest.raises(links.UnknownLink):
        links.to_follow(done.reference, token, now=RECEIVED)


def test_the_person_of_an_account_is_known_at_once() -> None:
    account = User.objects.create_user("marie@example.test", "four-words-are-enough")
    request = filed(account=account)
    assert (request.status, request.account_id) == (Status.RECEIVED, account.pk)
    (letter,) = work()
    assert "/confirm/" not in letter.body
