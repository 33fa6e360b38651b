"""Keys of the staff API: 256 random bits, of which only the hash is kept."""

import hashlib
import secrets
from datetime import datetime, timedelta

from django.db import transaction

from consent import audit
from privacy.entering import target_of
from privacy.models import StaffToken, User

LIFE = timedelta(days=365)
PREFIX = "cnc_"


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


@transaction.atomic
def make(*, account: User, now: datetime) -> str:
    """A new key of a colleague; it cannot be shown again."""
    token = PREFIX + secrets.token_urlsafe(32)
    StaffToken.objects.create(account=account, hash=_hash(token), made_at=now, ends_at=now + LIFE)
    audit.record(by=None, act="staff.token_made", now=now, target=target_of(account))
    return token


@transaction.atomic
def revoke(*, account: User, now: datetime) -> int:
    """End every key of `account`; how many there were."""
    ended = StaffToken.objects.filter(account=account, revoked_at=None).update(revoked_at=now)
    if ended:
        audit.record(
            by=None,
            act="staff.tokens_revoked",
            now=now,
            target=target_of(account),
            details={"count": ended},
        )
    return ended


def account_of(token: str, *, now: datetime) -> User | None:
    """Whose key it is, as long as it holds and they are active staff."""
    found = (
        StaffToken.objects.select_related("account")
        .filter(
            hash=_hash(token),
            revoked_at=None,
            ends_at__gt=now,
            account__is_active=True,
            account__is_staff=True,
        )
        .first()
    )
    return found.account if found is not None else None
