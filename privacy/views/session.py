"""Logging in and out. A session begins only once the person is known (CK-14)."""

from datetime import UTC, datetime

from django.contrib.auth import authenticate, login, logout
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from privacy import limits
from privacy.access import next_page
from privacy.forms import LoginForm
from privacy.views.outcomes import redirect_with, sentence_of


@sensitive_post_parameters("password")
@require_http_methods(["GET", "HEAD", "POST"])
@limits.throttled
def log_in(request: HttpRequest) -> HttpResponse:
    if request.user.is_authenticated:
        return HttpResponseRedirect(next_page(request))
    if request.method != "POST":
        return _login_page(request, LoginForm())
    form = LoginForm(request.POST)
    if form.is_valid() and _enter(request, form):
        return HttpResponseRedirect(next_page(request))
    return _login_page(request, form, status=422)


def _enter(request: HttpRequest, form: LoginForm) -> bool:
    """Begin a session when address and password fit; the same words whatever was wrong (DR-05)."""
    email, now = form.cleaned_data["username"], datetime.now(UTC)
    limits.require_attempt(request, email, limits.LOGIN, now=now)
    # Costs the same for an unknown address: Django hashes anyway.
    user = authenticate(request, username=email, password=form.cleaned_data["password"])
    if user is None:
        limits.count(request, email, limits.LOGIN, now=now)
        form.add_error(None, _("L'adresse e-mail ou le mot de passe ne convient pas."))
        return False
    login(request, user)
    return True


def _login_page(request: HttpRequest, form: LoginForm, *, status: int = 200) -> HttpResponse:
    context = {"form": form, "next": next_page(request), "outcome": sentence_of(request)}
    return render(request, "account/login.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
def log_out(request: HttpRequest) -> HttpResponse:
    """Only a POST ends the session: a link or an image of another site cannot."""
    if request.method == "POST":
        logout(request)
        return redirect_with("account:login", "deconnecte")
    if not request.user.is_authenticated:
        return redirect("account:login")
    return render(request, "account/logout.html")
