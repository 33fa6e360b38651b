"""Staff screens of consent, one module for each thing that staff look after."""

from consent.admin import (
    choices,
    conformity,
    controls,
    draft,
    journal,
    log,
    published,
    reports,
    seals,
    standing,
)

__all__ = [
    "choices",
    "conformity",
    "controls",
    "draft",
    "journal",
    "log",
    "published",
    "reports",
    "seals",
    "standing",
]
