"""What subjects add to the page of a request: of staff, and of the person who follows it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from privacy.models import RightsRequest, User
from privacy.requests import (
    copy_panels,
    correcting_panels,
    erasing,
    files,
    four_eyes,
    identity,
    matching,
    recipients,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    """`context` takes asked, who (None: the person) and now; None from it shows nothing.

    The template gets what it returns, and `asked`.
    """

    template: str
    context: Callable[..., dict[str, Any] | None]


# In the order in which they stand on the page.
STAFF: tuple[Panel, ...] = (
    Panel(template="requests_staff/_waiting.html", context=four_eyes.panel),
    Panel(template="requests_staff/_match.html", context=matching.panel),
    Panel(template="requests_staff/_files.html", context=files.listed),
    Panel(template="requests_staff/_identity.html", context=identity.of_staff),
    Panel(template="requests_staff/_erasure.html", context=erasing.panel),
    Panel(template="requests_staff/_corrections.html", context=correcting_panels.for_staff),
    Panel(template="requests_staff/_recipients.html", context=recipients.panel),
    Panel(template="requests_staff/_copies.html", context=copy_panels.staff),
)
PERSON: tuple[Panel, ...] = (
    Panel(template="rights/_identity.html", context=identity.of_person),
    Panel(template="rights/_correct.html", context=correcting_panels.for_person),
    Panel(template="rights/_copies.html", context=copy_panels.person),
    Panel(template="rights/_files.html", context=files.listed),
)


def shown(
    panels: tuple[Panel, ...], asked: RightsRequest, *, who: User | None, now: datetime
) -> list[dict[str, Any]]:
    """Those that have something to show: {"template", "data"}."""
    found = ((panel, panel.context(asked=asked, who=who, now=now)) for panel in panels)
    return [{"template": panel.template, "data": data} for panel, data in found if data is not None]
