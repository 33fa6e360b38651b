"""Letters about contact messages, in the person's language. Subjects hold the reference only."""

from urllib.parse import urlsplit

from django.conf import settings
from django.core.mail import EmailMessage
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.translation import gettext as _

from privacy.contact_clock import SILENCE_DAYS
from privacy.models import ContactMessage, ContactReply


def acknowledgement(message: ContactMessage) -> EmailMessage:
    """It says nothing of what was written: the address is not proved to be the sender's."""
    with translation.override(message.language):
        letter = _letter(message, "contact_received", message.pk, subject=_("Nous avons reçu"))
    # Out-of-office robots do not answer these (RFC 3834).
    letter.extra_headers["Auto-Submitted"] = "auto-replied"
    return letter


def answer(reply: ContactReply) -> EmailMessage:
    message = reply.message
    with translation.override(message.language):
        return _letter(
            message, "contact_reply", reply.pk, subject=_("Notre réponse"), body=reply.body
        )


def _letter(
    message: ContactMessage, template: str, key: object, *, subject: str, **context: object
) -> EmailMessage:
    context |= {
        "reference": message.reference,
        "received_at": message.received_at,
        "days": SILENCE_DAYS,
        "contact": settings.DEFAULT_FROM_EMAIL,
    }
    return EmailMessage(
        subject=f"{subject} : {message.reference} – Click'n CoNNect",
        body=render_to_string(f"mail/{template}.txt", context),
        to=[message.email],
        headers={
            "Content-Language": message.language,
            # The same letter sent twice is seen as one.
            "Message-ID": f"<{key}@{urlsplit(settings.SITE_URL).hostname}>",
        },
    )
