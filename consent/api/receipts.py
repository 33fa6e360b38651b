"""Receipts: what a person can keep of their acceptance (ISO/IEC TS 27560; CP-02, CP-03)."""

import uuid
from datetime import datetime
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils.translation import gettext as _

from consent import cookies, states
from consent.answers import is_signed
from consent.keys import keys_for
from consent.log import claims, seals
from consent.log.canonical import FIELDS, record_values
from consent.models import AccountLink, Publication, Record, Revision
from consent.register.effective import with_facts


def may_read(request: HttpRequest, record: uuid.UUID) -> bool:
    """Only with the cookie that names it, the link given at withdrawal, or the account.

    The cookie of an older notice, or of a choice that has ended, names its record all the same.
    """
    choice = cookies.parse(request.COOKIES.get(cookies.NAME, ""), keys_for("cookie"))
    if choice is not None and choice.record == record:
        return True
    if (key := request.GET.get("key")) and is_signed(record, key):
        return True
    return (
        settings.SESSION_COOKIE_NAME in request.COOKIES
        and request.user.is_authenticated
        and AccountLink.objects.filter(record=record, account=request.user.pk).exists()
    )


def receipt(key: uuid.UUID, *, now: datetime) -> dict[str, Any] | None:
    """The receipt of an acceptance; None when there is no such record.

    Its schema is /static/consent/receipt-1.schema.json. `now` is what became of it, beside what is
    sealed: the record itself never changes.
    """
    record = Record.objects.filter(pk=key, event="given").first()
    if record is None:
        return None
    revision = Revision.objects.get(pk=record.revision)
    leaf = record_values(tuple(getattr(record, name) for name in FIELDS))
    return {
        **claims.receipt(leaf, revision.content, site=settings.SITE_URL),
        "authority": _authority(record),
        "now": _standing(record, now),
        "proof": _proof(record),
    }


def _standing(record: Record, now: datetime) -> dict[str, Any]:
    standing = states.of([record], now=now)[record.pk]
    return {
        "state": standing.state.value,
        "since": standing.since.isoformat(),
        "record": str(standing.record) if standing.record else None,
    }


def _authority(record: Record) -> dict[str, Any]:
    publication = Publication.objects.get(pk=record.publication)
    register = with_facts(publication.content, record.language)
    facts = {row["key"]: row["words"] for row in register["facts"]}
    return {
        "name": facts["authority_name"],
        "address": facts["authority_address"],
        "email": facts["authority_email"],
    }


def _proof(record: Record) -> dict[str, Any]:
    """What shows that the record is in the sealed log, to anyone, without the site."""
    found = seals.proof(record)
    if found is None:
        return {
            "sealed": False,
            "detail": _(
                "Cette preuve n'est pas encore scellée : téléchargez-la à nouveau dans une minute."
            ),
        }
    return {"sealed": True, **found}
