"""What may run with which consent: the content security policy, the tag's settings (CK-17)."""

from collections.abc import Iterable
from itertools import chain, combinations
from typing import Any

from consent.register.effective import cookie
from consent.register.file import Register

REPORT_PATH = "/api/v1/csp-reports/"
REPORTING_ENDPOINTS = f'csp="{REPORT_PATH}"'


def hosts(register: Register, allowed: Iterable[str]) -> dict[str, list[str]]:
    """Addresses that the services of the allowed optional categories call, by kind."""
    found: dict[str, set[str]] = {"script": set(), "connect": set(), "img": set(), "frame": set()}
    required = {row["key"] for row in register["categories"] if row["required"]}
    wanted = set(allowed) | required
    for service in register["services"]:
        if service["category"] in wanted:
            for kind, addresses in service["hosts"].items():
                found[kind].update(addresses)
    return {kind: sorted(addresses) for kind, addresses in found.items()}


def security_policy(
    register: Register, allowed: Iterable[str], *, google: bool, nonce: str = ""
) -> str:
    """The header for a page on which `allowed` is agreed to.

    `google` says whether the tag will be on the page: it is not written for Trusted Types, so only
    pages without it require them. The only policy they may use is ours, `consent`.
    """
    called = hosts(register, allowed)
    trust = f" 'nonce-{nonce}'" if nonce else ""
    directives = {
        "default-src": "'none'",
        "script-src": " ".join(["'self'", *called["script"]]) + trust,
        "style-src": "'self'" + trust,
        "img-src": " ".join(["'self'", "data:", *called["img"]]),
        "font-src": "'self'",
        "connect-src": " ".join(["'self'", *called["connect"]]),
        "frame-src": " ".join(called["frame"]) or "'none'",
        "manifest-src": "'self'",
        "form-action": "'self'",
        "base-uri": "'none'",
        "frame-ancestors": "'none'",
        "object-src": "'none'",
    }
    if not google and not nonce:
        directives["require-trusted-types-for"] = "'script'"
        directives["trusted-types"] = "consent"
    directives |= {"report-uri": REPORT_PATH, "report-to": "csp"}
    return "; ".join(f"{name} {value}" for name, value in directives.items())


def policies(register: Register, optional: tuple[str, ...]) -> dict[tuple[str, ...], str]:
    """The header for every set of agreed categories, made once per publication."""
    subsets = chain.from_iterable(
        combinations(sorted(optional), size) for size in range(len(optional) + 1)
    )
    return {
        allowed: security_policy(register, allowed, google=bool(_google(register, allowed)))
        for allowed in subsets
    }


def _google(register: Register, allowed: Iterable[str]) -> list[str]:
    return [host for host in hosts(register, allowed)["script"] if "googletagmanager" in host]


def without_analytics(register: Register) -> Register:
    """The register for a page where Google Analytics may not run: its services call nothing."""
    return {
        **register,
        "services": [
            {**row, "hosts": {}} if "google" in row["key"] else row for row in register["services"]
        ],
    }


def tag_settings(register: Register, container: str) -> dict[str, Any]:
    """What the page tells gtag('config') (GA-05): the register's lifetime, never renewed."""
    row = cookie(register, f"_ga_{container}")
    return {"id": container, "expires": row["lifetime_seconds"] if row else 0}
