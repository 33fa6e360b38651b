"""The screens of this application, one file a subject."""

from privacy.admin import accounts, processing

__all__ = ["accounts", "processing"]
