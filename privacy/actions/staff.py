"""Who is staff, and with which second factor. Every act is in the journal, in its transaction."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from django.contrib.auth.hashers import UNUSABLE_PASSWORD_PREFIX, make_password
from django.contrib.auth.models import Group
from django.db import transaction
from django.db.models import F
from django_otp.models import Device

from consent import audit
from privacy import factor
from privacy.actions.accounts import send_letter_to
from privacy.entering import target_of
from privacy.letters import Kind
from privacy.models import User


class NotStaff(Exception):
    """The account is a person's, not a colleague's."""


@dataclass(frozen=True, slots=True)
class Invitation:
    account: User
    is_new: bool
    added: list[str]
    is_sent: bool


@transaction.atomic
def invite(
    *,
    email: str,
    groups: Collection[Group],
    language: str,
    name: str,
    with_account: bool,
    now: datetime,
) -> Invitation:
    """Make or find the account, give it the groups, and mail a link where a factor is lacking.

    Raises NotStaff for the account of a person who is no colleague, unless `with_account`.
    """
    account = User.objects.select_for_update().filter(email=email).first()
    is_new = account is None
    if account is None:
        account = User.objects.create(
            email=email,
            name=name,
            language=language,
            is_active=False,
            is_staff=True,
            password=make_password(None),
            date_joined=now,
        )
    elif not account.is_staff:
        if _is_unconfirmed(account):
            # Nobody proved this address; whatever was mailed to it so far ends.
            account.password, account.name = make_password(None), name
        elif not with_account:
            raise NotStaff
        account.is_staff = True
        account.save(update_fields=["is_staff", "password", "name"])
    had = set(account.groups.values_list("name", flat=True))
    added = [group for group in groups if group.name not in had]
    account.groups.add(*added)
    is_sent = not account.is_active or not factor.is_asked(account)
    if is_sent:
        send_letter_to(account, Kind.INVITATION)
    names = sorted(group.name for group in added)
    audit.record(
        by=None,
        act="staff.invited",
        now=now,
        target=target_of(account),
        details={"groups": names, "letter": is_sent},
    )
    return Invitation(account=account, is_new=is_new, added=names, is_sent=is_sent)


def _is_unconfirmed(account: User) -> bool:
    return not account.is_active and account.password.startswith(UNUSABLE_PASSWORD_PREFIX)


@transaction.atomic
def reset_factor(*, account: User, now: datetime) -> None:
    """Take the lost factor away, end the sessions, and mail the way to a new one."""
    if not account.is_staff:
        raise NotStaff
    factor.remove(account)
    User.objects.filter(pk=account.pk).update(session_number=F("session_number") + 1)
    send_letter_to(account, Kind.FACTOR if account.is_active else Kind.INVITATION)
    audit.record(by=None, act="staff.factor_reset", now=now, target=target_of(account))


@transaction.atomic
def remove(*, account: User, now: datetime) -> list[str]:
    """Take all powers and the factor away and end the sessions; the groups that were left.

    The account stays, as any person's: what they did is in the journal under its id.
    """
    if not account.is_staff:
        raise NotStaff
    groups = sorted(account.groups.values_list("name", flat=True))
    account.groups.clear()
    account.user_permissions.clear()
    factor.remove(account)
    User.objects.filter(pk=account.pk).update(
        is_staff=False, is_superuser=False, session_number=F("session_number") + 1
    )
    audit.record(
        by=None,
        act="staff.removed",
        now=now,
        target=target_of(account),
        details={"groups": groups},
    )
    return groups


@dataclass(frozen=True, slots=True)
class Enrolled:
    device: Device
    codes: list[str]


@transaction.atomic
def enrol(
    *,
    account: User,
    secret: bytes,
    code: str,
    now: datetime,
    password: str = "",
    name: str = "",
) -> Enrolled | None:
    """Make `secret` the second factor if `code` is its; None, and nothing done, if it is not.

    `password` and `name` are for who is invited: they open the account.
    """
    had = factor.is_asked(account)
    installed = factor.install(account=account, secret=secret, code=code, now=now)
    if installed is None:
        return None
    if password:
        User.objects.filter(pk=account.pk).update(
            name=name, password=make_password(password), is_active=True
        )
    audit.record(
        by=account,
        act="staff.factor_replaced" if had else "staff.enrolled",
        now=now,
        target=target_of(account),
    )
    return Enrolled(*installed)


@transaction.atomic
def renew_codes(*, account: User, now: datetime) -> list[str]:
    audit.record(by=account, act="staff.recovery_codes_renewed", now=now, target=target_of(account))
    return factor.new_recovery_codes(account)


@transaction.atomic
def remove_factor(*, account: User, now: datetime) -> None:
    """Only where none is required: elsewhere a factor is replaced."""
    factor.remove(account)
    audit.record(by=account, act="staff.factor_removed", now=now, target=target_of(account))
