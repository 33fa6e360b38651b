"""A new version of the policy, told to each active person once (TR-10, purpose v)."""

from datetime import datetime
from functools import lru_cache

from django.conf import settings
from django.core.mail import EmailMessage
from django.db import connection, transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _

from consent import audit
from consent.audit import Actor
from consent.difference import line_changes
from consent.models import Publication
from consent.periods import local_day
from consent.register.effective import with_facts
from consent.render import policy_lines
from privacy.models import DataSubject, PolicyNotice, Restriction
from privacy.sending import Mailing, State

# The page has the rest.
MOST_LINES = 30


def active_people(now: datetime) -> QuerySet[DataSubject]:
    """Who has an open account, or a contract that runs, and an address. Not who is restricted:
    their data is stored and nothing else (DR-14)."""
    today = local_day(now)
    account = Q(account__is_active=True) & Q(account_opened_on__lte=today)
    contract = Q(contract_started_on__lte=today) & (
        Q(contract_ended_on__isnull=True) | Q(contract_ended_on__gt=today)
    )
    return DataSubject.objects.filter(
        (account & (Q(account_closed_on__isnull=True) | Q(account_closed_on__gt=today))) | contract,
        ~Exists(Restriction.objects.filter(person=OuterRef("pk"), lifted_at__isnull=True)),
        archived_at__isnull=True,
        anonymised_at__isnull=True,
    ).exclude(email="")


@transaction.atomic
def announce_version(publication: Publication, by: Actor, now: datetime) -> int:
    """Plan one letter for each active person who has none for this version yet; how many.

    Again later, it reaches only those who came meanwhile. One statement.
    """
    query, values = active_people(now).order_by().values("pk").query.sql_with_params()
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO privacy_policynotice (id, publication, person_id, state, at)"  # noqa: S608  the query is Django's own
            f" SELECT gen_random_uuid(), %s, p.id, %s, %s FROM ({query}) p (id)"
            " ON CONFLICT (publication, person_id) DO NOTHING",
            [publication.pk, State.PLANNED, now, *values],
        )
        planned = int(cursor.rowcount)
    audit.record(
        by=by,
        act="register.announced",
        now=now,
        target=f"version {publication.number}",
        details={"planned": planned},
    )
    return planned


def rows() -> QuerySet[PolicyNotice]:
    return PolicyNotice.objects.all()


def letter_of(row: PolicyNotice, now: datetime) -> EmailMessage | None:
    """In the person's language; None for who is not active any more."""
    person = active_people(now).filter(pk=row.person_id).first()
    return None if person is None else letter(row.publication, person)


def letter(number: int, person: DataSubject) -> EmailMessage:
    with translation.override(person.language):
        changes, in_force_on = changes_of(number, person.language)
        context = {
            "changes": changes[:MOST_LINES],
            "more": max(0, len(changes) - MOST_LINES),
            "in_force_on": in_force_on,
            "number": number,
            "link": f"{settings.SITE_URL}{reverse('consent:version', args=[number])}",
            "account": f"{settings.SITE_URL}{reverse('account:home')}",
        }
        return EmailMessage(
            subject=_("Notre politique de vie privée change") + " – Click'n CoNNect",
            body=render_to_string("mail/policy_changed.txt", context),
            to=[person.email],
            headers={
                "Auto-Submitted": "auto-generated",
                "Precedence": "bulk",
                "Content-Language": person.language,
            },
        )


@lru_cache(maxsize=32)
def changes_of(number: int, language: str) -> tuple[list[tuple[str, str]], object]:
    """("removed" or "added", line) against the version before, and the day in force; both of
    versions that never change."""
    publication = Publication.objects.get(pk=number)
    before = Publication.objects.filter(pk=number - 1).first()
    lines = policy_lines(with_facts(publication.content, language))
    old = policy_lines(with_facts(before.content, language)) if before is not None else []
    return line_changes(old, lines), publication.in_force_on


def finish(now: datetime) -> None:
    """Nothing: the rows say all."""


MAILING = Mailing(rows=rows, letter=letter_of, finish=finish)
