"""Does the register agree with itself and with what the code does? Each answer is a sentence."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from consent import cookies
from consent.enums import NECESSARY
from consent.models.register import NEVER_NECESSARY
from consent.register import sections
from consent.register.effective import (
    analytics_container,
    apply_preset,
    cookie,
    unknown_facts,
)
from consent.register.file import MalformedRegister, Register, validate

BANNER_TEXTS = (
    "title", "intro", "change", "policy_link", "accept_all", "refuse_all", "customise", "save",
    "always_active", "manage", "close", "gpc", "error", "error_offline", "saved_accepted",
    "saved_refused", "saved_withdrawn", "stale", "receipt", "placeholder", "placeholder_button",
    "details_intro", "provenance_label", "lifetime_label", "purpose_label", "kind_label",
    "access_label", "company_label", "transfer_label", "period",
)  # fmt: skip
ANCHORS = ("cookies", "donnees", "droits", "autorite")


@dataclass(frozen=True, slots=True)
class Problem:
    """What stops a publication: the row of the register, and the sentence for a command's output
    (`english`) and for staff (`said`, in their language)."""

    section: str
    key: str
    english: str
    french: Any  # a lazy text with %(…)s
    values: dict[str, Any] = field(default_factory=dict)

    @property
    def said(self) -> str:
        return str(self.french) % self.values


def disagreements(source: Register) -> list[str]:
    """Why `source` cannot be published; empty when it can."""
    return [problem.english for problem in problems(source)]


def problems(source: Register) -> list[Problem]:
    """The same with the rows that are meant, under each preset."""
    found: list[Problem] = []
    for preset in ("politique", *source["presets"]):
        register = apply_preset(source, preset)
        both = [*_of_one(register), *sections.problems(register)]
        found += [problem for problem in both if problem not in found]
    return found


def of_cookies(content: Register) -> list[Problem]:
    """Why nothing may be measured under a published `content`; what other applications ask of
    their own sections stops publications only."""
    return _of_one(content)


def blocking(source: Register) -> list[Problem]:
    """All that stops `source`, its shape first."""
    try:
        validate(source)
    except MalformedRegister as error:
        section, key = error.row(source)
        said = _("Une ligne du registre n'a pas la bonne forme (%(error)s).")
        return [Problem(section, key, str(error), said, {"error": str(error)})]
    return problems(source)


def _of_one(register: Register) -> list[Problem]:
    return [
        *_references(register),
        *_necessary_only(register),
        *_cookies_of_the_code(register),
        *_analytics(register),
        *_texts(register),
    ]


def _references(register: Register) -> Iterator[Problem]:
    categories = {row["key"] for row in register["categories"]}
    services = {row["key"] for row in register["services"]}
    for row in register["services"]:
        if row["category"] not in categories:
            yield Problem(
                "services",
                row["key"],
                f"Service {row['key']} names the unknown category {row['category']}.",
                _("Le service %(key)s est dans une catégorie inconnue : %(category)s."),
                {"key": row["key"], "category": row["category"]},
            )
    for row in register["cookies"]:
        if row["service"] not in services:
            yield Problem(
                "cookies",
                row["name"],
                f"Cookie {row['name']} names the unknown service {row['service']}.",
                _("Le cookie %(name)s vient d'un service inconnu : %(service)s."),
                {"name": row["name"], "service": row["service"]},
            )
    for row in register["policy"]:
        if row["kind"] == "cookies" and row.get("category") not in categories:
            yield Problem(
                "policy",
                row["key"],
                f"The policy shows the cookies of the unknown category {row.get('category')}.",
                _("La politique montre les cookies d'une catégorie inconnue : %(category)s."),
                {"category": row.get("category") or "—"},
            )


def _necessary_only(register: Register) -> Iterator[Problem]:
    """GA-07: audience measurement is never strictly necessary; only `necessary` is always on."""
    required = {row["key"] for row in register["categories"] if row["required"]}
    if required != {NECESSARY}:
        yield Problem(
            "categories",
            "",
            'Only "necessary" is always active, and it is.',
            _("La catégorie « necessary », et elle seule, est toujours active."),
        )
    for row in register["services"]:
        if row["category"] in required and any(word in row["key"] for word in NEVER_NECESSARY):
            yield Problem(
                "services",
                row["key"],
                f"Service {row['key']} can never be strictly necessary (GA-07).",
                _("Le service %(key)s ne peut jamais être strictement nécessaire (GA-07)."),
                {"key": row["key"]},
            )


def _cookies_of_the_code(register: Register) -> Iterator[Problem]:
    """CK-13, PF-10 … 12: the real lifetime is the declared one."""
    for name, seconds in (
        (settings.SESSION_COOKIE_NAME, settings.SESSION_COOKIE_AGE),
        (settings.CSRF_COOKIE_NAME, settings.CSRF_COOKIE_AGE),
    ):
        row = cookie(register, name)
        if row is None:
            yield Problem(
                "cookies",
                "",
                f"The site sets the cookie {name}, which the register does not declare.",
                _("Le site dépose le cookie %(name)s, que le registre ne déclare pas."),
                {"name": name},
            )
        elif row["lifetime_seconds"] != seconds:
            yield Problem(
                "cookies",
                name,
                f"The site keeps {name} {seconds} seconds; the register says "
                f"{row['lifetime_seconds']}.",
                _(
                    "Le site garde le cookie %(name)s %(real)s secondes ; le registre dit "
                    "%(declared)s."
                ),
                {"name": name, "real": seconds, "declared": row["lifetime_seconds"]},
            )
    if cookie(register, cookies.NAME) is None:
        yield Problem(
            "cookies",
            "",
            f"The register does not declare {cookies.NAME}.",
            _("Le registre ne déclare pas le cookie %(name)s."),
            {"name": cookies.NAME},
        )


def _analytics(register: Register) -> Iterator[Problem]:
    """GA-01: one source of truth for the measurement id."""
    container = analytics_container(register)
    wanted = settings.GA_MEASUREMENT_ID
    if f"G-{container}" != wanted:
        declared = f"_ga_{container}" if container else ""
        yield Problem(
            "cookies",
            declared,
            f"GA_MEASUREMENT_ID is {wanted}, but the register declares "
            f"{declared or 'no _ga_… cookie'}.",
            _(
                "Le site mesure sous le numéro %(wanted)s (GA_MEASUREMENT_ID), mais le registre "
                "déclare le cookie %(declared)s : les deux doivent s'accorder (GA-01)."
            ),
            {"wanted": wanted, "declared": declared or "—"},
        )
        return
    lifetimes = {
        row["lifetime_seconds"]
        for row in register["cookies"]
        if row["name"] in {"_ga", f"_ga_{container}"}
    }
    if len(lifetimes) != 1:
        yield Problem(
            "cookies",
            "_ga",
            "_ga and its _ga_… cookie have different lifetimes; Google takes one for both.",
            _(
                "Les cookies _ga et _ga_… n'ont pas la même durée ; Google n'en prend qu'une "
                "pour les deux."
            ),
        )


def _texts(register: Register) -> Iterator[Problem]:
    for section, key, name in _unknown(register):
        yield Problem(
            section,
            key,
            f"{{{name}}} is no fact of the register.",
            _("« %(name)s », entre accolades, n'est pas un fait du registre."),
            {"name": name},
        )
    for key in BANNER_TEXTS:
        if not any(register["banner"].get(key, {}).values()):
            yield Problem(
                "banner",
                key,
                f"The banner lacks its text {key!r}.",
                _("Il manque le texte « %(key)s » du bandeau."),
                {"key": key},
            )
    anchors = {row.get("anchor") for row in register["policy"]}
    for anchor in ANCHORS:
        if anchor not in anchors:
            yield Problem(
                "policy",
                "",
                f"The policy has no place #{anchor}.",
                _("La politique n'a plus l'ancre « %(anchor)s », que des liens visent."),
                {"anchor": anchor},
            )
    yield from _twice(register)
    yield from _untranslated(register)


def _unknown(register: Register) -> Iterator[tuple[str, str, str]]:
    """(section, row, name) of each `{name}` that is no fact, once a name."""
    seen: set[str] = set()
    others = [section.name for section in sections.added() if section.name in register]
    for section in ("policy", "banner", "categories", "services", "cookies", "facts", *others):
        rows = register[section]
        pairs = (
            rows.items()
            if isinstance(rows, dict)
            else [(row.get("key") or row.get("name"), row) for row in rows]
        )
        for key, row in pairs:
            for name in sorted(unknown_facts({"facts": register["facts"], "row": row}) - seen):
                seen.add(name)
                yield section, key, name
    for name in sorted(unknown_facts(register) - seen):
        yield "banner", "translation_notice", name


def _twice(register: Register) -> Iterator[Problem]:
    others = [(section.name, "key") for section in sections.added()]
    for section, name in (("facts", "key"), ("cookies", "name"), ("policy", "key"), *others):
        names = [row[name] for row in register.get(section, [])]
        for key in sorted({key for key in names if names.count(key) > 1}):
            yield Problem(
                section,
                key,
                f"{section}: {key} stands twice.",
                _("« %(key)s » figure deux fois."),
                {"key": key},
            )


def _untranslated(register: Register) -> Iterator[Problem]:
    others = [section.name for section in sections.added()]
    for section in ("categories", "services", "cookies", *others):
        for row in register.get(section, []):
            key = row.get("key") or row.get("name")
            for name, text in row.items():
                if (
                    isinstance(text, dict)
                    and "fr" in text
                    and any(text.values())
                    and not all(text.values())
                ):
                    yield Problem(
                        section,
                        key,
                        f"{key}: {name} lacks a translation.",
                        _("%(key)s : une traduction manque (%(field)s)."),
                        {"key": key, "field": name},
                    )


def file_differs(path: Path, dumped: str) -> bool:
    return path.read_text("utf-8") != dumped
