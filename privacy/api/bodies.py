"""JSON bodies, checked by the forms of the site, so that both accept the same."""

import json
from typing import Any

from django import forms
from django.http import HttpRequest
from django.utils.translation import gettext as _
from rest_framework.exceptions import ParseError, ValidationError


def read(request: HttpRequest) -> dict[str, Any]:
    """The JSON object of the body; an empty body is an empty object. Raises ParseError."""
    if not request.body:
        return {}
    try:
        body = json.loads(request.body)
    except (ValueError, RecursionError) as error:
        raise ParseError from error
    if not isinstance(body, dict) or _has_half_a_sign(body):
        raise ParseError
    return body


def _has_half_a_sign(body: dict[str, Any]) -> bool:
    """JSON can name halves of signs ("\\ud800"), which no text can hold."""
    try:
        json.dumps(body, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return True
    return False


def check(form: forms.Form, body: dict[str, Any]) -> dict[str, Any]:
    """The cleaned data of `form` bound to `body`. Raises ValidationError, field by field.

    `form` is unbound: its fields say which names are known and which hold lists.
    """
    problems: dict[str, list[str]] = {}
    data: dict[str, Any] = {}
    for name, value in body.items():
        field = form.fields.get(name)
        if field is None:
            problems[name] = [_("Ce champ n'est pas connu.")]
        elif isinstance(field, forms.MultipleChoiceField):
            if not isinstance(value, list) or not all(isinstance(part, str) for part in value):
                problems[name] = [_("Attendu : une liste de textes.")]
            data[name] = value
        elif not isinstance(value, str):
            problems[name] = [_("Attendu : un texte.")]
        else:
            data[name] = value
    if problems:
        raise ValidationError(problems)
    form.data, form.is_bound = data, True  # type: ignore[assignment]
    if not form.is_valid():
        raise ValidationError(
            {name: [str(error) for error in errors] for name, errors in form.errors.items()}
        )
    return form.cleaned_data
