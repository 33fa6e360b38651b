"""What the tables of `consent`, of this wiring and of installed packages hold about people.

`consent` knows nothing of `privacy`, and packages know nothing of this site, so it stands here.
"""

import base64
import json
import zlib
from typing import Any

from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Group, Permission
from django.contrib.contenttypes.models import ContentType
from django.contrib.sessions.models import Session
from django_otp.plugins.otp_static.models import StaticDevice, StaticToken
from django_otp.plugins.otp_totp.models import TOTPDevice
from procrastinate.contrib.django import models as queue

from clicknconnect.models import Run
from clicknconnect.throttle import Window
from consent import models as consent
from privacy.plans import binding
from privacy.sources.base import KEY, LINK, Declaration, NotPersonal, Personal, Source

NOBODY = "what was published: the same for everybody"
COUNTS = "counts of a day, without anybody"


class AccountLinkData(Source):
    """Which acceptances are an account's; the records themselves name nobody (CP-05)."""

    model = consent.AccountLink
    path = "account__subject"
    rule = "account"
    clock = "account__subject__account_closed_on"
    purposes = ("ii",)
    fields = {
        "record": Personal("choices"),
        "account": LINK,
    }


APART: dict[type[Any], str] = {
    consent.Record: "choices about cookies, without any account, address or network (CP-05, CP-07)",
    consent.Ended: "which record ended which, by random keys",
    consent.EndsWritten: "how far a job has come",
    consent.IdempotencyKey: "hashes of random numbers, for 24 hours",
    consent.Sealed: "hashes of records that name nobody",
    consent.Seal: "hashes and signatures of the log",
    consent.Anchor: "seals that were sent outside",
    consent.Verification: "results of verifying the log",
    consent.Act: "what staff did, by random keys of accounts; never a person's data",
    consent.Acknowledgement: "decisions about warnings, and who of the staff took them, by key",
    consent.Control: "settings of the site",
    consent.Unrecorded: COUNTS,
    consent.DayCount: COUNTS,
    consent.Showing: COUNTS,
    consent.CspReport: "addresses that a page tried to call, without query or visitor",
    consent.CspHandled: "decisions about such reports, and who of the staff took them, by key",
    consent.Notice: NOBODY,
    consent.Publication: NOBODY,
    consent.Asset: NOBODY,
    consent.Revision: NOBODY,
    consent.Picture: "pictures of the banner",
    consent.Fact: NOBODY,
    consent.Category: NOBODY,
    consent.Service: NOBODY,
    consent.Cookie: NOBODY,
    consent.Browser: NOBODY,
    consent.BannerText: NOBODY,
    consent.PolicyBlock: NOBODY,
    consent.PresetRule: NOBODY,
    Run: "when background jobs ran; the class of an error, never its text",
    Window: "keyed hashes of addresses and networks, for the time of a rate limit",
    LogEntry: "Django's own journal; this site writes another one and keeps this one empty",
    Permission: "names of permissions",
    Group: "names of groups of staff",
    Group.permissions.through: "permissions of groups of staff",
    ContentType: "names of tables",
    queue.ProcrastinateWorker: "which workers live",
    queue.ProcrastinateEvent: "when a job changed its state",
    queue.ProcrastinatePeriodicDefer: "when periodic jobs were deferred",
}


def _apart(model: type[Any], reason: str) -> None:
    type(f"{model.__name__}Data", (Source,), {"model": model, "apart": reason})


for _model, _reason in APART.items():
    _apart(_model, _reason)

_FACTOR: dict[str, Declaration] = {
    "id": KEY,
    "user": LINK,
    "name": Personal("other"),
    "confirmed": Personal("other", provided=False),
    "throttling_failure_timestamp": Personal("other", provided=False),
    "throttling_failure_count": Personal("other", provided=False),
    "created_at": Personal("other", provided=False),
    "last_used_at": Personal("other", provided=False),
}
_SETTING = NotPersonal("a setting of the code, the same for everybody")


class _Factor(Source):
    """A second factor: of staff today, of anybody with an account by its path."""

    path = "user__subject"
    rule = "account"
    clock = "user__subject__account_closed_on"
    purposes = ("ii",)


class StaticDeviceData(_Factor):
    model = StaticDevice
    fields = _FACTOR


class StaticTokenData(Source):
    model = StaticToken
    path = "device__user__subject"
    rule = "account"
    clock = "device__user__subject__account_closed_on"
    purposes = ("ii",)
    fields = {
        "id": KEY,
        "device": LINK,
        "token": Personal("credentials", exported=False),
    }


class TOTPDeviceData(_Factor):
    model = TOTPDevice
    fields = {
        **_FACTOR,
        "key": Personal("credentials", exported=False),
        "step": _SETTING,
        "t0": _SETTING,
        "digits": _SETTING,
        "tolerance": _SETTING,
        "drift": _SETTING,
        "last_t": Personal("other", provided=False, exported=False),
    }


def _accounts(people: list[Any]) -> set[str]:
    """The keys of these people's accounts, as text."""
    with binding.cursor() as cursor:
        cursor.execute(
            "SELECT account_id::text FROM privacy_datasubject"
            " WHERE id = ANY(%(people)s::uuid[]) AND account_id IS NOT NULL",
            {"people": binding.array(people)},
        )
        return {key for (key,) in cursor.fetchall()}


class SessionData(Source):
    """Sessions hold the key of an account, in a text that only the site reads."""

    model = Session
    rule = "account"
    clock = "expire_date"
    purposes = ("ii",)
    fields = {
        "session_key": Personal("credentials", exported=False),
        "session_data": Personal("credentials", exported=False),
        "expire_date": Personal("other", provided=False),
    }

    @classmethod
    def find(cls, people: list[Any]) -> Any:
        """Reads every session: there are as many as people who are logged in."""
        accounts = _accounts(people)
        if not accounts:
            return Session.objects.none()
        rows = Session.objects.values_list("session_key", "session_data").iterator(chunk_size=2000)
        mine = [key for key, data in rows if _account_of(data) in accounts]
        return Session.objects.filter(pk__in=mine)


def _account_of(data: str) -> str:
    """The account in a session's text, which is signed, not encrypted; "" when there is none."""
    payload = data.partition(":")[0]
    compressed = payload.startswith(".")
    try:
        raw = base64.urlsafe_b64decode(payload.lstrip(".") + "==")
        decoded = json.loads(zlib.decompress(raw) if compressed else raw)
    except (ValueError, zlib.error):
        return ""
    return str(decoded.get("_auth_user_id", "")) if isinstance(decoded, dict) else ""


class JobData(Source):
    """Jobs name people by random keys, in their arguments and their lock."""

    model = queue.ProcrastinateJob
    rule = "account"
    clock = "scheduled_at"
    purposes = ("ii",)
    fields = {
        "id": KEY,
        "queue_name": NotPersonal("one of a few"),
        "task_name": NotPersonal("one of a few"),
        "priority": NotPersonal("a setting of the code"),
        "lock": Personal("other", provided=False, exported=False),
        "args": Personal("other", provided=False, exported=False),
        "status": NotPersonal("one of a few"),
        "scheduled_at": NotPersonal("when a job runs"),
        "attempts": NotPersonal("a count"),
        "queueing_lock": Personal("other", provided=False, exported=False),
        "abort_requested": NotPersonal("yes or no"),
        "worker": NotPersonal("a worker's number"),
    }

    @classmethod
    def find(cls, people: list[Any]) -> Any:
        """Jobs whose arguments hold a key of these people or of their accounts."""
        keys = {str(key) for key in people} | _accounts(people)
        named = queue.ProcrastinateJob.objects.extra(  # no outside text in it
            where=[
                "EXISTS (SELECT FROM jsonb_each_text(procrastinate_jobs.args) AS argument"
                " WHERE argument.value = ANY(%s::text[]))"
            ],
            params=[binding.array(keys)],
        )
        return named
