"""Campaigns: who gets one is asked twice, when it starts and at the moment each letter leaves."""

import csv
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django.core.mail import EmailMessage
from django.db import connection, transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.translation import gettext as _

from consent import audit
from consent.audit import Actor
from consent.enums import LANGUAGES
from consent.export import MARK, safe
from privacy.marketing import may_be_written_to
from privacy.models import Campaign, CampaignDelivery, Channel, DataSubject
from privacy.objection_links import link_of
from privacy.one_line import Letter
from privacy.sending import Mailing, State

COLUMNS = (
    "reference", "first_name", "last_name", "street", "postal_code", "city", "country", "phone",
    "email", "language",
)  # fmt: skip
# What each channel needs of a person, and nothing else (data minimisation).
NEEDED = {
    Channel.PAPER: COLUMNS[:7] + COLUMNS[9:],
    Channel.SMS: ("reference", "first_name", "last_name", "phone", "language"),
    Channel.EVENTS: COLUMNS,
}


class NotReady(Exception):
    """The campaign cannot start; the text is a sentence for staff."""


def target_of(campaign: Campaign) -> str:
    return f"privacy.campaign:{campaign.pk}"


@transaction.atomic
def start(*, campaign: Campaign, by: Actor, now: datetime) -> int:
    """Plan one letter for each person who may be written to; how many. Once only.

    Raises NotReady, and then nothing is planned.
    """
    locked = Campaign.objects.select_for_update().get(pk=campaign.pk)
    if locked.state != Campaign.State.DRAFT:
        raise NotReady(_("Cette campagne est déjà partie."))
    if locked.channel != Channel.EMAIL:
        raise NotReady(_("Seule une campagne par e-mail est envoyée d'ici."))
    if not is_written(locked):
        raise NotReady(_("Écrivez d'abord l'objet et le texte dans les quatre langues."))
    planned = _plan(locked, now=now)
    if not planned:
        raise NotReady(_("Personne n'a donné son accord pour ce moyen : rien n'est envoyé."))
    Campaign.objects.filter(pk=locked.pk).update(state=Campaign.State.SENDING, started_at=now)
    audit.record(
        by=by,
        act="campaign.started",
        now=now,
        target=target_of(locked),
        details={"planned": planned},
    )
    return planned


def is_written(campaign: Campaign) -> bool:
    texts = (campaign.subject, campaign.body)
    return all(text.get(code, "").strip() for text in texts for code in LANGUAGES)


def _plan(campaign: Campaign, *, now: datetime, state: str = State.PLANNED) -> int:
    """One statement, whatever the number of people."""
    people = may_be_written_to(campaign.channel, now)
    # `values_list` of a query with an annotation still selects the key alone.
    query, values = people.order_by().values("pk").query.sql_with_params()
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO privacy_campaigndelivery (id, campaign_id, person_id, state, at)"  # noqa: S608  the query is Django's own
            f" SELECT gen_random_uuid(), %s, p.id, %s, %s FROM ({query}) p (id)"
            " ON CONFLICT (campaign_id, person_id) DO NOTHING",
            [campaign.pk, state, now, *values],
        )
        return int(cursor.rowcount)


@transaction.atomic
def stop(*, campaign: Campaign, by: Actor, now: datetime) -> None:
    """What is still planned stays unsent. Raises NotReady when nothing is under way."""
    stopped = Campaign.objects.filter(pk=campaign.pk, state=Campaign.State.SENDING).update(
        state=Campaign.State.STOPPED, ended_at=now
    )
    if not stopped:
        raise NotReady(_("Cette campagne n'est pas en cours d'envoi."))
    audit.record(by=by, act="campaign.stopped", now=now, target=target_of(campaign))


@transaction.atomic
def export(*, campaign: Campaign, by: Actor, now: datetime) -> str:
    """The people of a campaign on paper, by SMS or at a fair, as CSV; the journal has the number.

    Each has from then on a delivery, so that their own file says they were in it. Raises NotReady.
    """
    locked = Campaign.objects.select_for_update().get(pk=campaign.pk)
    if locked.channel == Channel.EMAIL:
        raise NotReady(_("Une campagne par e-mail est envoyée d'ici, sans fichier."))
    people = list(may_be_written_to(locked.channel, now).order_by("pk"))
    _plan(locked, now=now, state=State.SENT)
    Campaign.objects.filter(pk=locked.pk).update(
        state=Campaign.State.SENT, started_at=locked.started_at or now, ended_at=now
    )
    audit.record(
        by=by,
        act="campaign.exported",
        now=now,
        target=target_of(locked),
        details={"people": len(people), "channel": locked.channel},
    )
    return "".join(_lines(people, NEEDED[Channel(locked.channel)]))


def _lines(people: list[DataSubject], names: tuple[str, ...]) -> Iterator[str]:
    class Line:
        text = ""

        def write(self, text: str) -> None:
            self.text = text

    line = Line()
    writer = csv.writer(line, delimiter=";")
    heading = [str(DataSubject._meta.get_field(name).verbose_name) for name in names]  # type: ignore[union-attr]
    writer.writerow(heading)
    yield MARK + line.text
    for person in people:
        # A number in its canonical form is no formula; anything else that looks like one is marked.
        writer.writerow(
            [
                value if name == "phone" else safe(value)
                for name in names
                for value in [str(getattr(person, name))]
            ]
        )
        yield line.text


# --- Sending -------------------------------------------------------------------------------------


def rows() -> QuerySet[CampaignDelivery]:
    """Deliveries of campaigns that are under way."""
    return CampaignDelivery.objects.filter(campaign__state=Campaign.State.SENDING)


def letter_of(row: CampaignDelivery, now: datetime) -> EmailMessage | None:
    """The letter, if the person may still be written to now (DR-17: the next send excludes)."""
    person = may_be_written_to(Channel.EMAIL, now, among=[row.person_id]).first()
    return None if person is None else letter(row.campaign, person)


def letter(campaign: Campaign, person: DataSubject) -> EmailMessage:
    """With the link that objects, in words and for mail programs (MK-02, RFC 8058)."""
    link = link_of(person)
    with translation.override(person.language):
        return Letter(
            subject=" ".join(campaign.subject[person.language].split()),
            body=render_to_string(
                "mail/campaign.txt", {"body": campaign.body[person.language], "link": link}
            ),
            to=[person.email],
            headers={
                "List-Unsubscribe": f"<{link}>",
                "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
                "Auto-Submitted": "auto-generated",
                "Precedence": "bulk",
                "Content-Language": person.language,
            },
        )


def finish(now: datetime) -> None:
    """A campaign of which nothing is left to do has been sent."""
    left: Any = CampaignDelivery.objects.filter(
        campaign=OuterRef("pk"), state__in=(State.PLANNED, State.SENDING)
    )
    Campaign.objects.filter(~Exists(left), state=Campaign.State.SENDING).update(
        state=Campaign.State.SENT, ended_at=now
    )


MAILING = Mailing(rows=rows, letter=letter_of, finish=finish)
