"""Which preset publications are made under.

POLICY_PRESET is the default. Once staff have chosen one, their choice holds, whatever the
environment says: a restart never undoes an act of staff.
"""

from datetime import datetime

from django.conf import settings
from django.db import transaction

from consent import audit
from consent.audit import Actor
from consent.models import Control, Publication
from consent.publishing import one_at_a_time, publish


def by_staff() -> str:
    """What staff chose; empty while they never did."""
    chosen = Control.objects.filter(pk=1).values_list("policy_preset", flat=True).first()
    return chosen or ""


def chosen() -> str:
    """The preset of the next publication."""
    return by_staff() or str(settings.POLICY_PRESET)


@transaction.atomic
def switch(*, to: str, by: Actor, now: datetime, expected: str) -> Publication | None:
    """Keep the choice of staff and publish the draft rows under it; None when nothing changes.

    `expected` is what they looked at (publishing.looked_at). Raises what `publish` raises, and then
    the choice is not kept either.
    """
    one_at_a_time()
    before = chosen()
    publication = publish(now=now, preset=to, by=by, expected=expected)
    Control.objects.update_or_create(pk=1, defaults={"policy_preset": to})
    audit.record(
        by=by,
        act="preset.switched",
        now=now,
        target=to,
        details={"from": before, "version": publication.number if publication else None},
    )
    return publication
