"""Receipts: what a person can keep of their acceptance (ISO/IEC TS 27560; CP-02, CP-03)."""

import uuid
from typing import Any

from django.conf import settings
from django.http import HttpRequest

from consent.answers import is_signed
from consent.models import AccountLink, Publication, Record, Revision
from consent.register.effective import with_facts

SCHEMA_VERSION = "ISO/IEC TS 27560:2023"


def may_read(request: HttpRequest, record: uuid.UUID) -> bool:
    """Only with the cookie that names it, the link given at withdrawal, or the account."""
    choice = request.consent.choice  # type: ignore[attr-defined]
    if choice is not None and choice.record == record:
        return True
    if (key := request.GET.get("key")) and is_signed(record, key):
        return True
    return (
        settings.SESSION_COOKIE_NAME in request.COOKIES
        and request.user.is_authenticated
        and AccountLink.objects.filter(record=record, account=request.user.pk).exists()
    )


def receipt(key: uuid.UUID) -> dict[str, Any] | None:
    """The receipt of an acceptance; None when there is no such record."""
    record = Record.objects.filter(pk=key, event="given").first()
    if record is None:
        return None
    revision = Revision.objects.get(pk=record.revision)
    publication = Publication.objects.get(pk=record.publication)
    register = with_facts(publication.content, record.language)
    facts = {row["key"]: row["words"] for row in register["facts"]}
    services = [s for s in register["services"] if s["category"] in record.categories]
    keys = {service["key"] for service in services}
    return {
        "schema_version": SCHEMA_VERSION,
        "record_id": str(record.pk),
        "pii_principal_id": str(record.pk),
        "privacy_notice": {
            "reference": f"{settings.SITE_URL}/privacy/versions/{record.publication}/",
            "notice": record.notice,
            "revision": record.revision,
            "shown": revision.content,
        },
        "language": record.language,
        "purposes": [
            {
                "category": service["category"],
                "service": service["key"],
                "purpose": service["purpose"],
                "legal_basis": "art.6(1)(a)",
                "pii_type": [c["name"] for c in register["cookies"] if c["service"] in keys],
                "recipient_third_parties": [service["company"]],
                "storage_locations": [service["country"]],
                "jurisdiction": "BE",
                "transfer": service["transfer"],
                "withdrawal_method": f"{settings.SITE_URL}/privacy/cookies/",
            }
            for service in services
        ],
        "retention": [
            {"cookie": c["name"], "period": c["lifetime"], "seconds": c["lifetime_seconds"]}
            for c in register["cookies"]
            if c["service"] in keys
        ],
        "pii_controllers": [
            {
                "party_id": facts["controller_number"],
                "party_name": facts["controller_name"],
                "party_address": facts["controller_address"],
                "party_contact": facts["contact_email"],
                "party_type": "controller",
            }
        ],
        "event": {
            "event_time": record.recorded_at.astimezone().isoformat(),
            "validity": {
                "from": record.decided_on.isoformat(),
                "to": record.expires_on.isoformat(),
            },
            "entity_id": str(record.pk),
            "event_type": "explicit consent",
            "event_state": record.event,
            "source": record.source,
            "gpc": record.gpc,
            "preset": record.preset,
        },
        "authority": {
            "name": facts["authority_name"],
            "address": facts["authority_address"],
            "email": facts["authority_email"],
        },
    }
