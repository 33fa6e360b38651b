"""Making an account: first the address, then its proof, then a password."""

from datetime import UTC, datetime

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from privacy import limits
from privacy.actions.accounts import register
from privacy.forms import RegisterForm
from privacy.tokens import CONFIRM_LIFE, Purpose
from privacy.views.outcomes import DONE, redirect_with
from privacy.views.password import choose_password


@require_http_methods(["GET", "HEAD", "POST"])
@limits.throttled
def register_page(request: HttpRequest) -> HttpResponse:
    """The same answer for a known and an unknown address; the letter tells its owner (DR-05)."""
    if request.user.is_authenticated:
        return redirect("account:home")
    if request.method != "POST":
        if request.GET.get(DONE):
            return render(request, "account/register_sent.html", {"days": CONFIRM_LIFE.days})
        return render(request, "account/register.html", {"form": RegisterForm()})
    form = RegisterForm(request.POST)
    if not form.is_valid():
        return render(request, "account/register.html", {"form": form}, status=422)
    email, now = form.cleaned_data["email"], datetime.now(UTC)
    limits.count(request, email, limits.REGISTER, now=now)
    register(
        email=email,
        name=form.cleaned_data["name"],
        language=request.LANGUAGE_CODE,
        now=now,
    )
    return redirect_with("account:register", "envoye")


def confirm(request: HttpRequest, token: str) -> HttpResponse:
    """The mailed link of a registration."""
    return choose_password(request, token, Purpose.CONFIRM)
