"""Rows for any model of the admin, so that a test can compare a page of few with one of many."""

import uuid
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import count
from typing import Any

from django.db import models

from consent.enums import LANGUAGES
from consent.fields import TranslatedField
from consent.log import sealing
from consent.log.ids import uuid7
from consent.models import Record, Seal
from privacy.models import DataSubject

_number = count(1000)
AT = datetime(2026, 11, 2, 10, 0, tzinfo=UTC)
# Where the type of a field does not say what a constraint asks for.
VALUES: dict[str, dict[str, Any]] = {
    "consent.category": {"required": False},
    "consent.fact": {"amount": 3, "unit": "day"},
    "consent.record": {
        "event": "refused",
        "source": "banner",
        "categories": [],
        "previous": None,
    },
    "consent.anchor": {"outcome": "sent", "problem": "", "file": {"seal": {}}},
    "privacy.datasubject": {
        "account": None,
        "country": "BE",
        "account_opened_on": date(2020, 1, 1),
        "account_closed_on": None,
        "contract_started_on": None,
        "contract_ended_on": None,
        "archived_at": None,
        "anonymised_at": None,
    },
    "privacy.accountingapproval": {
        "approved_at": None,
        "approved_by": None,
        "refused_at": None,
        "refused_by": None,
        "refused_because": "",
        "executed_at": None,
        "count": 1,
    },
    "privacy.breach": {
        "aware_at": AT,
        "due_at": AT + timedelta(hours=72),
        "recorded_at": AT,
        "data_categories": ["email"],
        "people_categories": [],
        "risk": "risk",
        "authority_told_at": None,
        "people_told_at": None,
        "reminders_given": [],
        "closed_at": None,
    },
    "privacy.campaign": {"state": "draft", "channel": "email"},
    "privacy.complaint": {"received_on": date(2026, 11, 2), "closed_on": None},
    "privacy.contactmessage": {
        "person_id": None,
        "outcome": "",
        "refiled_as": "",
        "closed_at": None,
        "purged_at": None,
        "last_reply_at": None,
        "topic": "information",
    },
    "privacy.objection": {"ended_at": AT, "ended_because": "x"},
    "privacy.processor": {"country": "BE"},
    "privacy.retentionrule": {"fact": "", "amount": 3, "unit": "day"},
    "privacy.rightsrequest": {
        "rights": ["access"],
        "status": "received",
        "received_at": AT,
        "received_on": date(2026, 11, 2),
        "legal_due_on": date(2026, 12, 2),
        "policy_limit_on": date(2026, 12, 2),
        "target_on": date(2026, 12, 2),
        "extended_due_on": None,
        "extension_reason": "",
        "extension_told_at": None,
        "identity_asked_on": None,
        "identity_came_on": None,
        "ended_at": None,
        "content_erased_at": None,
        "alerts_given": [],
    },
    "clicknconnect.run": {"result": "done", "ended_at": AT},
}
# One row, or as many as there are choices: no more can be.
FEW = {"consent.control", "consent.presetrule", "privacy.fiscalyear"}


def add(model: type[models.Model], number: int) -> None:
    """So many more rows; none where the database allows no more."""
    if model is Seal:  # each follows the one before: only the sealer can make one
        sealing.seal(now=datetime.now(UTC), everything=True)
        return
    if model._meta.label_lower in FEW:
        return
    leads = {field.related_model for field in model._meta.concrete_fields if not field.null}
    if DataSubject in leads and not DataSubject.objects.exists():
        add(DataSubject, 1)
    manager = model._default_manager
    if model is Record:
        from tests.records import make_partitions

        make_partitions(AT.date(), AT.date())
    manager.bulk_create([one(model) for _ in range(number)])


def one(model: type[models.Model]) -> models.Model:
    number = next(_number)
    special = VALUES.get(model._meta.label_lower, {})
    values = {}
    for field in model._meta.concrete_fields:
        if field.name in special:
            values[field.name] = special[field.name]
        elif not isinstance(field, models.AutoField):
            values[field.attname] = _value(field, number)
    return model(**values)


def _value(field: Any, number: int) -> Any:
    if isinstance(field, models.ForeignKey):
        first = field.related_model._default_manager.order_by("pk").first()
        return first.pk if first is not None else None
    if isinstance(field, models.JSONField) and not isinstance(field, TranslatedField):
        # What a screen reads out of it has a shape: that of a row which is there.
        first = field.model._default_manager.order_by("pk").first()
        return getattr(first, field.name) if first is not None else {}
    if isinstance(field, TranslatedField):
        return dict.fromkeys(LANGUAGES, f"{field.name} {number}")
    if field.choices:
        return field.choices[number % len(field.choices)][0]
    by_type: list[tuple[type[models.Field[Any, Any]], Any]] = [
        (models.UUIDField, uuid7(AT) if field.primary_key else uuid.uuid4()),
        (models.DateTimeField, AT),
        (models.DateField, date(2020, 1, 1) + timedelta(days=number % 2000)),
        (models.BooleanField, False),
        (models.EmailField, f"{number}@example.test"),
        (models.URLField, f"https://example.test/{number}"),
        (models.DecimalField, Decimal(number % 90)),
        (models.IntegerField, number if field.primary_key or field.unique else number % 90),
        (models.FloatField, 1.5),
        (models.BinaryField, b"0" * 32),
    ]
    for kind, value in by_type:
        if isinstance(field, kind):
            return value
    length = field.max_length or 100
    return f"{field.name}-{number}"[-length:]
