"""The screens of this application, one file a subject."""

from privacy.admin import accounts, processing

__all__ = ["accounts", "processing"]
from privacy.admin import complaints, contact

__all__ = ["accounts", "complaints", "contact"]
from privacy.admin import retention

__all__ = ["accounts", "retention"]
