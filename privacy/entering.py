"""The beginning and the end of a session, with what the journal says of staff."""

from datetime import datetime

from django.contrib import messages
from django.contrib.auth import login, logout
from django.db import transaction
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django_otp import login as mark_verified
from django_otp.models import Device

from consent import audit
from privacy import factor
from privacy.models import User

BACKEND = "django.contrib.auth.backends.ModelBackend"


def target_of(account: User) -> str:
    """How the journal names an account."""
    return f"privacy.user:{account.pk}"


def begin(request: HttpRequest, account: User, device: Device | None, *, now: datetime) -> None:
    """Begin a session; with `device`, which has just accepted a code, a verified one."""
    with transaction.atomic():
        # As the triggers left it: the session is bound to its session number.
        account = User.objects.get(pk=account.pk)
        if account.is_staff:
            means = factor.kind_of(device).value if device is not None else "password"
            audit.record(
                by=account,
                act="staff.logged_in",
                now=now,
                target=target_of(account),
                details={"factor": means},
            )
        login(request, account, backend=BACKEND)
        if device is not None:
            mark_verified(request, device)
    if device is not None and factor.kind_of(device) is factor.Kind.RECOVERY:
        _note_recovery(request, account, now=now)


def _note_recovery(request: HttpRequest, account: User, *, now: datetime) -> None:
    left = factor.recovery_codes_left(account)
    audit.record(
        by=account,
        act="staff.recovery_code_used",
        now=now,
        target=target_of(account),
        details={"left": left},
    )
    if left:
        words = ngettext(
            "Ce code de secours a servi. Il vous en reste %(left)d.",
            "Ce code de secours a servi. Il vous en reste %(left)d.",
            left,
        ) % {"left": left}
    else:
        words = _("C'était votre dernier code de secours. Faites-en de nouveaux maintenant.")
    messages.warning(request, words)


def end(request: HttpRequest, *, now: datetime) -> None:
    """End the session of whoever has one."""
    account = request.user
    if isinstance(account, User) and account.is_staff:
        audit.record(by=account, act="staff.logged_out", now=now, target=target_of(account))
    logout(request)
