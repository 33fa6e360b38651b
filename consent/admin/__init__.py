"""Staff screens of consent, one module for each thing that staff look after."""

from consent.admin import choices, controls, draft, log, published, reports, standing

__all__ = ["choices", "controls", "draft", "log", "published", "reports", "standing"]
