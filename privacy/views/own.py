"""Pages where people see and change what is theirs."""

from collections.abc import Callable
from functools import wraps
from typing import Concatenate

from django.conf import settings
from django.db import transaction
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from privacy import restriction


def own_data[**P, R: HttpResponseBase](
    view: Callable[Concatenate[HttpRequest, P], R],
) -> Callable[Concatenate[HttpRequest, P], R]:
    """A restriction keeps the company from using data, not the person from their own (art. 18).

    Nothing for whoever is not logged in: no query, no transaction.
    """

    @wraps(view)
    def wrapped(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> R:
        if settings.SESSION_COOKIE_NAME not in request.COOKIES or not request.user.is_authenticated:
            return view(request, *args, **kwargs)
        with transaction.atomic(), restriction.handling():
            return view(request, *args, **kwargs)

    return wrapped
