"""Letters of requests: their words, their way, on paper; and the timeline as a file."""

import json
import smtplib
from datetime import UTC, datetime, timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, transaction
from django.test import Client

from consent.models import Act
from privacy.models import (
    LetterKey,
    LetterTemplate,
    RefusalGround,
    RequestChannel,
    RequestMessage,
    RightsRequest,
    User,
)
from privacy.requests import (
    acts,
    dialogue,
    dossier,
    filing,
    jobs,
    letter_example,
    letter_words,
    links,
    mailing,
    timeline,
)
from privacy.requests.letter_words import NotWritten
from privacy.requests.moves import NotPossible
from tests import mailers, people
from tests.mailers import Server
from tests.requests import colleague, filed, queued, work

pytestmark = pytest.mark.django_db
NOW = datetime.now(UTC)
DAY = timedelta(days=1)


@pytest.fixture
def anna() -> User:
    return colleague("anna@example.test")


@pytest.fixture
def request_() -> RightsRequest:
    """Confirmed and acknowledged."""
    made = filed(now=NOW - DAY)
    acts.confirm(request=made, now=NOW)
    work()
    return RightsRequest.objects.get(pk=made.pk)


def here() -> Client:
    return Client(headers={"origin": "http://testserver"})


def kinds(request: RightsRequest) -> list[str]:
    return [event.kind for event in timeline.of(request)]


def write(key: LetterKey, body: str, by: User, *, subject: str = "Objet", seen: int = 0) -> Any:
    return letter_words.keep(
        key=key, language="fr", subject=subject, body=body, seen=seen, by=by, now=NOW
    )


# --- Asking and writing back ---------------------------------------------------------------------


def test_a_question_goes_to_the_person_and_the_answer_back_to_staff(
    anna: User, request_: RightsRequest
) -> None:
    dialogue.ask(request=request_, by=anna, text="Quelle adresse ?", now=NOW)
    (letter,) = work()
    assert "Quelle adresse ?" in letter.body
    page = links.follow_path(request_)
    answer = here().post(f"{page}write/", {"text": "Rue Haute 1"})
    assert (answer.status_code, answer.headers["Location"]) == (303, f"{page}?said=1#messages")
    again = here().post(f"{page}write/", {"text": "Rue Haute 1"})
    assert again.status_code == 303
    assert RequestMessage.objects.filter(direction="in").count() == 1
    shown = here().get(f"{page}?said=1")
    assert "Nous avons reçu votre message" in shown.content.decode()
    assert "Rue Haute 1" in shown.content.decode()
    assert kinds(request_)[-2:] == ["clarification_asked", "heard"]
    (reminder,) = work()
    assert (reminder.to, "Rue Haute 1" in reminder.body) == (["anna@example.test"], False)
    request_.refresh_from_db()
    assert request_.followed_up_at == NOW
    assert not here().cookies


@pytest.mark.rule("DR-21")
def test_dr_21_nobody_else_writes_and_not_without_end(request_: RightsRequest) -> None:
    page = links.follow_path(request_)
    assert here().post(f"{page[:-9]}00000000/write/", {"text": "x"}).status_code == 404
    stranger = here()
    stranger.force_login(people.with_account().account)  # type: ignore[arg-type]
    place = f"/privacy/rights/{request_.reference}/write/"
    assert stranger.post(place, {"text": "x"}).status_code == 404
    assert here().post(f"{page}write/", {"text": " "}).status_code == 422
    assert here().get(f"{page}write/").status_code == 405
    codes = [here().post(f"{page}write/", {"text": f"n {n}"}).status_code for n in range(11)]
    assert codes == [303] * 10 + [429]


def test_who_has_an_account_writes_back_by_login(anna: User) -> None:
    who = people.with_account()
    assert who.account is not None
    request = filed(now=NOW, account=who.account, email=who.email)
    client = here()
    client.force_login(who.account)
    answer = client.post(f"/privacy/rights/{request.reference}/write/", {"text": "Bonjour"})
    assert answer.status_code == 303
    assert timeline.of(request)[-1].actor == who.account.pk


# --- Words ---------------------------------------------------------------------------------------


@pytest.mark.rule("DR-07")
def test_dr_07_no_edit_removes_what_the_law_wants(anna: User, request_: RightsRequest) -> None:
    write(LetterKey.REFUSED, "Non, {name}.", anna, subject="Décision {reference}")
    acts.refuse(
        request=request_,
        by=anna,
        ground=RefusalGround.UNFOUNDED,
        reason="Vous l'avez déjà reçu.",
        evidence="dossier",
        now=NOW,
    )
    (letter,) = work()
    assert letter.subject.startswith(f"Décision {request_.reference}")
    assert letter.body.startswith("Non, Ada Canary.")
    for part in (
        request_.reference,
        "Vous l'avez déjà reçu.",
        "manifestement infondée",
        "déposer plainte auprès de l'Autorité de protection des données",
        "recours juridictionnel",
        "tribunal de première instance",
    ):
        assert part in letter.body


@pytest.mark.rule("DR-07")
@pytest.mark.parametrize("language", ["fr", "nl", "de", "en"])
def test_dr_07_each_answer_names_authority_and_court_in_the_persons_language(
    anna: User, language: str
) -> None:
    request = filed(now=NOW - DAY, language=language)
    acts.confirm(request=request, now=NOW)
    acts.complete(request=request, by=anna, text="…", now=NOW)
    body = request.messages.filter(is_acknowledgement=False).get().body
    assert body.startswith("…")
    assert request.reference in body
    assert "contact@apd-gba.be" in body


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ("Bonjour {prenom}", "{prenom}"),
        ("Bonjour {", "accolade"),
        ("Bonjour {name.password}", "accolade"),
        ("{{ reference }}", "accolade"),
        ("  ", "objet et un texte"),
    ],
)
def test_words_with_unknown_gaps_are_not_kept(anna: User, body: str, says: str) -> None:
    with pytest.raises(NotWritten, match=says):
        write(LetterKey.ANSWER, body, anna)


def test_what_fills_a_gap_is_not_looked_at_again() -> None:
    assert letter_words.filled("{name} {due}", {"name": "{due}", "due": "x"}) == "{due} x"


@pytest.mark.rule("DR-20")
def test_dr_20_versions_are_written_once_and_the_newest_is_used(anna: User) -> None:
    first = write(LetterKey.ANSWER, "Un", anna)
    with pytest.raises(NotWritten, match="entre-temps"):
        write(LetterKey.ANSWER, "Deux", anna)
    write(LetterKey.ANSWER, "Deux", anna, seen=1)
    assert letter_words.newest(LetterKey.ANSWER, "fr").body == "Deux"
    assert letter_words.newest(LetterKey.ANSWER, "de").version == 0
    assert LetterTemplate.objects.get(pk=first.pk).body == "Un"
    for statement in (
        "UPDATE privacy_lettertemplate SET body = 'x'",
        "DELETE FROM privacy_lettertemplate",
    ):
        from django.db import connection

        with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)
    assert Act.objects.filter(act="letter.written", actor=anna.pk).count() == 2


def test_managers_see_preview_and_difference_before_they_keep_words(anna: User) -> None:
    client = Client()
    client.force_login(anna)
    place = "/admin/privacy/lettertemplate/write/extended/fr/"
    page = client.get(place)
    assert "Bonjour," in page.content.decode()
    data = {"subject": "Plus tard", "body": "Cher {name},", "seen": "0"}
    shown = client.post(place, {**data, "preview": "yes"})
    assert (shown.status_code, "Cher Ada Lovelace," in shown.content.decode()) == (200, True)
    assert ("removed", "Bonjour,") in shown.context["preview"]["difference"]
    assert LetterTemplate.objects.count() == 0
    assert client.post(place, {**data, "body": "{x}", "save": "yes"}).status_code == 422
    assert client.post(place, {**data, "save": "yes"}).status_code == 302
    assert LetterTemplate.objects.get().version == 1
    assert client.post(place, {**data, "body": "Autre", "save": "yes"}).status_code == 422
    for group, status in (("agents", 403), ("auditors", 403)):
        client.force_login(colleague(f"{group}@example.test", group=group))
        assert client.post(place, {**data, "save": "yes"}).status_code == status


@pytest.mark.rule("DR-07")
@pytest.mark.parametrize("key", [str(key) for key in LetterKey])
def test_dr_07_the_preview_of_each_letter_shows_what_code_adds(key: str) -> None:
    for language in ("fr", "nl", "de", "en"):
        subject, body = letter_example.example(
            LetterKey(key), language, subject="{reference}", body="A {name}"
        )
        assert subject == "DSR-2026-7K3QF2"
        assert body.startswith("A Ada Lovelace")
        assert "contact@apd-gba.be" in body
        assert "DSR-2026-7K3QF2" in body


def test_a_ready_text_is_chosen_looked_at_and_changed(anna: User, request_: RightsRequest) -> None:
    client = Client()
    client.force_login(anna)
    place = f"/admin/privacy/rightsrequest/{request_.pk}/change/"
    page = client.get(f"{place}?ready=answer_nothing").content.decode()
    assert "Bonjour Ada Canary," in page
    assert "aucune donnée à votre sujet" in page
    assert client.get(f"{place}?ready=refused").status_code == 200
    assert RequestMessage.objects.filter(is_acknowledgement=False).count() == 0


# --- On their way --------------------------------------------------------------------------------


@pytest.fixture
def server(settings: Any) -> Any:
    settings.MAILERS = mailers.MAILERS
    mailers.reset()
    yield Server
    mailers.reset()


def answered(request: RightsRequest, by: User) -> RequestMessage:
    acts.complete(request=request, by=by, text="Voici.", now=NOW)
    return RequestMessage.objects.get(request=request, direction="out", is_acknowledgement=False)


@pytest.mark.rule("DR-21")
def test_dr_21_a_letter_cut_off_in_the_middle_is_unknown_and_never_sent_by_itself(
    anna: User, request_: RightsRequest, server: Any
) -> None:
    message = answered(request_, anna)
    server.trouble["ada@example.test"] = smtplib.SMTPServerDisconnected()
    jobs.send_message(message=str(message.pk))
    message.refresh_from_db()
    assert (message.state, message.mailed_at) == ("unknown", None)
    server.trouble.clear()
    jobs.send_message(message=str(message.pk))
    assert server.got == []
    assert kinds(request_)[-1] == "sending_unknown"
    assert queued("privacy.requests.jobs.remind")[-1]["why"] == "unknown"
    client = Client()
    client.force_login(anna)
    page = client.get(f"/admin/privacy/rightsrequest/{request_.pk}/change/").content.decode()
    assert "issue inconnue" in page
    assert "settle-letter" in page
    place = f"/admin/privacy/rightsrequest/{request_.pk}/act/settle-letter/"
    client.post(place, {"message": str(message.pk), "outcome": "again"})
    jobs.send_message(message=str(message.pk))
    assert len(server.got) == 1
    with pytest.raises(NotPossible):
        mailing.settle(request=request_, by=anna, message=str(message.pk), outcome="again", now=NOW)


def test_a_letter_that_arrived_is_noted_as_sent(
    anna: User, request_: RightsRequest, server: Any
) -> None:
    message = answered(request_, anna)
    RequestMessage.objects.filter(pk=message.pk).update(state="sending")  # killed
    jobs.send_message(message=str(message.pk))
    mailing.settle(request=request_, by=anna, message=str(message.pk), outcome="arrived", now=NOW)
    message.refresh_from_db()
    assert (message.state, message.mailed_at, server.got) == ("sent", NOW, [])


def test_a_server_that_is_away_is_asked_again_and_one_that_refuses_is_shown(
    anna: User, request_: RightsRequest, server: Any
) -> None:
    message = answered(request_, anna)
    server.trouble["ada@example.test"] = ConnectionRefusedError()
    with pytest.raises(ConnectionRefusedError):
        jobs.send_message(message=str(message.pk))
    message.refresh_from_db()
    assert message.state == "waiting"
    server.trouble["ada@example.test"] = smtplib.SMTPRecipientsRefused(
        {"ada@example.test": (550, b"no")}
    )
    jobs.send_message(message=str(message.pk))
    message.refresh_from_db()
    assert message.state == "refused"


@pytest.mark.rule("DR-03")
def test_dr_03_an_acknowledgement_of_a_killed_worker_is_not_sent_twice(server: Any) -> None:
    request = filed(now=NOW)
    jobs.acknowledge(request=str(request.pk))
    kept = RequestMessage.objects.get(request=request)
    assert (kept.is_acknowledgement, kept.state) == (True, "sent")
    assert "/confirm/" not in kept.body
    assert "/confirm/" in server.got[0].body
    RequestMessage.objects.update(state="sending", mailed_at=None)
    jobs.acknowledge(request=str(request.pk))
    assert len(server.got) == 1
    assert RequestMessage.objects.get().state == "unknown"


# --- On paper ------------------------------------------------------------------------------------


@pytest.mark.rule("DR-08")
def test_dr_08_without_an_address_a_letter_is_printed_and_posted(anna: User) -> None:
    who = people.person(street="Rue Haute 1", postal_code="1000", city="Bruxelles")
    request = filed(now=NOW - DAY, email="")
    acts.confirm(request=request, now=NOW)
    RightsRequest.objects.filter(pk=request.pk).update(person=who)
    request = RightsRequest.objects.get(pk=request.pk)
    message = answered(request, anna)
    assert (message.state, queued("privacy.requests.jobs.send_message")) == ("", [])
    client = Client()
    client.force_login(anna)
    made = client.get(f"/admin/privacy/rightsrequest/{request.pk}/letter/{message.pk}/")
    assert made.status_code == 200
    assert made.content.startswith(b"%PDF-")
    assert Act.objects.filter(act="request.letter_printed", actor=anna.pk).count() == 1
    place = f"/admin/privacy/rightsrequest/{request.pk}/act/posted/"
    client.post(place, {"message": str(message.pk)})
    message.refresh_from_db()
    assert message.posted_at is not None
    assert kinds(request)[-1] == "posted"
    assert client.post(place, {"message": str(message.pk)}).status_code == 422
    client.force_login(colleague("auditor@example.test", group="auditors"))
    refused = client.get(f"/admin/privacy/rightsrequest/{request.pk}/letter/{message.pk}/")
    assert refused.status_code == 403


@pytest.mark.rule("DR-03")
def test_dr_03_who_gave_no_address_gets_an_acknowledgement_by_post(anna: User) -> None:
    request = filing.enter(
        by=anna,
        asked=filing.Asked(rights=("access",), name="Ada", email="", language="nl"),
        channel=RequestChannel.POST,
        received_on=NOW.date() - DAY,
        now=NOW,
    )
    kept = request.messages.get()
    assert (kept.is_acknowledgement, kept.state, kinds(request)) == (True, "", ["entered"])
    assert request.reference in kept.body
    assert dossier.problems(dossier.whole(request, now=NOW)) == []
    mailing.post(request=request, by=anna, message=str(kept.pk), now=NOW)
    assert kinds(request) == ["entered", "posted", "acknowledged"]
    assert dossier.problems(dossier.whole(request, now=NOW)) == []


# --- The file for the authority ------------------------------------------------------------------


@pytest.mark.rule("DR-20")
def test_dr_20_the_file_holds_every_step_and_text_and_proves_itself(
    anna: User, request_: RightsRequest, tmp_path: Path
) -> None:
    dialogue.hear(request=request_, text="Bonjour", by=None, now=NOW)
    acts.note(request=request_, by=anna, text="appelée", now=NOW)
    answered(request_, anna)
    work()
    client = Client()
    client.force_login(anna)
    answer = client.get(f"/admin/privacy/rightsrequest/{request_.pk}/timeline/")
    content = json.loads(answer.content)
    assert [step["kind"] for step in content["steps"]] == kinds(request_)
    assert {m["direction"] for m in content["messages"]} == {"in", "out", "note"}
    assert dossier.problems(content) == []
    assert Act.objects.filter(act="request.timeline_exported", actor=anna.pk).count() == 1
    file = tmp_path / "timeline.json"
    file.write_bytes(answer.content)
    out = StringIO()
    call_command("request_timeline", "verify", str(file), stdout=out)
    assert "all whole" in out.getvalue()
    exported = StringIO()
    call_command("request_timeline", "export", request_.reference, stdout=exported)
    assert json.loads(exported.getvalue())["steps"] == content["steps"]


@pytest.mark.rule("DR-20")
@pytest.mark.parametrize("forged", ["step", "detail", "text", "missing", "other"])
def test_dr_20_a_file_that_was_changed_does_not_verify(
    anna: User, request_: RightsRequest, tmp_path: Path, forged: str
) -> None:
    answered(request_, anna)
    work()
    content = dossier.whole(request_, now=NOW)
    match forged:
        case "step":
            content["steps"][1]["at"] = content["steps"][0]["at"]
        case "detail":
            content["steps"][0]["details"]["rights"] = ["erasure"]
        case "text":
            content["messages"][-1]["body"] += " "
        case "missing":
            del content["steps"][0]
        case "other":
            content = {"format": "x"}
    file = tmp_path / "timeline.json"
    file.write_text(json.dumps(content))
    with pytest.raises(CommandError):
        call_command("request_timeline", "verify", str(file))
