"""A person with a row in every table that can lead to them, each text a word found nowhere else."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import count
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.contrib.sessions.backends.db import SessionStore
from django.db import models

from consent.log.ids import uuid7
from consent.models import AccountLink
from privacy.models import Breach, Campaign, DataSubject
from privacy.models.breach import new_breach_reference
from privacy.sources.base import Leads, Personal, Source, ThirdParty, about_people

AT = datetime(2026, 11, 2, 10, 0, tzinfo=UTC)
DAY = date(2026, 3, 14)
# Where a constraint asks for more than the type of a field says.
VALUES: dict[str, dict[str, Any]] = {
    "privacy.datasubject": {
        "language": "fr", "country": "BE", "account_opened_on": date(2020, 1, 2),
        "account_closed_on": None, "contract_started_on": date(2020, 1, 3),
        "contract_ended_on": None, "archived_at": None, "anonymised_at": None,
    },
    "privacy.archive": {"downloads": 1, "key": None},
    "privacy.rightsrequest": {
        "content_erased_at": None,
        "rights": ["access"], "alerts_given": [], "status": "received", "refusal_ground": "",
        "decided_by": None, "ended_at": None, "received_on": date(2026, 11, 2), "received_at": AT,
        "identity_asked_on": None, "identity_came_on": None, "extension_reason": "",
        "legal_due_on": date(2026, 12, 2), "policy_limit_on": date(2026, 12, 2),
        "target_on": date(2026, 12, 2), "extended_due_on": None, "extension_told_at": None,
    },
    "privacy.user": {"language": "fr", "is_active": True},
    "privacy.contactmessage": {
        "language": "fr", "outcome": "", "refiled_as": "", "closed_at": None, "purged_at": None,
    },
    "privacy.marketingchoice": {"given": True},
    "privacy.objection": {"ended_at": AT},
    "privacy.disclosure": {"recipient": "accountant", "categories": ["name", "email"]},
    "privacy.legalhold": {"record": None, "source": "", "review_on": date(2027, 3, 1)},
}  # fmt: skip
# Kept by other means than a row with a key of the person.
ELSEWHERE = {"sessions.session", "procrastinate.procrastinatejob"}
_number = count(1)


def breach() -> Breach:
    """Nobody's: what happened, once."""
    return Breach.objects.create(
        reference=new_breach_reference(2026), title="x", happened="x", aware_at=AT,
        due_at=AT + timedelta(hours=72), recorded_at=AT, recorded_by=uuid7(AT),
    )  # fmt: skip


class Canaries:
    """`person`; `shown`: (label, field) → the word that an answer must hold; `secret`: those that
    never leave; `rows`: label → the row."""

    def __init__(self, tag: str) -> None:
        self.tag = tag
        self.rows: dict[str, Any] = {}
        self.shown: dict[tuple[str, str], str] = {}
        self.secret: dict[tuple[str, str], str] = {}
        by_label = {source.label(): source for source in about_people()}
        # Accounts before people: a person has one.
        first = ["privacy.user", "privacy.datasubject"]
        for label in [*first, *(one for one in reversed(by_label) if one not in first)]:
            if label not in ELSEWHERE:
                self.rows[label] = self._row(by_label[label])
        self.person: DataSubject = self.rows["privacy.datasubject"]
        session = SessionStore()
        session["_auth_user_id"] = str(self.rows["privacy.user"].pk)
        session.create()
        self.secret["sessions.session", "session_key"] = str(session.session_key)

    def _row(self, source: type[Source]) -> Any:
        label, values = source.label(), {}
        for field in source.model._meta.concrete_fields:
            said = source.fields[field.name]
            special = VALUES.get(label, {})
            if field.name in special:
                values[field.name] = special[field.name]
            elif isinstance(field, models.ForeignKey):
                values[field.attname] = self._related(field, leads=isinstance(said, Leads))
            elif field.primary_key and field.name == "id":
                if isinstance(field, models.UUIDField):
                    values["id"] = uuid7()
            elif isinstance(said, (Personal, ThirdParty)) or not field.has_default():
                values[field.name] = self._value(label, field, said)
        if source.model is AccountLink:
            values.setdefault("record", uuid7())
        row = source.model(**values)
        row.save(force_insert=True)
        return row

    def _related(self, field: Any, *, leads: bool) -> Any:
        target = field.related_model
        if target is Campaign:
            return Campaign.objects.create(name="c").pk
        if target is Breach:
            return breach().pk
        row = self.rows.get(target._meta.label_lower) if leads else None
        return row.pk if row else None

    def _value(self, label: str, field: Any, said: Any) -> Any:  # noqa: C901
        if field.choices:
            return next(key for key, _words in field.flatchoices if key)
        number = next(_number)
        match field:
            case models.EmailField():
                return self._keep(label, field, said, f"{self.tag}{number}@canary.test")
            case models.BooleanField():
                return True
            case models.DateTimeField():
                return AT
            case models.DateField():
                return DAY
            case models.DecimalField():
                return Decimal("7.00")
            case models.IntegerField():
                return 6
            case ArrayField():
                return ["access"]
            case models.JSONField():
                return ["name"]
            case models.UUIDField():
                return uuid7()
            case models.CharField() | models.TextField():
                return self._keep(label, field, said, f"{self.tag}{number}z")
        return field.get_default()

    def _keep(self, label: str, field: Any, said: Any, word: str) -> str:
        assert len(word) <= (field.max_length or 1000), (label, field.name)
        if isinstance(said, ThirdParty) or (isinstance(said, Personal) and said.exported):
            self.shown[label, field.name] = word
        else:
            self.secret[label, field.name] = word
        return word
