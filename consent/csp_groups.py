"""CSP reports as staff work them through: by directive, origin and route; open until handled."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import connection, transaction

from consent import audit
from consent.audit import Actor
from consent.models import CspHandled, CspReport

LEAST_REASON = 10
MOST_GROUPS = 200
_GROUPS = """
SELECT r.directive, r.blocked, r.route, sum(r.count)::bigint AS count, min(r.day) AS since,
       max(r.last_at) AS last_at, h.at AS handled_at, h.by AS handled_by, h.reason,
       h.through IS NULL OR max(r.last_at) > h.through AS is_open
FROM consent_cspreport r
LEFT JOIN consent_csphandled h USING (directive, blocked, route)
GROUP BY r.directive, r.blocked, r.route, h.at, h.by, h.reason, h.through"""
_LIST = f"SELECT * FROM ({_GROUPS}) AS g ORDER BY is_open DESC, last_at DESC LIMIT %s"  # noqa: S608
_OPEN = f"SELECT count(*), coalesce(sum(count), 0)::bigint FROM ({_GROUPS}) AS g WHERE is_open"  # noqa: S608


class NoSuchGroup(Exception):
    """Nothing was reported for this directive, origin and route."""


class ShortReason(Exception):
    """A handling says what was found out."""


@dataclass(frozen=True, slots=True)
class Group:
    """Reports of one directive, blocked origin and route; handled ones with what staff wrote."""

    directive: str
    blocked: str
    route: str
    count: int
    since: date
    last_at: datetime
    handled_at: datetime | None
    handled_by: Any
    reason: str | None
    is_open: bool


def groups() -> list[Group]:
    """Open ones first, the newest first; at most MOST_GROUPS."""
    with connection.cursor() as cursor:
        cursor.execute(_LIST, [MOST_GROUPS])
        return [Group(*row) for row in cursor.fetchall()]


def open_counts() -> tuple[int, int]:
    """(groups, reports) that nobody has handled yet."""
    with connection.cursor() as cursor:
        cursor.execute(_OPEN)
        found: tuple[int, int] = cursor.fetchone()
    return found


@transaction.atomic
def handle(
    *,
    by: Actor,
    directive: str,
    blocked: str,
    route: str,
    seen: datetime,
    reason: str,
    now: datetime,
) -> CspHandled:
    """Close the group as far as it was `seen`: what was reported after that opens it again.

    Raises NoSuchGroup or ShortReason.
    """
    reason = " ".join(reason.split())
    if len(reason) < LEAST_REASON:
        raise ShortReason
    if not CspReport.objects.filter(directive=directive, blocked=blocked, route=route).exists():
        raise NoSuchGroup
    handled, _ = CspHandled.objects.update_or_create(
        directive=directive,
        blocked=blocked,
        route=route,
        defaults={"through": min(seen, now), "reason": reason[:500], "at": now, "by": by.pk},
    )
    audit.record(
        by=by,
        act="csp.handled",
        now=now,
        target=f"{directive} {blocked} {route}",
        details={"reason": reason[:500], "through": seen.isoformat()},
    )
    return handled
