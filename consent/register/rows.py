"""The register between its file form and its rows."""

from datetime import date
from typing import Any

from django.db import models, transaction

from consent.enums import LANGUAGES
from consent.fields import no_text
from consent.models import (
    BannerText,
    Browser,
    Category,
    Cookie,
    Fact,
    PolicyBlock,
    PresetRule,
    Service,
)
from consent.register import sections
from consent.register.file import Register

_TRANSLATION_NOTICE = "translation_notice"


@transaction.atomic
def load(register: Register) -> None:
    """Make the rows equal to `register`; rows it does not name are removed. Idempotent."""
    _sync(Fact, "key", [{"amount": None, "unit": "", **row} for row in register["facts"]])
    _sync(Category, "key", register["categories"], prune=False)
    categories = {row.key: row for row in Category.objects.all()}
    _sync(
        Service,
        "key",
        [
            {
                **row,
                "category": categories[row["category"]],
                "transfer_reviewed_on": date.fromisoformat(row["transfer_reviewed_on"])
                if row["transfer_reviewed_on"]
                else None,
            }
            for row in register["services"]
        ],
        prune=False,
    )
    services = {row.key: row for row in Service.objects.all()}
    _sync(
        Cookie,
        "name",
        [
            {**row, "kind": row["kind"] or no_text(), "service": services[row["service"]]}
            for row in register["cookies"]
        ],
    )
    # Only now nothing refers to what left the register.
    _prune(Service, "key", register["services"])
    _prune(Category, "key", register["categories"])
    _sync(Browser, "key", register["browsers"])
    texts = {**register["banner"], _TRANSLATION_NOTICE: register[_TRANSLATION_NOTICE]}
    _sync(BannerText, "key", [{"key": key, "text": text} for key, text in texts.items()])
    _sync(
        PolicyBlock,
        "key",
        [
            {
                "anchor": "", "text": no_text(), "items": [], "category": "", "tension": "",
                "facts": [], **row,
            }
            for row in register["policy"]
        ],
    )  # fmt: skip
    for preset, overrides in register["presets"].items():
        PresetRule.objects.update_or_create(preset=preset, defaults={"overrides": overrides})
    PresetRule.objects.exclude(preset__in=register["presets"]).delete()
    for section in sections.added():
        if section.name in register:  # a version may be older than the section
            _sync(section.model, "key", [section.filled(row) for row in register[section.name]])


@transaction.atomic
def load_new_sections(register: Register, published: Register) -> list[str]:
    """Fill the sections of `register` that `published` is too old to hold and nobody wrote yet."""
    new = [
        section
        for section in sections.added()
        if section.name not in published and not section.model._default_manager.exists()
    ]
    for section in new:
        _sync(section.model, "key", [section.filled(row) for row in register[section.name]])
    return [section.name for section in new]


def _sync(
    model: type[models.Model], key: str, rows: list[dict[str, Any]], *, prune: bool = True
) -> None:
    ordered = any(field.name == "position" for field in model._meta.fields)
    for position, row in enumerate(rows):
        values = {**row, "position": position} if ordered else dict(row)
        model._default_manager.update_or_create(**{key: values.pop(key)}, defaults=values)
    if prune:
        _prune(model, key, rows)


def _prune(model: type[models.Model], key: str, rows: list[dict[str, Any]]) -> None:
    model._default_manager.exclude(**{f"{key}__in": [row[key] for row in rows]}).delete()


def _text(value: dict[str, str]) -> dict[str, str]:
    """PostgreSQL's jsonb does not keep the order of keys: the languages in ours."""
    return {code: value[code] for code in LANGUAGES}


def _hosts(value: dict[str, list[str]]) -> dict[str, list[str]]:
    return {kind: list(value.get(kind, [])) for kind in ("script", "connect", "img", "frame")}


def dumped() -> Register:
    """The register as the rows say it now."""
    banner = {row.key: _text(row.text) for row in BannerText.objects.all()}
    notice = banner.pop(_TRANSLATION_NOTICE, no_text())
    return {
        "version": 1,
        "languages": list(LANGUAGES),
        "facts": [
            {
                "key": row.key,
                **({"amount": row.amount, "unit": row.unit} if row.amount is not None else {}),
                "words": _text(row.words),
            }
            for row in Fact.objects.all()
        ],
        "categories": [
            {
                "key": row.key,
                "required": row.required,
                "name": _text(row.name),
                "description": _text(row.description),
            }
            for row in Category.objects.all()
        ],
        "services": [
            {
                "key": row.key,
                "category": row.category.key,
                "name": _text(row.name),
                "heading": _text(row.heading),
                "company": _text(row.company),
                "country": row.country,
                "purpose": _text(row.purpose),
                "access": _text(row.access),
                "privacy_url": row.privacy_url,
                "transfer": _text(row.transfer),
                "transfer_reviewed_on": row.transfer_reviewed_on.isoformat()
                if row.transfer_reviewed_on
                else "",
                "hosts": _hosts(row.hosts),
            }
            for row in Service.objects.select_related("category")
        ],
        "cookies": [
            {
                "name": row.name,
                "is_pattern": row.is_pattern,
                "service": row.service.key,
                "kind": _text(row.kind) if any(row.kind.values()) else None,
                "provenance": _text(row.provenance),
                "purpose": _text(row.purpose),
                "lifetime_seconds": row.lifetime_seconds,
                "lifetime": _text(row.lifetime),
            }
            for row in Cookie.objects.select_related("service")
        ],
        "presets": {
            row.preset: _overrides(row.overrides) for row in PresetRule.objects.order_by("preset")
        },
        "browsers": [
            {
                "key": row.key,
                "label": row.label,
                "url": row.url,
                "is_obsolete": row.is_obsolete,
            }
            for row in Browser.objects.all()
        ],
        "banner": banner,
        "policy": [_block(row) for row in PolicyBlock.objects.all()],
        "translation_notice": _text(notice),
        **{section.name: section.dumped() for section in sections.added()},
    }


def _block(row: PolicyBlock) -> dict[str, Any]:
    block: dict[str, Any] = {"key": row.key, "kind": row.kind}
    if row.anchor:
        block["anchor"] = row.anchor
    if row.tension:
        block["tension"] = row.tension
    if row.category:
        block["category"] = row.category
    if any(row.text.values()):
        block["text"] = _text(row.text)
    if row.items:
        block["items"] = [_text(item) for item in row.items]
    if row.facts:
        block["facts"] = list(row.facts)
    return block


def _overrides(value: Any) -> Any:
    """A fixed order for what jsonb has shuffled: by name, the languages in ours."""
    if not isinstance(value, dict):
        return value
    if set(value) == set(LANGUAGES):
        return _text(value)
    return {key: _overrides(value[key]) for key in sorted(value)}
