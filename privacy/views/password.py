"""Choosing a password through a mailed link. No session is made on the way (CK-14)."""

from datetime import UTC, datetime

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from clicknconnect.errors import error_page
from privacy import limits
from privacy.actions.accounts import ask_password_reset, set_password
from privacy.forms import AddressForm, PasswordForm
from privacy.tokens import Purpose, SpentToken, account_of
from privacy.views.outcomes import DONE, redirect_with


@require_http_methods(["GET", "HEAD", "POST"])
@limits.throttled
def reset_page(request: HttpRequest) -> HttpResponse:
    """The same answer for a known and an unknown address (DR-05)."""
    if request.method != "POST":
        if request.GET.get(DONE):
            hours = settings.PASSWORD_RESET_TIMEOUT // 3600
            return render(request, "account/password_sent.html", {"hours": hours})
        known = request.user.email if request.user.is_authenticated else ""
        form = AddressForm(initial={"email": known})
        return render(request, "account/password_reset.html", {"form": form})
    form = AddressForm(request.POST)
    if not form.is_valid():
        return render(request, "account/password_reset.html", {"form": form}, status=422)
    email = form.cleaned_data["email"]
    limits.count(request, email, limits.RESET, now=datetime.now(UTC))
    ask_password_reset(email=email)
    return redirect_with("account:password-reset", "envoye")


def reset(request: HttpRequest, token: str) -> HttpResponse:
    """The mailed link of a forgotten password."""
    return choose_password(request, token, Purpose.RESET)


@sensitive_post_parameters("password")
@require_http_methods(["GET", "HEAD", "POST"])
def choose_password(request: HttpRequest, token: str, purpose: Purpose) -> HttpResponse:
    """Opening the link shows a form and changes nothing: mail programs open links too."""
    try:
        account = account_of(token, purpose)
        form = PasswordForm(request.POST if request.method == "POST" else None, account=account)
        if form.is_valid():
            set_password(
                account=account, password=form.cleaned_data["password"], now=datetime.now(UTC)
            )
            return redirect_with("account:login", "mot-de-passe")
    except SpentToken:
        return error_page(request, 410)
    context = {"form": form, "account": account, "is_new": purpose is Purpose.CONFIRM}
    status = 422 if form.errors else 200
    return render(request, "account/password_choose.html", context, status=status)
