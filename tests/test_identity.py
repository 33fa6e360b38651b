"""A document that shows who asks: never by default, for the handler's eyes, soon destroyed."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from clicknconnect.backup.create import files_folder, found_files
from consent.models import Act
from privacy.models import IdentityDocument, RequestEvent, RightsRequest, User
from privacy.personal_data import IdentityDocumentData
from privacy.requests import acts, clock, links, stored
from privacy.requests.states import Status
from privacy.requests.timeline import first_broken, of
from tests import uploads
from tests.requests import colleague, filed, work

pytestmark = pytest.mark.django_db


@pytest.fixture
def client() -> Client:
    return Client(enforce_csrf_checks=True, headers={"origin": "http://testserver"})


def doubted(handler: User, **asked: Any) -> RightsRequest:
    now = datetime.now(UTC)
    request = filed(now=now, **asked)
    acts.accept(request=request, by=handler, now=now)
    acts.assign(request=request, by=handler, handler=handler, now=now)
    request.refresh_from_db()
    return acts.ask_identity(request=request, by=handler, reason="Deux Ada chez nous", now=now)


def page_of(request: RightsRequest) -> str:
    return f"{links.follow_path(request)}identity/"


def send(client: Client, request: RightsRequest, data: bytes = uploads.PDF) -> Any:
    return client.post(page_of(request), {"documents": [uploads.sent("ma carte.pdf", data)]})


def staff(who: User) -> Client:
    browser = Client()
    browser.force_login(who)
    return browser


def look(who: User, request: RightsRequest) -> Any:
    return staff(who).post(f"/admin/privacy/rightsrequest/{request.pk}/document/")


def kinds(request: RightsRequest) -> list[str]:
    events = of(request)
    assert first_broken(events) is None
    return [event.kind for event in events]


@pytest.mark.rule("DR-04")
def test_dr_04_no_document_is_asked_for_unless_a_doubt_is_written(client: Client) -> None:
    request = filed(now=datetime.now(UTC))
    assert client.get(page_of(request)).status_code == 410
    assert send(client, request).status_code == 410
    assert "identity/" not in client.get(links.follow_path(request)).content.decode()
    assert (
        client.get(f"/privacy/rights/{request.reference}/{'0' * 40}/identity/").status_code == 404
    )
    assert not IdentityDocument.objects.exists()


@pytest.mark.rule("DR-04")
def test_dr_04_the_page_says_what_to_cover_and_how_to_do_without(client: Client) -> None:
    request = doubted(colleague())
    follow = client.get(links.follow_path(request)).content.decode()
    assert 'href="identity/"' in follow
    page = client.get(page_of(request)).content.decode()
    for words in ("Deux Ada chez nous", "numéro national", "photo", "Sans document", "24 heures"):
        assert words in page
    letter = next(one for one in work() if "doute" in one.body)
    assert "La page de votre demande dit comment faire" in letter.body


@pytest.mark.rule("DR-05")
def test_dr_05_a_document_is_sealed_and_only_one(client: Client) -> None:
    request = doubted(colleague())
    answer = send(client, request)
    assert answer.status_code == 200
    assert not answer.cookies
    row = IdentityDocument.objects.get()
    path = stored.path_of(stored.IDENTITY, row.stored)
    assert b"%PDF" not in path.read_bytes()
    assert path.stat().st_mode & 0o077 == 0
    assert send(client, request).status_code == 422
    assert IdentityDocument.objects.count() == 1
    assert kinds(request).count("document_received") == 1


@pytest.mark.rule("DR-05")
def test_dr_05_only_the_handler_sees_it_and_each_look_is_kept(client: Client) -> None:
    handler, boss = colleague("agent@example.test", group="agents"), colleague("b@example.test")
    request = doubted(handler)
    send(client, request, uploads.with_place())
    assert look(boss, request).status_code == 403
    assert client.post(f"/admin/privacy/rightsrequest/{request.pk}/document/").status_code == 302
    auditor = colleague("c@example.test", group="auditors")
    assert look(auditor, request).status_code == 403
    assert "document_viewed" not in kinds(request)
    for _ in range(2):
        answer = look(handler, request)
        assert answer.status_code == 200
        seen = answer.getvalue()
    assert seen.startswith(b"\xff\xd8\xff")
    assert b"Secret" not in seen  # redrawn
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert kinds(request).count("document_viewed") == 2
    assert Act.objects.filter(act="request.document_seen").count() == 2
    assert staff(handler).get(
        f"/admin/privacy/rightsrequest/{request.pk}/document/"
    ).status_code == 405  # fmt: skip


@pytest.mark.rule("DR-05")
@pytest.mark.parametrize("decision", ["received", "refused", "closed"])
def test_dr_05_it_is_destroyed_with_its_key_after_the_decision(
    client: Client, decision: str, django_capture_on_commit_callbacks: Any
) -> None:
    handler, now = colleague(), datetime.now(UTC)
    request = doubted(handler)
    send(client, request)
    row = IdentityDocument.objects.get()
    path = stored.path_of(stored.IDENTITY, row.stored)
    assert clock.run(now=now).destroyed == 0  # still awaited
    if decision == "received":
        acts.receive_identity(request=request, by=handler, now=now)
    elif decision == "closed":
        acts.close(request=request, by=handler, reason="double", now=now)
    else:
        acts.refuse(
            request=request, by=handler, ground="unidentified", reason="x", evidence="y", now=now
        )  # fmt: skip
    with django_capture_on_commit_callbacks(execute=True):
        assert clock.run(now=now + timedelta(minutes=15)).destroyed == 1
        assert clock.run(now=now + timedelta(minutes=30)).destroyed == 0
    assert not IdentityDocument.objects.exists()
    assert not path.exists()
    assert kinds(request)[-1] == "document_destroyed"
    assert look(handler, request).status_code == 410
    step = RequestEvent.objects.get(kind="document_destroyed")
    assert step.details == {"document": str(row.pk)}


@pytest.mark.rule("DR-05")
def test_dr_05_it_is_in_no_copy_of_the_data_and_no_backup(client: Client) -> None:
    request = doubted(colleague())
    send(client, request)
    row = IdentityDocument.objects.get()
    assert stored.path_of(stored.IDENTITY, row.stored).exists()
    assert not any(row.stored in name for _path, name in found_files(files_folder()))
    assert not any(said.exported for said in IdentityDocumentData.personal().values())


def test_dr_04_logged_in_people_use_their_own_page() -> None:
    account = User.objects.create_user("marie@example.test", "four-words-are-enough")
    other = User.objects.create_user("eve@example.test", "four-words-are-enough")
    handler = colleague()
    request = filed(now=datetime.now(UTC), account=account)
    acts.ask_identity(request=request, by=handler, reason="doute", now=datetime.now(UTC))
    path = f"/privacy/rights/{request.reference}/identity/"
    assert staff(other).get(path).status_code == 404
    assert Client().get(path).status_code == 302
    assert staff(account).get(path).status_code == 200
    request.refresh_from_db()
    assert request.status == Status.AWAITING_IDENTITY
