"""The screens of this application, one file a subject."""

from privacy.admin import accounts, retention

__all__ = ["accounts", "retention"]
