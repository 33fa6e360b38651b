"""The acts of staff about letters: ask, post, and say what became of one that may have left."""

from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from privacy.models import Direction, RequestMessage, RightsRequest
from privacy.requests import dialogue, mailing
from privacy.requests.act import HANDLE, Act
from privacy.requests.forms import TextForm
from privacy.requests.states import OPEN, Status


def letters_of(request: RightsRequest) -> list[RequestMessage]:
    """All that was written to the person; asked once for each page."""
    found: list[RequestMessage] | None = getattr(request, "_letters", None)
    if found is None:
        rows: QuerySet[RequestMessage] = request.messages.filter(direction=Direction.OUT)
        found = list(rows.order_by("written_at", "pk"))
        request._letters = found  # type: ignore[attr-defined]
    return found


def unsettled(request: RightsRequest) -> list[RequestMessage]:
    return [one for one in letters_of(request) if one.state in mailing.UNSETTLED]


def unposted(request: RightsRequest) -> list[RequestMessage]:
    return [one for one in letters_of(request) if one.posted_at is None]


class LetterForm(forms.Form):
    message = forms.ChoiceField(label=_("Lettre"))

    def __init__(self, *args: Any, request: RightsRequest, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["message"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [
            (str(one.pk), f"{one.written_at:%Y-%m-%d} {one.subject}") for one in self.those(request)
        ]

    @staticmethod
    def those(request: RightsRequest) -> list[RequestMessage]:
        return unposted(request)


class SettleForm(LetterForm):
    outcome = forms.ChoiceField(
        label=_("Qu'en est-il ?"),
        choices=[
            ("arrived", _("Elle est arrivée : la noter comme partie")),
            ("again", _("Elle n'est pas arrivée : l'envoyer encore une fois")),
        ],
    )

    @staticmethod
    def those(request: RightsRequest) -> list[RequestMessage]:
        return unsettled(request)


ACTS = (
    Act(
        name="ask",
        label=_("Demander une précision"),
        permission=HANDLE,
        form=TextForm,
        sources=OPEN,
        do=dialogue.ask,
    ),
    Act(
        name="settle-letter",
        label=_("Dire ce qu'est devenue une lettre"),
        permission=HANDLE,
        form=SettleForm,
        sources=tuple(Status),
        do=mailing.settle,
        about_request=True,
        suits=lambda request: bool(unsettled(request)),
    ),
    Act(
        name="posted",
        label=_("Noter qu'une lettre est postée"),
        permission=HANDLE,
        form=LetterForm,
        sources=tuple(Status),
        do=mailing.post,
        about_request=True,
        suits=lambda request: bool(unposted(request)),
    ),
)
