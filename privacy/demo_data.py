"""What the demonstration holds about its people: everything about Marie, and twenty others of all
states. Made once; what somebody changes or erases afterwards stays as they left it."""

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from django.db import transaction

from consent.periods import BRUSSELS, local_day
from privacy import restriction
from privacy.models import (
    Complaint,
    ContactMessage,
    DataSubject,
    Disclosure,
    FiscalYear,
    Invoice,
    InvoiceLine,
    LegalHold,
    MarketingChoice,
    Objection,
    Restriction,
    User,
)

# No letter that `new_reference` uses in this place.
REFERENCE = "P-DEMO{:04}"
IBAN = "BE71096123456769"
VAT = "BE0779838527"
NAMES = (
    ("Amélie", "Lambert", "Namur"), ("Bart", "Peeters", "Gent"), ("Chloé", "Dubois", "Liège"),
    ("Daan", "Janssens", "Antwerpen"), ("Eva", "Schmitz", "Eupen"), ("Farid", "Benali", "Mons"),
    ("Greet", "Maes", "Leuven"), ("Hugo", "Lefèvre", "Tournai"), ("Inès", "Martin", "Arlon"),
    ("Jan", "de Smet", "Brugge"), ("Karim", "El Amrani", "Charleroi"), ("Lotte", "Wouters", "Genk"),
    ("Mathis", "Renard", "Dinant"), ("Nora", "Claes", "Hasselt"), ("Olga", "Weber", "Sankt Vith"),
    ("Paulien", "Goossens", "Mechelen"), ("Quentin", "Leroy", "Wavre"),
    ("Rosa", "Moreau", "Huy"), ("Sander", "Jacobs", "Kortrijk"), ("Théo", "Simon", "Spa"),
)  # fmt: skip


@transaction.atomic
def make(*, marie: User, staff: User, now: datetime) -> int:
    """How many people were made; 0 when they are there already."""
    with restriction.handling():
        if DataSubject.objects.filter(reference__startswith="P-DEMO").exists():
            return 0
        _fiscal_years(local_day(now))
        people = list(_others(local_day(now)))
        DataSubject.objects.bulk_create(people)
        for number, person in enumerate(people):
            _everyday(number, person, now)
        _protect(people, staff, now)
        _marie(marie, staff, now)
    return len(people) + 1


def _fiscal_years(today: date) -> None:
    known = set(FiscalYear.objects.values_list("starts_on__year", flat=True))
    FiscalYear.objects.bulk_create(
        FiscalYear(starts_on=date(year, 1, 1), ends_on=date(year, 12, 31))
        for year in range(today.year - 8, today.year + 2)
        if year not in known
    )


def _others(today: date) -> Iterator[DataSubject]:
    """Seven with an account that expired, one archived, one of whom only invoices are left."""
    for number, (first, last, city) in enumerate(NAMES):
        opened = today - timedelta(days=900 + 120 * number)
        closed = today - timedelta(days=40 * number) if number % 3 == 1 else None
        person = DataSubject(
            reference=REFERENCE.format(number + 1),
            first_name=first,
            last_name=last,
            street=f"Rue de la Station {number + 1}",
            postal_code=str(1000 + 170 * number),
            city=city,
            email=f"person{number + 1}@demo.test",
            phone=f"+3227770{number:03}",
            iban=IBAN,
            language=("fr", "nl", "fr", "nl", "de")[number % 5],
            account_opened_on=opened,
            account_closed_on=closed,
            contract_started_on=opened,
            contract_ended_on=closed,
        )
        if number == 16:
            long_ago = today - timedelta(days=6 * 365)
            person.account_opened_on = person.contract_started_on = long_ago
            person.account_closed_on = person.contract_ended_on = long_ago + timedelta(days=300)
            person.archived_at = _moment(today - timedelta(days=90))
        if number == 17:
            for name in ("first_name", "last_name", "street", "postal_code", "city", "email",
                         "phone", "iban"):  # fmt: skip
                setattr(person, name, "")
            person.account_opened_on = person.account_closed_on = None
            person.contract_started_on = person.contract_ended_on = None
            person.archived_at = person.anonymised_at = _moment(today - timedelta(days=30))
        yield person


def _everyday(number: int, person: DataSubject, now: datetime) -> None:
    today = local_day(now)
    if number % 2 or person.anonymised_at:
        _invoice(f"D-{number + 1:03}", person, today - timedelta(days=100 + 60 * number), lines=2)
    if number % 3 == 0:
        MarketingChoice.objects.create(
            person=person, channel="email", given=number % 2 == 0, source="account",
            at=now - timedelta(days=200 + number),
        )  # fmt: skip
    if number == 2:
        Complaint.objects.create(
            person=person, subject="Facture payée deux fois",
            received_on=today - timedelta(days=20),
            body="J'ai payé deux fois la même facture et attends le remboursement.",
        )  # fmt: skip


def _protect(people: list[DataSubject], staff: User, now: datetime) -> None:
    day = timedelta(days=1)
    common = {"placed_by": staff, "placed_at": now - 30 * day}
    for number, ground, reason in (
        (4, "a", "La personne conteste son adresse ; le registre est consulté."),
        (8, "c", "Les données servent à sa défense en justice."),
    ):
        Restriction.objects.create(person=people[number], ground=ground, reason=reason, **common)
    Restriction.objects.create(
        person=people[10], ground="d", reason="Une opposition était à l'examen.",
        told_at=now - 12 * day, lifted_at=now - 10 * day, lifted_by=staff, **common,
    )  # fmt: skip
    for number, days in ((5, 12), (7, 200)):
        LegalHold.objects.create(
            person=people[number], reason="Litige en cours sur une facture.",
            review_on=local_day(now) + days * day, **common,
        )  # fmt: skip
    for number, kind in ((9, "marketing"), (13, "legitimate_interest")):
        Objection.objects.create(
            person=people[number], kind=kind, at=now - 15 * day, source="account"
        )


def _marie(account: User, staff: User, now: datetime) -> None:
    """Every kind of data, so that access, correction and erasure have something to show."""
    today = local_day(now)
    known: dict[str, Any] = {
        "first_name": "Marie",
        "last_name": "Dupont",
        "street": "Avenue des Tilleuls 12",
        "postal_code": "1000",
        "city": "Bruxelles",
        "email": account.email,
        "phone": "+3227771234",
        "iban": IBAN,
        "vat_number": VAT,
        "account_opened_on": today - timedelta(days=1200),
        "contract_started_on": today - timedelta(days=1190),
        "last_contact_on": today - timedelta(days=20),
    }
    marie, _is_new = DataSubject.objects.update_or_create(account=account, defaults=known)
    for number, days in enumerate((1100, 700, 120), start=1):
        _invoice(f"M-{number:03}", marie, today - timedelta(days=days), lines=number)
    ContactMessage.objects.create(
        person=marie, name="Marie Dupont", email=account.email, topic="service",
        body="Bonjour, pouvez-vous m'envoyer une copie de ma dernière facture ?",
        received_at=now - timedelta(days=20),
    )  # fmt: skip
    ContactMessage.objects.create(
        person=marie, name="Marie Dupont", email=account.email, topic="service",
        body="Merci, tout est en ordre.", received_at=now - timedelta(days=60),
        outcome="handled", closed_at=now - timedelta(hours=2),
    )  # fmt: skip
    for channel, given, days in (
        ("email", True, 900), ("paper", True, 900), ("sms", False, 900), ("paper", False, 300),
    ):  # fmt: skip
        MarketingChoice.objects.create(
            person=marie, channel=channel, given=given, source="account",
            at=now - timedelta(days=days),
        )  # fmt: skip
    Disclosure.objects.create(
        person=marie, recipient="administrations", recipient_name="SPF Finances", purpose="iv",
        categories=["name", "vat_number"], at=now - timedelta(days=110), by=staff,
    )  # fmt: skip


def _invoice(number: str, person: DataSubject, issued_on: date, *, lines: int) -> None:
    """Printed names stay, also on the invoice of somebody who was anonymised."""
    net = Decimal(120) * lines
    invoice = Invoice.objects.create(
        number=f"{issued_on.year}-{number}",
        person=person,
        issued_on=issued_on,
        name=person.full_name or "Rosa Moreau",
        address=f"{person.street}\n{person.postal_code} {person.city}".strip() or "Huy",
        vat_number=person.vat_number,
        iban=person.iban,
        net=net,
        vat=net * Decimal("0.21"),
    )
    InvoiceLine.objects.bulk_create(
        InvoiceLine(
            invoice=invoice,
            description=("Création d'un site", "Hébergement", "Conseil")[line % 3],
            quantity=1,
            unit_price=120,
            vat_rate=21,
        )
        for line in range(lines)
    )


def _moment(day: date) -> datetime:
    return datetime.combine(day, time(12), BRUSSELS)
