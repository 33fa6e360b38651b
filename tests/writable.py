"""People for tests of what concerns them: with or without an account."""

from datetime import UTC, datetime
from typing import Any

from consent.log.ids import uuid7
from privacy.models import Channel, DataSubject, MarketingChoice, User

PASSWORD = "four-words-are-enough"
NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


def person(email: str = "marie@example.test", **fields: Any) -> DataSubject:
    """Somebody who can be reached on every channel, with an open account's dates."""
    values: dict[str, Any] = {
        "first_name": "Marie",
        "last_name": "Dupont",
        "street": "Rue de la Loi 1",
        "postal_code": "1000",
        "city": "Bruxelles",
        "phone": "+3227771234",
        "language": "fr",
        "account_opened_on": NOW.date().replace(year=2025),
    }
    return DataSubject.objects.create(email=email, **{**values, **fields})


def says(
    who: DataSubject, *, given: bool = True, channel: str = Channel.EMAIL, at: datetime = NOW
) -> MarketingChoice:
    return MarketingChoice.objects.create(
        id=uuid7(at), person=who, channel=channel, given=given, at=at, source="account", shown="x"
    )


def account(email: str = "marie@example.test", **fields: Any) -> User:
    return User.objects.create_user(email, PASSWORD, **fields)
