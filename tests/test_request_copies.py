"""Copies that answer a request: two people before anything leaves, the person alone fetches it."""

import io
import json
import re
import zipfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core import mail
from django.db import IntegrityError, transaction
from django.test import Client

from privacy import staff_tokens
from privacy.models import (
    Archive,
    Complaint,
    DataSubject,
    RequestEvent,
    RightsRequest,
    ThirdPartyDecision,
    User,
)
from privacy.requests import acts, codes, copies, links, timeline
from privacy.requests.moves import NotPossible
from privacy.rights import jobs as rights_jobs
from privacy.rights import review
from tests import people
from tests.requests import colleague, filed, queued, work

pytestmark = pytest.mark.django_db
NOW = datetime.now(UTC)
SECRET = "Mon voisin Jules Témoin fait du bruit"


@pytest.fixture(autouse=True)
def _own_files(settings: Any, tmp_path: Path) -> None:
    settings.STORAGES = {
        **settings.STORAGES,
        "default": {
            "BACKEND": "django.core.files.storage.FileSystemStorage",
            "OPTIONS": {"location": str(tmp_path / "files")},
        },
    }


@pytest.fixture
def anna() -> User:
    return colleague("anna@example.test")


@pytest.fixture
def bert() -> User:
    return colleague("bert@example.test")


def matched(who: DataSubject | None = None, **asked: Any) -> RightsRequest:
    """A confirmed request of somebody with one text about somebody else."""
    who = who or people.person(email="ada@example.test")
    Complaint.objects.create(person=who, subject="Bruit", body=SECRET, received_on=NOW.date())
    request = filed(now=NOW - timedelta(hours=1), **asked)
    if request.account_id is None:
        acts.confirm(request=request, now=NOW)
    RightsRequest.objects.filter(pk=request.pk).update(person=who)
    return RightsRequest.objects.get(pk=request.pk)


def decide_all(request: RightsRequest, by: User, *, masked: str = SECRET) -> Archive:
    archive = Archive.objects.get(request=request, state="review")
    with transaction.atomic():
        found = list(review.looked(archive))
    review.decide(
        archive=archive,
        by=by,
        now=NOW,
        decided=[
            review.Decided(
                source=one.value.source,
                row=one.value.row,
                field=one.value.field,
                value_hash=one.value_hash,
                masked=one.value.value == masked,
                reason="parle d'un voisin" if one.value.value == masked else "",
            )
            for one in found
        ],
    )
    return archive


def released(request: RightsRequest, anna: User, bert: User) -> Archive:
    """The copy, ready."""
    copies.prepare(request=request, by=anna, copy="access", now=NOW)
    archive = decide_all(request, anna)
    copies.release(request=request, by=bert, copy="access", now=NOW)
    rights_jobs.build_archive(archive=str(archive.pk))
    archive.refresh_from_db()
    return archive


def kinds(request: RightsRequest) -> list[str]:
    return [event.kind for event in timeline.of(request)]


def unzipped(answer: Any) -> zipfile.ZipFile:
    return zipfile.ZipFile(io.BytesIO(b"".join(answer.streaming_content)))


def link_of(request: RightsRequest, archive: Archive) -> str:
    return f"{links.follow_path(request)}archive/{archive.pk}/"


# --- Two people ----------------------------------------------------------------------------------


@pytest.mark.rule("DR-11")
def test_dr_11_nothing_leaves_before_each_text_is_decided_by_one_and_released_by_another(
    anna: User, bert: User
) -> None:
    request = matched()
    copies.prepare(request=request, by=anna, copy="access", now=NOW)
    assert queued("privacy.rights.jobs.build_archive") == []
    with pytest.raises(NotPossible, match="textes"):
        copies.release(request=request, by=bert, copy="access", now=NOW)
    archive = decide_all(request, bert)
    for person in (anna, bert):  # one prepared it, the other decided
        with pytest.raises(NotPossible, match="Une autre personne"):
            copies.release(request=request, by=person, copy="access", now=NOW)
    carl = colleague("carl@example.test")
    copies.release(request=request, by=carl, copy="access", now=NOW)
    assert queued("privacy.rights.jobs.build_archive") == [{"archive": str(archive.pk)}]
    assert kinds(request)[-2:] == ["archive_asked", "reviewed"]
    event = RequestEvent.objects.get(request=request.pseudonym, kind="reviewed")
    assert (event.actor, event.details["masked"]) == (carl.pk, 1)


@pytest.mark.rule("DR-11")
def test_dr_11_the_database_refuses_one_person_for_both(anna: User, bert: User) -> None:
    request = matched()
    copies.prepare(request=request, by=anna, copy="access", now=NOW)
    archive = decide_all(request, bert)
    rows = Archive.objects.filter(pk=archive.pk)
    for wrong, name in (
        ({"state": "waiting"}, "privacy_archive_released_first"),
        ({"released_by": anna.pk, "released_at": NOW}, "privacy_archive_two_people"),
        ({"released_by": bert.pk, "released_at": NOW}, "privacy_archive_second_person"),
    ):
        with pytest.raises(IntegrityError, match=name), transaction.atomic():
            rows.update(**wrong)


@pytest.mark.rule("DR-11")
def test_dr_11_after_the_release_no_decision_changes_and_a_mask_has_a_reason(
    anna: User, bert: User
) -> None:
    request = matched()
    copies.prepare(request=request, by=anna, copy="access", now=NOW)
    archive = decide_all(request, anna)
    reasonless = ThirdPartyDecision.objects.filter(archive=archive, masked=True)
    with pytest.raises(IntegrityError, match="masked_with_reason"), transaction.atomic():
        reasonless.update(reason="")
    copies.release(request=request, by=bert, copy="access", now=NOW)
    with pytest.raises(review.CopyReleased):
        review.decide(archive=archive, by=anna, decided=[], now=NOW)
    with pytest.raises(IntegrityError, match="decision_open"), transaction.atomic():
        ThirdPartyDecision.objects.filter(archive=archive).update(masked=False, reason="")


@pytest.mark.rule("DR-11")
def test_dr_11_a_text_that_came_or_changed_since_is_looked_at_again(anna: User, bert: User) -> None:
    request = matched()
    copies.prepare(request=request, by=anna, copy="access", now=NOW)
    archive = decide_all(request, anna)
    copies.release(request=request, by=bert, copy="access", now=NOW)
    Complaint.objects.filter(person=request.person).update(body="Et aussi Marie Autre")
    rights_jobs.build_archive(archive=str(archive.pk))
    archive.refresh_from_db()
    assert (archive.state, archive.released_by, archive.key) == ("review", None, None)
    assert queued("privacy.requests.jobs.remind") == [{"request": str(request.pk), "why": "texts"}]


@pytest.mark.rule("DR-11")
def test_dr_11_the_copy_holds_the_reason_instead_of_the_text(anna: User, bert: User) -> None:
    request = matched()
    code = codes.first_of(request.reference)
    archive = released(request, anna, bert)
    answer = Client(headers={"origin": "http://testserver"}).post(
        link_of(request, archive), {"code": code}
    )
    whole = unzipped(answer)
    text = "".join(whole.read(name).decode(errors="replace") for name in whole.namelist())
    assert SECRET not in text
    assert (
        "[masqué : parle d'un voisin]"
        in json.loads(whole.read("donnees.json"))["data"]["privacy.complaint"]["rows"][0].values()
    )


# --- Fetching ------------------------------------------------------------------------------------


@pytest.mark.rule("DR-10")
def test_dr_10_ready_is_told_by_a_letter_that_holds_no_copy_and_no_code(
    anna: User, bert: User
) -> None:
    request = matched()
    code = codes.first_of(request.reference)
    work()
    released(request, anna, bert)
    (letter,) = [one for one in work() if "copie de vos données est prête" in one.subject]
    assert letter.attachments == []
    assert links.follow_path(request) in letter.body
    assert code not in letter.body
    assert kinds(request)[-1] == "archive_ready"


@pytest.mark.rule("DR-21")
def test_dr_21_the_code_is_shown_once_and_only_its_hash_is_kept(client: Client) -> None:
    here = Client(headers={"origin": "http://testserver"})
    answer = here.post(
        "/privacy/rights/",
        {"rights": ["access"], "name": "Ada Canary", "email": "ada@example.test"},
    )
    place = answer.headers["Location"]
    assert "code" not in here.head(place).content.decode()
    shown = here.get(place)
    request = RightsRequest.objects.get()
    (code,) = re.findall(r"<strong>(\w{4}-\w{4}-\w{4})</strong>", shown.content.decode())
    assert codes.is_right(request, code)
    assert codes.is_right(request, code.lower().replace("-", " "))
    assert not codes.is_right(request, code[:-1])
    assert not codes.is_right(request, "")
    assert code not in request.code_hash
    assert code not in here.get(place).content.decode()
    assert not here.cookies
    assert all(code not in letter.body for letter in work())


@pytest.mark.rule("DR-10")
@pytest.mark.rule("DR-21")
def test_dr_10_five_downloads_by_link_and_code_then_410(anna: User, bert: User) -> None:
    request = matched()
    code = codes.first_of(request.reference)
    archive = released(request, anna, bert)
    here = Client(headers={"origin": "http://testserver"})
    place = link_of(request, archive)
    wrong = here.post(place, {"code": "AAAA-AAAA-AAAA"})
    assert (wrong.status_code, "Ce code ne convient pas" in wrong.content.decode()) == (422, True)
    for _number in range(5):
        answer = here.post(place, {"code": code})
        assert answer.status_code == 200
        assert "donnees.json" in unzipped(answer).namelist()
    assert here.post(place, {"code": code}).status_code == 410
    assert kinds(request).count("archive_taken") == 5
    rights_jobs.expire_archives(timestamp=int(NOW.timestamp()))
    archive.refresh_from_db()
    assert (archive.state, archive.key, kinds(request)[-1]) == ("gone", None, "archive_gone")
    assert timeline.first_broken(timeline.of(request)) is None
    assert not here.cookies


@pytest.mark.rule("DR-21")
def test_dr_21_replay_after_seven_days_is_410(anna: User, bert: User) -> None:
    request = matched()
    code = codes.first_of(request.reference)
    archive = released(request, anna, bert)
    Archive.objects.filter(pk=archive.pk).update(expires_at=NOW - timedelta(seconds=1))
    here = Client(headers={"origin": "http://testserver"})
    assert here.post(link_of(request, archive), {"code": code}).status_code == 410
    api = f"/api/v1/rights-requests/{request.reference}/archive/"
    token = links.token(request, links.Purpose.FOLLOW)
    headers = {"authorization": f"Bearer {token}", "x-download-code": code}
    assert here.get(api, headers=headers).status_code == 410


@pytest.mark.rule("DR-21")
def test_dr_21_guessing_codes_is_throttled(anna: User, bert: User) -> None:
    request = matched()
    codes.first_of(request.reference)
    archive = released(request, anna, bert)
    here = Client(headers={"origin": "http://testserver"})
    answers = [
        here.post(link_of(request, archive), {"code": f"AAAA-AAAA-{n:04}"}).status_code
        for n in range(12)
    ]
    assert answers == [422] * 10 + [429] * 2


@pytest.mark.rule("DR-21")
def test_dr_21_another_persons_copy_is_a_404_by_every_way(anna: User, bert: User) -> None:
    mine, theirs = people.with_account(), people.with_account()
    requests = [matched(one, account=one.account, email=one.email) for one in (mine, theirs)]
    archives = [released(request, anna, bert) for request in requests]
    here = Client(headers={"origin": "http://testserver"})
    assert mine.account is not None
    here.force_login(mine.account)
    pages = [f"/privacy/rights/{request.reference}/" for request in requests]
    (own, strange) = archives
    for page, archive in ((pages[1], strange), (pages[0], strange), (pages[1], own)):
        assert here.post(f"{page}archive/{archive.pk}/").status_code == 404
    assert here.get(f"/api/v1/rights-requests/{requests[1].reference}/archive/").status_code == 404
    link = links.follow_path(requests[0])
    assert here.post(f"{link}archive/{strange.pk}/", {"code": "x"}).status_code == 404
    assert here.post(f"/account/exports/{own.pk}/").status_code == 404
    answer = here.post(f"{pages[0]}archive/{own.pk}/")
    assert answer.status_code == 200
    assert unzipped(answer).testzip() is None
    assert unzipped(here.get(f"/api/v1/rights-requests/{requests[0].reference}/archive/"))
    cross = here.get(
        f"/api/v1/rights-requests/{requests[0].reference}/archive/",
        headers={"sec-fetch-site": "cross-site"},
    )
    assert cross.status_code == 403


@pytest.mark.rule("DR-10")
def test_dr_10_by_program_with_bearer_and_the_code(anna: User, bert: User) -> None:
    request = matched()
    code = codes.first_of(request.reference)
    here = Client()
    place = f"/api/v1/rights-requests/{request.reference}/archive/"
    headers = {"authorization": f"Bearer {links.token(request, links.Purpose.FOLLOW)}"}
    assert here.get(place, headers=headers).status_code == 404
    copies.prepare(request=request, by=anna, copy="access", now=NOW)
    waiting = here.get(place, headers=headers)
    assert (waiting.status_code, waiting.json()["code"]) == (409, "not_ready")
    archive = decide_all(request, anna)
    copies.release(request=request, by=bert, copy="access", now=NOW)
    rights_jobs.build_archive(archive=str(archive.pk))
    refused = here.get(place, headers=headers)
    assert (refused.status_code, refused.json()["code"]) == (403, "wrong_code")
    answer = here.get(place, headers={**headers, "x-download-code": code})
    assert answer.status_code == 200
    assert unzipped(answer).testzip() is None
    assert here.get(place).status_code == 404
    assert here.get(place, headers={"authorization": "Bearer x"}).status_code == 404


# --- Lost codes, the post, restricted people -----------------------------------------------------


@pytest.mark.rule("DR-21")
def test_dr_21_a_lost_code_is_renewed_for_an_established_person_with_a_reason(anna: User) -> None:
    request = filed()
    with pytest.raises(NotPossible, match="Établissez"):
        copies.renew_code(request=request, by=anna, reason="téléphone", now=NOW)
    acts.confirm(request=request, now=NOW)
    old = codes.first_of(request.reference)
    client = Client()
    client.force_login(anna)
    answer = client.post(
        f"/admin/privacy/rightsrequest/{request.pk}/act/new-code/", {"reason": "par téléphone"}
    )
    assert answer.status_code == 200
    request.refresh_from_db()
    (shown,) = [
        word
        for word in answer.content.decode().replace("<", " ").replace(">", " ").split()
        if codes.is_right(request, word)
    ]
    assert not codes.is_right(request, old)
    event = timeline.of(request)[-1]
    assert (event.kind, event.details["code"], event.actor) == ("noted", "renewed", anna.pk)
    assert (
        shown
        not in client.get(f"/admin/privacy/rightsrequest/{request.pk}/change/").content.decode()
    )


@pytest.mark.rule("DR-10")
def test_dr_10_without_an_address_a_manager_fetches_it_for_the_post(anna: User, bert: User) -> None:
    request = matched(email="")
    archive = released(request, anna, bert)
    client = Client()
    client.force_login(colleague("agent2@example.test", group="agents"))
    place = f"/admin/privacy/rightsrequest/{request.pk}/copy/{archive.pk}/"
    assert client.post(place).status_code == 403
    client.force_login(anna)
    assert unzipped(client.post(place)).testzip() is None
    event = timeline.of(request)[-1]
    assert (event.kind, event.actor, event.details["how"]) == ("archive_taken", anna.pk, "post")
    RightsRequest.objects.filter(pk=request.pk).update(email="ada@example.test")
    assert client.post(place).status_code == 404


@pytest.mark.rule("DR-14")
def test_dr_14_a_restricted_person_still_gets_their_copy(anna: User, bert: User) -> None:
    request = matched()
    assert request.person is not None
    people.restrict(request.person)
    request = RightsRequest.objects.get(pk=request.pk)
    archive = released(request, anna, bert)
    assert archive.state == "ready"


@pytest.mark.rule("DR-21")
def test_dr_21_a_request_matched_to_somebody_else_meanwhile_gives_no_copy(
    anna: User, bert: User
) -> None:
    request = matched()
    code = codes.first_of(request.reference)
    archive = released(request, anna, bert)
    RightsRequest.objects.filter(pk=request.pk).update(person=people.person())
    here = Client(headers={"origin": "http://testserver"})
    assert here.post(link_of(request, archive), {"code": code}).status_code == 410
    other = matched()
    copies.prepare(request=other, by=anna, copy="access", now=NOW)
    decide_all(other, anna)
    RightsRequest.objects.filter(pk=other.pk).update(person=people.person())
    with pytest.raises(NotPossible, match="autre personne"):
        copies.release(request=other, by=bert, copy="access", now=NOW)


def test_a_copy_that_is_taken_back_opens_no_more(anna: User, bert: User) -> None:
    request = matched()
    code = codes.first_of(request.reference)
    archive = released(request, anna, bert)
    copies.withdraw(request=request, by=anna, copy="access", reason="erreur", now=NOW)
    here = Client(headers={"origin": "http://testserver"})
    assert here.post(link_of(request, archive), {"code": code}).status_code == 410
    assert timeline.of(request)[-1].details["because"] == "withdrawn"
    copies.prepare(request=request, by=anna, copy="access", now=NOW)


# --- The screen ----------------------------------------------------------------------------------


@pytest.mark.rule("DR-11")
def test_dr_11_the_screen_shows_each_text_and_keeps_or_masks_it(anna: User, bert: User) -> None:
    request = matched()
    copies.prepare(request=request, by=anna, copy="access", now=NOW)
    archive = Archive.objects.get()
    client = Client()
    place = f"/admin/privacy/rightsrequest/{request.pk}/copy/{archive.pk}/review/"
    client.force_login(colleague("auditor@example.test", group="auditors"))
    assert client.get(place).status_code == 403
    client.force_login(bert)
    page = client.get(place)
    assert SECRET in page.content.decode()
    lines = page.context["lines"]
    data = {}
    for number, line in enumerate(lines, 1):
        key = (line.value.source, line.value.row, line.value.field, line.value_hash)
        data[f"key-{number}"] = "|".join(key)
        if line.value.value == SECRET:
            data[f"answer-{number}"] = "mask"
            masked = number
    assert client.post(place, data).status_code == 422
    changed = {**data, f"reason-{masked}": "voisin", "key-1": data["key-1"][:-1] + "x"}
    assert client.post(place, {**changed, "all": "keep"}).status_code == 422
    assert ThirdPartyDecision.objects.count() == 0
    data[f"reason-{masked}"] = "voisin"
    assert client.post(place, {**data, "all": "keep"}).status_code == 302
    assert client.get(place).context["left"] == 0
    assert list(archive.decisions.filter(masked=True).values_list("reason", flat=True)) == [
        "voisin"
    ]
    assert (
        client.post(
            f"/admin/privacy/rightsrequest/{request.pk}/act/release/", {"copy": "access"}
        ).status_code
        == 302
    )
    archive.refresh_from_db()
    assert archive.state == "review"  # bert decided: somebody else releases
    assert mail.outbox == []


# --- By the API of staff -------------------------------------------------------------------------


def by_token(account: User) -> Client:
    token = staff_tokens.make(account=account, now=datetime.now(UTC))
    return Client(headers={"authorization": f"Bearer {token}"})


@pytest.mark.rule("DR-21")
def test_dr_21_by_program_the_acts_have_the_permissions_of_the_admin(
    anna: User, bert: User
) -> None:
    request = matched()
    place = f"/api/v1/staff/requests/{request.reference}"

    def post(who: User, act: str, **body: str) -> Any:
        return by_token(who).post(f"{place}/{act}/", body, content_type="application/json")

    auditor = colleague("auditor@example.test", group="auditors")
    agent = colleague("agent@example.test", group="agents")
    for act in ("prepare-copy", "release", "withdraw-copy", "new-code", "ask", "posted"):
        assert post(auditor, act).status_code == 403
    for act in ("release", "withdraw-copy", "new-code"):
        assert post(agent, act).status_code == 403
    assert post(agent, "prepare-copy", copy="portability").status_code == 400
    assert post(agent, "prepare-copy", copy="access").status_code == 200
    assert post(anna, "release", copy="access").status_code == 409
    decide_all(request, agent)
    done = post(anna, "release", copy="access")
    assert (done.status_code, done.json()["timeline"][-1]["kind"]) == (200, "reviewed")
    assert post(bert, "release", copy="access").status_code == 400
    code = post(anna, "new-code", reason="au téléphone").json()["shown_once"]
    assert codes.is_right(RightsRequest.objects.get(pk=request.pk), code)
    assert "shown_once" not in by_token(anna).get(f"{place}/").json()
