"""What waits for a second person, on the front page of staff."""

from datetime import datetime
from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _

from clicknconnect.dashboard import ToDo, to_do
from privacy.models import Approval, User
from privacy.requests import four_eyes
from privacy.requests.act import DECIDE

MOST = 5


@to_do
def approvals_waiting(request: HttpRequest, now: datetime) -> Any:
    """Not what the reader proposed: they cannot approve it."""
    who = request.user
    if not isinstance(who, User) or not who.has_perm(DECIDE):
        return
    waiting = (
        Approval.objects.filter(state=Approval.State.WAITING)
        .exclude(proposed_by=who.pk)
        .select_related("request")
        .order_by("proposed_at")
    )
    for one in waiting[:MOST]:
        text = _("%(reference)s attend votre accord : %(act)s.")
        yield ToDo(
            text=text % {"reference": one.request.reference, "act": four_eyes.label_of(one)},
            url=reverse("admin:privacy_rightsrequest_change", args=[one.request_id]),
        )
