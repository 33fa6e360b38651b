"""An act that staff may do with a request: its form, its permission, and what it does."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django import forms

from privacy.models import RightsRequest
from privacy.requests.states import Status

HANDLE = "privacy.handle_rightsrequest"
DECIDE = "privacy.decide_rightsrequest"


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """`do` takes request, by, now and the form's cleaned data; it raises moves.NotPossible.

    `form` is made with `request=` where `about_request`; `suits` says whether the act makes sense
    for a request in one of `sources`.
    """

    name: str
    label: Any
    permission: str
    form: type[forms.Form]
    sources: tuple[Status, ...]
    do: Callable[..., RightsRequest]
    about_request: bool = False
    suits: Callable[[RightsRequest], bool] | None = None

    def fits(self, request: RightsRequest) -> bool:
        if request.content_erased_at is not None and self.name != "close":
            return False
        return request.status in self.sources and (self.suits is None or self.suits(request))

    def form_of(self, request: RightsRequest, data: Any = None, **options: Any) -> forms.Form:
        if self.about_request:
            options["request"] = request
        return self.form(data, **options)
