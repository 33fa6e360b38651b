"""The screens of this application, one file a subject."""

from privacy.admin import (
    accounting,
    accounts,
    approvals,
    breaches,
    complaints,
    contact,
    holds,
    letters,
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
    "approvals",
    "complaints",
    "contact",
    "holds",
    "letters",
    "marketing",
    "notices",
    "people",
    "processing",
    "requests",
    "retention",
]
