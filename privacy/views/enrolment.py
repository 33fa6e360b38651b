"""The mailed link of staff: name and password where they are new, and the second factor.

One page, one POST: nothing is half done, and no session begins before the end (CK-14).
"""

from datetime import UTC, datetime
from typing import Any

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from clicknconnect.errors import error_page
from privacy import entering, factor, limits, tokens
from privacy.actions import staff
from privacy.forms import AuthenticatorForm, InvitedForm
from privacy.models import User
from privacy.tokens import Purpose, SpentToken


@sensitive_post_parameters("password", "new_code", "secret")
@require_http_methods(["GET", "HEAD", "POST"])
@limits.throttled
def enrol(request: HttpRequest, token: str) -> HttpResponse:
    """Opening the link shows a form and changes nothing: mail programs open links too."""
    try:
        account = tokens.account_of(token, Purpose.ENROL)
        if request.method != "POST":
            return _page(request, account, _form(account, None), factor.new_secret())
        limits.count(request, str(account.pk), limits.CODE, now=datetime.now(UTC))
        with transaction.atomic():
            return _enrol(request, tokens.account_of(token, Purpose.ENROL, lock=True))
    except SpentToken:
        return error_page(request, 410)


def _enrol(request: HttpRequest, account: User) -> HttpResponse:
    form, now = _form(account, request.POST), datetime.now(UTC)
    secret, done = read_secret(request, account, form), None
    if form.is_valid():
        words = form.cleaned_data
        invited = {} if account.is_active else {k: words[k] for k in ("password", "name")}
        done = staff.enrol(
            account=account, secret=secret, code=words["new_code"], now=now, **invited
        )
        if done is None:
            refuse_code(form)
    if done is None:
        return _page(request, account, form, secret, status=422)
    entering.begin(request, account, done.device, now=now)
    return codes_page(request, done.codes)


def _form(account: User, data: Any) -> InvitedForm | AuthenticatorForm:
    if account.is_active:
        return AuthenticatorForm(data, account=account, with_code=False)
    return InvitedForm(data, account=account, initial={"name": account.name})


def _page(
    request: HttpRequest,
    account: User,
    form: InvitedForm | AuthenticatorForm,
    secret: bytes,
    *,
    status: int = 200,
) -> HttpResponse:
    context = {"form": form, "account": account, **shown(account, secret)}
    return render(request, "account/enrol.html", context, status=status)


# --- The same where somebody who is logged in enrols or replaces --------------------------------


def read_secret(request: HttpRequest, account: User, form: Any) -> bytes:
    """The secret whose QR code was on the page; a new one, and an error, when that is too old."""
    try:
        return factor.opened(account, request.POST.get("secret", "")[:500])
    except factor.StaleSecret:
        form.add_error(
            None, _("Ce code QR n'était plus valable. En voici un autre : enregistrez celui-ci.")
        )
        return factor.new_secret()


def refuse_code(form: Any) -> None:
    form.add_error(
        "new_code",
        _(
            "Ce n'est pas le code de cette application. Attendez le suivant et vérifiez que "
            "l'heure de votre téléphone est réglée automatiquement."
        ),
    )


def shown(account: User, secret: bytes) -> dict[str, Any]:
    """What the page shows of a new secret."""
    address = factor.address(account, secret)
    return {
        "qr": factor.picture(address),
        "key": factor.in_words(secret),
        "address": address,
        "secret": factor.sealed(account, secret),
    }


def codes_page(request: HttpRequest, codes: list[str]) -> HttpResponse:
    """Once, and only as the answer to the POST that made them."""
    # The session may have begun with this very answer.
    context = {"codes": codes, "has_session": True}
    return render(request, "account/recovery_codes.html", context)
