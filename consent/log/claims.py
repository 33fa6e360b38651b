"""What a receipt says, from nothing but a sealed record and what was shown. Pure; no Django.

The site makes receipts with it and `python -m consent.receipt` makes them again to compare, so that
every word of a receipt is bound: the record by its seal, what was shown by its hash.
"""

from datetime import datetime
from typing import Any

SCHEMA_VERSION = "ISO/IEC TS 27560:2023"
VERSIONS = "/privacy/versions/"


def receipt(leaf: dict[str, Any], shown: dict[str, Any], *, site: str) -> dict[str, Any]:
    """The fields of ISO/IEC TS 27560 of one acceptance (CP-02, CP-03).

    `leaf` are the record's canonical values, `shown` is the content of its revision, `site` the
    site's address without a slash at its end.
    """
    notice = shown["notice"]
    services = [s for s in notice["services"] if s["category"] in leaf["categories"]]
    keys = {service["key"] for service in services}
    cookies = [cookie for cookie in notice["cookies"] if cookie["service"] in keys]
    return {
        "schema_version": SCHEMA_VERSION,
        "record_id": leaf["id"],
        "pii_principal_id": leaf["id"],
        "privacy_notice": {
            "reference": f"{site}{VERSIONS}{leaf['publication']}/",
            "notice": leaf["notice"],
            "revision": leaf["revision"],
            "shown": shown,
        },
        "language": leaf["language"],
        "purposes": [_purpose(service, cookies, site) for service in services],
        "retention": [
            {"cookie": c["name"], "period": c["lifetime"], "seconds": c["lifetime_seconds"]}
            for c in cookies
        ],
        "pii_controllers": [_controller(notice["controller"])],
        "event": _event(leaf),
    }


def _purpose(service: dict[str, Any], cookies: list[dict[str, Any]], site: str) -> dict[str, Any]:
    return {
        "category": service["category"],
        "service": service["key"],
        "purpose": service["purpose"],
        "legal_basis": "art.6(1)(a)",
        "pii_type": [cookie["name"] for cookie in cookies],
        "recipient_third_parties": [service["company"]],
        "storage_locations": [service["country"]],
        "jurisdiction": "BE",
        "transfer": service["transfer"],
        "withdrawal_method": f"{site}/privacy/cookies/",
    }


def _controller(controller: dict[str, Any]) -> dict[str, Any]:
    return {
        "party_id": controller["number"],
        "party_name": controller["name"],
        "party_address": controller["address"],
        "party_contact": controller["email"],
        "party_type": "controller",
    }


def _event(leaf: dict[str, Any]) -> dict[str, Any]:
    return {
        "event_time": datetime.fromisoformat(leaf["recorded_at"]).isoformat(),
        "validity": {"from": leaf["decided_on"], "to": leaf["expires_on"]},
        "entity_id": leaf["id"],
        "event_type": "explicit consent",
        "event_state": leaf["event"],
        "source": leaf["source"],
        "gpc": leaf["gpc"],
        "preset": leaf["preset"],
    }
