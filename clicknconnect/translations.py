"""The message catalogues, without the gettext programs.

The source language is French: a msgid is a French sentence, so French needs no catalogue. Django's
own catalogues have English msgids; `problems` sees to it that no sentence of ours is one of them.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from tempfile import NamedTemporaryFile
from tokenize import TokenError

import polib  # type: ignore[import-untyped]
from django.conf import settings
from django.utils import translation
from django.utils.translation.reloader import translation_file_changed
from django.utils.translation.template import templatize

SOURCES = ("clicknconnect", "consent", "privacy", "templates")
TEMPLATES = {".html", ".txt"}
KEYWORDS: dict[str, tuple[int | tuple[int, str], ...] | None] = {
    "_": None,
    "gettext": None,
    "gettext_lazy": None,
    "gettext_noop": None,
    "ngettext": (1, 2),
    "ngettext_lazy": (1, 2),
    "pgettext": ((1, "c"), 2),
    "pgettext_lazy": ((1, "c"), 2),
    "npgettext": ((1, "c"), 2, 3),
    "npgettext_lazy": ((1, "c"), 2, 3),
}
# Dutch, German and English count alike.
PLURAL_FORMS = "nplurals=2; plural=(n != 1);"
TITLE = "Click'n CoNNect. The msgids are the French texts of the sources."

NAMED = re.compile(r"%\(\w+\)[#0 +-]?\d*(?:\.\d+)?[a-z]")
POSITIONAL = re.compile(r"%(?!\()[#0+-]?\d*(?:\.\d+)?[a-z%]")
BRACED = re.compile(r"\{\w*(?:![rsa])?(?::[^{}]*)?\}")
TAG = re.compile(r"</?[a-zA-Z][^<>]*>")
MARKUP = set('<>&"')


class UnreadableSource(Exception):
    """A source file whose messages cannot be found; the text names it."""


@dataclass(frozen=True, order=True)
class Key:
    """What a catalogue looks a message up by."""

    msgid: str
    context: str = ""

    def __str__(self) -> str:
        return f"“{self.msgid}”" + (f" ({self.context})" if self.context else "")


@dataclass
class Message:
    plural: str = ""
    paths: set[str] = field(default_factory=set)

    def flags(self, key: Key) -> list[str]:
        texts = key.msgid + self.plural
        if NAMED.search(texts) or POSITIONAL.search(texts):
            return ["python-format"]
        return ["python-brace-format"] if BRACED.search(texts) else []


Messages = dict[Key, Message]


def languages() -> list[str]:
    return [code for code, _ in settings.LANGUAGES if code != settings.LANGUAGE_CODE]


def catalogue_path(folder: Path, language: str) -> Path:
    return folder / language / "LC_MESSAGES" / "django.po"


# --- Extraction ---------------------------------------------------------------------------------


def collect(root: Path) -> Messages:
    """Every message of the sources below `root`."""
    messages: Messages = {}
    for path in source_files(root):
        name = path.relative_to(root).as_posix()
        for key, plural in messages_of(path.read_text("utf-8"), path.suffix, name):
            message = messages.setdefault(key, Message(plural))
            if plural and message.plural not in ("", plural):
                raise UnreadableSource(f"{name}: {key} has another plural elsewhere.")
            message.plural = message.plural or plural
            message.paths.add(name)
    return messages


def source_files(root: Path) -> Iterator[Path]:
    for source in SOURCES:
        for path in sorted((root / source).rglob("*")):
            inside = path.relative_to(root).parts
            is_code = path.suffix == ".py" and "migrations" not in inside
            if is_code or (path.suffix in TEMPLATES and "templates" in inside):
                yield path


def messages_of(text: str, suffix: str, name: str) -> Iterator[tuple[Key, str]]:
    """(key, plural or "") of each message in a source file."""
    from babel.messages.extract import extract  # a development tool

    if suffix in TEMPLATES:
        # Python to a tokeniser, but for the indentation.
        text = "\n".join(line.strip() for line in templatize(text, name).split("\n"))
    try:
        found = list(extract("python", BytesIO(text.encode()), KEYWORDS))
    except (SyntaxError, TokenError) as error:
        raise UnreadableSource(f"{name}: {error}") from error
    for _line, texts, _comments, context in found:
        msgid, plural = (texts, "") if isinstance(texts, str) else texts
        if msgid:
            yield Key(msgid, context or ""), plural


def update(path: Path, language: str, messages: Messages) -> None:
    """Write the catalogue with exactly these messages, keeping the translations it has."""
    known = entries_of(path)
    catalogue = polib.POFile(wrapwidth=99)
    catalogue.header = TITLE
    catalogue.metadata = {
        "Language": language,
        "MIME-Version": "1.0",
        "Content-Type": "text/plain; charset=UTF-8",
        "Content-Transfer-Encoding": "8bit",
        "Plural-Forms": PLURAL_FORMS,
    }
    for key, message in sorted(messages.items()):
        entry = polib.POEntry(
            msgid=key.msgid,
            msgctxt=key.context or None,
            occurrences=[(path, "") for path in sorted(message.paths)],
            flags=message.flags(key),
        )
        old = known.get(key)
        if message.plural:
            entry.msgid_plural = message.plural
            entry.msgstr_plural = {0: "", 1: ""}
            if old and old.msgid_plural:
                entry.msgstr_plural = old.msgstr_plural
        elif old and not old.msgid_plural:
            entry.msgstr = old.msgstr
        if old:
            entry.tcomment = old.tcomment
            entry.flags += ["fuzzy"] if old.fuzzy else []
        catalogue.append(entry)
    write(path, f"{catalogue}".strip().encode() + b"\n")


def entries_of(path: Path) -> dict[Key, polib.POEntry]:
    catalogue = polib.pofile(str(path)) if path.exists() else ()
    return {Key(entry.msgid, entry.msgctxt or ""): entry for entry in catalogue}


# --- Checks -------------------------------------------------------------------------------------


def problems(messages: Messages, folder: Path) -> list[str]:
    """Why some page would not be entirely in its language, as sentences."""
    found = list(taken_by_django(messages))
    for language in languages():
        entries = entries_of(catalogue_path(folder, language))
        for key in sorted(messages.keys() | entries.keys()):
            if key not in entries:
                fault = "is missing"
            elif key not in messages:
                fault = "is in no source any more"
            else:
                fault = entry_fault(entries[key], messages[key])
            if fault:
                found.append(f"{language}: {key} {fault}.")
    return found


def entry_fault(entry: polib.POEntry, message: Message) -> str:
    """What is wrong with a translation, to be read after its msgid; empty when nothing is."""
    if entry.obsolete:
        return "is marked obsolete"
    if entry.fuzzy:
        return "is fuzzy"
    if (entry.msgid_plural or "") != message.plural:
        return "has another plural in the source"
    if not message.plural:
        return text_fault(entry.msgid, entry.msgstr)
    if set(entry.msgstr_plural) != {0, 1}:
        return "has the wrong number of plural forms"
    return text_fault(entry.msgid, entry.msgstr_plural[0]) or text_fault(
        message.plural, entry.msgstr_plural[1]
    )


def text_fault(source: str, target: str) -> str:
    if not target.strip():
        return "is not translated"
    if placeholders(source) != placeholders(target):
        return "has other placeholders than its translation"
    if Counter(TAG.findall(source)) != Counter(TAG.findall(target)):
        return "has other HTML tags than its translation"
    # Django escapes neither; they also stand in attributes.
    if new := sorted(MARKUP & set(target) - set(source)):
        return f"has {' '.join(new)} in its translation only"
    if edges(source) != edges(target):
        return "begins or ends with other blanks than its translation"
    return ""


def placeholders(text: str) -> tuple[set[str], list[str], list[str]]:
    """The named ones may be repeated or change places, the others may not."""
    named = set(NAMED.findall(text))
    return named, POSITIONAL.findall(NAMED.sub("", text)), sorted(BRACED.findall(text))


def edges(text: str) -> tuple[str, str]:
    bare = text.strip()
    return text[: text.index(bare)], text[text.index(bare) + len(bare) :]


def taken_by_django(messages: Iterable[Key]) -> Iterator[str]:
    """French sentences that a catalogue with English msgids would turn into something else."""
    with translation.override(settings.LANGUAGE_CODE):
        for key in sorted(messages):
            shown = (
                translation.pgettext(key.context, key.msgid)
                if key.context
                else translation.gettext(key.msgid)
            )
            if shown != key.msgid:
                yield (
                    f"{settings.LANGUAGE_CODE}: Django shows {key} as “{shown}”: "
                    "give it a context of its own."
                )


# --- Compilation --------------------------------------------------------------------------------


def compile_all(folder: Path) -> list[Path]:
    """Write the .mo beside each .po that changed; the paths written."""
    return [
        written
        for path in sorted(folder.glob("*/LC_MESSAGES/*.po"))
        if (written := compile_one(path))
    ]


def compile_one(path: Path) -> Path | None:
    target = path.with_suffix(".mo")
    if not write(target, polib.pofile(str(path)).to_binary()):
        return None
    translation_file_changed(None, target)  # this process may have read the old one
    return target


def write(path: Path, content: bytes) -> bool:
    """Whether the file had to change; it does so at once, for whoever reads at that moment."""
    if path.exists() and path.read_bytes() == content:
        return False
    path.parent.mkdir(parents=True, exist_ok=True)
    with NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}.", delete=False) as file:
        new = Path(file.name)
        file.write(content)
    try:
        new.chmod(0o644)
        new.replace(path)
    except OSError:
        new.unlink()
        raise
    return True
