"""The screens of this application, one file a subject."""

from privacy.admin import accounting, accounts, holds, people

__all__ = ["accounting", "accounts", "holds", "people"]
