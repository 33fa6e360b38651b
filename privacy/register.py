"""The record of processing as published, its preset applied: what every other part reads.

No draft, no query: it is what consent.snapshots already holds in this process. Words are by
language ("fr", "nl", "de", "en"), with the facts put in.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from consent import snapshots
from consent.enums import LANGUAGES, Preset
from consent.snapshots import Snapshot
from privacy.models.processing import Action, Basis, Trigger

# GDPR art. 20(1)(a), 21(1), 7(3).
_RIGHTS = {
    "portability": {Basis.CONTRACT, Basis.CONSENT},
    "objection": {Basis.INTEREST},
    "withdrawal": {Basis.CONSENT},
}


class NotPublished(LookupError):
    """No version is in force that says so; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Rule:
    """`amount` and `unit` ("hour", "day", "month", "year", "fiscal_year") are the period after
    `trigger`; 0 is "at once"."""

    key: str
    amount: int
    unit: str
    trigger: Trigger
    action: Action
    needs_approval: bool
    name: Mapping[str, str] = field(repr=False)
    words: Mapping[str, str] = field(repr=False)


@dataclass(frozen=True, slots=True)
class PurposeRow:
    """`bases` are those that hold: under the strict preset the proposed ones, where there are any.

    `policy_bases` are always the policy's own. `rights` ("portability", "objection", "withdrawal")
    are those of both: what a proposed basis would open is open already, as the page says (T-11).
    """

    key: str
    bases: tuple[str, ...]
    policy_bases: tuple[str, ...]
    proposed_bases: tuple[str, ...]
    rights: tuple[str, ...]
    data: tuple[str, ...]
    people: tuple[str, ...]
    recipients: tuple[str, ...]
    rules: tuple[str, ...]
    name: Mapping[str, str] = field(repr=False)
    interest: Mapping[str, str] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Row:
    """A category of data or of people, or a recipient."""

    key: str
    name: Mapping[str, str]


def version() -> Snapshot:
    """The publication in force. Raises NotPublished where nothing is, or nothing of the record."""
    found = snapshots.current()
    if found is None:
        raise NotPublished("Nothing is published (register load --publish).")
    if "retention_rules" not in found.content:
        raise NotPublished(
            f"Version {found.publication} is older than the record of processing: load the register"
            " and publish it (register load --publish)."
        )
    return found


def register_version() -> tuple[int, str]:
    """(number, SHA-256) of the version in force, for evidence. Raises NotPublished."""
    found = version()
    return found.publication, found.sha256


def rule(key: str) -> Rule:
    """Raises NotPublished for a rule that the version in force does not hold."""
    found = version()
    row = _row(found, "retention_rules", key)
    amount, unit = row.get("amount"), row.get("unit", "")
    if name := row.get("fact", ""):
        fact = _row(found, "facts", name)
        amount, unit = fact.get("amount"), fact.get("unit", "")
    if amount is None:
        raise NotPublished(f"The retention rule {key} has no period.")
    return Rule(
        key=key,
        amount=int(amount),
        unit=unit,
        trigger=Trigger(row["trigger"]),
        action=Action(row["action"]),
        needs_approval=row["needs_approval"],
        name=_words(found, "retention_rules", key, "name"),
        words=_words(found, "retention_rules", key, "words"),
    )


def rules() -> list[Rule]:
    """All of them, in the register's order."""
    return [rule(row["key"]) for row in version().content["retention_rules"]]


def purpose(key: str) -> PurposeRow:
    """Raises NotPublished for a purpose that the version in force does not hold."""
    found = version()
    row = _row(found, "purposes", key)
    bases = bases_in_force(row, found.preset)
    return PurposeRow(
        key=key,
        bases=bases,
        policy_bases=tuple(row["bases"]),
        proposed_bases=tuple(row.get("proposed_bases", ())),
        rights=rights_of((*row["bases"], *row.get("proposed_bases", ()))),
        data=tuple(row["data"]),
        people=tuple(row["people"]),
        recipients=tuple(row.get("recipients", ())),
        rules=tuple(row["rules"]),
        name=_words(found, "purposes", key, "name"),
        interest=_words(found, "purposes", key, "interest"),
    )


def purposes() -> list[PurposeRow]:
    return [purpose(row["key"]) for row in version().content["purposes"]]


def bases_in_force(row: Mapping[str, Any], preset: str) -> tuple[str, ...]:
    """T-11: the policy's own bases, or under the strict preset the proposed ones."""
    proposed = row.get("proposed_bases", ())
    return tuple(proposed if proposed and preset == Preset.STRICT else row["bases"])


def rights_of(bases: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(right for right, needed in _RIGHTS.items() if needed & set(bases))


def recipients() -> list[Row]:
    return _named("recipients")


def data_categories() -> list[Row]:
    return _named("data_categories")


def people_categories() -> list[Row]:
    return _named("people_categories")


def _named(section: str) -> list[Row]:
    found = version()
    return [
        Row(row["key"], _words(found, section, row["key"], "name"))
        for row in found.content[section]
    ]


def _row(found: Snapshot, section: str, key: str) -> dict[str, Any]:
    for row in found.content[section]:
        if row["key"] == key:
            return row  # type: ignore[no-any-return]
    raise NotPublished(f"Version {found.publication} holds no {key} among its {section}.")


def _words(found: Snapshot, section: str, key: str, name: str) -> dict[str, str]:
    """In four languages, from what the snapshot has already put the facts into."""
    words = {}
    for code in LANGUAGES:
        row = next(one for one in found.views[code].register[section] if one["key"] == key)
        words[code] = str(row.get(name, ""))
    return words
