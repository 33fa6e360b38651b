"""What the pages of a request show of its copies."""

from datetime import datetime
from typing import Any

from django.urls import reverse

from privacy.models import Archive, RightsRequest, User
from privacy.models.archive import MOST_DOWNLOADS
from privacy.requests import copies
from privacy.requests.act import DECIDE, HANDLE
from privacy.rights import archives

State = Archive.State


def staff(*, asked: RightsRequest, who: User | None, now: datetime) -> dict[str, Any] | None:
    found = copies.of(asked)
    if not found or who is None:
        return None
    may_review = who.has_perm(HANDLE)
    may_post = not asked.email and who.has_perm(DECIDE)
    return {
        "copies": [
            {
                "copy": one,
                "review": _page("review", asked, one)
                if may_review and one.state == State.REVIEW
                else "",
                "post": _page("copy", asked, one)
                if may_post and archives.is_open(one, now)
                else "",
            }
            for one in found
        ],
        "most": MOST_DOWNLOADS,
    }


def _page(name: str, asked: RightsRequest, copy: Archive) -> str:
    return reverse(f"admin:privacy_rightsrequest_{name}", args=[asked.pk, copy.pk])


def person(*, asked: RightsRequest, who: User | None, now: datetime) -> dict[str, Any] | None:
    shown = [one for one in copies.of(asked) if one.state != State.FAILED]
    if not shown:
        return None
    return {
        "copies": [{"copy": one, "is_open": archives.is_open(one, now)} for one in shown],
        "most": MOST_DOWNLOADS,
    }
