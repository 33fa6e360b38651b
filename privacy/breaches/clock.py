"""What time does to breaches: reminders while the 72 hours run, and nothing else (DR-22)."""

from datetime import datetime, timedelta

from django.db import transaction

from privacy.breaches import jobs
from privacy.breaches.acts import step
from privacy.models import Breach, BreachEventKind

# Hours after awareness.
REMINDERS = (24, 48, 66)


def due_reminders(breach: Breach, now: datetime) -> list[int]:
    """The reminders whose moment has come and that were not given, while the clock runs."""
    if not breach.is_running:
        return []
    return [
        hours
        for hours in REMINDERS
        if breach.aware_at + timedelta(hours=hours) <= now and hours not in breach.reminders_given
    ]


def run(*, now: datetime) -> int:
    """Each breach in a transaction of its own; again at once it does nothing. How many were
    reminded of: several reminders that fall together, after a stop of the worker, are one."""
    running = Breach.objects.running().filter(aware_at__lte=now - timedelta(hours=REMINDERS[0]))
    return sum(_remind(breach, now) for breach in running.order_by("pk"))


@transaction.atomic
def _remind(breach: Breach, now: datetime) -> bool:
    fresh = Breach.objects.select_for_update().get(pk=breach.pk)
    hours = due_reminders(fresh, now)
    if not hours:
        return False
    fresh.reminders_given = [*fresh.reminders_given, *hours]
    fresh.save(update_fields=["reminders_given"])
    step(fresh, BreachEventKind.REMINDED, by=None, now=now, hours=hours)
    jobs.remind.defer(breach=str(fresh.pk), hours=hours[-1])
    return True
