"""Files that come with a request: checked by content, encrypted, downloads only, journaled."""

import io
import zipfile
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from PIL import Image

from consent.models import Act
from privacy.models import DataSubject, FileType, RequestEvent, RequestFile, RightsRequest, User
from privacy.requests import stored
from privacy.requests.uploads import NotAllowed, checked, clean_name, type_of
from privacy.rights import access
from tests import uploads
from tests.requests import colleague, filed

pytestmark = pytest.mark.django_db
GOOD = {"rights": ["access"], "name": "Ada Canary", "email": "ada@example.test"}


@pytest.fixture
def client() -> Client:
    return Client(enforce_csrf_checks=True, headers={"origin": "http://testserver"})


def verified(who: User) -> Client:
    browser = Client()
    browser.force_login(who)
    return browser


def send(client: Client, *files: Any, **changed: Any) -> Any:
    return client.post("/privacy/rights/", {**GOOD, **changed, "documents": list(files)})


# --- The form ------------------------------------------------------------------------------------


def test_dr_01_files_are_kept_encrypted_with_the_request(client: Client) -> None:
    secret = b"Mon contrat 4711-CANARY\n" * 30
    answer = send(
        client, uploads.sent("contrat.txt", secret, "text/plain"),
        uploads.sent("x.pdf", uploads.PDF), uploads.sent("p.jpg", uploads.with_place()),
    )  # fmt: skip
    assert answer.status_code == 303
    request = RightsRequest.objects.get()
    rows = list(request.files.order_by("name"))
    assert [row.name for row in rows] == ["contrat.txt", "p.jpg", "x.pdf"]
    assert [row.type for row in rows] == [FileType.TEXT, FileType.JPEG, FileType.PDF]
    assert stored.whole(rows[0], folder=stored.FILES) == secret
    for row in rows:
        path = stored.path_of(stored.FILES, row.stored)
        assert b"CANARY" not in path.read_bytes()
        assert path.stat().st_mode & 0o077 == 0
    steps = RequestEvent.objects.filter(request=request.pseudonym, kind="attached")
    assert {step.details["sha256"] for step in steps} == {row.sha256 for row in rows}
    assert "contrat" not in str([step.details for step in steps])


def test_the_form_asks_for_files_without_scripts_and_cookies(client: Client) -> None:
    page = client.get("/privacy/rights/").content.decode()
    assert 'enctype="multipart/form-data"' in page
    assert 'type="file" name="documents"' in page
    assert not client.cookies


def test_a_double_click_keeps_its_files_once(client: Client) -> None:
    for _ in range(2):
        send(client, uploads.sent("x.pdf", uploads.PDF))
    assert RequestFile.objects.count() == 1


@pytest.mark.parametrize(
    ("name", "data", "words"),
    [
        ("evil.pdf", b"MZ\x90\x00" + b"\0" * 100, "n&#x27;est pas un PDF"),
        ("page.txt", b"<html><script>alert(1)</script>", "n&#x27;est pas un PDF"),
        ("drawing.png", b"<svg xmlns='http://www.w3.org/2000/svg' onload='x()'/>", "PDF"),
        ("both.pdf", uploads.PDF + uploads.zipped(), "n&#x27;est pas un PDF"),
        ("both.pdf", uploads.zipped() + uploads.PDF, "n&#x27;est pas un PDF"),
        ("cut.pdf", b"%PDF-1.7\nnothing more", "n&#x27;est pas un PDF"),
        ("cut.jpg", uploads.image()[:200], "ne s&#x27;ouvre pas"),
        ("bomb.png", uploads.bomb(), "ne s&#x27;ouvre pas"),
        ("big.png", uploads.bomb(6000), "30 millions"),
        ("none.pdf", b"", "est vide"),
        ("nul.txt", b"a\0b", "n&#x27;est pas un PDF"),
        ("huge.txt", b"a" * (5 * 1024 * 1024 + 1), "dépasse 5 Mio"),
    ],
)
def test_what_is_not_allowed_is_said_and_nothing_is_filed(
    client: Client, name: str, data: bytes, words: str
) -> None:
    answer = send(client, uploads.sent(name, data))
    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert not RightsRequest.objects.exists()


def test_more_than_three_are_refused(client: Client) -> None:
    answer = send(client, *[uploads.sent(f"{n}.pdf", uploads.PDF) for n in range(4)])
    assert answer.status_code == 422
    assert "Trois fichiers au plus" in answer.content.decode()


def test_only_the_form_with_files_takes_long_bodies(client: Client) -> None:
    long = uploads.sent("x.txt", b"a" * 100_000, "text/plain")
    assert send(client, long).status_code == 303
    long.seek(0)
    assert client.post("/contact/", {"documents": [long]}).status_code == 413
    assert client.post("/privacy/rights/", {**GOOD, "message": "a" * 70_000}).status_code == 400
    body = "a" * 70_000
    form = "application/x-www-form-urlencoded"
    assert client.post("/privacy/rights/", body, content_type=form).status_code == 413
    three = [uploads.sent(f"{n}.txt", b"a" * 5_600_000) for n in range(3)]
    assert send(client, *three).status_code == 413


# --- What is kept of them ------------------------------------------------------------------------


def test_images_are_written_anew_without_metadata_or_passengers() -> None:
    raw = uploads.with_place() + uploads.zipped() + b"<script>"
    kept = checked("photo.png", raw)
    assert (kept.name, kept.type) == ("photo.jpg", FileType.JPEG)
    for trace in (b"Ada", b"Secret", b"script", b"PK"):
        assert trace in raw
        assert trace not in kept.data
    with Image.open(io.BytesIO(kept.data)) as image:
        assert not image.getexif()
        assert image.size == (30, 40)  # turned upright as it said
    png = checked("x", uploads.image("PNG", hidden=b"PASSENGER"))
    assert png.name == "x.png"
    assert b"PASSENGER" not in png.data


def test_types_are_known_by_content_alone() -> None:
    assert type_of(uploads.PDF) == FileType.PDF
    assert type_of("é\r\n".encode()) == FileType.TEXT
    assert type_of(b"GIF89a" + b"\0" * 20) is None
    assert type_of(b" " + uploads.PDF + b"\xff") is None
    with pytest.raises(NotAllowed):
        checked("a.pdf", uploads.zipped())


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("../../etc/passwd", "passwd.pdf"),
        ("C:\\Users\\ada\\carte.exe", "carte.pdf"),
        ('a"; filename="evil.html', "a filename=evil.pdf"),
        ("a\r\nSet-Cookie: x=1.pdf", "aSet-Cookie x=1.pdf"),
        ("\u202egpj.exe", "gpj.pdf"),
        ("...", "document.pdf"),
        ("x" * 300, "x" * 100 + ".pdf"),
    ],
)
def test_names_are_cleaned(given: str, kept: str) -> None:
    assert clean_name(given, FileType.PDF) == kept


# --- Staff ---------------------------------------------------------------------------------------


def one_file(client: Client) -> tuple[RequestFile, str]:
    send(client, uploads.sent("été.pdf", uploads.PDF))
    row = RequestFile.objects.select_related("request").get()
    return row, f"/admin/privacy/rightsrequest/{row.request_id}/file/{row.pk}/"


@pytest.mark.rule("DR-21")
def test_dr_21_staff_download_and_never_see_inline(client: Client) -> None:
    row, path = one_file(client)
    agent = verified(colleague(group="agents"))
    page = agent.get(f"/admin/privacy/rightsrequest/{row.request_id}/change/")
    assert path in page.content.decode()
    answer = agent.get(path)
    assert answer.getvalue() == uploads.PDF
    assert answer.headers["Content-Disposition"].startswith("attachment; filename")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    assert answer.headers["Cache-Control"] == "private, no-store"
    act = Act.objects.get(act="request.file_seen")
    assert act.details == {"file": str(row.pk)}


def test_dr_21_who_does_not_handle_requests_gets_no_file(client: Client) -> None:
    row, path = one_file(client)
    assert client.get(path).status_code == 302
    editor = verified(colleague("e@example.test", group="auditors"))
    assert editor.get(path).status_code == 403
    agent = verified(colleague(group="agents"))
    other = filed(email="b@example.test")
    assert agent.get(path.replace(str(row.request_id), str(other.pk))).status_code == 404
    assert not Act.objects.filter(act="request.file_seen").exists()


def test_tl_06_a_paper_request_is_entered_with_its_scan() -> None:
    agent = verified(colleague(group="agents"))
    today = datetime.now(UTC).date()
    answer = agent.post(
        "/admin/privacy/rightsrequest/enter/",
        {
            "channel": "post", "received_on": str(today - timedelta(days=5)), "rights": ["access"],
            "name": "Ada", "documents": [uploads.sent("lettre.jpg", uploads.image() * 1)],
        },
    )  # fmt: skip
    assert answer.status_code == 302
    request = RightsRequest.objects.get()
    assert request.received_on == today - timedelta(days=5)
    assert [(row.kind, row.name) for row in request.files.all()] == [("scan", "lettre.jpg")]


def test_a_long_scan_is_taken_by_the_admin_too() -> None:
    agent = verified(colleague(group="agents"))
    answer = agent.post(
        "/admin/privacy/rightsrequest/enter/",
        {
            "channel": "post", "received_on": "2026-11-02", "rights": ["access"], "name": "Ada",
            "documents": [uploads.sent("lettre.txt", b"a" * 3_000_000)],
        },
    )  # fmt: skip
    assert answer.status_code == 302


# --- Their end -----------------------------------------------------------------------------------


def test_files_go_with_the_request(client: Client) -> None:
    row, _path = one_file(client)
    path = stored.path_of(stored.FILES, row.stored)
    now = datetime.now(UTC)
    stored.sweep(now=now + timedelta(hours=2))
    assert path.exists()
    row.request.delete()
    assert not RequestFile.objects.exists()  # and the key with it
    stored.sweep(now=now)
    assert path.exists()  # it might be one that is being written
    assert stored.sweep(now=now + timedelta(hours=2)) >= 1
    assert not path.exists()


def test_dr_09_the_copy_of_a_persons_data_has_the_files_they_sent(client: Client) -> None:
    row, _path = one_file(client)
    person = DataSubject.objects.create(email="ada@example.test")
    other = DataSubject.objects.create(email="b@example.test")
    RightsRequest.objects.update(person=person)
    name = f"{row.request.reference}/1-été.pdf"
    found = [(path, b"".join(pieces)) for path, pieces in stored.attached(person)]
    assert found == [(name, uploads.PDF)]
    assert not list(stored.attached(other))
    out = io.BytesIO()
    access.build(person, out=out, language="fr", now=datetime.now(UTC), hold_back=True)
    with zipfile.ZipFile(out) as archive:
        assert archive.read(f"fichiers/{name}") == uploads.PDF


def test_a_damaged_or_lost_file_is_said(client: Client) -> None:
    row, path = one_file(client)
    stored.path_of(stored.FILES, row.stored).unlink()
    assert verified(colleague(group="agents")).get(path).status_code == 410


# --- For somebody else ---------------------------------------------------------------------------


def test_dr_01_somebody_may_ask_for_another_person(client: Client) -> None:
    answer = send(client, represented_by="lawyer", represented_name="Zoé Canary")
    assert answer.status_code == 303
    request = RightsRequest.objects.get()
    assert (request.represented_by, request.represented_name) == ("lawyer", "Zoé Canary")
    agent = verified(colleague(group="agents"))
    page = agent.get(f"/admin/privacy/rightsrequest/{request.pk}/change/").content.decode()
    assert "Zoé Canary (avocat)" in page
    for half in ({"represented_by": "heir"}, {"represented_name": "Zoé"}):
        wrong = send(client, email="b@example.test", **half)
        assert wrong.status_code == 422
        assert "<details" in wrong.content.decode()
