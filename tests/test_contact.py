"""The contact form, what staff do with its messages, and the end of what was written."""

import re
import smtplib
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.core import mail
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from procrastinate.contrib.django.models import ProcrastinateJob

from consent.models import Act
from privacy import contact_jobs, restriction
from privacy.actions import contact
from privacy.actions.contact_purge import close_silent, purge_closed
from privacy.groups import AGENTS, AUDITORS, MANAGERS, OFFICERS
from privacy.models import (
    Complaint,
    ContactMessage,
    ContactReason,
    ContactReply,
    DataSubject,
    LegalHold,
    Restriction,
    User,
)
from privacy.models.contact import Outcome, Refiled, ReplyState

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 2, 10, 0, tzinfo=UTC)
DAY = timedelta(days=1)
TYPED = {
    "name": "Marie Peeters",
    "email": "Marie@Example.Test",
    "phone": "",
    "topic": "information",
    "body": "Bonjour,\r\nquand ouvrez-vous ?",
}


@pytest.fixture
def client() -> Client:
    """A browser on this site, whose requests are checked as real ones are."""
    return Client(enforce_csrf_checks=True, headers={"origin": "http://testserver"})


def send(client: Client, prefix: str = "", **changed: str) -> Any:
    return client.post(f"{prefix}/contact/", TYPED | changed)


def make(**values: Any) -> ContactMessage:
    person = values.get("person")
    known = {"name": "Marie Peeters", "email": "marie@example.test", "phone": "+3227771234"}
    message: ContactMessage = ContactMessage.objects.create(
        **{**known, "topic": "information", "body": "Quand ?", "received_at": NOW, **values}
    )
    assert message.person == person
    return message


def staff(group: str = AGENTS, name: str = "agent") -> User:
    account = User.objects.create_user(f"{name}@staff.test", None, is_staff=True)
    account.groups.add(Group.objects.get(name=group))
    return account


# --- The form ------------------------------------------------------------------


@pytest.mark.rule("CK-14")
def test_ck_14_the_form_is_one_public_page_without_query_or_cookie(client: Client) -> None:
    for path in ("/contact/", "/nl/contact/", "/de/contact/", "/en/contact/"):
        with CaptureQueriesContext(connection) as queries:
            response = client.get(path)
        assert response.status_code == 200
        assert len(queries) == 0
        assert response.headers["Cache-Control"].startswith("public")
        assert not response.cookies
        assert "csrfmiddlewaretoken" not in response.text


@pytest.mark.rule("CK-14")
@pytest.mark.parametrize("prefix", ["", "/nl", "/de", "/en"])
def test_ck_14_a_message_is_kept_and_its_reference_shown(client: Client, prefix: str) -> None:
    response = send(client, prefix)
    message = ContactMessage.objects.get()
    assert response.status_code == 302
    assert response.headers["Location"] == f"{prefix}/contact/?envoye={message.reference}"
    assert not response.cookies
    assert (message.name, message.email) == ("Marie Peeters", "marie@example.test")
    assert message.body == "Bonjour,\nquand ouvrez-vous ?"
    assert message.language == (prefix.strip("/") or "fr")
    assert (message.person, message.outcome, message.closed_at) == (None, "", None)
    page = client.get(response.headers["Location"])
    assert message.reference in page.text
    assert "no-store" in page.headers["Cache-Control"]
    assert not page.cookies
    assert "Marie" not in page.text


def test_the_page_after_sending_shows_nothing_that_is_no_reference(client: Client) -> None:
    for value in ("<b>x</b>", "MSG-lowercase", "MSG-ABCDEF'", ""):
        page = client.get("/contact/", {"envoye": value})
        assert page.status_code == 200
        assert "<strong>MSG" not in page.text
        assert "<b>x</b>" not in page.text


@pytest.mark.rule("TR-01", "TR-03", "TR-07")
def test_tr_01_tr_03_tr_07_who_asks_what_is_needed_and_how_long(client: Client) -> None:
    page = client.get("/contact/").text
    form = page[page.index("<h1>") : page.index('id="societe"')]
    for fact in ("SRL HA.I", "rue des Bailleries 15", "0779.838.527", "info@clicknconnect.be"):
        assert fact in form
    assert form.count("(obligatoire)") == 4
    assert form.count("(facultatif)") == 1
    assert "24 heures" in form
    assert "Seule notre équipe le lit" in form
    assert 'href="/privacy/#donnees"' in form


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("name", "   ", "obligatoire"),
        ("email", "marie@", "valide"),
        ("email", "a@b.test\nBcc: c@d.test", "valide"),
        ("phone", "12", "numéro de téléphone"),
        ("topic", "nothing", "choix"),
        ("body", " \r\n ", "obligatoire"),
        ("body", "x" * 5001, "compte 5001 caractères ; le maximum est 5000"),
    ],
)
def test_bad_input_is_422_with_a_sentence_and_what_was_typed(
    client: Client, field: str, value: str, sentence: str
) -> None:
    response = send(client, **{field: value})
    assert response.status_code == 422
    assert not ContactMessage.objects.exists()
    assert not ProcrastinateJob.objects.exists()
    assert sentence in response.text
    assert f'href="#id_{field}"' in response.text
    assert re.search(rf'name="{field}"[^>]*aria-invalid="true"', response.text)
    for other in {"name": "Marie Peeters", "body": "quand ouvrez-vous"}.items():
        if other[0] != field:
            assert other[1] in response.text
    assert "no-store" in response.headers["Cache-Control"]
    assert not response.cookies


def test_the_most_characters_are_counted_as_a_person_counts(client: Client) -> None:
    assert send(client, body="a\r\n" * 2499 + "ab").status_code == 302
    assert len(ContactMessage.objects.get().body) == 5000


def test_nothing_typed_reaches_a_header(client: Client) -> None:
    """A name is one line, whatever was sent; letters say neither it nor the message."""
    send(client, name="Marie\r\nBcc: x@y.test\x00\u202e", topic="other")
    message = ContactMessage.objects.get()
    assert message.name == "Marie Bcc: x@y.test"
    contact_jobs.send_contact_acknowledgement(message=str(message.pk))
    [letter] = mail.outbox
    assert letter.to == ["marie@example.test"]
    assert letter.subject == f"Nous avons reçu : {message.reference} – Click'n CoNNect"
    assert message.reference in letter.body
    assert "Marie" not in letter.body
    assert "ouvrez-vous" not in letter.body
    assert letter.extra_headers["Auto-Submitted"] == "auto-replied"


def test_the_acknowledgement_job_names_nobody_and_leaves_the_purged_alone(client: Client) -> None:
    send(client)
    job = ProcrastinateJob.objects.get()
    assert job.task_name == "privacy.contact_jobs.send_contact_acknowledgement"
    assert set(job.args) == {"message"}
    ContactMessage.objects.update(outcome="handled", closed_at=NOW)
    purge_closed(NOW, 10)
    contact_jobs.send_contact_acknowledgement(**job.args)
    assert mail.outbox == []


@pytest.mark.rule("CK-14")
@pytest.mark.parametrize("origin", ["http://evil.test", "null", ""])
def test_ck_14_only_this_site_may_send_the_form(origin: str) -> None:
    headers = {"origin": origin} if origin else {}
    response = Client(enforce_csrf_checks=True, headers=headers).post("/contact/", TYPED)
    assert response.status_code == 403
    assert not ContactMessage.objects.exists()


def test_too_many_messages_wait_and_keep_what_was_written(client: Client) -> None:
    for number in range(5):
        assert send(client, body=f"Message {number}").status_code == 302
    response = send(client, body="Le sixième")
    assert response.status_code == 429
    assert 0 < int(response.headers["Retry-After"]) <= 3600
    assert "Le sixième" in response.text
    assert "pas encore envoyé" in response.text
    assert ContactMessage.objects.count() == 5
    for number in range(45):
        assert send(client, email=f"p{number}@x.test").status_code in {302, 429}
    assert send(client, email="last@x.test").status_code == 429


def test_the_same_click_twice_is_one_message(client: Client) -> None:
    first, second = send(client), send(client)
    assert first.headers["Location"] == second.headers["Location"]
    assert ContactMessage.objects.count() == ProcrastinateJob.objects.count() == 1
    assert send(client, body="Autre chose").headers["Location"] != first.headers["Location"]


def test_a_person_with_an_account_is_not_asked_again_and_the_message_is_theirs(
    client: Client,
) -> None:
    account = User.objects.create_user("jan@example.test", None, name="Jan")
    person = DataSubject.objects.create(
        account=account, first_name="Jan", last_name="Claes", email="jan@example.test",
        phone="+3227771234", account_opened_on=date(2026, 1, 1),
    )  # fmt: skip
    client.force_login(account)
    page = client.get("/contact/")
    for value in ("Jan Claes", "jan@example.test", "+3227771234"):
        assert f'value="{value}"' in page.text
    assert "no-store" in page.headers["Cache-Control"]
    assert send(client).status_code == 403  # without the token
    token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page.text)
    assert token is not None
    assert send(client, csrfmiddlewaretoken=token[1]).status_code == 302
    assert ContactMessage.objects.get().person == person


# --- What staff do ------------------------------------------------------------------


def acts() -> list[str]:
    return list(Act.objects.order_by("id").values_list("act", flat=True))


def seen(message: ContactMessage) -> str:
    message.refresh_from_db()
    return contact.seen_of(message)


def test_each_act_is_in_the_journal_and_names_nobody() -> None:
    agent, message = staff(), make(received_at=NOW - 95 * DAY)
    do = {"by": agent, "message": message.pk}
    contact.assign(**do, handler=agent, seen=seen(message), now=NOW)
    contact.give_reason(**do, reason="Marie attend son expert", seen=seen(message), now=NOW + DAY)
    contact.note_answer(**do, seen=seen(message), now=NOW + 2 * DAY)
    contact.reply(**do, body="Demain.", seen=seen(message), now=NOW + 3 * DAY)
    contact.close(**do, outcome=Outcome.HANDLED, seen=seen(message), now=NOW + 4 * DAY)
    assert acts() == [
        "contact.assigned", "contact.reason_given", "contact.answer_noted", "contact.replied",
        "contact.closed",
    ]  # fmt: skip
    written = str(list(Act.objects.values()))
    assert not any(word in written for word in ("Marie", "marie@", "Demain", "Quand"))
    message.refresh_from_db()
    assert (message.outcome, message.closed_at) == ("handled", NOW + 4 * DAY)
    assert message.handler == agent


def test_what_changed_meanwhile_is_not_done_over() -> None:
    agent, message = staff(), make()
    do = {"by": agent, "message": message.pk, "seen": seen(message)}
    contact.reply(**do, body="Demain.", now=NOW)
    with pytest.raises(contact.ChangedMeanwhile):
        contact.reply(**do, body="Demain.", now=NOW)
    assert ContactReply.objects.count() == 1


def test_nothing_is_done_with_what_is_closed() -> None:
    agent, message = staff(), make()
    do = {"by": agent, "message": message.pk}
    contact.close(**do, outcome=Outcome.NO_FURTHER_ACTION, seen=seen(message), now=NOW)
    with pytest.raises(contact.AlreadyClosed):
        contact.reply(**do, body="x", seen=seen(message), now=NOW)
    silent = make(last_reply_at=NOW - 20 * DAY)
    with pytest.raises(contact.AlreadyClosed):
        contact.close(
            by=agent, message=silent.pk, outcome=Outcome.HANDLED, seen=seen(silent), now=NOW
        )


def test_a_reason_too_early_or_too_short_is_refused() -> None:
    agent, young, old = staff(), make(), make(received_at=NOW - 95 * DAY)
    with pytest.raises(contact.TooEarly):
        contact.give_reason(
            by=agent, message=young.pk, reason="Assez long", seen=seen(young), now=NOW
        )
    with pytest.raises(contact.ShortReason):
        contact.give_reason(by=agent, message=old.pk, reason=" a  b ", seen=seen(old), now=NOW)
    assert acts() == []


def transfer(message: ContactMessage, refiled: Refiled, **more: str) -> Complaint | None:
    return contact.transfer(
        by=staff(name=f"a{User.objects.count()}"), message=message.pk, refiled=refiled,
        **{"reason": "Cela relève de ce service", "person_reference": "", **more},
        seen=seen(message), now=NOW,
    )  # fmt: skip


def test_a_complaint_is_made_with_a_new_person_or_the_one_that_was_named() -> None:
    known = DataSubject.objects.create(email="marie@example.test")
    complaint = transfer(make(), Refiled.COMPLAINT)
    assert complaint is not None
    # Nothing proves whose address it is: nobody is taken for somebody else by itself.
    assert complaint.person != known
    assert (complaint.person.full_name, complaint.body) == ("Marie Peeters", "Quand ?")
    assert complaint.received_on == date(2026, 11, 2)
    named = transfer(make(), Refiled.COMPLAINT, person_reference=f" {known.reference.lower()} ")
    assert named is not None
    assert named.person == known
    with pytest.raises(contact.NoSuchPerson):
        transfer(make(), Refiled.COMPLAINT, person_reference="P-22222222")
    details = Act.objects.get(details__complaint=complaint.reference).details
    assert details["reason"] == "Cela relève de ce service"
    assert (details["as"], details["person"]) == ("complaint", str(complaint.person.pk))


def test_a_contract_and_a_rights_request_are_marked_and_end_the_message() -> None:
    first, second = make(), make()
    assert transfer(first, Refiled.CONTRACT) is None
    assert DataSubject.objects.get().contract_started_on == date(2026, 11, 2)
    assert transfer(second, Refiled.RIGHTS) is None
    assert DataSubject.objects.count() == 1
    for message, refiled in ((first, "contract"), (second, "rights")):
        message.refresh_from_db()
        assert (message.outcome, message.refiled_as) == ("transferred", refiled)
        assert message.closed_at == NOW


def test_a_reason_for_the_journal_names_nobody() -> None:
    for reason in ("C'est pour PEETERS", "voir marie@example.test", "appeler le +3227771234"):
        with pytest.raises(contact.NamesPerson):
            transfer(make(), Refiled.RIGHTS, reason=reason)
    assert acts() == []


# --- Replies ------------------------------------------------------------------


@pytest.fixture
def reply() -> ContactReply:
    return contact.reply(by=staff(), message=make().pk, body="Demain.", seen="new", now=NOW)


def post(reply: ContactReply) -> ContactReply:
    contact_jobs.send_contact_reply(reply=str(reply.pk))
    reply.refresh_from_db()
    return reply


def test_a_reply_is_mailed_once_and_starts_the_silence(reply: ContactReply) -> None:
    post(reply)
    [letter] = mail.outbox
    reference = reply.message.reference
    assert letter.to == ["marie@example.test"]
    assert letter.subject == f"Notre réponse : {reference} – Click'n CoNNect"
    assert letter.body.startswith("Demain.")
    assert str(reply.pk) in letter.extra_headers["Message-ID"]
    reply.message.refresh_from_db()
    assert reply.state == ReplyState.SENT
    assert reply.message.last_reply_at == reply.sent_at
    assert post(reply).state == ReplyState.SENT
    assert len(mail.outbox) == 1


def failing(monkeypatch: Any, error: Exception) -> None:
    def fail(*args: Any, **kwargs: Any) -> None:
        raise error

    monkeypatch.setattr("django.core.mail.EmailMessage.send", fail)


def test_a_server_that_is_away_is_asked_again(reply: ContactReply, monkeypatch: Any) -> None:
    failing(monkeypatch, ConnectionRefusedError())
    with pytest.raises(ConnectionRefusedError):
        post(reply)
    monkeypatch.undo()
    assert post(reply).state == ReplyState.SENT
    assert len(mail.outbox) == 1


@pytest.mark.parametrize(
    ("error", "state"),
    [
        (smtplib.SMTPServerDisconnected("gone"), "unknown"),
        (TimeoutError(), "unknown"),
        (smtplib.SMTPRecipientsRefused({"marie@example.test": (550, b"no")}), "refused"),
        (smtplib.SMTPDataError(554, b"no"), "refused"),
    ],
)
def test_what_may_have_left_is_never_sent_again_by_itself(
    reply: ContactReply, monkeypatch: Any, error: Exception, state: str
) -> None:
    failing(monkeypatch, error)
    assert post(reply).state == state
    monkeypatch.undo()
    assert post(reply).state == state
    assert mail.outbox == []
    message = reply.message
    contact.settle_reply(
        by=staff(name="b"), message=message.pk, reply=str(reply.pk), was_sent=False,
        seen=seen(message), now=NOW + DAY,
    )  # fmt: skip
    assert post(reply).state == ReplyState.SENT
    assert len(mail.outbox) == 1


def test_a_worker_killed_while_it_sent_leaves_the_outcome_unknown(reply: ContactReply) -> None:
    ContactReply.objects.update(state=ReplyState.SENDING)
    assert post(reply).state == ReplyState.UNKNOWN
    assert mail.outbox == []
    message = reply.message
    contact.settle_reply(
        by=staff(name="b"), message=message.pk, reply=str(reply.pk), was_sent=True,
        seen=seen(message), now=NOW + DAY,
    )  # fmt: skip
    message.refresh_from_db()
    assert message.last_reply_at == NOW + DAY
    with pytest.raises(contact.NotUnsettled):
        contact.settle_reply(
            by=staff(name="c"), message=message.pk, reply=str(reply.pk), was_sent=True,
            seen=seen(message), now=NOW + 2 * DAY,
        )  # fmt: skip


def test_a_reply_says_when_it_was_sent(reply: ContactReply) -> None:
    with pytest.raises(IntegrityError, match="sent_has_moment"), transaction.atomic():
        ContactReply.objects.update(state="sent", sent_at=None)
    with pytest.raises(IntegrityError, match="state_known"), transaction.atomic():
        ContactReply.objects.update(state="lost")


# --- The purge ------------------------------------------------------------------


def closed(**values: Any) -> ContactMessage:
    return make(outcome="handled", closed_at=NOW, **values)


@pytest.mark.rule("RT-03", "PF-62")
def test_rt_03_pf_62_only_figures_are_left() -> None:
    person = DataSubject.objects.create(first_name="Marie")
    message, open_one = closed(person=person), make()
    ContactReply.objects.create(message=message, body="x", state="sent", sent_at=NOW)
    ContactReason.objects.create(message=message, reason="x", given_at=NOW)
    assert purge_closed(NOW - timedelta(seconds=1), 10) == 0
    assert purge_closed(NOW, 10) == 1
    message.refresh_from_db()
    left = {
        name: value
        for name, value in ContactMessage.objects.filter(pk=message.pk).values().get().items()
        if value not in ("", None)
    }
    assert left == {
        "id": message.pk, "reference": message.reference, "topic": "information",
        "language": "fr", "received_at": NOW, "outcome": "handled", "closed_at": NOW,
        "purged_at": NOW,
    }  # fmt: skip
    assert not ContactReply.objects.exists()
    assert not ContactReason.objects.exists()
    open_one.refresh_from_db()
    assert open_one.body == "Quand ?"
    assert DataSubject.objects.filter(pk=person.pk).exists()
    assert purge_closed(NOW, 10) == 0


def hold(person: DataSubject, **values: Any) -> LegalHold:
    return LegalHold.objects.create(
        person=person, reason="procès", placed_at=NOW, review_on=date(2027, 5, 1), **values
    )


@pytest.mark.rule("RT-06", "DR-14")
def test_rt_06_dr_14_what_is_protected_stays() -> None:
    people = [DataSubject.objects.create() for _ in range(8)]
    kept = [closed(person=person) for person in people[:5]]
    hold(people[0])
    hold(people[1], source="privacy.contactmessage")
    hold(people[2], source="privacy.contactmessage", record=kept[2].pk)
    for person, ground in zip(people[3:5], "bc", strict=True):
        Restriction.objects.create(person=person, ground=ground, reason="x", placed_at=NOW)
    gone = [closed(person=person) for person in people[5:]]
    hold(people[5], released_at=NOW)
    hold(people[6], source="privacy.invoice")
    Restriction.objects.create(person=people[7], ground="a", reason="x", placed_at=NOW)
    assert purge_closed(NOW + 30 * DAY, 100) == 3
    with restriction.seeing():
        left = set(ContactMessage.objects.filter(purged_at=None).values_list("pk", flat=True))
    assert left == {message.pk for message in kept}
    assert gone[0].pk not in left
    LegalHold.objects.update(released_at=NOW)
    Restriction.objects.update(told_at=NOW, lifted_at=NOW)
    assert purge_closed(NOW + 30 * DAY, 100) == 5


@pytest.mark.rule("RT-03")
def test_rt_03_a_reply_on_its_way_leaves_first_but_not_for_longer_than_a_day() -> None:
    message = closed()
    ContactReply.objects.create(message=message, body="x")
    assert purge_closed(NOW + timedelta(hours=21), 10) == 0
    assert purge_closed(NOW + timedelta(hours=22), 10) == 1


@pytest.mark.rule("RT-03")
def test_rt_03_the_hourly_job_closes_and_empties_in_bounded_batches(monkeypatch: Any) -> None:
    monkeypatch.setattr(contact_jobs, "BATCH", 3)
    for _ in range(7):
        make(last_reply_at=NOW)
    later = NOW + 15 * DAY
    with CaptureQueriesContext(connection) as queries:
        contact_jobs.end_contact_messages(int(later.timestamp()))
    work = [one for one in queries if not one["sql"].startswith(("SAVEPOINT", "RELEASE"))]
    statements = [one for one in work if "set_config" not in one["sql"]]
    assert len(statements) == 8  # three batches and an empty one, twice
    for message in ContactMessage.objects.all():
        assert (message.outcome, message.purged_at) == ("silence", later)
        assert message.closed_at is not None
        assert timedelta() <= later - message.closed_at < timedelta(hours=24)
    assert close_silent(later, 10) == 0


# --- The queue ------------------------------------------------------------------


def page_of(message: ContactMessage) -> str:
    return reverse("admin:privacy_contactmessage_change", args=[message.pk])


def visitor(group: str) -> Client:
    client = Client(headers={"origin": "http://testserver"})
    client.force_login(staff(group, name=group.replace(" ", "")))
    return client


def press(client: Client, message: ContactMessage, act: str, **values: str) -> Any:
    data = {"act": act, "seen": seen(message), **values}
    return client.post(page_of(message), data, follow=True)


@pytest.mark.rule("DR-21")
@pytest.mark.parametrize("group", [AGENTS, MANAGERS])
def test_dr_21_agents_and_managers_answer_and_close_on_the_page(group: str) -> None:
    client, message = visitor(group), make(received_at=datetime.now(UTC))
    page = client.get(page_of(message)).text
    for part in ("Quand ?", "marie@example.test", "+3227771234", "Envoyer la réponse"):
        assert part in page
    assert "part dans un instant" in press(client, message, "reply", body="Demain.").text
    message.refresh_from_db()
    assert message.handler is not None
    assert ContactReply.objects.get().body == "Demain."
    assert "attend notre réponse" in press(client, message, "answered").text
    assert "suivi est enregistré" in press(client, message, "assign", handler="").text
    page = press(client, message, "close", outcome="handled").text
    assert "dans les 24 heures" in page
    assert "Envoyer la réponse" not in page
    assert "admin.viewed" in acts()


@pytest.mark.rule("DR-21")
@pytest.mark.parametrize("group", [OFFICERS, AUDITORS])
def test_dr_21_officers_and_auditors_read_and_do_nothing(group: str) -> None:
    client, message = visitor(group), make()
    page = client.get(page_of(message)).text
    assert "Quand ?" in page
    assert "Envoyer la réponse" not in page
    target = f"privacy.contactmessage:{message.pk}"
    assert Act.objects.filter(act="admin.viewed", target=target).count() == 1
    for act in ("reply", "close", "assign", "transfer", "answered", "reason", "settle"):
        assert press(client, message, act, body="x", outcome="handled").status_code == 403
    message.refresh_from_db()
    assert message.last_staff_act_at is None


@pytest.mark.parametrize(
    ("act", "values", "sentence"),
    [
        ("reply", {"body": "  "}, "Écrivez d’abord"),
        ("reply", {"body": "x" * 10_001}, "le maximum est 10000"),
        ("close", {"outcome": "silence"}, "comment le message se termine"),
        ("transfer", {"refiled": "", "reason": "Assez de lettres"}, "où le message est repris"),
        ("transfer", {"refiled": "rights", "reason": "court"}, "au moins 10 caractères"),
        ("transfer", {"refiled": "rights", "reason": "Pour Peeters seule"}, "reste au journal"),
        (
            "transfer",
            {"refiled": "complaint", "reason": "Une vraie plainte", "person": "P-9"},
            "Aucune personne",
        ),
        ("assign", {"handler": "00000000-0000-0000-0000-000000000000"}, "ne peut pas suivre"),
        ("assign", {"handler": "nobody"}, "ne peut pas suivre"),
        ("reason", {"reason": "Assez de lettres"}, "après 90 jours"),
        ("settle", {"reply": "x"}, "attend encore son tour"),
        ("forget", {}, "pas comprise"),
        ("reply", {"body": "Ce que j’écrivais", "seen": "2026"}, "Ce que j’écrivais"),
    ],
)
def test_what_staff_get_wrong_is_422_with_a_sentence_and_nothing_done(
    act: str, values: dict[str, str], sentence: str
) -> None:
    client, message = visitor(AGENTS), make(received_at=datetime.now(UTC))
    response = press(client, message, act, **values)
    assert response.status_code == 422
    assert sentence in response.text
    message.refresh_from_db()
    assert (message.last_staff_act_at, message.outcome) == (None, "")
    assert not ContactReply.objects.exists()


@pytest.mark.rule("RT-03")
def test_rt_03_after_the_purge_the_page_shows_figures_only() -> None:
    message = closed()
    purge_closed(NOW, 10)
    page = visitor(AGENTS).get(page_of(message)).text
    assert message.reference in page
    assert "Contenu effacé le" in page
    assert "Quand ?" not in page
    assert "marie@" not in page


@pytest.mark.rule("RT-03")
def test_rt_03_the_queue_and_the_front_page_say_what_waits() -> None:
    now = datetime.now(UTC)
    make(received_at=now - 95 * DAY)
    make(received_at=now - 61 * DAY)
    uncertain = make(received_at=now - DAY, last_staff_act_at=now - timedelta(hours=1))
    ContactReply.objects.create(message=uncertain, body="x", state="unknown")
    make(outcome="handled", closed_at=now - 3 * DAY)
    client = visitor(AGENTS)
    queue = reverse("admin:privacy_contactmessage_changelist")
    page = client.get(queue).text
    listed = re.findall(r"MSG-[2-9A-Z]{6}", page[page.index("result_list") :])
    rows = ContactMessage.objects.order_by("outcome", "received_at")
    assert listed == list(rows.values_list("reference", flat=True))
    for words in ("motif écrit à donner", "réponse à vérifier", "sans suite de notre part"):
        assert words in page
    for value, count in (("reason", 1), ("reply", 1), ("idle", 2)):
        shown = client.get(queue, {"alerte": value}).text
        assert shown.count('class="field-subject') == count
    assert client.get(queue, {"etat": "clos"}).text.count('class="field-subject') == 1
    front = client.get("/admin/").text
    for words in ("attend un motif écrit", "sans suite depuis 60 jours", "pas partie pour sûr",
                  "pas encore effacé après 24 heures", "attendent notre réponse"):  # fmt: skip
        assert words in front


@pytest.mark.rule("RT-03")
def test_rt_03_the_alerts_in_sql_are_those_of_the_clock() -> None:
    from privacy.contact_life import life_of
    from privacy.contact_queue import Alert, alerts_of, counts, with_alert
    from tests.test_contact_clock import lives

    now = datetime(2026, 9, 15, 21, 30, tzinfo=UTC)
    expected: dict[Alert, set[Any]] = {alert: set() for alert in Alert}
    for life, _ in lives(300):
        message = make(
            received_at=life.received_at, last_staff_act_at=life.acted_at,
            last_reply_at=life.replied_at, last_answer_at=life.answered_at,
        )  # fmt: skip
        if life.is_reply_unsettled:
            ContactReply.objects.create(message=message, body="x", state="unknown")
        if life.reasoned_at:
            ContactReason.objects.create(message=message, reason="x", given_at=life.reasoned_at)
        for alert in alerts_of(life_of(message), now):
            expected[alert].add(message.pk)
    for alert, keys in expected.items():
        assert len(keys) > 1
        assert set(with_alert(alert, now)) == keys
    found = counts(now)
    assert (found.reasons, found.replies, found.idle) == tuple(map(len, expected.values()))


def test_a_complaint_is_answered_and_closed_once() -> None:
    complaint = transfer(make(), Refiled.COMPLAINT)
    assert complaint is not None
    client = visitor(AGENTS)
    page = reverse("admin:privacy_complaint_change", args=[complaint.pk])
    assert client.get(reverse("admin:privacy_complaint_changelist")).status_code == 200
    values = {"third_parties": "", "answer": "Vous avez raison.", "closed_on": "2999-01-01"}
    assert "pas encore venu" in client.post(page, values).text
    values["closed_on"] = "2026-11-01"
    assert "avant d" in client.post(page, values).text
    values["closed_on"] = "2026-11-03"
    assert client.post(page, values).status_code == 302
    complaint.refresh_from_db()
    assert (complaint.answer, complaint.closed_on) == ("Vous avez raison.", date(2026, 11, 3))
    assert "complaint.closed" in acts()
    client.post(page, values | {"answer": "Autre chose"})
    complaint.refresh_from_db()
    assert complaint.answer == "Vous avez raison."
