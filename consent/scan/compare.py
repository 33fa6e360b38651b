"""What was seen on a page, compared with the register. Pure: no browser, no database."""

import re
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any
from urllib.parse import urlsplit

from consent.enums import NECESSARY
from consent.register.file import Register

# Browsers round; a cookie set a moment ago is a moment older.
TOLERANCE_SECONDS = 2


@dataclass(frozen=True, slots=True)
class SeenCookie:
    """A cookie in the browser; `seconds` of life left, None for one of the session."""

    name: str
    domain: str
    seconds: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """A page in one state: "undecided", "refused", "accepted" or "withdrawn".

    `storage` holds names such as "localStorage:key"; `requests` the addresses that were attempted,
    also those that the content security policy stopped.
    """

    address: str
    state: str
    cookies: tuple[SeenCookie, ...] = ()
    storage: tuple[str, ...] = ()
    requests: tuple[str, ...] = ()


def allowed_categories(register: Register, state: str) -> set[str]:
    """What may run in `state`: everything after « Tout accepter », else what is necessary."""
    if state == "accepted":
        return {row["key"] for row in register["categories"]}
    return {NECESSARY}


def declared(register: Register, name: str) -> dict[str, Any] | None:
    """The register's row for the cookie `name`: its own, or that of a pattern."""
    rows = sorted(register["cookies"], key=lambda row: row["is_pattern"])
    return next(
        (
            row
            for row in rows
            if row["name"] == name or (row["is_pattern"] and fnmatchcase(name, row["name"]))
        ),
        None,
    )


def problems(register: Register, seen: Seen) -> list[str]:
    """Sentences for what the register does not declare, or not in this state."""
    allowed = allowed_categories(register, seen.state)
    category_of = {row["key"]: row["category"] for row in register["services"]}
    found = [
        sentence
        for cookie in seen.cookies
        if (sentence := _of_cookie(register, cookie, allowed, category_of))
    ]
    found += [f"{name}: the register declares no storage of that kind." for name in seen.storage]
    own = urlsplit(seen.address).netloc
    hosts = _hosts(register, allowed)
    for origin in sorted({_origin(address) for address in seen.requests}):
        if urlsplit(origin).netloc != own and not any(_matches(origin, host) for host in hosts):
            found.append(f"{origin} is called, which no service declares for this state.")
    return [f"{seen.address} ({seen.state}): {sentence}" for sentence in found]


def _of_cookie(
    register: Register, cookie: SeenCookie, allowed: set[str], category_of: dict[str, str]
) -> str:
    row = declared(register, cookie.name)
    if row is None:
        return f"the cookie {cookie.name} is not declared."
    category = category_of[row["service"]]
    if category not in allowed:
        return f"the cookie {cookie.name} is there without agreement to {category}."
    if cookie.seconds is not None and cookie.seconds > row["lifetime_seconds"] + TOLERANCE_SECONDS:
        return (
            f"the cookie {cookie.name} lives {cookie.seconds} s, longer than the declared "
            f"{row['lifetime_seconds']} s."
        )
    return ""


def _hosts(register: Register, allowed: set[str]) -> set[str]:
    return {
        host
        for service in register["services"]
        if service["category"] in allowed
        for hosts in service["hosts"].values()
        for host in hosts
    }


def _origin(address: str) -> str:
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc}"


def _matches(origin: str, host: str) -> bool:
    pattern = re.escape(host).replace(r"\*", r"[a-z0-9.-]+")
    return re.fullmatch(pattern, origin) is not None
