"""Until when each row is kept, as far as an answer to its person must say it (art. 15(1)(d))."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils.translation import gettext as _

from consent.periods import add_months
from privacy.models import DataSubject
from privacy.sources.base import Source


@dataclass(frozen=True, slots=True)
class Periods:
    """The published lengths: years after the account, whole fiscal years after a document."""

    account_years: int
    fiscal_years: int


def periods(facts: dict[str, dict[str, Any]]) -> Periods:
    """Of the published facts, by key. Raises KeyError when one is missing."""
    return Periods(
        int(facts["account_retention"]["amount"]), int(facts["accounting_retention"]["amount"])
    )


# The end of the fiscal year of a document; without a row for it, of its calendar year (§ 6.5).
_FISCAL = """coalesce((SELECT f.ends_on FROM privacy_fiscalyear f
    WHERE s.clock BETWEEN f.starts_on AND f.ends_on),
    make_date(extract(year FROM s.clock)::int, 12, 31))"""
# Not before the last day of the calendar year either: the law counts from 1 January.
_ACCOUNTING = """(SELECT greatest(
    coalesce((SELECT f.ends_on FROM privacy_fiscalyear f WHERE f.starts_on > own.ends_on
              ORDER BY f.starts_on OFFSET {years} - 1 LIMIT 1),
             (own.ends_on + interval '1 year' * {years})::date),
    make_date(extract(year FROM own.ends_on)::int + {years}, 12, 31))
    FROM (SELECT {fiscal} AS ends_on) AS own)"""
_DAY = "(s.clock AT TIME ZONE 'Europe/Brussels')::date"


def sql(source: type[Source], *, person: DataSubject, periods: Periods) -> str:
    """An SQL expression, of a row `s` with its column `clock`, for the last day that it is kept."""
    if source.rule == "accounting":
        return _ACCOUNTING.format(years=periods.fiscal_years, fiscal=_FISCAL)
    if follows_account(source):
        last = account_end(person, periods)
        return f"DATE '{last.isoformat()}'" if last else "NULL::date"
    return _DAY


def follows_account(source: type[Source]) -> bool:
    return source.rule == "account" and source.clock.endswith("account_closed_on")


def account_end(person: DataSubject, periods: Periods) -> date | None:
    """The last day of an account's data; None while the account is open."""
    if person.account_closed_on is None:
        return None
    return add_months(person.account_closed_on, 12 * periods.account_years)


def words(source: type[Source], *, person: DataSubject, facts: dict[str, dict[str, Any]]) -> str:
    """Why, in the active language."""
    if source.rule == "accounting":
        return _("Donnée comptable : conservée {period} après l'exercice du document.").format(
            period=facts["accounting_retention"]["words"]
        )
    if source.rule == "contact":
        return _("Message de contact : conservé le temps de traiter la demande.")
    if not follows_account(source):
        return _("Connexion : effacée quand elle prend fin.")
    period = facts["account_retention"]["words"]
    if person.account_closed_on is None:
        sentence = _("Conservée pendant la relation, puis {period} après l'expiration du compte.")
    else:
        sentence = _("Conservée {period} après l'expiration du compte.")
    return sentence.format(period=period)
