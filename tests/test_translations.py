"""The catalogues: extraction, checks, compilation, and pages entirely in their language."""

import html
import re
from collections.abc import Iterator
from io import StringIO
from pathlib import Path
from typing import Any

import polib
import pytest
from django.contrib import admin
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from django.utils import translation

from clicknconnect import translations
from clicknconnect.translations import NAMED, TAG, Key, catalogue_path

PYTHON = """
from django.utils.translation import gettext as _, gettext_lazy, ngettext, npgettext, pgettext

_("Depuis Python")
gettext_lazy(
    "Sur deux lignes, "
    "d'un seul tenant"
)
ngettext("%(n)d jour", "%(n)d jours", 2)
pgettext("mois", "Mars")
npgettext("temps", "an", "ans", 2)
_("Bonjour {name}")
variable = "pas un message"
_(variable)
"""
PAGE = """{% extends "base.html" %}
{% load i18n %}
{# Un commentaire, l'apostrophe "et le reste #}
{% comment %}{% translate "Commenté" %} l'apostrophe{% endcomment %}
    <p title="{% translate 'Entre apostrophes' %}">{% translate "L'été à 100 %" %}</p>
  <p>{% translate "Mars" context "planète" %} {{ value|default:_("Par défaut") }}</p>
{% if a %}
      <b>{% blocktranslate trimmed with name=user.name %}
        Sur deux lignes,
        pour {{ name }}
      {% endblocktranslate %}</b>
   (l'indentation n'est pas celle de Python
 {% endif %}
{% blocktranslate count n=n %}Une <b>page</b>{% plural %}{{ n }} <b>pages</b>{% endblocktranslate %}
{% blocktranslate trimmed count n=n context "livre" %}
  Une page
{% plural %}
  {{ n }} pages
{% endblocktranslate %}
{% translate "Le bouton" as button %}
{% include "x.html" with label=_("En argument") %}
"""
FOUND = {
    Key("Depuis Python"): "",
    Key("Sur deux lignes, d'un seul tenant"): "",
    Key("%(n)d jour"): "%(n)d jours",
    Key("Mars", "mois"): "",
    Key("an", "temps"): "ans",
    Key("Bonjour {name}"): "",
    Key("Entre apostrophes"): "",
    Key("L'été à 100 %%"): "",
    Key("Mars", "planète"): "",
    Key("Par défaut"): "",
    Key("Sur deux lignes, pour %(name)s"): "",
    Key("Une <b>page</b>"): "%(n)s <b>pages</b>",
    Key("Une page", "livre"): "%(n)s pages",
    Key("Le bouton"): "",
    Key("En argument"): "",
    Key("Une lettre"): "",
}


@pytest.fixture
def tree(tmp_path: Path, settings: Any) -> Path:
    """A small project with a message of each kind."""
    files = {
        "consent/views.py": PYTHON,
        "consent/migrations/0001.py": '_("Dans une migration")',
        "templates/page.html": PAGE,
        "templates/letter.txt": '{% load i18n %}{% translate "Une lettre" %}\n',
        "consent/templates/consent/page.html": '{% translate "Le bouton" %}',
        "tests/test_it.py": '_("Dans un test")',
    }
    for name, text in files.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    settings.BASE_DIR = tmp_path
    settings.LOCALE_PATHS = [tmp_path / "locale"]
    return tmp_path


@pytest.fixture
def one(tree: Path) -> Path:
    """A project with one message, translated into every language."""
    (tree / "templates/page.html").unlink()
    (tree / "consent/templates/consent/page.html").unlink()
    (tree / "consent/views.py").write_text('_("Bonjour <b>%(name)s</b>")')
    (tree / "templates/letter.txt").unlink()
    call_command("translations", "extract")
    for language in ("nl", "de", "en"):
        translate(tree, language, "Salve <b>%(name)s</b>")
    call_command("translations", "check")
    return tree


def catalogue(tree: Path, language: str) -> Any:
    return polib.pofile(str(catalogue_path(tree / "locale", language)))


def translate(tree: Path, language: str, text: str, flags: tuple[str, ...] = ()) -> None:
    changed = catalogue(tree, language)
    changed[0].msgstr = text
    changed[0].flags += flags
    changed.save()


def complaint() -> str:
    with pytest.raises(CommandError) as caught:
        call_command("translations", "check")
    return str(caught.value)


# --- Extraction ---------------------------------------------------------------------------------


def test_extraction_finds_every_kind_of_message(tree: Path) -> None:
    found = translations.collect(tree)
    assert {key: message.plural for key, message in found.items()} == FOUND
    assert found[Key("Le bouton")].paths == {
        "consent/templates/consent/page.html", "templates/page.html",
    }  # fmt: skip


def test_extraction_writes_sorted_catalogues_with_paths_and_flags(tree: Path) -> None:
    call_command("translations", "extract")
    entries = catalogue(tree, "nl")
    assert [Key(entry.msgid, entry.msgctxt or "") for entry in entries] == sorted(FOUND)
    by_msgid = {entry.msgid: entry for entry in entries}
    assert by_msgid["%(n)d jour"].flags == ["python-format"]
    assert by_msgid["Bonjour {name}"].flags == ["python-brace-format"]
    assert by_msgid["Le bouton"].flags == []
    text = catalogue_path(tree / "locale", "nl").read_text()
    assert "#: consent/templates/consent/page.html templates/page.html\n" in text
    assert text.endswith('"\n')


def test_extraction_keeps_translations_and_drops_what_is_gone(one: Path) -> None:
    before = catalogue_path(one / "locale", "nl").read_bytes()
    call_command("translations", "extract")
    assert catalogue_path(one / "locale", "nl").read_bytes() == before
    (one / "consent/views.py").write_text('_("Autre chose")')
    call_command("translations", "extract")
    assert [entry.msgid for entry in catalogue(one, "nl")] == ["Autre chose"]


def test_extraction_names_a_file_it_cannot_read(tree: Path) -> None:
    (tree / "templates/page.html").write_text('{{ x|default:_("a|b") }}')
    assert "templates/page.html" in complaint()


# --- Checks -------------------------------------------------------------------------------------


def test_check_names_what_is_missing_and_what_is_gone(one: Path) -> None:
    (one / "consent/views.py").write_text('_("Autre chose")')
    lines = complaint().splitlines()
    assert len(lines) == 6
    assert "nl: “Autre chose” is missing." in lines
    assert "nl: “Bonjour <b>%(name)s</b>” is in no source any more." in lines


@pytest.mark.parametrize(
    ("text", "flags", "fault"),
    [
        ("", (), "is not translated"),
        ("Salve <b>%(name)s</b>", ("fuzzy",), "is fuzzy"),
        ("Salve <b>%(nome)s</b>", (), "placeholders"),
        ("Salve <b>%(name)d</b>", (), "placeholders"),
        ("Salve <b>%s</b>", (), "placeholders"),
        ("Salve <b>%(name)s</b> {name}", (), "placeholders"),
        ("Salve %(name)s", (), "tags"),
        ("Salve <i>%(name)s</i>", (), "tags"),
        ('Salve "<b>%(name)s</b>', (), 'has " in its translation'),
        ("Salve <b>%(name)s</b> & vale", (), "has & in its translation"),
        (" Salve <b>%(name)s</b>", (), "blanks"),
    ],
)
def test_check_names_a_faulty_translation(
    one: Path, text: str, flags: tuple[str, ...], fault: str
) -> None:
    translate(one, "de", text, flags)
    assert complaint().startswith("de: “Bonjour <b>%(name)s</b>” ")
    assert fault in complaint()


def test_check_looks_at_each_plural_form(one: Path) -> None:
    (one / "consent/views.py").write_text('ngettext("%(n)d jour", "%(n)d jours", n)')
    call_command("translations", "extract")
    for language in ("nl", "de", "en"):
        entries = catalogue(one, language)
        entries[0].msgstr_plural = {0: "%(n)d dies", 1: "%(n)d dies"}
        entries.save()
    call_command("translations", "check")
    entries[0].msgstr_plural = {0: "%(n)d dies", 1: "dies"}
    entries.save()
    assert "placeholders" in complaint()


def test_check_finds_what_django_would_show_as_something_else(one: Path) -> None:
    (one / "consent/views.py").write_text('_("Yes")')
    call_command("translations", "extract")
    for language in ("nl", "de", "en"):
        translate(one, language, "Sic")
    assert complaint() == "fr: Django shows “Yes” as “Oui”: give it a context of its own."


def test_every_text_of_the_site_is_translated() -> None:
    call_command("translations", "check")


# --- Compilation --------------------------------------------------------------------------------


def test_compiled_catalogues_are_used_at_once(one: Path) -> None:
    out = StringIO()
    call_command("translations", "compile", stdout=out)
    assert "locale/nl/LC_MESSAGES/django.mo" in out.getvalue()
    with translation.override("nl"):
        assert translation.gettext("Bonjour <b>%(name)s</b>") == "Salve <b>%(name)s</b>"
    out = StringIO()
    call_command("translations", "compile", stdout=out)
    assert out.getvalue() == ""
    translate(one, "nl", "Ave <b>%(name)s</b>")
    call_command("translations", "compile", verbosity=0)
    with translation.override("nl"):
        assert translation.gettext("Bonjour <b>%(name)s</b>") == "Ave <b>%(name)s</b>"
    assert {path.suffix for path in (one / "locale").rglob("*.*")} == {".po", ".mo"}


def test_french_needs_no_catalogue() -> None:
    with translation.override("fr"):
        assert translation.gettext("Aller au contenu") == "Aller au contenu"
        assert translation.ngettext("un jour", "des jours", 1) == "un jour"
        assert translation.ngettext("un jour", "des jours", 2) == "des jours"


# --- The pages ----------------------------------------------------------------------------------


def addresses(resolver: Any, prefix: str = "") -> Iterator[str]:
    """Every page for visitors whose address holds no secret."""
    for pattern in resolver.url_patterns:
        route = prefix + str(getattr(pattern.pattern, "_route", ""))
        if isinstance(pattern, URLResolver) and route not in {"api/", "admin/"}:
            yield from addresses(pattern, route)
        elif isinstance(pattern, URLPattern):
            route = re.sub(r"<int:\w+>", "1", route)
            if "<" not in route:
                yield f"/{route}"


def french_of(language: str) -> dict[str, re.Pattern[str]]:
    """msgid → what shows that it was left in French."""
    entries = polib.pofile(str(catalogue_path(Path("locale"), language)))
    found = {}
    for entry in entries:
        pairs = [(entry.msgid, entry.msgstr)]
        if entry.msgid_plural:
            pairs = [(entry.msgid, entry.msgstr_plural[0])]
            pairs.append((entry.msgid_plural, entry.msgstr_plural[1]))
        for source, target in pairs:
            for part in re.split(f"{NAMED.pattern}|{TAG.pattern}", source):
                if len(part.strip()) > 12 and part.strip() not in target:
                    found[part] = re.compile(rf"(?<!\w){re.escape(part.strip())}(?!\w)")
    return found


def left_in_french(page: str, french: dict[str, re.Pattern[str]]) -> list[str]:
    text = re.sub(r"\s+", " ", html.unescape(page))
    return [part for part, pattern in french.items() if pattern.search(text)]


def member(**options: Any) -> Client:
    from privacy.models import User

    client = Client(headers={"origin": "http://testserver"})
    client.force_login(User.objects.create(email="marie@example.test", **options))
    return client


@pytest.mark.django_db
@pytest.mark.parametrize("language", ["nl", "de", "en"])
def test_no_page_has_a_sentence_in_french(client: Client, language: str) -> None:
    french = french_of(language)
    pages = [f"/{language}{path}" for path in addresses(get_resolver()) if path.endswith("/")]
    known = member()
    faults: dict[str, list[str]] = {}
    for path in [*pages, f"/{language}/no/such/page/"]:
        for who, answer in (
            ("visitor", client.get(path)),
            ("sent", client.get(f"{path}?fait=envoye")),
            ("empty form", client.post(path)),
            ("member", known.get(path)),
        ):
            if left := left_in_french(answer.text, french):
                faults[f"{who} {path}"] = left
    assert len(pages) > 8
    assert not faults


@pytest.mark.django_db
def test_the_walk_would_find_french(client: Client) -> None:
    assert left_in_french(client.get("/contact/").text, french_of("en"))


@pytest.mark.django_db
@pytest.mark.parametrize("language", ["nl", "de", "en"])
def test_staff_screens_are_in_the_language_of_staff(language: str) -> None:
    french = french_of(language)
    staff = member(is_staff=True, is_superuser=True)
    paths = [reverse("admin:index")]
    for model in admin.site._registry:
        names = (model._meta.app_label, model._meta.model_name)
        paths += [reverse("admin:{}_{}_{}".format(*names, act)) for act in ("changelist", "add")]
    faults = {}
    for path in paths:
        page = staff.get(path, headers={"accept-language": language}).text
        # What the register says in French is content, not interface.
        page = re.sub(r"<(td|th|option|textarea)\b.*?</\1>", "", page, flags=re.DOTALL)
        # Django keeps the names of permissions in the database, in French.
        page = re.sub(r'<label for="id_permissions_\d+">.*?</label>', "", page, flags=re.DOTALL)
        if left := left_in_french(page, french):
            faults[path] = left
    assert not faults
