"""Letters about accounts, in the person's language. Subjects are constant, texts name nobody."""

from enum import StrEnum

from django.conf import settings
from django.core.mail import EmailMessage
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _

from privacy import tokens
from privacy.marketing import last_day_of_account
from privacy.models import DataSubject, User
from privacy.tokens import Purpose


class Kind(StrEnum):
    """What was asked for."""

    REGISTRATION = "registration"
    RESET = "reset"
    INVITATION = "invitation"
    FACTOR = "factor"
    ACCOUNT_CLOSED = "account_closed"


# Only for staff without a second factor.
ENROLMENT = (Kind.INVITATION, Kind.FACTOR)


def account_letter(account: User, kind: Kind) -> EmailMessage:
    """The letter that answers `kind`, as the account stands now."""
    with translation.override(account.language):
        if kind is Kind.ACCOUNT_CLOSED:
            return _account_closed(account)
        if kind in ENROLMENT:
            return _enrolment(account, kind)
        if account.is_active:
            return _reset(account) if kind is Kind.RESET else _already_registered(account)
        # Staff who were shut out never come back by themselves.
        if not account.has_usable_password() and not account.is_staff:
            return _confirm(account)
        return _closed(account)


def _confirm(account: User) -> EmailMessage:
    link = _link("account:confirm", tokens.make(account, Purpose.CONFIRM))
    days = tokens.CONFIRM_LIFE.days
    return _letter(account, _("Confirmez votre adresse"), "confirm", link=link, days=days)


def _already_registered(account: User) -> EmailMessage:
    return _letter(
        account,
        _("Vous avez déjà un compte"),
        "already_registered",
        link=_reset_link(account),
        hours=_reset_hours(),
        login=f"{settings.SITE_URL}{reverse('account:login')}",
    )


def _reset(account: User) -> EmailMessage:
    link = _reset_link(account)
    return _letter(
        account, _("Choisissez un nouveau mot de passe"), "reset", link=link, hours=_reset_hours()
    )


def _enrolment(account: User, kind: Kind) -> EmailMessage:
    subject = (
        _("Vous êtes invité dans l'équipe")
        if kind is Kind.INVITATION
        else _("Enregistrez votre second facteur")
    )
    link = _link("account:enrol", tokens.make(account, Purpose.ENROL))
    return _letter(account, subject, kind.value, link=link, days=tokens.ENROL_LIFE.days)


def _closed(account: User) -> EmailMessage:
    return _letter(
        account, _("Votre compte est fermé"), "closed", contact=settings.DEFAULT_FROM_EMAIL
    )


def _account_closed(account: User) -> EmailMessage:
    """The person closed it: what stays, and until when."""
    person = DataSubject.objects.filter(account=account).first()
    closed_on = person.account_closed_on if person is not None else None
    return _letter(
        account,
        _("Votre compte est fermé"),
        "account_closed",
        until=last_day_of_account(closed_on) if closed_on else None,
        contact=settings.DEFAULT_FROM_EMAIL,
    )


def objection_letter(person: DataSubject) -> EmailMessage:
    """That an objection to marketing is in force (MK-02)."""
    with translation.override(person.language):
        return EmailMessage(
            subject=_("Vous ne recevrez plus de prospection") + " – Click'n CoNNect",
            body=render_to_string(
                "mail/objection.txt",
                {
                    "account": f"{settings.SITE_URL}{reverse('account:home')}",
                    "contact": settings.DEFAULT_FROM_EMAIL,
                },
            ),
            to=[person.email],
            headers={"Auto-Submitted": "auto-replied", "Content-Language": person.language},
        )


def _reset_link(account: User) -> str:
    return _link("account:password-set", tokens.make(account, Purpose.RESET))


def _reset_hours() -> int:
    return settings.PASSWORD_RESET_TIMEOUT // 3600


def _link(page: str, token: str) -> str:
    return f"{settings.SITE_URL}{reverse(page, args=[token])}"


def _letter(account: User, subject: str, template: str, **context: object) -> EmailMessage:
    return EmailMessage(
        subject=f"{subject} – Click'n CoNNect",
        body=render_to_string(f"mail/{template}.txt", context),
        to=[account.email],
        # Out-of-office robots do not answer these (RFC 3834).
        headers={"Auto-Submitted": "auto-generated", "Content-Language": account.language},
    )
