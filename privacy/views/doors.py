"""The two ways to one's own request: the mailed link, and the account."""

from collections.abc import Callable
from datetime import UTC, datetime
from functools import wraps
from typing import Concatenate

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase

from clicknconnect.errors import error_page
from privacy.models import RightsRequest
from privacy.requests import links

type View[**P] = Callable[Concatenate[HttpRequest, RightsRequest, P], HttpResponseBase]


def by_mailed_link[**P](view: View[P]) -> Callable[..., HttpResponseBase]:
    """The view gets the request whose link it is; another's is a 404, one of long ago a 410."""

    @wraps(view)
    def wrapped(
        request: HttpRequest, reference: str, token: str, *args: P.args, **kwargs: P.kwargs
    ) -> HttpResponseBase:
        try:
            asked = links.to_follow(reference, token, now=datetime.now(UTC))
        except links.UnknownLink as error:
            raise Http404 from error
        except links.SpentLink:
            return error_page(request, 410)
        return view(request, asked, *args, **kwargs)

    return wrapped


def by_account[**P](view: View[P]) -> Callable[..., HttpResponseBase]:
    """The view gets the account's own request; a stranger's is as if it were not there."""

    @login_required
    @wraps(view)
    def wrapped(
        request: HttpRequest, reference: str, *args: P.args, **kwargs: P.kwargs
    ) -> HttpResponseBase:
        asked = RightsRequest.objects.filter(reference=reference, account=request.user.pk).first()
        if asked is None:
            raise Http404
        return view(request, asked, *args, **kwargs)

    return wrapped


def private(response: HttpResponse) -> HttpResponse:
    """Kept by no cache, found by no search engine."""
    response.headers["Cache-Control"] = "private, no-store"
    response.headers["X-Robots-Tag"] = "noindex, nofollow"
    return response
