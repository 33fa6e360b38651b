"""The dashboard's figures: what visitors chose, and how often they were asked."""

from datetime import date, datetime
from typing import Any

from django.http import HttpRequest
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from clicknconnect.dashboard import Panel, panel
from consent import chart, figures, statistics
from consent.figures import Row
from consent.models import Showing
from consent.periods import local_day
from consent.statistics import Bucket, Shown

PERIODS = (30, 90, 365)
USUAL_PERIOD = 90


@panel
def choices(request: HttpRequest, now: datetime) -> Panel | None:
    """Three queries, whatever the period."""
    if not request.user.has_perm("consent.view_record"):
        return None
    asked = request.GET.get("days", str(USUAL_PERIOD))
    days = next((one for one in PERIODS if str(one) == asked), USUAL_PERIOD)
    first, last = statistics.period(local_day(now), days)
    rows: list[Row | Shown] = [*figures.between(first, last), *shown(first, last)]
    context = {
        "days": days,
        "periods": PERIODS,
        "first": first,
        "last": last,
        **_drawn(rows, first, last),
    }
    if str(days) != asked:
        context["refused_period"] = _("Cette période n’existe pas ; voici les 90 derniers jours.")
    return Panel(
        title=_("Choix des visiteurs"),
        template="consent_staff/_choices.html",
        context=context,
        order=20,
        is_wide=True,
    )


def shown(first: date, last: date) -> list[Shown]:
    """Pages with the banner on these days."""
    found = Showing.objects.filter(day__gte=first, day__lte=last)
    return [
        Shown(*values) for values in found.values_list("day", "notice", "language", "gpc", "count")
    ]


def _drawn(rows: list[Row | Shown], first: date, last: date) -> dict[str, Any]:
    made = statistics.buckets(rows, first, last)
    total = statistics.total(rows)
    notices = statistics.by(rows, lambda row: row.notice)
    languages = statistics.by(rows, lambda row: row.language)
    return {
        "total": total,
        "weekly": any(not bucket.is_day for bucket in made),
        "bars": chart.stacked([(b.tally.given, b.tally.refused, b.tally.withdrawn) for b in made]),
        "line": chart.line([bucket.tally.rate for bucket in made], top=100),
        "bars_text": _("{given} acceptations, {refused} refus, {withdrawn} retraits.").format(
            given=total.given, refused=total.refused, withdrawn=total.withdrawn
        ),
        "line_text": _rate_text(made),
        "table": made[::-1],
        "notices": [
            (_("Notice {number}").format(number=n), notices[n])
            for n in sorted(notices, reverse=True)
        ],
        "languages": sorted(languages.items()),
        "notice_head": _("Notice"),
        "language_head": _("Langue"),
    }


def _rate_text(made: list[Bucket]) -> str:
    known = [(bucket.tally.rate, bucket) for bucket in made if bucket.tally.rate is not None]
    if not known:
        return _("Aucune réponse dans cette période.")
    low, high = min(known, key=lambda one: one[0]), max(known, key=lambda one: one[0])
    return _("Entre {low} % ({low_day}) et {high} % ({high_day}).").format(
        low=round(low[0]),
        low_day=date_format(low[1].first),
        high=round(high[0]),
        high_day=date_format(high[1].first),
    )
