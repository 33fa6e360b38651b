"""The other side of portability: a file of one site becomes a person of another one (art. 20)."""

import json
from pathlib import Path
from typing import Any

import jsonschema
from django.core.exceptions import ValidationError
from django.db import models, transaction

from privacy.models import DataSubject, MarketingChoice, Objection
from privacy.rights import portability

# What becomes rows here. Documents of another company's accounts are not ours, nor are its
# accounts and messages: they stay in the file, and are counted.
TAKEN: dict[type[models.Model], dict[str, Any]] = {
    DataSubject: {},
    MarketingChoice: {"source": "request"},
    Objection: {"source": "request"},
}


class UnreadableFile(Exception):
    """The text says what is wrong, and where."""


def read(path: Path) -> dict[str, Any]:
    """The content of a `portabilite.json` that follows the published schema."""
    try:
        content = json.loads(path.read_text("utf-8"))
    except (ValueError, OSError) as error:
        raise UnreadableFile(f"{path} is no JSON file that can be read.") from error
    problem = jsonschema.exceptions.best_match(
        jsonschema.Draft202012Validator(
            portability.schema(), format_checker=jsonschema.FormatChecker()
        ).iter_errors(content)
    )
    if problem is not None:
        raise UnreadableFile(f"{path} does not follow the schema: {problem.json_path}.")
    assert isinstance(content, dict)
    return content


@transaction.atomic
def take(content: dict[str, Any]) -> tuple[DataSubject, dict[str, int]]:
    """Make the person and what belongs to them; how many rows of each source were taken.

    Raises UnreadableFile for a value that this site would not accept from the person either.
    """
    data = content["data"]
    rows = data.get(DataSubject._meta.label_lower, [])
    if len(rows) != 1:
        raise UnreadableFile(f"The file holds {len(rows)} people; it must hold one.")
    person = _made(DataSubject, rows[0], {})
    taken = {DataSubject._meta.label_lower: 1}
    for model, values in TAKEN.items():
        if model is DataSubject:
            continue
        label = model._meta.label_lower
        for row in data.get(label, []):
            _made(model, row, {"person": person, **values})
        taken[label] = len(data.get(label, []))
    return person, taken


def _made(model: type[models.Model], row: dict[str, Any], values: dict[str, Any]) -> Any:
    """A row of this site's own key, with the values that the person provided."""
    provided = {name: value for name, value in row.items() if name != "id"}
    made = model(**provided, **values)
    try:
        made.full_clean()
    except ValidationError as error:
        names = ", ".join(sorted(error.message_dict))
        raise UnreadableFile(f"{model._meta.label}: this site does not accept {names}.") from error
    made.save(force_insert=True)
    return made
