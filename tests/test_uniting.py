"""Merging duplicates, splitting a request with several rights: nothing lost, nothing later."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from privacy.models import DataSubject, Direction, RequestFile, RightsRequest, User
from privacy.requests import acts, files, uniting
from privacy.requests.moves import NotPossible
from privacy.requests.states import Status
from privacy.requests.timeline import first_broken, of
from privacy.requests.uploads import checked
from tests import uploads
from tests.requests import RECEIVED, colleague, filed, work

pytestmark = pytest.mark.django_db
LATER = RECEIVED + timedelta(days=2)


def two(**changed: Any) -> tuple[RightsRequest, RightsRequest]:
    old = filed()
    new = filed(now=LATER, rights=("erasure",), message="Effacez tout", **changed)
    return old, new


def merged(old: RightsRequest, new: RightsRequest, by: User) -> RightsRequest:
    return uniting.merge(request=new, by=by, into=old, now=LATER)


def act(who: User, request: RightsRequest, name: str, **data: Any) -> Any:
    browser = Client()
    browser.force_login(who)
    return browser.post(f"/admin/privacy/rightsrequest/{request.pk}/act/{name}/", data)


@pytest.mark.rule("DR-01")
def test_dr_01_a_duplicate_is_closed_and_loses_nothing() -> None:
    boss, (old, new) = colleague(), two()
    pdf = checked("x.pdf", uploads.PDF)
    files.attach(new, [pdf], kind=RequestFile.Kind.ATTACHMENT, by=None, now=LATER)
    acts.note(request=new, by=boss, text="une note", now=LATER)
    done = merged(old, new, boss)
    old.refresh_from_db()
    assert (done.status, done.decided_by) == (Status.CLOSED, boss.pk)
    assert old.rights == ["access", "erasure"]
    assert old.received_at == RECEIVED
    assert old.files.count() == 1
    bodies = set(old.messages.exclude(direction=Direction.OUT).values_list("body", flat=True))
    assert bodies == {"Effacez tout", "une note"}
    for request in (old, new):
        events = of(request)
        assert events[-1].kind == "merged"
        assert first_broken(events) is None
    assert any(new.reference in letter.body for letter in work())


@pytest.mark.rule("TL-04")
def test_tl_04_merging_never_makes_anything_later() -> None:
    boss, (old, new) = colleague(), two()
    with pytest.raises(NotPossible, match="plus récente"):
        merged(new, old, boss)
    acts.extend(request=old, by=boss, reason="complexe", now=LATER)
    with pytest.raises(NotPossible, match="prolongé"):
        merged(old, new, boss)
    new.refresh_from_db()
    assert new.is_open


def test_dr_21_strangers_requests_are_never_merged() -> None:
    boss, (old, new) = colleague(), two(email="eve@example.test")
    with pytest.raises(NotPossible, match="même personne"):
        merged(old, new, boss)
    person = DataSubject.objects.create(email="ada@example.test")
    RightsRequest.objects.update(person=person)
    assert merged(old, new, boss).status == Status.CLOSED


def test_nothing_is_merged_twice_or_with_itself_or_with_what_ended() -> None:
    boss, (old, new) = colleague(), two()
    with pytest.raises(NotPossible, match="elle-même"):
        merged(old, old, boss)
    acts.close(request=old, by=boss, reason="double", now=LATER)
    with pytest.raises(NotPossible, match="ouvertes"):
        merged(old, new, boss)


@pytest.mark.rule("TL-04")
@pytest.mark.parametrize("state", ["triage", "in_progress", "awaiting_identity"])
def test_tl_04_both_halves_keep_receipt_clock_and_state(state: str) -> None:
    boss = colleague()
    request = filed(rights=("access", "erasure", "objection"), represented_by="heir",
                    represented_name="Zoé")  # fmt: skip
    if state == "triage":
        RightsRequest.objects.update(status="triage")
    else:
        acts.accept(request=request, by=boss, now=RECEIVED)
        acts.assign(request=request, by=boss, handler=boss, now=RECEIVED)
        acts.extend(request=request, by=boss, reason="complexe", now=LATER)
    if state == "awaiting_identity":
        request.refresh_from_db()
        acts.ask_identity(request=request, by=boss, reason="doute", now=LATER)
    request.refresh_from_db()
    new = uniting.split(request=request, by=boss, rights=["erasure"], now=LATER)
    new.refresh_from_db()
    request.refresh_from_db()
    assert (request.rights, new.rights) == (["access", "objection"], ["erasure"])
    assert new.status == request.status == state
    for field in uniting._COPIED:
        assert getattr(new, field) == getattr(request, field), field
    assert [of(one)[-1].kind for one in (request, new)] == ["split", "split"]
    assert of(new)[-1].details["with"] == str(request.pseudonym)


def test_a_right_stays_in_each_half() -> None:
    boss, request = colleague(), filed(rights=("access", "erasure"))
    for rights in (["access", "erasure"], ["objection"]):
        with pytest.raises(NotPossible):
            uniting.split(request=request, by=boss, rights=rights, now=LATER)
    assert RightsRequest.objects.count() == 1


@pytest.mark.rule("DR-21")
def test_dr_21_both_acts_by_the_admin_and_who_may_not() -> None:
    agent, (old, new) = colleague(group="agents"), two()
    auditor = colleague("c@example.test", group="auditors")
    assert act(auditor, new, "merge", into=old.reference).status_code == 403
    assert act(agent, new, "merge", into="DSR-2026-NOBODY").status_code == 422
    assert act(agent, new, "merge", into=old.reference.lower()).status_code == 302
    new.refresh_from_db()
    assert new.status == Status.CLOSED
    assert act(agent, old, "split", rights=["portability"]).status_code == 422
    assert act(agent, old, "split", rights=["erasure"]).status_code == 302
    assert RightsRequest.objects.filter(rights=["erasure"], status="awaiting_confirmation").exists()
