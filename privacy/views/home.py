"""The person's own space: what is held about them, to see and to correct."""

from datetime import UTC, datetime
from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_http_methods

from consent import acceptances
from privacy import choice_texts, factor
from privacy.access import acceptances_of, history_of
from privacy.actions.accounts import change_details
from privacy.actions.marketing import choices_of
from privacy.actions.space import correct_own, subject_of
from privacy.forms import DetailsForm
from privacy.models import DataSubject, Objection, User
from privacy.own_data import OwnDataForm
from privacy.views.outcomes import redirect_with, sentence_of
from privacy.views.own import own_data


@require_http_methods(["GET", "HEAD", "POST"])
@own_data
@login_required
def home(request: HttpRequest) -> HttpResponse:
    account = request.user
    assert account.is_authenticated
    person = subject_of(account=account, now=datetime.now(UTC))
    form = _form(request, account, person)
    if request.method == "POST" and form.is_valid():
        if person is None:
            change_details(account=account, **form.cleaned_data)
        else:
            correct_own(person=person, account=account)
        return redirect_with("account:home", "enregistre")
    context = {
        "form": form,
        "account": account,
        "person": person,
        **(_marketing(person) if person is not None else {}),
        "outcome": sentence_of(request),
        **_choices(request, account),
        "has_factor": account.is_staff and factor.is_asked(account),
        "codes_left": factor.recovery_codes_left(account) if account.is_staff else 0,
        "session_days": settings.SESSION_COOKIE_AGE // 86_400,
    }
    return render(request, "account/home.html", context, status=422 if form.errors else 200)


def _form(
    request: HttpRequest, account: User, person: DataSubject | None
) -> DetailsForm | OwnDataForm:
    """Of their own data; staff who are nobody's customer have a name and a language only."""
    data = request.POST if request.method == "POST" else None
    if person is not None:
        return OwnDataForm(data, instance=person)
    return DetailsForm(data, initial={"name": account.name, "language": account.language})


def _marketing(person: DataSubject) -> dict[str, Any]:
    """The four choices as they stand, and which objections are open since when."""
    given = choices_of(person)
    opened = Objection.objects.filter(person=person, ended_at__isnull=True)
    return {
        "choices": [(text, given[text.channel]) for text in choice_texts.texts()],
        "objections": {row.kind: row.at for row in opened},
    }


def _choices(request: HttpRequest, account: User) -> dict[str, Any]:
    """What the account agreed to, as it stands, and all that became of it, newest first."""
    snapshot = request.consent.snapshot  # type: ignore[attr-defined]
    language = request.LANGUAGE_CODE
    given = acceptances_of(account)
    names = acceptances.names_of(snapshot, language)
    agreed = {record.pk: record.categories for record in given}
    lines = []
    for record in history_of(given):
        ended = agreed.get(record.previous, []) if record.previous else []
        about = record.categories or ended
        lines.append({"record": record, "categories": [names.get(key, key) for key in about]})
    shown = acceptances.shown(given, snapshot=snapshot, language=language, now=datetime.now(UTC))
    return {"acceptances": shown, "history": lines}
