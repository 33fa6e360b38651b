"""What a person changes in their own space besides their data: marketing, objections, the end."""

from datetime import UTC, datetime

from django.contrib.auth import logout
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from consent.periods import local_day
from privacy import choice_texts, limits
from privacy.actions.marketing import choose, object_to_marketing, object_to_promotion
from privacy.actions.space import close_account, subject_of
from privacy.forms import CloseForm
from privacy.marketing import last_day_of_account
from privacy.models import Channel, DataSubject, ObjectionKind, User
from privacy.models.marketing import Source
from privacy.views.outcomes import redirect_with
from privacy.views.own import own_data


def _person(request: HttpRequest, *, now: datetime) -> DataSubject:
    """The person of the session. Raises Http404 for staff, who have no such space."""
    assert isinstance(request.user, User)
    person = subject_of(account=request.user, now=now)
    if person is None:
        raise Http404
    return person


@require_POST
@own_data
@login_required
def marketing(request: HttpRequest) -> HttpResponse:
    """Only what differs from what the page showed: an old window turns nothing on again."""
    now = datetime.now(UTC)
    person = _person(request, now=now)
    wanted = {
        channel: channel in request.POST
        for channel in Channel.values
        if (channel in request.POST) != (request.POST.get(f"was-{channel}") == "1")
    }
    choose(person=person, wanted=wanted, shown=choice_texts.hashes(), now=now)
    return redirect_with("account:home", "enregistre")


@require_POST
@own_data
@login_required
def object_page(request: HttpRequest) -> HttpResponse:
    now = datetime.now(UTC)
    person = _person(request, now=now)
    if request.POST.get("kind") == ObjectionKind.MARKETING:
        object_to_marketing(person=person, now=now, source=Source.ACCOUNT)
    elif request.POST.get("kind") == ObjectionKind.LEGITIMATE_INTEREST:
        object_to_promotion(person=person, now=now, source=Source.ACCOUNT)
    else:
        raise Http404
    return redirect_with("account:home", "oppose")


@sensitive_post_parameters("password")
@require_http_methods(["GET", "HEAD", "POST"])
@login_required
@own_data
@limits.throttled
def close(request: HttpRequest) -> HttpResponse:
    """What stays, and until when; then the password, so that no open window ends an account."""
    now, account = datetime.now(UTC), request.user
    assert isinstance(account, User)
    if account.is_staff:
        # Colleagues leave by `manage.py staff remove`.
        raise Http404
    _person(request, now=now)
    form = CloseForm(request.POST if request.method == "POST" else None, account=account)
    if request.method == "POST":
        limits.require_attempt(request, account.email, limits.LOGIN, now=now)
        if form.is_valid():
            close_account(account=account, now=now)
            logout(request)
            return redirect_with("account:login", "compte-ferme")
        limits.count(request, account.email, limits.LOGIN, now=now)
    context = {"form": form, "until": last_day_of_account(local_day(now))}
    return render(request, "account/close.html", context, status=422 if form.errors else 200)
