"""The screens of this application, one file a subject."""

from privacy.admin import accounts

__all__ = ["accounts"]
