"""How often one may try, by address and by network, counted in PostgreSQL.

The count is the same whether an account exists or not (DR-05).
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import wraps
from typing import Concatenate

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase

from clicknconnect import throttle
from clicknconnect.errors import error_page
from clicknconnect.network import client_address, network_of


@dataclass(frozen=True, slots=True)
class Rate:
    scope: str
    by_address: int
    by_network: int
    period: timedelta


# Failures only: an office that logs in every morning is no attack.
LOGIN = Rate("login", 10, 50, timedelta(minutes=15))
# Second factors: every attempt, so that many at the same moment are many.
CODE = Rate("code", 10, 100, timedelta(minutes=15))
# Each makes a letter to someone who may not have asked for it.
REGISTER = Rate("register", 5, 50, timedelta(hours=1))
RESET = Rate("reset", 5, 50, timedelta(hours=1))
CONTACT = Rate("contact", 5, 50, timedelta(hours=1))
RIGHTS = Rate("rights", 5, 50, timedelta(hours=1))
CORRECTION = Rate("correction", 20, 100, timedelta(hours=1))
# Each is work for the worker, and each tries a password.
EXPORT = Rate("export", 10, 100, timedelta(hours=1))
# Codes of copies: every attempt, by the reference of the request.
COPY = Rate("copy", 10, 50, timedelta(hours=1))
# A person who writes about their request, by its reference.
HEARD = Rate("heard", 10, 50, timedelta(hours=1))


class TooManyAttempts(Exception):
    def __init__(self, seconds: int) -> None:
        super().__init__(f"Too many attempts; wait {seconds} s.")
        self.seconds = seconds


def count(request: HttpRequest, email: str, rate: Rate, *, now: datetime) -> None:
    """Count one attempt for `email`, or what else names the account.

    Raises TooManyAttempts when it is one too many.
    """
    seconds = max(
        throttle.hit(f"{rate.scope}:{kind}", who, limit=limit, period=rate.period, now=now)
        for kind, who, limit in (
            ("address", email, rate.by_address),
            ("network", network_of(client_address(request)), rate.by_network),
        )
    )
    if seconds:
        raise TooManyAttempts(seconds)


def require_attempt(request: HttpRequest, email: str, rate: Rate, *, now: datetime) -> None:
    """Raise TooManyAttempts where `count` would, and count nothing."""
    with transaction.atomic():
        try:
            count(request, email, rate, now=now)
        finally:
            transaction.set_rollback(True)


def throttled[**P, R: HttpResponseBase](
    view: Callable[Concatenate[HttpRequest, P], R],
) -> Callable[Concatenate[HttpRequest, P], R | HttpResponse]:
    """Answer TooManyAttempts with the page that says how long to wait."""

    @wraps(view)
    def wrapped(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> R | HttpResponse:
        try:
            return view(request, *args, **kwargs)
        except TooManyAttempts as error:
            return error_page(request, 429, retry_after=error.seconds)

    return wrapped
