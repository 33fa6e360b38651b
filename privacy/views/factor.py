"""The second factor of staff in their own space: enrol, replace, new recovery codes, remove.

Each needs the password and, where there is a factor, a code of it.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from functools import wraps
from typing import Any

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from consent import audit
from privacy import entering, factor, limits
from privacy.actions import staff
from privacy.forms import AuthenticatorForm, ProvedForm
from privacy.models import User
from privacy.views.enrolment import codes_page, read_secret, refuse_code, shown
from privacy.views.outcomes import redirect_with


def _for_staff(
    view: Callable[[HttpRequest, User], HttpResponse],
) -> Callable[[HttpRequest], HttpResponse]:
    """Logged-in staff only; outside a demonstration only in a verified session."""

    @wraps(view)
    @login_required
    def wrapped(request: HttpRequest) -> HttpResponse:
        assert request.user.is_authenticated
        account = User.objects.get(pk=request.user.pk)
        verified = request.user.is_verified()  # type: ignore[attr-defined]
        if not account.is_staff or (factor.is_required(account) and not verified):
            raise PermissionDenied
        if request.method == "POST":
            limits.count(request, str(account.pk), limits.CODE, now=datetime.now(UTC))
        return view(request, account)

    return wrapped


@sensitive_post_parameters("password", "code", "new_code", "secret")
@require_http_methods(["GET", "HEAD", "POST"])
@limits.throttled
@_for_staff
def factor_page(request: HttpRequest, account: User) -> HttpResponse:
    has = factor.is_asked(account)
    if request.method != "POST":
        form = AuthenticatorForm(account=account, with_code=has)
        return _page(request, account, form, factor.new_secret(), has=has)
    form, now = AuthenticatorForm(request.POST, account=account, with_code=has), datetime.now(UTC)
    secret, done = read_secret(request, account, form), None
    with transaction.atomic():
        account = User.objects.select_for_update().get(pk=account.pk)
        if form.is_valid() and _proves(account, form, now=now):
            code = form.cleaned_data["new_code"]
            done = staff.enrol(account=account, secret=secret, code=code, now=now)
            if done is None:
                refuse_code(form)
    if done is None:
        return _page(request, account, form, secret, has=has, status=422)
    # The change ended all sessions, this one too: here begins another one.
    entering.begin(request, account, done.device, now=now)
    return codes_page(request, done.codes)


def _page(
    request: HttpRequest,
    account: User,
    form: AuthenticatorForm,
    secret: bytes,
    *,
    has: bool,
    status: int = 200,
) -> HttpResponse:
    context = {
        "form": form,
        "account": account,
        "has_factor": has,
        "left": factor.recovery_codes_left(account),
        "may_remove": has and not factor.is_required(account),
        **shown(account, secret),
    }
    return render(request, "account/factor.html", context, status=status)


@sensitive_post_parameters("password", "code")
@require_http_methods(["GET", "HEAD", "POST"])
@limits.throttled
@_for_staff
def renew_codes(request: HttpRequest, account: User) -> HttpResponse:
    def renew(now: datetime) -> HttpResponse:
        return codes_page(request, staff.renew_codes(account=account, now=now))

    texts = {
        "title": _("Nouveaux codes de secours"),
        "lead": _("Les codes que vous avez encore ne serviront plus."),
        "button": _("Faire de nouveaux codes"),
    }
    return _prove_first(request, account, renew, texts)


@sensitive_post_parameters("password", "code")
@require_http_methods(["GET", "HEAD", "POST"])
@limits.throttled
@_for_staff
def remove(request: HttpRequest, account: User) -> HttpResponse:
    if factor.is_required(account):
        raise PermissionDenied

    def remove_it(now: datetime) -> HttpResponse:
        staff.remove_factor(account=account, now=now)
        entering.begin(request, account, None, now=now)
        return redirect_with("account:home", "facteur-retire")

    texts = {
        "title": _("Retirer le second facteur"),
        "lead": _("Votre mot de passe suffira alors pour vous connecter."),
        "button": _("Retirer"),
    }
    return _prove_first(request, account, remove_it, texts)


def _prove_first(
    request: HttpRequest,
    account: User,
    act: Callable[[datetime], HttpResponse],
    texts: dict[str, str],
) -> HttpResponse:
    """Ask password and code, then `act`."""
    if not factor.is_asked(account):
        return redirect("account:factor")
    now = datetime.now(UTC)
    data = request.POST if request.method == "POST" else None
    form = ProvedForm(data, account=account, with_code=True)
    if form.is_valid() and _proves(account, form, now=now):
        return act(now)
    status = 422 if form.errors else 200
    return render(request, "account/factor_prove.html", {"form": form, **texts}, status=status)


def _proves(account: User, form: Any, *, now: datetime) -> bool:
    """Whether the code of the present factor is right, where there is one."""
    if "code" not in form.fields:
        return True
    if factor.verify(account=account, code=form.cleaned_data["code"]) is not None:
        return True
    target = entering.target_of(account)
    audit.record(by=account, act="staff.code_refused", now=now, target=target)
    form.add_error("code", _("Ce code ne convient pas. Attendez le suivant et entrez-le."))
    return False
