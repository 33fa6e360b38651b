"""The screens of this application, one file a subject."""

from privacy.admin import accounts, marketing, notices

__all__ = ["accounts", "marketing", "notices"]
