"""The person proposes corrections, from the page where they follow their request."""

from datetime import UTC, datetime

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.views.decorators.http import require_POST

from clicknconnect.errors import error_page
from privacy import limits
from privacy.models import RightsRequest
from privacy.requests import correcting, links
from privacy.requests.moves import NotPossible
from privacy.views import rights_follow
from privacy.views.doors import by_mailed_link
from privacy.views.own import own_data

PANEL = "rights/_correct.html"


@require_POST
@own_data
@limits.throttled
@by_mailed_link
def correct(request: HttpRequest, asked: RightsRequest) -> HttpResponse:
    """Behind the mailed link, or the account's own page, which names the same address."""
    now = datetime.now(UTC)
    limits.count(request, asked.email, limits.CORRECTION, now=now)
    form = correcting.ProposeForm(request.POST)
    if not correcting.may_propose(asked):
        return error_page(request, 409)
    if form.is_valid():
        try:
            correcting.propose(request=asked, values=form.values(), now=now)
        except NotPossible as error:
            return error_page(request, 409, detail=str(error))
        return HttpResponseRedirect(f"{links.follow_path(asked)}#corrections", status=303)
    panels = rights_follow.shown(asked, now=now)["panels"]
    for panel in panels:
        if panel["template"] == PANEL:
            panel["data"]["form"] = form
    return rights_follow.followed(request, asked, by_link=True, status=422, panels=panels)
