"""What staff typed about a request that came another way, as the request itself."""

from datetime import datetime
from typing import Any

from privacy.models import RequestChannel, RightsRequest, User
from privacy.requests import filing

_GIVEN = ("name", "email", "language", "message", "represented_by", "represented_name")


def enter(data: dict[str, Any], *, by: User, now: datetime) -> RightsRequest:
    """The request that a clean EnteredForm describes. Raises filing.ReceivedLater."""
    asked = filing.Asked(
        rights=tuple(data["rights"]),
        **{key: data[key] for key in _GIVEN},
    )
    return filing.enter(
        by=by,
        asked=asked,
        channel=RequestChannel(data["channel"]),
        received_on=data["received_on"],
        now=now,
        uploads=data.get("documents", ()),
    )
