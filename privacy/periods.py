"""When data may no longer be kept (CONFORMITY § 6.4, § 6.5). Pure functions of dates.

A last day is the last day on which the data is held; it goes from the next midnight in Brussels on,
also on a Sunday: it is a maximum. All are monotone (a later start never ends earlier), so what is
due on a day is everything that began up to `latest_due` of it: a range of an index.
"""

import calendar
from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta

from consent.periods import BRUSSELS, add_months, midnight

# (first day, last day) of a year of the accounts.
type FiscalYearRow = tuple[date, date]

DAY = timedelta(days=1)
# Nothing here began before, and `latest_due` looks no further back.
EARLIEST = date(1900, 1, 1)


def last_day_years(start: date, years: int) -> date:
    """The same day-number `years` later, clamped: 2024-02-29 → 2029-02-28."""
    return add_months(start, 12 * years)


def purge_from(last_day: date) -> datetime:
    """The first moment at which what was held through `last_day` must go, in Brussels time."""
    return midnight(last_day + DAY).astimezone(BRUSSELS)


def fiscal_end(document_date: date, fiscal_years: Sequence[FiscalYearRow], years: int = 7) -> date:
    """The last day of `years` whole fiscal years after the one of the document.

    The law counts calendar years from the closing (CDE III.88), so where years do not end with
    December the document is held to the end of the calendar year, too.
    """
    rows = sorted(fiscal_years)
    first = _end_of_year(document_date, rows)
    return max(_years_later(first, rows, years), date(first.year + years, 12, 31))


def fiscal_years_later(
    document_date: date, fiscal_years: Sequence[FiscalYearRow], years: int = 7
) -> date:
    """The end of the `years`-th fiscal year after that of the document, as the policy counts."""
    rows = sorted(fiscal_years)
    return _years_later(_end_of_year(document_date, rows), rows, years)


def latest_due(today: date, last_day: Callable[[date], date]) -> date:
    """The latest start whose last day lies before `today`, for a monotone `last_day`."""
    low, high = EARLIEST.toordinal(), today.toordinal()
    while low < high:
        middle = (low + high + 1) // 2
        if last_day(date.fromordinal(middle)) < today:
            low = middle
        else:
            high = middle - 1
    return date.fromordinal(low)


def _end_of_year(day: date, rows: list[FiscalYearRow]) -> date:
    """The end of the fiscal year of `day`; that of its calendar year where no row has it."""
    for starts_on, ends_on in rows:
        if starts_on <= day <= ends_on:
            return ends_on
    end = date(day.year, 12, 31)
    return min([end, *(starts_on - DAY for starts_on, _ in rows if day < starts_on <= end)])


def _years_later(end: date, rows: list[FiscalYearRow], years: int) -> date:
    """`years` fiscal years after `end`. A year that no row tells of yet lasts twelve months."""
    for _ in range(years):
        following = _twelve_months_later(end)
        known = [ends_on for starts_on, ends_on in rows if end < starts_on <= following]
        end = known[0] if known else following
    return end


def _twelve_months_later(end: date) -> date:
    """What ends with a month ends with it every year: 2035-02-28 → 2036-02-29."""
    later = add_months(end, 12)
    last = calendar.monthrange(later.year, later.month)[1]
    is_last = end.day == calendar.monthrange(end.year, end.month)[1]
    return later.replace(day=last) if is_last else later
