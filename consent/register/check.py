"""Does the register agree with itself and with what the code does? Each answer is a sentence."""

from pathlib import Path

from django.conf import settings

from consent import cookies
from consent.enums import NECESSARY
from consent.models.register import NEVER_NECESSARY
from consent.register.effective import (
    analytics_container,
    apply_preset,
    cookie,
    unknown_facts,
)
from consent.register.file import Register

BANNER_TEXTS = (
    "title", "intro", "change", "policy_link", "accept_all", "refuse_all", "customise", "save",
    "always_active", "manage", "close", "gpc", "error", "error_offline", "saved_accepted",
    "saved_refused", "saved_withdrawn", "stale", "receipt", "placeholder", "placeholder_button",
    "details_intro", "provenance_label", "lifetime_label", "purpose_label", "kind_label",
    "access_label", "company_label", "transfer_label", "period",
)  # fmt: skip
ANCHORS = ("cookies", "donnees", "droits", "autorite")


def disagreements(source: Register) -> list[str]:
    """Why `source` cannot be published; empty when it can."""
    found: list[str] = []
    for preset in ("politique", *source["presets"]):
        found += [p for p in _of_one(apply_preset(source, preset)) if p not in found]
    return found


def _of_one(register: Register) -> list[str]:
    return [
        *_references(register),
        *_necessary_only(register),
        *_cookies_of_the_code(register),
        *_analytics(register),
        *_texts(register),
    ]


def _references(register: Register) -> list[str]:
    categories = {row["key"] for row in register["categories"]}
    services = {row["key"] for row in register["services"]}
    found = [
        f"Service {row['key']} names the unknown category {row['category']}."
        for row in register["services"]
        if row["category"] not in categories
    ]
    found += [
        f"Cookie {row['name']} names the unknown service {row['service']}."
        for row in register["cookies"]
        if row["service"] not in services
    ]
    return found + [
        f"The policy shows the cookies of the unknown category {row['category']}."
        for row in register["policy"]
        if row["kind"] == "cookies" and row.get("category") not in categories
    ]


def _necessary_only(register: Register) -> list[str]:
    """GA-07: audience measurement is never strictly necessary; only `necessary` is always on."""
    required = {row["key"] for row in register["categories"] if row["required"]}
    found = [] if required == {NECESSARY} else ['Only "necessary" is always active, and it is.']
    return found + [
        f"Service {row['key']} can never be strictly necessary (GA-07)."
        for row in register["services"]
        if row["category"] in required and any(word in row["key"] for word in NEVER_NECESSARY)
    ]


def _cookies_of_the_code(register: Register) -> list[str]:
    """CK-13, PF-10 … 12: the real lifetime is the declared one."""
    found = []
    for name, seconds in (
        (settings.SESSION_COOKIE_NAME, settings.SESSION_COOKIE_AGE),
        (settings.CSRF_COOKIE_NAME, settings.CSRF_COOKIE_AGE),
    ):
        row = cookie(register, name)
        if row is None:
            found.append(f"The site sets the cookie {name}, which the register does not declare.")
        elif row["lifetime_seconds"] != seconds:
            found.append(
                f"The site keeps {name} {seconds} seconds; the register says "
                f"{row['lifetime_seconds']}."
            )
    if cookie(register, cookies.NAME) is None:
        found.append(f"The register does not declare {cookies.NAME}.")
    return found


def _analytics(register: Register) -> list[str]:
    """GA-01: one source of truth for the measurement id."""
    container = analytics_container(register)
    wanted = settings.GA_MEASUREMENT_ID
    if f"G-{container}" != wanted:
        return [
            f"GA_MEASUREMENT_ID is {wanted}, but the register declares "
            + (f"_ga_{container}." if container else "no _ga_… cookie.")
        ]
    lifetimes = {
        row["lifetime_seconds"]
        for row in register["cookies"]
        if row["name"] in {"_ga", f"_ga_{container}"}
    }
    if len(lifetimes) != 1:
        return ["_ga and its _ga_… cookie have different lifetimes; Google takes one for both."]
    return []


def _texts(register: Register) -> list[str]:
    found = [f"{{{name}}} is no fact of the register." for name in sorted(unknown_facts(register))]
    found += [
        f"The banner lacks its text {key!r}."
        for key in BANNER_TEXTS
        if not any(register["banner"].get(key, {}).values())
    ]
    anchors = {row.get("anchor") for row in register["policy"]}
    found += [f"The policy has no place #{anchor}." for anchor in ANCHORS if anchor not in anchors]
    for section, name in (("facts", "key"), ("cookies", "name"), ("policy", "key")):
        names = [row[name] for row in register[section]]
        found += [f"{section}: {n} stands twice." for n in {n for n in names if names.count(n) > 1}]
    for row in [*register["categories"], *register["services"], *register["cookies"]]:
        for field, text in row.items():
            if (
                isinstance(text, dict)
                and "fr" in text
                and any(text.values())
                and not all(text.values())
            ):
                found.append(f"{row.get('key') or row.get('name')}: {field} lacks a translation.")
    return found


def file_differs(path: Path, dumped: str) -> bool:
    return path.read_text("utf-8") != dumped
