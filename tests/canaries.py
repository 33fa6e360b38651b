"""Two people, and a row of theirs in every table that holds something about somebody."""

import uuid
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db import connection, models, transaction

from consent.log.ids import uuid7
from privacy import restriction
from privacy.models import DataSubject
from privacy.plans import statements
from privacy.sources.base import Erase, Source, sources

AT = datetime(2026, 11, 2, 10, 0, tzinfo=UTC)
# Where a constraint asks for more than the type of a field says.
VALUES: dict[str, dict[str, Any]] = {
    "privacy.datasubject": {"anonymised_at": None, "archived_at": None},
    "privacy.contactmessage": {"purged_at": None, "outcome": "handled", "refiled_as": ""},
    "privacy.restriction": {"ground": "a", "lifted_at": None},
    "privacy.legalhold": {"record": None, "review_on": date(2027, 5, 1), "released_at": AT},
    "privacy.disclosure": {"recipient": "processors"},
    "privacy.rightsrequest": {
        "legal_due_on": date(2026, 12, 2),
        "policy_limit_on": date(2026, 12, 2),
        "target_on": date(2026, 12, 2),
        "extended_due_on": None,
        "extension_told_at": None,
        "extension_reason": "",
        "content_erased_at": None,
        "received_on": date(2026, 11, 2),
        "rights": ["access"],
        "alerts_given": [],
        "status": "received",
        "refusal_ground": "",
        "account": None,
        "decided_by": None,
        "ended_at": None,
        "identity_asked_on": None,
        "identity_came_on": None,
    },  # fmt: skip
    "privacy.breach": {
        "due_at": AT + timedelta(hours=72),
        "data_categories": [],
        "people_categories": [],
        "notice": {"fr": "", "nl": "", "de": "", "en": ""},
        "reminders_given": [],
        "closed_at": None,
    },
    "privacy.archive": {"state": "ready", "downloads": 1, "percent": 100},
}


class Filled:
    """Makes the rows of one person; each text about them holds `canary`."""

    def __init__(self, canary: str) -> None:
        self.canary = canary
        self.number = 0
        self.made: dict[type[models.Model], models.Model] = {}

    def everything(self) -> DataSubject:
        """A row in every model from which a path leads to a person, and in those on the way."""
        with transaction.atomic(), restriction.handling():
            for source in sources().values():
                if source.path is not None and source.personal():
                    self.row(source.model)
        person = self.made[DataSubject]
        assert isinstance(person, DataSubject)
        return person

    def row(self, model: type[models.Model]) -> models.Model:
        if model in self.made:
            return self.made[model]
        special = VALUES.get(model._meta.label_lower, {})
        values = {}
        for field in model._meta.concrete_fields:
            if field.name in special:
                values[field.attname] = special[field.name]
            elif not isinstance(field, (models.AutoField, models.GeneratedField)):
                values[field.attname] = self.value(model, field)
        made = model(**values)
        model._base_manager.bulk_create([made])
        self.made[model] = made
        return made

    def value(self, model: type[models.Model], field: Any) -> Any:
        self.number += 1
        if isinstance(field, models.ForeignKey):
            mine = self.leads(model, field)
            return self.row(field.related_model).pk if mine else self.other(field)
        if isinstance(field, models.JSONField):
            return {"it": [self.text(200)] if self.about(model, field) else []}
        if field.choices:
            return field.choices[self.number % len(field.choices)][0]
        by_type: list[tuple[type[models.Field[Any, Any]], Any]] = [
            (models.UUIDField, uuid7(AT) if field.primary_key else uuid.uuid4()),
            (models.DateTimeField, AT),
            (models.DateField, AT.date()),
            (models.BooleanField, True),
            (models.EmailField, f"{self.canary}{self.number}@example.test".lower()),
            (models.IntegerField, self.number),
            (models.FloatField, 1.5),
            (models.DecimalField, Decimal(1)),
        ]
        for kind, value in by_type:
            if isinstance(field, kind):
                return value
        length = field.max_length or 200
        return self.text(length) if self.about(model, field) else f"x{uuid.uuid4()}"[:length]

    def about(self, model: type[models.Model], field: Any) -> bool:
        """Whether it is declared as something about somebody that goes with them."""
        declared = sources()[model._meta.label_lower].personal().get(field.name)
        return declared is not None and declared.erase is Erase.EMPTY

    def text(self, length: int) -> str:
        """Short fields hold the canary's end, which is as much its own as the whole."""
        whole = f"{self.number}{self.canary}"
        return whole[-length:]

    def leads(self, model: type[models.Model], field: Any) -> bool:
        """Whether the key is a step of the path to the person, or the person's account."""
        source = sources()[model._meta.label_lower]
        if model is DataSubject:
            return True
        return bool(source.path) and source.path.split("__")[0] == field.name

    def other(self, field: Any) -> Any:
        """Some row that is nobody's (a campaign), or nobody of the staff."""
        if field.null:
            return None
        first = field.related_model._base_manager.order_by("pk").first()
        return first.pk if first else self.row(field.related_model).pk


def rows_of(person: DataSubject) -> dict[str, list[dict[str, Any]]]:
    """Everything that leads to them, by source, as it lies in the database."""
    found = {}
    for source in sources().values():
        if source.path is not None and statements.takes(source):
            with transaction.atomic(), restriction.seeing():
                rows = list(source.find([person.pk]).order_by("pk").values())
            if rows:
                found[source.label()] = rows
    return found


def of(label: str) -> type[Source]:
    return sources()[label]


MANY = """
WITH made AS (
  INSERT INTO privacy_datasubject (id, reference, first_name, last_name, street, postal_code, city,
    country, email, phone, iban, vat_number, language, created_at)
  SELECT gen_random_uuid(), left('P' || {prefix} || i, 12), 'Zoé', 'Zwaluw', 'Rue 1', '1000',
    'Bruxelles', 'BE', 'zwaluw' || i || '@example.test', '', '', '', 'fr', clock_timestamp()
  FROM generate_series(1, {people}) AS i RETURNING id),
each AS (SELECT id, n FROM made, generate_series(1, {rows}) AS n),
a AS (INSERT INTO privacy_complaint (id, reference, person_id, subject, body, third_parties,
    received_on, answer)
  SELECT gen_random_uuid(), left(md5(random()::text), 12), id, 'zwaluw', 'zwaluw', '',
    current_date, '' FROM each),
b AS (INSERT INTO privacy_contactmessage (id, reference, person_id, name, email, phone, topic, body,
    language, received_at, outcome, refiled_as)
  SELECT gen_random_uuid(), left(md5(random()::text), 12), id, 'zwaluw', '', '', '', 'zwaluw', 'fr',
    now(), '', '' FROM each),
c AS (INSERT INTO privacy_marketingchoice (id, person_id, channel, given, at, source, shown)
  SELECT gen_random_uuid(), id, 'email', true, now(), 'account', '' FROM each),
d AS (INSERT INTO privacy_disclosure (id, person_id, recipient, recipient_name, purpose, categories,
    at, balancing)
  SELECT gen_random_uuid(), id, 'processors', 'zwaluw', 'ii', '[]', now(), '' FROM each),
e AS (INSERT INTO privacy_objection (id, person_id, kind, at, source, ended_at, ended_because)
  SELECT gen_random_uuid(), id, 'marketing', now(), 'account', now(), 'zwaluw' FROM each)
SELECT id FROM made"""


def many(people: int, *, rows: int = 1, prefix: int = 1) -> list[uuid.UUID]:
    """So many people with so many rows in each of five tables; `prefix` tells two calls apart."""
    with connection.cursor() as cursor:
        cursor.execute(MANY.format(people=people, rows=rows, prefix=prefix * 1_000_000))
        return [key for (key,) in cursor.fetchall()]
