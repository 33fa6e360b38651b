"""Staff screens of consent, one module for each thing that staff look after."""

from consent.admin import conformity, controls, draft, log, published

__all__ = ["conformity", "controls", "draft", "log", "published"]
