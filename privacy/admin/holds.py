"""The line of the front page about holds that are to be looked at again (RT-06)."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import ngettext

from clicknconnect.dashboard import ToDo, to_do
from consent.periods import local_day
from privacy.models import LegalHold

SOON = timedelta(days=30)


@to_do
def to_review(request: HttpRequest, now: datetime) -> Iterator[ToDo]:
    """One query; urgent from the day of the review on."""
    if not request.user.has_perm("privacy.view_legalhold"):
        return
    today = local_day(now)
    waiting = LegalHold.objects.filter(released_at__isnull=True, review_on__lte=today + SOON)
    days = list(waiting.order_by("review_on").values_list("review_on", flat=True))
    if days:
        text = ngettext(
            "%(count)d blocage de suppression est à revoir dans les 30 jours.",
            "%(count)d blocages de suppression sont à revoir dans les 30 jours.",
            len(days),
        )
        url = reverse("admin:privacy_datasubject_changelist") + "?protection=held"
        yield ToDo(text=text % {"count": len(days)}, url=url, is_urgent=days[0] <= today)
