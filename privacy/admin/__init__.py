"""The screens of this application, one file a subject."""

from privacy.admin import (
    accounting,
    accounts,
    approvals,
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
    "approvals",
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
