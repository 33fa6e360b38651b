"""Rules of this codebase that matter, as tests."""

import re
import subprocess
from pathlib import Path

import pytest
from django.apps import apps
from django.db import models

from tests.environment import ROOT

OURS = ("clicknconnect", "consent", "privacy")


def tracked(pattern: str) -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", pattern],
        cwd=ROOT, capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    return [ROOT / line for line in listed.splitlines() if (ROOT / line).exists()]


TEMPLATES = [path for path in tracked("*.html") if "templates" in path.parts]
SCRIPTS = tracked("static/consent/*.js")


def test_consent_never_imports_privacy() -> None:
    for path in tracked("consent/*.py"):
        assert not re.search(r"^\s*(from|import) privacy", path.read_text("utf-8"), re.M), path


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_no_inline_script_or_style_in_templates(path: Path) -> None:
    text = path.read_text("utf-8")
    assert not re.search(r"<style|\sstyle=|\son[a-z]+=|javascript:|<!--", text)
    for tag in re.findall(r"<script[^>]*>", text):
        assert "src=" in tag, tag


def test_every_template_is_used() -> None:
    sources = "\n".join(
        path.read_text("utf-8") for path in [*tracked("*.py"), *TEMPLATES] if path.is_file()
    )
    for path in TEMPLATES:
        name = str(path).partition("templates/")[2]
        # Django's admin looks these up by itself.
        assert name in sources or name.startswith("admin/") or _built(name, sources), name


def _built(name: str, sources: str) -> bool:
    """A name put together at run time: mail/<kind>.txt, account/<page>.html."""
    folder, _, file = name.rpartition("/")
    return bool(folder) and f"{folder}/{{" in sources and file.partition(".")[0] in sources


def test_partials_are_included_only_and_pages_are_not_partials() -> None:
    for path in TEMPLATES:
        for included in re.findall(r'{% include "([^"]+)"', path.read_text("utf-8")):
            assert included.rpartition("/")[2].startswith("_"), (path, included)


def test_no_third_party_address_in_templates_or_styles() -> None:
    for path in [*TEMPLATES, *tracked("static/site/*.css"), *tracked("static/consent/*.css")]:
        text = path.read_text("utf-8")
        for address in re.findall(r"(?:src|href|url\()\s*=?\s*[\"']?(https?://[^\"')\s>]+)", text):
            assert address.startswith("http://www.w3.org/"), (path, address)


def test_no_storage_in_the_browser() -> None:
    for path in SCRIPTS:
        assert not re.search(
            r"localStorage|sessionStorage|indexedDB|caches\.|serviceWorker|innerHTML|eval\(",
            path.read_text("utf-8"),
        ) or path.name == "preferences.js" and "innerHTML" not in re.sub(
            r"//.*|/\*.*?\*/", "", path.read_text("utf-8")
        ), path  # fmt: skip


def test_no_address_of_ours_is_hidden_by_content_blockers() -> None:
    for path in [*tracked("static/*"), *tracked("consent/*"), *tracked("templates/*")]:
        assert not re.search(r"cookie-?consent", str(path.relative_to(ROOT)), re.I)
    for path in TEMPLATES:
        for attribute in re.findall(r'(?:id|class|src|href|action)="([^"]*)"', path.read_text()):
            assert not re.search(r"cookie-?consent", attribute, re.I), path


def test_one_stylesheet_of_the_site_under_10_kb_gzip() -> None:
    import gzip

    import minify

    css = (ROOT / "static/site/site.css").read_text("utf-8")
    assert len(gzip.compress(minify.string("text/css", css).encode(), 9)) < 10_240


def models_of_ours() -> list[type[models.Model]]:
    return [m for m in apps.get_models() if m._meta.app_label in OURS and not m._meta.proxy]


def test_each_choices_field_has_its_constraint() -> None:
    from consent.models import Record

    for model in models_of_ours():
        if model is Record:  # made by hand; test_evidence tries each of its constraints
            continue
        named = " ".join(constraint.name for constraint in model._meta.constraints)
        for field in model._meta.concrete_fields:
            if field.choices:
                assert field.name in named, (model, field.name)


def test_evidence_of_choices_has_no_relations() -> None:
    from consent.models import Asset, Record

    for model in (Record, Asset):
        assert not [field for field in model._meta.get_fields() if field.is_relation]


def test_settings_are_read_as_django_does() -> None:
    for app in OURS:
        for path in tracked(f"{app}/*.py"):
            assert "from clicknconnect.settings" not in path.read_text("utf-8"), path


def test_rules_take_their_clock() -> None:
    """No `now()` inside a rule: pure modules never read a clock."""
    for name in ("periods", "cookies", "material", "gate", "render"):
        text = (ROOT / f"consent/{name}.py").read_text("utf-8")
        assert not re.search(r"\.now\(|\.today\(|time\(\)", text), name


def test_migrations_are_named() -> None:
    for app in OURS:
        for path in tracked(f"{app}/migrations/0*.py"):
            assert "_auto_" not in path.name


@pytest.mark.parametrize("path", tracked("static/*.css"), ids=lambda path: path.name)
def test_every_brace_of_a_stylesheet_is_closed(path: Path) -> None:
    """A browser says nothing of a rule that swallowed all after it."""
    text = re.sub(r"/\*.*?\*/", "", path.read_text("utf-8"), flags=re.S)
    depth = 0
    for line in text.splitlines():
        depth += line.count("{") - line.count("}")
        # A rule within a rule only in @media and the like.
        assert 0 <= depth <= 2, (path.name, line)
    assert depth == 0
