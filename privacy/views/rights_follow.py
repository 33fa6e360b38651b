"""Following one request: by login, or by the mailed link; and confirming it."""

from datetime import UTC, datetime
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from clicknconnect.errors import error_page
from consent.periods import local_day
from privacy import deadlines, limits
from privacy.models import Direction, RightsRequest, User
from privacy.requests import acts, dialogue, links, panels
from privacy.requests.forms import WriteForm
from privacy.requests.moves import NotPossible
from privacy.views.doors import by_account, by_mailed_link, private
from privacy.views.own import own_data


@own_data
@require_http_methods(["GET", "HEAD", "POST"])
def confirm(request: HttpRequest, token: str) -> HttpResponse:
    """Opening the mailed link confirms nothing, as mail scanners open links; its button does."""
    now = datetime.now(UTC)
    try:
        asked = links.to_confirm(token, now=now)
        if request.method == "POST":
            acts.confirm(request=asked, now=now)
    except links.UnknownLink as error:
        raise Http404 from error
    except (links.SpentLink, NotPossible):
        return error_page(
            request,
            410,
            detail=_(
                "Il a déjà servi ou il est trop ancien. Votre demande n'est pas perdue : suivez-la "
                "par l'autre lien de notre message."
            ),
        )
    done = request.method == "POST"
    context = {"asked": asked, "done": done, "follow": links.follow_path(asked)}
    return private(render(request, "rights/confirm.html", context))


@own_data
@require_safe
@by_mailed_link
def by_link(request: HttpRequest, asked: RightsRequest) -> HttpResponse:
    return followed(request, asked, by_link=True)


@require_safe
@own_data
@by_account
def own(request: HttpRequest, asked: RightsRequest) -> HttpResponse:
    return followed(request, asked, by_link=False)


@own_data
@require_POST
@limits.throttled
@by_mailed_link
def write_by_link(request: HttpRequest, asked: RightsRequest) -> HttpResponse:
    return _heard(request, asked, by=None)


@require_POST
@own_data
@limits.throttled
@by_account
def write_own(request: HttpRequest, asked: RightsRequest) -> HttpResponse:
    assert isinstance(request.user, User)
    return _heard(request, asked, by=request.user)


def _heard(request: HttpRequest, asked: RightsRequest, *, by: User | None) -> HttpResponse:
    """What the person writes about their request; reloading the page writes nothing again."""
    form = WriteForm(request.POST)
    if not form.is_valid():
        return followed(request, asked, by_link=by is None, status=422, form=form)
    now = datetime.now(UTC)
    limits.count(request, asked.reference, limits.HEARD, now=now)
    dialogue.hear(request=asked, text=form.cleaned_data["text"], by=by, now=now)
    page = reverse("rights:follow", args=[asked.reference]) if by else links.follow_path(asked)
    return HttpResponseRedirect(f"{page}?said=1#messages", status=303)


def followed(
    request: HttpRequest,
    asked: RightsRequest,
    *,
    by_link: bool,
    status: int = 200,
    **said: Any,
) -> HttpResponse:
    """The page of one request; `said`: what the form that was sent has to say."""
    page = links.follow_path(asked) if by_link else reverse("rights:follow", args=[asked.reference])
    context = {
        **shown(asked, now=datetime.now(UTC)),
        "by_link": by_link,
        "page": page,
        "form": WriteForm(),
        "was_heard": request.GET.get("said") == "1",
        **said,
    }
    return private(render(request, "rights/follow.html", context, status=status))


def shown(asked: RightsRequest, *, now: datetime) -> dict[str, Any]:
    """What the person sees of their request; staff's notes are not among it."""
    today = local_day(now)
    pause = (
        deadlines.Pause(asked.identity_asked_on, asked.identity_came_on)
        if asked.identity_asked_on
        else None
    )
    suspended = deadlines.suspended_due(
        asked.due_on, received=asked.received_on, pause=pause, today=today
    )
    return {
        "asked": asked,
        "is_late": asked.is_open and today > asked.due_on,
        "suspended_due_on": suspended if suspended != asked.due_on else None,
        "written": asked.messages.exclude(direction=Direction.NOTE).order_by("written_at", "pk"),
        "panels": panels.shown(panels.PERSON, asked, who=None, now=now),
    }
