"""The screens of this application, one file a subject."""

from privacy.admin import accounts, complaints, contact

__all__ = ["accounts", "complaints", "contact"]
