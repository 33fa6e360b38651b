"""The documentation says what the project does: links, settings, rules, commands."""

import re
from functools import cache
from pathlib import Path

import pytest
from django.core.management import get_commands, load_command_class

ROOT = Path(__file__).resolve().parent.parent
PAGES = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").glob("*.md"))]
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
FENCE = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
# One line of docs/conformity.md per rule; its state is one of the cells.
RULE = re.compile(r"^\| ((?:CK|CP|GA|AX|TR|T)-\d\d) \|(.*)\|$", re.MULTILINE)
NAMED = re.compile(r"(?i)(?<![a-z0-9])(ck|cp|ga|ax|tr|t)[-_](\d\d)(?!\d)")
# Read by Django or set by whoever starts it, not by the person who configures the site.
NOT_A_SETTING = {"DJANGO_SETTINGS_MODULE", "PATH"}


def text_of(path: Path) -> str:
    return path.read_text("utf-8")


def anchors(path: Path) -> set[str]:
    """The anchors that GitHub makes of headings."""
    headings = re.findall(r"^#+ (.+)$", FENCE.sub("", text_of(path)), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in headings}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_relative_links_lead_somewhere(page: Path) -> None:
    dead = []
    for link in LINK.findall(FENCE.sub("", text_of(page))):
        path, _, anchor = link.partition("#")
        if "://" in link or link.startswith("mailto:"):
            continue
        target = (page.parent / path).resolve() if path else page
        if not target.exists() or (anchor and anchor not in anchors(target)):
            dead.append(link)
    assert not dead


def settings_read() -> set[str]:
    """Every variable that the code reads from the environment."""
    found: set[str] = set()
    for path in sorted((ROOT / "clicknconnect").rglob("*.py")):
        text = text_of(path)
        if path.name == "settings.py":
            found |= set(re.findall(r'\benv\.\w+\(\s*"([A-Z0-9_]+)"', text))
            found |= set(re.findall(r'\b(?:secret|kept)\(\s*"([A-Z0-9_]+)"', text))
        found |= set(re.findall(r'environ(?:\.get\(|\.setdefault\(|\[)\s*"([A-Z0-9_]+)"', text))
        found |= set(re.findall(r'"([A-Z0-9_]+)" in os\.environ', text))
    return found - NOT_A_SETTING


def settings_described() -> set[str]:
    rows = re.findall(r"^\| `([A-Z0-9_]+)` \|", text_of(ROOT / "docs/settings.md"), re.MULTILINE)
    assert len(rows) == len(set(rows)), "a setting stands twice in docs/settings.md"
    return set(rows)


def test_every_setting_is_described_and_exists() -> None:
    assert settings_described() == settings_read()


@cache
def rules_named_by_tests() -> set[str]:
    return {
        f"{family.upper()}-{number}"
        for path in sorted((ROOT / "tests").rglob("test_*"))
        if path.suffix in {".py", ".js", ".mjs"} and path.name != Path(__file__).name
        for family, number in NAMED.findall(text_of(path))
    }


def rules() -> list[tuple[str, str]]:
    """(id, state) of every rule in docs/conformity.md."""
    found = []
    for identifier, rest in RULE.findall(text_of(ROOT / "docs/conformity.md")):
        cells = {cell.strip() for cell in rest.split("|")}
        states = sorted(cells & {"done", "part", "next", "watch"})
        assert len(states) == 1, f"{identifier} has no state, or several"
        found.append((identifier, states[0]))
    return found


def test_every_rule_stands_once() -> None:
    names = [identifier for identifier, _ in rules()]
    wanted = [
        f"{family}-{number:02}"
        for family, last in (("CK", 21), ("CP", 8), ("GA", 11), ("AX", 11), ("TR", 10), ("T", 24))
        for number in range(1, last + 1)
    ]
    assert names == wanted


def test_every_rule_that_is_implemented_is_named_by_a_test() -> None:
    implemented = {identifier for identifier, state in rules() if state in {"done", "part"}}
    assert sorted(implemented - rules_named_by_tests()) == []


def test_files_and_tests_that_the_rules_name_exist() -> None:
    text = text_of(ROOT / "docs/conformity.md")
    sources = "\n".join(text_of(path) for path in sorted((ROOT / "tests").rglob("test_*.py")))
    for name in re.findall(r"`(test_\w+)`", text):
        assert f"def {name}(" in sources, name
    for path in re.findall(r"`((?:clicknconnect|consent|privacy|static|templates)/[^`]*)`", text):
        assert (ROOT / path).exists(), path


def test_code_names_only_documentation_that_exists() -> None:
    for folder in ("clicknconnect", "consent", "privacy", "scripts", "static/consent", "deploy"):
        for path in (ROOT / folder).rglob("*"):
            if path.is_file() and path.suffix in {"", ".py", ".js", ".css"}:
                for name in re.findall(r"\bdocs/[\w-]+\.md", text_of(path)):
                    assert (ROOT / name).exists(), f"{path} names {name}"


def test_management_commands_exist() -> None:
    known = get_commands()
    for page in PAGES:
        for name, act in re.findall(r"manage\.py ([a-z_]+)(?: ([a-z]+))?", text_of(page)):
            assert name in known, f"{page.name} names manage.py {name}"
            if name == "register" and act:
                parser = load_command_class(known[name], name).create_parser("manage.py", name)
                assert act in parser.format_help(), f"{page.name} names manage.py register {act}"


def test_make_targets_exist() -> None:
    known = set(re.findall(r"^([a-z-]+):", text_of(ROOT / "Makefile"), re.MULTILINE))
    for page in PAGES:
        named = re.findall(r"(?:`|^ {4})make ([a-z-]+)", text_of(page), re.MULTILINE)
        assert set(named) <= known, page.name
