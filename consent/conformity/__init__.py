"""Conformity warnings, worked through by staff: open, accepted with a reason, corrected."""

from consent.conformity.review import (
    NotOpen,
    OpenWarning,
    ShortReason,
    Status,
    acknowledge,
    open_warnings,
    statuses,
)

__all__ = [
    "NotOpen",
    "OpenWarning",
    "ShortReason",
    "Status",
    "acknowledge",
    "open_warnings",
    "statuses",
]
