"""The screens of this application, one file a subject."""

from privacy.admin import accounts, requests

__all__ = ["accounts", "requests"]
