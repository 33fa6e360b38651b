"""The end of a request's file: what names the person goes, the figures and the chain stay.

What hangs on the request (messages, notes, files that another table declares under it) is found
by the declarations, `path = "request__person"`: a new table needs no word here.
"""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from privacy.models import RequestEvent, RequestEventKind, RightsRequest
from privacy.personal_data import RightsRequestData
from privacy.plans.execute import erase_rows
from privacy.requests.timeline import CHAIN


@transaction.atomic
def empty(keys: list[Any], *, run: UUID, now: datetime) -> int:
    """Empty these requests and take away what hangs on them; how many were emptied.

    Whose person is under a hold or a restriction (b, c) stays. A second call does nothing.
    """
    # Locked by the call, until this transaction ends: nobody writes a step meanwhile.
    before = set(
        RightsRequest.objects.filter(pk__in=keys, content_erased_at__isnull=True)
        .order_by("pk")
        .select_for_update()
        .values_list("pk", flat=True)
    )
    gone = erase_rows(RightsRequestData, list(before), run=run, rule="request_files", now=now)
    emptied = RightsRequest.objects.filter(pk__in=before, content_erased_at__isnull=False)
    names = list(emptied.order_by("pk").values_list("pseudonym", flat=True))
    last = {
        step.request: step
        for step in RequestEvent.objects.filter(request__in=names)
        .order_by("request", "-number")
        .distinct("request")
    }
    RequestEvent.objects.bulk_create(
        CHAIN.after(
            last.get(name), name, RequestEventKind.CONTENT_ERASED, by=None, now=now,
            details={"run": str(run)},
        )
        for name in names
    )  # fmt: skip
    return gone
