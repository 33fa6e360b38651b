"""The ten Belgian public holidays (CONFORMITY § 6.2).

The package also lists Easter and Whit Sunday, which are Sundays anyway and no public holidays of
their own. Days that an employer gives in place of a holiday are none either.
"""

from datetime import date, timedelta
from functools import cache

import holidays as package

SUNDAYS = ("Easter Sunday", "Pentecost")


@cache
def public_holidays(year: int) -> frozenset[date]:
    """The public holidays of `year`, in Belgium."""
    listed = package.country_holidays("BE", years=year, language="en_US")
    return frozenset(day for day, name in listed.items() if name not in SUNDAYS)


def is_working_day(day: date) -> bool:
    """Neither a Saturday, a Sunday nor a public holiday."""
    return day.weekday() < 5 and day not in public_holidays(day.year)


def working_day_from(day: date) -> date:
    """`day`, or the first working day after it."""
    while not is_working_day(day):
        day += timedelta(days=1)
    return day


def add_working_days(day: date, count: int) -> date:
    """The `count`-th working day after `day`; before it when `count` is negative."""
    step = timedelta(days=1 if count > 0 else -1)
    for _ in range(abs(count)):
        day += step
        while not is_working_day(day):
            day += step
    return day
