"""Letters about requests, in the person's language."""

from datetime import date
from urllib.parse import urlsplit

from django.conf import settings
from django.core.mail import EmailMessage
from django.db.models import Q
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from consent import snapshots
from privacy.groups import MANAGERS
from privacy.models import LetterKey, RequestMessage, RightsRequest, User
from privacy.requests import letter_words, links
from privacy.requests.states import Status


def authority(language: str) -> dict[str, str]:
    """The published facts about the supervisory authority and this company, by key."""
    snapshot = snapshots.current()
    if snapshot is None:
        return {}
    return {row["key"]: row["words"] for row in snapshot.views[language].register["facts"]}


def in_words(day: date) -> str:
    """A date in the active language: "22 décembre 2026"."""
    return date_format(day, "DATE_FORMAT")


def acknowledgement(request: RightsRequest) -> EmailMessage:
    subject, body = acknowledgement_words(request, with_links=True)
    return _letter(request, subject, body)


def acknowledgement_words(request: RightsRequest, *, with_links: bool) -> tuple[str, str]:
    """Subject and body; without links for the database, which holds none."""
    words = letter_words.composed(LetterKey.RECEIVED, request)
    with translation.override(request.language):
        confirms = request.status in (Status.AWAITING_CONFIRMATION, Status.TRIAGE)
        kept = _("(lien personnel, que nous ne gardons pas)")
        body = render_to_string(
            "mail/request_received.txt",
            {
                "words": words.body,
                "reference": request.reference,
                "received": in_words(request.received_on),
                "due": in_words(request.legal_due_on),
                "target": in_words(request.target_on),
                "rights": request.rights_words,
                "confirms": confirms,
                "confirm": _address(links.confirm_path(request)) if with_links else kept,
                "confirm_days": links.CONFIRM_LIFE.days,
                "follow": _address(links.follow_path(request)) if with_links else kept,
                "facts": authority(request.language),
            },
        )
        return words.subject, body


def message(written: RequestMessage) -> EmailMessage:
    """What was written, exactly, and below it the link to follow the request."""
    request = written.request
    with translation.override(request.language):
        body = render_to_string(
            "mail/request_message.txt",
            {"body": written.body, "follow": _address(links.follow_path(request))},
        )
        letter = _letter(request, written.subject, body)
        # With the reference in it, so that answers and returned letters find their request.
        host = urlsplit(settings.SITE_URL).hostname
        letter.extra_headers["Message-ID"] = f"<{request.reference}.{written.pk}@{host}>"
        return letter


def composed(key: LetterKey, request: RightsRequest, **context: object) -> tuple[str, str]:
    """Subject and body of a letter about an act, in the person's language.

    The words are those that managers wrote; reference, dates, reasons, authority and remedies are
    added here, whatever these words say (DR-07).
    """
    words = letter_words.composed(key, request)
    return words.subject, text(str(key), request, words=words.body, **context)


def answer(request: RightsRequest, words: str) -> str:
    """`words` of staff, and below them what every answer holds."""
    return text("answer", request, words=words.strip())


def text(name: str, request: RightsRequest, **context: object) -> str:
    """The body of "extended", "refused"…, in the person's language."""
    with translation.override(request.language):
        days = {key: in_words(value) for key, value in context.items() if isinstance(value, date)}
        return render_to_string(
            f"mail/request_{name}.txt",
            {
                "reference": request.reference,
                "received": in_words(request.received_on),
                "facts": authority(request.language),
                **context,
                **days,
            },
        ).strip()


def reminders(request: RightsRequest, why: str) -> list[EmailMessage]:
    """To the handler, or else to each manager: the reference and the dates, nobody's data."""
    people = (
        [request.handler]
        if request.handler is not None and why != "deemed_refused"
        else list(
            User.objects.filter(Q(groups__name=MANAGERS), is_active=True, is_staff=True).distinct()
        )
    )
    found = []
    for person in people:
        with translation.override(person.language):
            body = render_to_string(
                "mail/request_reminder.txt",
                {
                    "reference": request.reference,
                    "why": why,
                    "due": in_words(request.due_on),
                    "target": in_words(request.target_on),
                    "link": _address(
                        reverse("admin:privacy_rightsrequest_change", args=[request.pk])
                    ),
                },
            )
            found.append(
                EmailMessage(
                    subject=f"{_('Rappel')} {request.reference} – Click'n CoNNect",
                    body=body,
                    to=[person.email],
                    headers={"Auto-Submitted": "auto-generated"},
                )
            )
    return found


def _address(path: str) -> str:
    return f"{settings.SITE_URL}{path}"


def _letter(request: RightsRequest, subject: str, body: str) -> EmailMessage:
    return EmailMessage(
        # The reference makes a thread of the letters.
        subject=f"{subject} [{request.reference}] – Click'n CoNNect",
        body=body,
        to=[request.email],
        reply_to=[settings.PRIVACY_INBOX],
        headers={"Auto-Submitted": "auto-generated", "Content-Language": request.language},
    )
