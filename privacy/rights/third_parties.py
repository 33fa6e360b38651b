"""Texts that may be about somebody else: a person looks at each before it goes out (DR-11)."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from django.utils.translation import gettext as _

from privacy.models import DataSubject
from privacy.rights.tables import tables

# (label of the source, key of the row, field) → why it is masked.
type Redactions = Mapping[tuple[str, str, str], str]


@dataclass(frozen=True, slots=True)
class ThirdPartyValue:
    """One text to look at. `source`, `row` and `field` are the key of a redaction."""

    source: str
    row: str
    field: str
    label: str
    value: str


class UnreviewedThirdParties(Exception):
    """Nobody has looked at the texts that may be about somebody else."""


def third_party_values(person: DataSubject) -> Iterator[ThirdPartyValue]:
    """Every text of this person's rows to look at, as it lies there; a query for each source."""
    for table in tables():
        looked_at = [column for column in table.columns if column.third_party]
        if not looked_at:
            continue
        rows = table.source.find([person.pk]).order_by("pk")
        names = [column.name for column in looked_at]
        for key, *values in rows.values_list("pk", *names).iterator(chunk_size=2000):
            for column, value in zip(looked_at, values, strict=True):
                if value:
                    yield ThirdPartyValue(
                        table.name, str(key), column.name, column.label, str(value)
                    )


def has_unreviewed(person: DataSubject, redactions: Redactions) -> bool:
    return any(
        (one.source, one.row, one.field) not in redactions for one in third_party_values(person)
    )


class UnknownRedaction(Exception):
    """A redaction names no text of this person: what it should hide would go out."""


def masks(person: DataSubject, redactions: Redactions) -> dict[str, dict[str, str]]:
    """Table → {"<row>:<field>": what stands there}, in the active language.

    Raises UnknownRedaction, and ValueError for a redaction without a reason.
    """
    made: dict[str, dict[str, str]] = {}
    for (source, row, field), reason in redactions.items():
        if not reason.strip():
            raise ValueError("A redaction has a reason.")
        made.setdefault(source, {})[f"{row}:{field}"] = masked(reason)
    if redactions:
        known = {(one.source, one.row, one.field) for one in third_party_values(person)}
        if unknown := redactions.keys() - known:
            raise UnknownRedaction(f"{len(unknown)} redactions name no text of this person.")
    return made


def masked(reason: str) -> str:
    return _("[masqué : {reason}]").format(reason=reason)
