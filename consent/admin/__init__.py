"""Staff screens of consent, one module for each thing that staff look after."""

from consent.admin import controls, draft, log, published, seals

__all__ = ["controls", "draft", "log", "published", "seals"]
