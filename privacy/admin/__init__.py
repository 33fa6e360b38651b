"""The screens of this application, one file a subject."""

from privacy.admin import (
    accounting,
    accounts,
    breaches,
    complaints,
    contact,
    holds,
    marketing,
    notices,
    people,
    processing,
    requests,
    retention,
)

__all__ = [
    "accounting",
    "accounts",
    "breaches",
    "complaints",
    "contact",
    "holds",
    "marketing",
    "notices",
    "people",
    "processing",
    "requests",
    "retention",
]
