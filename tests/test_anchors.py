"""The newest seal leaves the house once a day, and what comes of it is on record (CP-01)."""

import base64
import email
import email.policy
import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from asn1crypto import tsp
from cryptography.hazmat.primitives import serialization
from cryptography.x509 import load_der_x509_certificate
from django.contrib.auth.models import Permission
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import IntegrityError, transaction
from django.test import Client
from rfc3161_client import VerifierBuilder, decode_timestamp_response

from clicknconnect.embedded import free_port
from consent.enums import AnchorKind, AnchorOutcome
from consent.log import anchors, jobs, seals
from consent.models import Anchor
from privacy.models import User
from tests import ledger
from tests.authority import ANSWERS, CERTIFICATE, Authority, authority
from tests.ledger import after, hands_of_the_owner

NOW = after(hours=2)
MAILBOX = "mailto:seal@outside.example"


@pytest.fixture
def sealed(db: None) -> None:
    ledger.fill(3)
    ledger.seal(hours=1)


@pytest.fixture
def by_mail(settings: Any, tmp_path: Path) -> Path:
    """The folder in which the mails lie."""
    settings.SEAL_ANCHOR = MAILBOX
    settings.MAIL_DIR = tmp_path / "mail"
    settings.MAILERS = {"default": {"BACKEND": "clicknconnect.mail.EmlFolderBackend"}}
    return tmp_path / "mail"


@pytest.fixture
def service(settings: Any) -> Iterator[Authority]:
    with authority() as running:
        settings.SEAL_ANCHOR = running.address
        yield running


def test_cp_01_a_mail_carries_the_newest_seal(sealed: None, by_mail: Path) -> None:
    sent = anchors.send(now=NOW)
    assert sent is not None
    newest = seals.newest()
    assert newest is not None
    [path] = by_mail.glob("*.eml")
    letter = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
    assert letter["To"] == "seal@outside.example"
    body = letter.get_body()
    assert body is not None
    words = body.get_content()
    assert "Conservez ce message" in words
    assert newest.hash in words
    assert "&" not in words
    [attachment] = letter.iter_attachments()
    assert attachment.get_content_type() == "application/json"
    assert attachment.get_filename() == f"clicknconnect-sceau-{newest.number}.json"
    file = json.loads(attachment.get_payload(decode=True))
    assert file == anchors.as_file(sent)
    assert file["seal"] == newest.statement()
    assert (sent.kind, sent.outcome, sent.sha256) == ("mail", "sent", newest.hash)
    assert anchors.last() == sent


def test_cp_01_a_time_stamp_is_over_the_hash_of_the_seal(sealed: None, service: Authority) -> None:
    sent = anchors.send(now=NOW)
    newest = seals.newest()
    assert sent is not None
    assert newest is not None
    file = anchors.as_file(sent)
    answer = decode_timestamp_response(base64.b64decode(file["timestamp"]))
    assert answer.tst_info.message_imprint.message.hex() == newest.hash == sent.sha256
    root = load_der_x509_certificate(CERTIFICATE.public_bytes(serialization.Encoding.DER))
    verifier = VerifierBuilder().add_root_certificate(root).build()
    assert verifier.verify(answer, bytes.fromhex(newest.hash))


def test_cp_01_each_question_has_a_nonce_of_its_own(sealed: None, service: Authority) -> None:
    anchors.send(now=NOW)
    anchors.send(now=NOW + timedelta(days=1))
    nonces = [tsp.TimeStampReq.load(asked)["nonce"].native for asked in service.questions]
    assert len(set(nonces)) == 2
    assert all(nonces)


WORDS = {
    "another hash": "another hash",
    "another nonce": "nonce",
    "rejection": "closed on Tuesdays",
    "garbage": "something else",
    "endless": "more than",
    "nothing": "something else",
    "down": "503",
    "elsewhere": "302",
}


def test_every_mood_of_the_service_is_tried() -> None:
    assert ANSWERS.keys() - {"stamp"} == WORDS.keys()


@pytest.mark.parametrize("mood", WORDS)
def test_cp_01_an_answer_that_proves_nothing_is_a_failure_on_record(
    sealed: None, service: Authority, mood: str
) -> None:
    service.mood = mood
    with pytest.raises(anchors.NotAnchored, match=WORDS[mood]):
        anchors.send(now=NOW)
    assert len(service.questions) == 1, "a redirect was followed"
    row = Anchor.objects.get()
    assert (row.outcome, row.file) == ("failed", {})
    assert WORDS[mood] in row.problem
    assert anchors.last() is None
    service.mood = "stamp"
    assert anchors.send(now=NOW) == anchors.last()


def test_cp_01_a_service_that_is_away_is_a_failure_on_record(sealed: None, settings: Any) -> None:
    settings.SEAL_ANCHOR = f"http://127.0.0.1:{free_port()}/tsr"
    with pytest.raises(anchors.NotAnchored, match="cannot be reached"):
        anchors.send(now=NOW)
    assert Anchor.objects.get().outcome == AnchorOutcome.FAILED


def test_cp_01_a_mail_that_does_not_leave_is_a_failure_on_record(
    sealed: None, by_mail: Path
) -> None:
    by_mail.write_text("a file, where the folder should be")
    with pytest.raises(anchors.NotAnchored):
        anchors.send(now=NOW)
    assert Anchor.objects.get().problem


def test_cp_01_the_job_is_tried_again(sealed: None, settings: Any) -> None:
    settings.SEAL_ANCHOR = f"http://127.0.0.1:{free_port()}/tsr"
    with pytest.raises(anchors.NotAnchored) as caught:
        jobs.anchor.func(0)
    retry = jobs.anchor.retry_strategy
    assert retry is not None

    class Job:
        attempts = 1

    assert retry.get_retry_decision(exception=caught.value, job=Job()) is not None  # type: ignore[arg-type]


def test_cp_01_nothing_to_anchor_yet(db: None, by_mail: Path) -> None:
    assert seals.newest() is None
    assert anchors.send(now=NOW) is None
    assert not Anchor.objects.exists()
    assert not by_mail.exists()


def test_cp_01_nowhere_to_anchor_is_said_to_staff(sealed: None, settings: Any) -> None:
    settings.SEAL_ANCHOR = ""
    assert anchors.send(now=NOW) is None
    assert "SEAL_ANCHOR" in anchors.warning(now=NOW)


def test_cp_01_an_old_anchor_is_said_to_staff(sealed: None, by_mail: Path) -> None:
    assert "jour et demi" in anchors.warning(now=NOW)
    anchors.send(now=NOW)
    assert anchors.warning(now=NOW + timedelta(hours=35)) == ""
    assert "jour et demi" in anchors.warning(now=NOW + timedelta(hours=37))


def test_cp_01_an_anchor_names_a_log_whose_end_was_cut(
    owners_database: str, by_mail: Path, tmp_path: Path
) -> None:
    with transaction.atomic():
        ledger.fill(3)
        ledger.seal(hours=1)
        ledger.fill(2, start=after(hours=2), salt="later")
        ledger.seal(hours=3)
        sent = anchors.send(now=after(hours=4))
        assert sent is not None
        path = tmp_path / "anchor.json"
        path.write_bytes(anchors.as_bytes(anchors.as_file(sent)))
        call_command("consent_log", "verify", "--anchor", str(path))
        with hands_of_the_owner() as cursor:
            later = ledger.keys()[-2:]
            cursor.execute("DELETE FROM consent_record WHERE id = ANY(%s)", [later])
            cursor.execute("DELETE FROM consent_sealed WHERE seal = %s", [sent.seal])
            cursor.execute("DELETE FROM consent_seal WHERE number = %s", [sent.seal])
        assert ledger.verify().ok, "without the anchor nothing shows"
        with pytest.raises(CommandError, match=rf"{sent.seal}"):
            call_command("consent_log", "verify", "--anchor", str(path))
        transaction.set_rollback(True)


def test_cp_01_an_anchor_is_sent_or_says_why_not(db: None) -> None:
    row = {"at": NOW, "seal": 1, "sha256": "0" * 64, "kind": AnchorKind.MAIL, "destination": "x"}
    with pytest.raises(IntegrityError), transaction.atomic():
        Anchor.objects.create(**row, outcome=AnchorOutcome.SENT)
    with pytest.raises(IntegrityError), transaction.atomic():
        Anchor.objects.create(**row, outcome=AnchorOutcome.FAILED)


def staff(*permissions: str) -> Client:
    person = User.objects.create_user(
        email="anchor@example.test", password="x", is_staff=True, is_active=True
    )
    person.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    client = Client()
    client.force_login(person)
    return client


def test_cp_01_staff_who_may_see_anchors_download_the_file(sealed: None, by_mail: Path) -> None:
    sent = anchors.send(now=NOW)
    assert sent is not None
    client = staff("view_anchor", "view_seal", "view_verification")
    page = client.get("/admin/consent/anchor/")
    address = f"/admin/consent/anchor/{sent.pk}/file/"
    assert address in page.text
    answer = client.get(address)
    assert answer["Content-Type"] == "application/json"
    assert json.loads(answer.content) == anchors.as_file(sent)
    assert client.get(f"/admin/consent/anchor/{sent.pk}/change/").status_code == 200
    assert client.get("/admin/consent/seal/").status_code == 200
    assert client.get(f"/admin/consent/seal/{sent.seal}/change/").status_code == 200
    assert client.get("/admin/consent/verification/").status_code == 200
    assert client.get("/admin/consent/anchor/add/").status_code == 403


def test_cp_01_others_do_not(sealed: None, by_mail: Path) -> None:
    sent = anchors.send(now=NOW)
    assert sent is not None
    address = f"/admin/consent/anchor/{sent.pk}/file/"
    assert staff("view_record").get(address).status_code == 403
    assert Client().get(address).status_code == 302


def test_cp_01_a_failed_attempt_has_no_file(sealed: None, service: Authority) -> None:
    service.mood = "down"
    with pytest.raises(anchors.NotAnchored):
        anchors.send(now=NOW)
    client = staff("view_anchor")
    page = client.get("/admin/consent/anchor/")
    assert "503" in page.text
    assert "jour et demi" in page.text
    pk = Anchor.objects.get().pk
    assert client.get(f"/admin/consent/anchor/{pk}/file/").status_code == 404
