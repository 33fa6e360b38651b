"""Staff screens of consent, one module for each thing that staff look after."""

from consent.admin import controls, draft, journal, log, published

__all__ = ["controls", "draft", "journal", "log", "published"]
