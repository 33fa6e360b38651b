"""A month of the log is a range of keys: YYYYMM, in UTC, as its partitions are. Pure."""

from datetime import UTC, datetime
from uuid import UUID

from consent.log.ids import moment_of


def of_moment(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y%m}"


def of_key(key: UUID) -> str:
    """The month in which `key` was made."""
    return of_moment(moment_of(key))


def plus(month: str, months: int) -> str:
    """The month so many later; earlier when negative."""
    year, index = divmod(int(month[:4]) * 12 + int(month[4:]) - 1 + months, 12)
    return f"{year:04}{index + 1:02}"


def floor(month: str) -> UUID:
    """The smallest key that a month can hold; all its keys are below the next month's."""
    first = datetime(int(month[:4]), int(month[4:]), 1, tzinfo=UTC)
    return UUID(int=int(first.timestamp()) * 1000 << 80)


def bounds(month: str) -> tuple[UUID, UUID]:
    """(from, before) of the month's keys."""
    return floor(month), floor(plus(month, 1))
