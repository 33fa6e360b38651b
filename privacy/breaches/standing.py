"""How a breach stands to its 72 hours, as a colour and words."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from privacy.models import Breach, Risk


@dataclass(frozen=True, slots=True)
class Standing:
    """`level`: "good", "warn", "bad" or "done"."""

    level: str
    words: str


def standing_of(breach: Breach, now: datetime) -> Standing:
    if breach.closed_at is not None:
        return Standing("done", _("close"))
    if breach.authority_told_at is not None:
        if breach.was_late:
            return Standing("done", _("autorité prévenue, en retard"))
        return Standing("done", _("autorité prévenue"))
    if breach.risk == Risk.NONE:
        return Standing("done", _("pas à annoncer"))
    hours = abs(breach.due_at - now) // timedelta(hours=1)
    if now > breach.due_at:
        words = ngettext(
            "l'autorité devait être prévenue il y a {n} heure",
            "l'autorité devait être prévenue il y a {n} heures",
            hours,
        )
        return Standing("bad", words.format(n=hours))
    words = ngettext(
        "il reste {n} heure pour prévenir l'autorité",
        "il reste {n} heures pour prévenir l'autorité",
        hours,
    )
    return Standing("warn", words.format(n=hours))
