"""How a model says what it holds about people: one class per model, in the application's own file
`personal_data.py`.

    class InvoiceData(Source):
        model = Invoice
        path = "person"
        rule = "accounting"
        clock = "issued_on"
        purposes = ("iv",)
        fields = {
            "number": NotPersonal("numbers the document"),
            "name": Personal("name"),
        }

Every concrete field of every installed model is in one; `manage.py check` fails otherwise. The keys
of categories, purposes and rules are the register's (clicknconnect/register.yaml).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, ClassVar

from django.db import models


class Erase(StrEnum):
    """What becomes of a field when its row stays and the person goes."""

    EMPTY = "empty"  # the empty text, NULL where the field has none
    KEEP = "keep"  # says nothing about the person once the others are empty; a reason is given


class AtEnd(StrEnum):
    """What becomes of a row when its last claim ends."""

    DELETE = "delete"
    ANONYMISE = "anonymise"


@dataclass(frozen=True, slots=True)
class Personal:
    """A field about the person the row leads to.

    `category` is a key of the register's categories of data. `provided`: the person gave it, so it
    can be taken along (art. 20). `erase`: EMPTY, or KEEP with a `reason`.
    """

    category: str
    provided: bool = True
    exported: bool = True
    erase: Erase = Erase.EMPTY
    reason: str = ""


@dataclass(frozen=True, slots=True)
class ThirdParty:
    """A field that may be about somebody else than the row's person.

    Staff look before it is given out (DR-11). It is emptied with the row's other fields.
    """

    category: str
    erase: Erase = Erase.EMPTY
    reason: str = ""


@dataclass(frozen=True, slots=True)
class NotPersonal:
    """`reason` says why nothing here identifies anybody."""

    reason: str


@dataclass(frozen=True, slots=True)
class Leads:
    """A foreign key on the way to the person; it goes (NULL) when the row is anonymised."""


type Declaration = Personal | ThirdParty | NotPersonal | Leads

NOW = object()
KEY = NotPersonal("random key")
LINK = Leads()


class Source:
    """One model. A subclass is registered by being defined."""

    model: ClassVar[type[models.Model]]
    # Lookup from the model to privacy.DataSubject ("invoice__person"), "" for that model itself,
    # None where no row leads to a person by a key; then `find` says how, or `apart` why.
    path: ClassVar[str | None] = None
    # Key of a retention rule of the register.
    rule: ClassVar[str] = ""
    # Lookup to the date or moment that starts the rule's period ("issued_on").
    clock: ClassVar[str] = ""
    purposes: ClassVar[tuple[str, ...]] = ()
    at_end: ClassVar[AtEnd] = AtEnd.DELETE
    # Why rows stay, with a person whose row is empty, until their own rule ends ("an accounting
    # document"); empty: they go with the person.
    outlives: ClassVar[str] = ""
    # What an anonymised row gets in fields that are still empty (NOW: the moment), where a
    # constraint asks for them.
    still_open: ClassVar[Mapping[str, Any]] = {}
    fields: ClassVar[Mapping[str, Declaration]] = {}
    # Holds nothing about any person: why. Then every field is not personal.
    apart: ClassVar[str] = ""

    _all: ClassVar[dict[str, type["Source"]]] = {}

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if "model" not in cls.__dict__:
            return
        label = cls.model._meta.label_lower
        if label in Source._all and Source._all[label].__module__ != cls.__module__:
            raise TypeError(f"{label} is declared twice.")
        Source._all[label] = cls

    @classmethod
    def label(cls) -> str:
        """ "privacy.invoice"."""
        return str(cls.model._meta.label_lower)

    @classmethod
    def personal(cls) -> dict[str, Personal | ThirdParty]:
        """The fields that hold something about somebody."""
        return {n: d for n, d in cls.fields.items() if isinstance(d, (Personal, ThirdParty))}

    @classmethod
    def find(cls, people: "list[Any]") -> "models.QuerySet[Any]":
        """The rows of these people (keys of DataSubject)."""
        assert cls.path is not None
        lookup = f"{cls.path}__in" if cls.path else "pk__in"
        return cls.model._base_manager.filter(**{lookup: people})


def sources() -> dict[str, type[Source]]:
    """Label of the model → its source, of every installed application."""
    return dict(Source._all)


def source_of(label: str) -> type[Source]:
    """Raises KeyError for a model that no one declared."""
    return Source._all[label]


def about_people() -> list[type[Source]]:
    """The sources with personal data, those furthest from the person first, the person last."""
    found = [one for one in Source._all.values() if one.personal()]
    return sorted(found, key=lambda one: (-_distance(one), one.label()))


def _distance(source: type[Source]) -> int:
    if source.path == "":
        return 0
    return 1 + (source.path.count("__") if source.path else 50)
