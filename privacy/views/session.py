"""Logging in and out. A session begins only once the person is known (CK-14)."""

import hashlib
from datetime import UTC, datetime

from django.contrib.auth import authenticate
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from consent import audit
from privacy import entering, factor, limits, tokens
from privacy.access import next_page
from privacy.forms import CodeForm, LoginForm
from privacy.models import User
from privacy.tokens import Purpose, SpentToken
from privacy.views.outcomes import redirect_with, sentence_of

# Longer than any token of ours.
LONGEST_STEP = 300


@sensitive_post_parameters("password")
@require_http_methods(["GET", "HEAD", "POST"])
@limits.throttled
def log_in(request: HttpRequest) -> HttpResponse:
    if request.user.is_authenticated:
        return HttpResponseRedirect(next_page(request))
    if request.method != "POST":
        return _login_page(request, LoginForm())
    form = LoginForm(request.POST)
    now = datetime.now(UTC)
    account = _known(request, form, now=now) if form.is_valid() else None
    if account is None:
        return _login_page(request, form, status=422)
    if factor.is_asked(account):
        step = tokens.make(account, Purpose.STEP)
        return _code_page(request, CodeForm(), step=step)
    if factor.is_required(account):
        # Never by password alone: only a mailed link leads to a first factor.
        audit.record(
            by=account,
            act="staff.login_without_factor",
            now=now,
            target=entering.target_of(account),
        )
        return render(request, "account/factor_missing.html", status=403)
    entering.begin(request, account, None, now=now)
    return HttpResponseRedirect(next_page(request))


def _known(request: HttpRequest, form: LoginForm, *, now: datetime) -> User | None:
    """Whose address and password these are; the same words whatever was wrong (DR-05)."""
    email = form.cleaned_data["username"]
    limits.require_attempt(request, email, limits.LOGIN, now=now)
    # Costs the same for an unknown address: Django hashes anyway.
    user = authenticate(request, username=email, password=form.cleaned_data["password"])
    if user is None:
        limits.count(request, email, limits.LOGIN, now=now)
        form.add_error(None, _("L'adresse e-mail ou le mot de passe ne convient pas."))
        return None
    # A password hashed anew in passing is what the next step is bound to.
    return User.objects.get(pk=user.pk)


def _login_page(request: HttpRequest, form: LoginForm, *, status: int = 200) -> HttpResponse:
    context = {"form": form, "next": next_page(request), "outcome": sentence_of(request)}
    return render(request, "account/login.html", context, status=status)


@sensitive_post_parameters("step", "code")
@require_http_methods(["GET", "HEAD", "POST"])
@limits.throttled
def enter_code(request: HttpRequest) -> HttpResponse:
    """The second page of a login: the half-done login is in the form, signed, for five minutes.

    A wrong code and a step that is too old get the same words and cost the same.
    """
    if request.user.is_authenticated:
        return HttpResponseRedirect(next_page(request))
    if request.method != "POST":
        return redirect("account:login")
    form, now = CodeForm(request.POST), datetime.now(UTC)
    step = request.POST.get("step", "")[:LONGEST_STEP]
    if form.is_valid():
        account = _halfway(step)
        who = str(account.pk) if account else hashlib.sha256(step.encode()).hexdigest()
        limits.count(request, who, limits.CODE, now=now)
        device = factor.verify(account=account, code=form.cleaned_data["code"])
        if account is not None and device is not None:
            entering.begin(request, account, device, now=now)
            return HttpResponseRedirect(next_page(request))
        if account is not None and account.is_staff:
            audit.record(
                by=account,
                act="staff.code_refused",
                now=now,
                target=entering.target_of(account),
            )
        form.add_error(
            "code",
            _(
                "Ce code ne convient pas, ou il est trop tard. Attendez quelques secondes et "
                "entrez le code suivant, ou reprenez la connexion depuis le début."
            ),
        )
    return _code_page(request, form, step=step, status=422)


def _halfway(step: str) -> User | None:
    """Whose password was right a moment ago."""
    try:
        return tokens.account_of(step, Purpose.STEP)
    except SpentToken:
        return None


def _code_page(
    request: HttpRequest, form: CodeForm, *, step: str, status: int = 200
) -> HttpResponse:
    context = {"form": form, "step": step, "next": next_page(request)}
    return render(request, "account/code.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
def log_out(request: HttpRequest) -> HttpResponse:
    """Only a POST ends the session: a link or an image of another site cannot."""
    if request.method == "POST":
        entering.end(request, now=datetime.now(UTC))
        return redirect_with("account:login", "deconnecte")
    if not request.user.is_authenticated:
        return redirect("account:login")
    return render(request, "account/logout.html")
