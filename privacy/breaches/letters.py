"""Letters about a breach: reminders to managers, and what the people concerned are told."""

from django.conf import settings
from django.core.mail import EmailMessage
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from privacy.groups import MANAGERS
from privacy.models import Breach, DataSubject, User
from privacy.requests.letters import authority

# Nothing else tells a person what happened: it is not mixed with other letters (art. 34(2)).
COMPANY = "Click'n CoNNect"


def reminders(breach: Breach, *, hours: int) -> list[EmailMessage]:
    """To each manager, in their language: the reference and the moment, not what happened."""
    found = []
    managers = User.objects.filter(groups__name=MANAGERS, is_active=True, is_staff=True)
    for person in managers.distinct().order_by("pk"):
        with translation.override(person.language):
            body = render_to_string(
                "mail/breach_reminder.txt",
                {
                    "reference": breach.reference,
                    "hours": hours,
                    "due": date_format(localtime(breach.due_at), "DATETIME_FORMAT"),
                    "is_assessed": bool(breach.risk),
                    "link": settings.SITE_URL
                    + reverse("admin:privacy_breach_change", args=[breach.pk]),
                },
            )
            subject = _("Violation de données %(reference)s : %(hours)s heures sur 72") % {
                "reference": breach.reference, "hours": hours,
            }  # fmt: skip
            found.append(
                EmailMessage(
                    subject=f"{subject} – {COMPANY}",
                    body=body,
                    to=[person.email],
                    headers={"Auto-Submitted": "auto-generated"},
                )
            )
    return found


def notice(breach: Breach, *, language: str, to: str) -> EmailMessage:
    """What art. 34(2) asks for, in `language`: what happened and what to do in staff's words, the
    contact, the authority."""
    with translation.override(language):
        body = render_to_string(
            "mail/breach_notice.txt",
            {
                "text": breach.notice[language].strip(),
                "reference": breach.reference,
                "facts": authority(language),
            },
        )
        return EmailMessage(
            subject=f"{_('Vos données ont été touchées par un incident')} – {COMPANY}",
            body=body,
            to=[to],
            headers={"Auto-Submitted": "auto-generated", "Content-Language": language},
        )


def notice_to(breach: Breach, person: DataSubject) -> EmailMessage:
    return notice(breach, language=person.language, to=person.email)
