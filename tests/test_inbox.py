"""Mail to the privacy inbox: to sort, in its thread, ignored, come back; once each."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from hypothesis import given, settings
from hypothesis import strategies as st

from privacy.models import Direction, InboxMail, RequestEvent, RequestFile, RightsRequest, User
from privacy.requests import acts, clock, imap, inbox, mail, stored
from privacy.requests.moves import NotPossible
from privacy.requests.states import Status
from tests import mails, uploads
from tests.requests import colleague, filed, queued, work

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 24, 10, 0, tzinfo=UTC)


def take(raw: bytes, **said: Any) -> inbox.Taken:
    return inbox.take(raw, **{"arrived": None, "now": NOW, **said})


def steps(request: RightsRequest) -> list[str]:
    found = RequestEvent.objects.filter(request=request.pseudonym).order_by("number")
    return [event.kind for event in found]


def notes(request: RightsRequest) -> str:
    return " ".join(
        request.messages.filter(direction=Direction.NOTE).values_list("body", flat=True)
    )


# --- What becomes of a mail ----------------------------------------------------------------------


@pytest.mark.rule("TL-06")
def test_tl_06_a_mail_is_a_request_to_sort_from_the_day_it_arrived() -> None:
    taken = take(mails.mail(files=(("x.pdf", uploads.PDF, "application/pdf"),)))
    request = RightsRequest.objects.get()
    assert taken == inbox.Taken("request", request)
    assert (request.status, request.channel) == (Status.TRIAGE, "email")
    assert (request.name, request.email) == ("Ada Canary", "ada@example.test")
    assert "savoir ce que vous avez" in request.message
    # The server got it at 23:30 in Brussels on the 22nd; it is read on the 24th.
    assert str(request.received_on) == "2026-11-22"
    assert steps(request) == ["imported", "attached"]
    kept = {row.kind: row for row in request.files.all()}
    assert stored.whole(kept["attachment"], folder=stored.FILES) == uploads.PDF
    assert b"savoir ce que" in stored.whole(kept["mail"], folder=stored.FILES)
    assert len(queued("privacy.requests.jobs.acknowledge")) == 1


def test_tl_06_the_servers_own_word_about_arrival_counts_before_the_heads() -> None:
    moment = NOW - timedelta(days=1)
    request = take(mails.mail(), arrived=moment).request
    assert request is not None
    assert request.received_at == moment
    late = take(mails.mail(message_id="<2@x.test>"), arrived=NOW + timedelta(days=9)).request
    assert late is not None
    assert late.received_at == NOW


def test_dr_01_the_person_is_acknowledged_in_their_language() -> None:
    take(mails.mail("Ik wil graag weten welke gegevens u van mij hebt. Met dank, het beste."))
    assert RightsRequest.objects.get().language == "nl"
    (letter,) = work()
    assert letter.to == ["ada@example.test"]


def test_an_answer_is_a_message_of_its_request() -> None:
    request = filed(now=NOW)
    raw = mails.mail("Voici la réponse.", subject=f"Re: Votre demande [{request.reference}]")
    assert take(raw) == inbox.Taken("heard", request)
    message = request.messages.get()
    assert (message.direction, message.body) == (Direction.IN, "Voici la réponse.")
    assert steps(request)[-1] == "heard"
    assert RightsRequest.objects.count() == 1


def test_a_reference_in_the_thread_counts_too() -> None:
    request = filed(now=NOW)
    raw = mails.mail("Merci", References=f"<{request.reference}.x@clicknconnect.be>")
    assert take(raw).outcome == "heard"


def test_our_letters_name_the_inbox_and_a_thread_that_leads_back(settings: Any) -> None:
    settings.PRIVACY_INBOX = "vieprivee@clicknconnect.be"
    request = answered(colleague())
    acts.reopen(request=request, by=colleague("b@example.test"), reason="x", now=NOW)
    letter = next(one for one in work() if "Voici." in str(one.body))
    assert letter.reply_to == ["vieprivee@clicknconnect.be"]
    thread = letter.message()["Message-ID"]
    assert take(mails.mail("Merci", subject="Re:", **{"In-Reply-To": thread})).outcome == "heard"
    ours = mails.mail("x", sender="vieprivee@clicknconnect.be", message_id="<two@example.test>")
    assert take(ours).outcome == "automatic"


@pytest.mark.rule("DR-21")
def test_dr_21_a_stranger_who_knows_a_reference_writes_nothing_into_it() -> None:
    request = filed(now=NOW)
    raw = mails.mail("Effacez tout", sender="eve@example.test", subject=request.reference)
    taken = take(raw)
    assert taken.outcome == "request"
    assert taken.request is not None
    assert taken.request != request
    assert request.reference in notes(taken.request)
    assert not request.messages.exists()
    assert steps(request) == ["filed"]


def test_an_answer_to_an_ended_request_is_to_sort() -> None:
    boss, request = colleague(), filed(now=NOW)
    acts.close(request=request, by=boss, reason="double", now=NOW)
    taken = take(mails.mail("Et encore", subject=request.reference))
    assert taken.outcome == "request"
    assert not request.messages.filter(direction=Direction.IN).exists()


@pytest.mark.parametrize(
    "headers",
    [
        {"Auto_Submitted": "auto-replied"},
        {"Auto_Submitted": "auto-generated (vacation)"},
        {"Precedence": "bulk"},
        {"List_Id": "<news.example.test>"},
        {"Return_Path": "<>"},
        {"sender": "Info <info@clicknconnect.be>"},
    ],
)
def test_machines_and_our_own_letters_are_ignored_and_counted(headers: dict[str, str]) -> None:
    assert take(mails.mail(**headers)).outcome == "automatic"
    assert not RightsRequest.objects.exists()
    assert not RequestFile.objects.exists()
    assert InboxMail.objects.get().outcome == "automatic"
    assert not queued("privacy.requests.jobs.acknowledge")


def test_two_machines_that_answer_each_other_end() -> None:
    for number in range(6):
        take(mails.mail(message_id=f"<{number}@x.test>"), arrived=NOW)
    assert RightsRequest.objects.count() == 6  # nothing is lost
    assert len(queued("privacy.requests.jobs.acknowledge")) == 3


def test_attachments_of_other_kinds_stay_in_the_original_only() -> None:
    raw = mails.mail(files=(("a.exe", b"MZ\0\0", "application/octet-stream"),))
    request = take(raw).request
    assert request is not None
    assert [row.kind for row in request.files.all()] == ["mail"]
    assert "1 pièce jointe" in notes(request)


# --- Letters that come back ----------------------------------------------------------------------


def answered(boss: User) -> RightsRequest:
    request = filed(now=NOW)
    acts.accept(request=request, by=boss, now=NOW)
    return acts.complete(request=request, by=boss, text="Voici.", now=NOW)


@pytest.mark.rule("DR-01")
def test_dr_01_a_bounced_answer_reopens_its_request() -> None:
    request = answered(colleague())
    assert take(mails.bounce(request.reference)).outcome == "bounced"
    request.refresh_from_db()
    assert (request.status, request.ended_at) == (Status.IN_PROGRESS, None)
    assert steps(request)[-1] == "bounced"
    assert queued("privacy.requests.jobs.remind") == [
        {"request": str(request.pk), "why": "bounced"}
    ]
    assert any("est revenue" in letter.body for letter in work())


@pytest.mark.parametrize(
    "changed", [{"to": "other@example.test"}, {"action": "delayed"}, {"action": "delivered"}]
)
def test_a_report_about_somebody_else_or_a_delay_reopens_nothing(changed: dict[str, str]) -> None:
    request = answered(colleague())
    assert take(mails.bounce(request.reference, **changed)).outcome == "automatic"
    request.refresh_from_db()
    assert request.status == Status.ANSWERED


def test_dr_19_a_bounce_never_ends_or_changes_a_closed_request() -> None:
    boss, request = colleague(), filed(now=NOW)
    acts.close(request=request, by=boss, reason="double", now=NOW)
    take(mails.bounce(request.reference))
    request.refresh_from_db()
    assert request.status == Status.CLOSED
    assert steps(request)[-1] == "bounced"


# --- Nothing twice, nothing lost -----------------------------------------------------------------


def test_the_same_mail_again_changes_nothing() -> None:
    raw = mails.mail()
    take(raw)
    assert take(raw).outcome == "repeated"
    other_way = b"Received: by other.example.test; Mon, 23 Nov 2026 10:00:00 +0100\r\n" + raw
    assert take(other_way).outcome == "repeated"
    assert RightsRequest.objects.count() == 1
    # The same identity with other words is another mail.
    assert take(mails.mail("Autre chose")).outcome == "request"


@pytest.mark.parametrize(
    "raw",
    [
        b"", b"\0\0\0", b"no head at all", b"From: \xff\xfe\n\nx", b"From: a@\n\n",
        b"Content-Type: multipart/mixed\n\nno boundary",
        b"From: a@b.test\nContent-Type: text/plain; charset=nonsense\n\n\xff\xfe",
        b"From: a@b.test\nSubject: =?utf-8?b?////?=\nContent-Transfer-Encoding: base64\n\n%%%",
        b"From: a@b.test\nContent-Type: text/html\n\n<script>x</script>\x00Bonjour<br>Ada",
        b"From: a@b.test\nReceived: x; Mon, 99 Foo 2026 99:99:99 +9999\n\nx",
        b"From: =?utf-8?q?a=0D=0ABcc:_x@y.test?= <a@b.test>\n\nx",
        b"From: a@b.test\n" + b"Content-Type: multipart/mixed; boundary=a\n\n--a\n" * 300,
    ],
)  # fmt: skip
def test_malformed_mail_is_a_request_to_sort_with_its_original(raw: bytes) -> None:
    request = take(raw).request
    assert request is not None
    assert request.status == Status.TRIAGE
    original = request.files.get(kind="mail")
    assert stored.whole(original, folder=stored.FILES) == raw
    assert "\n" not in request.name
    assert take(raw).outcome == "repeated"


@given(st.binary(max_size=400), st.binary(max_size=200))
@settings(max_examples=300, deadline=None)
def test_no_bytes_break_the_parser(head: bytes, body: bytes) -> None:
    for raw in (
        head, b"From: " + head + b"\nReceived: " + head + b"\nSubject: " + head + b"\n\n" + body,
        b"From: a@b.test\nContent-Type: multipart/report; boundary=x\n\n--x\n" + head + b"\n\n"
        + body + b"\n--x--",
        b"From: a@b.test\nContent-Type: " + head + b"\n\n" + body,
    ):  # fmt: skip
        letter = mail.read(raw)
        assert len(letter.name) <= 254
        assert len(letter.subject) <= 200
        for text in (letter.text, letter.name, letter.subject):
            assert "\0" not in text
            text.encode()
        assert len(mail.content_digest_of(raw, letter)) == 64


# --- Staff ---------------------------------------------------------------------------------------


def act(who: User, request: RightsRequest, name: str, **data: Any) -> Any:
    browser = Client()
    browser.force_login(who)
    return browser.post(f"/admin/privacy/rightsrequest/{request.pk}/act/{name}/", data)


def test_staff_say_which_rights_a_mail_is_about() -> None:
    request = take(mails.mail()).request
    assert request is not None
    agent = colleague(group="agents")
    assert act(agent, request, "set-rights", rights=["access", "erasure"]).status_code == 302
    assert act(agent, request, "accept").status_code == 302
    request.refresh_from_db()
    assert request.rights == ["access", "erasure"]
    assert request.status == Status.RECEIVED


def test_mail_that_is_no_request_leaves_within_24_hours() -> None:
    boss, now = colleague(), datetime.now(UTC)
    request = take(mails.mail("Promotion !")).request
    assert request is not None
    agent = colleague("a@example.test", group="agents")
    assert act(agent, request, "not-a-request").status_code == 403
    assert act(boss, request, "not-a-request").status_code == 302
    assert clock.run(now=now + timedelta(hours=1)).left == 1
    assert not RightsRequest.objects.exists()
    assert not RequestFile.objects.exists()
    row = InboxMail.objects.get()
    assert row.request is None  # known, so that the import brings it back never
    assert take(mails.mail("Promotion !")).outcome == "repeated"


def test_dr_19_only_an_imported_mail_may_be_no_request() -> None:
    from privacy.requests import inbox_acts

    boss, request = colleague(), filed(now=NOW)
    with pytest.raises(NotPossible):
        inbox_acts.not_a_request(request=request, by=boss, now=NOW)
    mailed = take(mails.mail()).request
    assert mailed is not None
    acts.accept(request=mailed, by=boss, now=NOW)
    with pytest.raises(NotPossible):
        inbox_acts.not_a_request(request=mailed, by=boss, now=NOW)


def test_the_original_of_a_mail_goes_when_its_request_has_ended() -> None:
    request = take(mails.mail()).request
    assert request is not None
    acts.close(request=request, by=colleague(), reason="double", now=NOW)
    clock.run(now=NOW + timedelta(hours=1))
    assert not request.files.filter(kind="mail").exists()


# --- Where mail comes from -----------------------------------------------------------------------


def test_files_and_folders_are_imported(tmp_path: Path, capsys: Any) -> None:
    for number in range(3):
        (tmp_path / f"{number}.eml").write_bytes(mails.mail(message_id=f"<{number}@x.test>"))
    (tmp_path / "notes.txt").write_text("no mail")
    call_command("inbox", "import", str(tmp_path))
    call_command("inbox", "import", str(tmp_path / "0.eml"))
    said = capsys.readouterr().out
    assert "3 to sort" in said
    assert "1 known already" in said
    with pytest.raises(CommandError, match="cannot be read"):
        call_command("inbox", "import", str(tmp_path / "none.eml"))
    with pytest.raises(CommandError, match="IMAP_URL"):
        call_command("inbox", "fetch")


class Server:
    """As much of an IMAP server as is used; `flags` is what it keeps."""

    def __init__(self, *mails: bytes) -> None:
        self.mails, self.flags, self.orders = mails, {}, []  # type: ignore[var-annotated]

    def uid(self, order: str, *words: str) -> Any:
        self.orders.append(order)
        if order == "SEARCH":
            new = [str(n).encode() for n in range(len(self.mails)) if str(n) not in self.flags]
            return "OK", [b" ".join(new)]
        if order == "FETCH":
            raw = self.mails[int(words[0])]
            head = b'1 (UID 1 INTERNALDATE "23-Nov-2026 08:00:00 +0100" BODY[] {9}'
            return "OK", [(head, raw), b")"]
        self.flags[words[0]] = words[2]
        return "OK", [None]

    def logout(self) -> None:
        self.orders.append("LOGOUT")


def test_tl_06_mail_by_imap_counts_from_the_servers_date(monkeypatch: pytest.MonkeyPatch) -> None:
    server = Server(mails.mail(), mails.mail("Autre", message_id="<2@x.test>"))
    monkeypatch.setattr(imap, "_opened", lambda _url: server)
    assert imap.run("imaps://x", now=NOW) == {"request": 2}
    assert {str(one.received_on) for one in RightsRequest.objects.all()} == {"2026-11-23"}
    assert server.flags == {"0": "(\\Seen CncImported)", "1": "(\\Seen CncImported)"}
    server.flags.clear()  # a server that keeps none
    assert imap.run("imaps://x", now=NOW) == {"repeated": 2}
    assert server.orders[-1] == "LOGOUT"


def test_a_mail_is_marked_only_after_it_was_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    server = Server(mails.mail())
    monkeypatch.setattr(imap, "_opened", lambda _url: server)

    def fails(*args: Any, **options: Any) -> Any:
        raise OSError

    monkeypatch.setattr(imap.inbox, "take", fails)
    with pytest.raises(imap.InboxAway):
        imap.run("imaps://x", now=NOW)
    assert not server.flags
