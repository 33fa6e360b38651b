"""People with a row of everything, for tests."""

from datetime import UTC, date, datetime
from itertools import count
from typing import Any

from privacy.models import (
    Campaign,
    CampaignDelivery,
    Complaint,
    ContactMessage,
    ContactReason,
    ContactReply,
    DataSubject,
    Disclosure,
    DisclosureProposal,
    Invoice,
    InvoiceLine,
    MarketingChoice,
    Objection,
    Restriction,
    User,
)

AT = datetime(2026, 11, 2, 10, tzinfo=UTC)
IBAN = "BE71096123456769"
VAT = "BE0779838527"
_number = count(1)


def person(**fields: Any) -> DataSubject:
    number = next(_number)
    known = {
        "first_name": "Zoé",
        "last_name": f"Durand{number}",
        "email": f"zoe{number}@example.test",
        "phone": "+3227771234",
        "iban": IBAN,
        "account_opened_on": date(2020, 1, 15),
    }
    return DataSubject.objects.create(**known | fields)


def with_account(**fields: Any) -> DataSubject:
    email = f"account{next(_number)}@example.test"
    user = User.objects.create_user(email, "four-words-are-enough")
    return person(account=user, email=email, **fields)


def invoice(who: DataSubject, issued_on: date = date(2024, 3, 1), lines: int = 1) -> Invoice:
    number = next(_number)
    made = Invoice.objects.create(
        number=f"F-{number:05}", person=who, issued_on=issued_on, name=who.full_name,
        address="Rue Haute 1\n1000 Bruxelles", iban=IBAN, net=100 * lines, vat=21 * lines,
    )  # fmt: skip
    for line in range(lines):
        InvoiceLine.objects.create(
            invoice=made, description=f"service {line}", quantity=1, unit_price=100, vat_rate=21
        )
    return made


def fill(who: DataSubject, rows: int = 1) -> None:
    """So many rows of each kind."""
    for number in range(rows):
        invoice(who)
        message = ContactMessage.objects.create(
            person=who, name="Zoé", email=who.email, body="Bonjour", received_at=AT
        )
        ContactReply.objects.create(message=message, body="Réponse", sent_at=AT)
        ContactReason.objects.create(message=message, reason="en cours", given_at=AT)
        Complaint.objects.create(person=who, subject="bruit", body="…", received_on=AT.date())
        MarketingChoice.objects.create(
            person=who, channel="email", given=True, at=AT, source="account"
        )
        Objection.objects.create(
            person=who, kind="marketing", at=AT, source="account",
            ended_at=AT if number else None, ended_because="choix" if number else "",
        )  # fmt: skip
        campaign = Campaign.objects.create(name=f"c{number}", subject={}, body={})
        CampaignDelivery.objects.create(campaign=campaign, person=who, at=AT)
        Disclosure.objects.create(
            person=who, recipient="recovery", recipient_name="Me Leroy", purpose="vii",
            categories=["name"], at=AT,
        )  # fmt: skip
        DisclosureProposal.objects.create(
            person=who, recipient_name="Voisin", purpose="vii", balancing="pesé", proposed_at=AT
        )


def restrict(who: DataSubject, ground: str = "a") -> Restriction:
    return Restriction.objects.create(
        person=who, ground=ground, reason="adresse contestée", placed_at=AT
    )
