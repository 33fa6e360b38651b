"""Accounts whose address nobody proved: they can do nothing, and are soon forgotten."""

from datetime import datetime, timedelta
from typing import Any

from django.contrib.auth.hashers import UNUSABLE_PASSWORD_PREFIX

from privacy.models import User

AWAITING: dict[str, Any] = {
    "is_active": False,
    "password__startswith": UNUSABLE_PASSWORD_PREFIX,
    "is_staff": False,
}


def forget_unconfirmed(*, older_than: timedelta, now: datetime) -> int:
    """Erase those that were asked for longer ago than `older_than`; how many there were."""
    stale = User.objects.filter(**AWAITING, date_joined__lt=now - older_than)
    return stale.delete()[1].get(User._meta.label, 0)
