"""The HTML that a publication gives, made once per publication and language, not per request."""

import re
from typing import Any

from django.template.loader import render_to_string
from django.utils.safestring import SafeString, mark_safe
from markdown_it import MarkdownIt

from consent.register.file import Register

_MARKDOWN = MarkdownIt("zero", {"html": False}).enable(
    ["emphasis", "link", "backticks", "escape", "entity"]
)
_BETWEEN_TAGS = re.compile(r">\s+<")
_SPACES = re.compile(r"\s+")


def inline(text: str) -> SafeString:
    """Emphasis, links and names in backticks of one sentence; everything else is escaped."""
    # markdown-it escapes, and HTML is off.
    return SafeString(_MARKDOWN.renderInline(text))


def plain(text: str) -> str:
    """The sentence without its markup."""
    return "".join(
        token.content
        for block in _MARKDOWN.parseInline(text)
        for token in block.children or []
        if token.type in {"text", "code_inline", "text_special"}
    )


def compact(html: str) -> str:
    return _SPACES.sub(" ", _BETWEEN_TAGS.sub("><", html)).strip()


def category_rows(register: Register) -> list[dict[str, Any]]:
    """Categories with their services, services with their cookies; `register` in one language."""
    return [
        {
            **category,
            "services": [
                {
                    **service,
                    "cookies": [
                        {
                            **cookie,
                            "purpose_html": inline(cookie["purpose"]),
                            "provenance_html": inline(cookie["provenance"]),
                        }
                        for cookie in register["cookies"]
                        if cookie["service"] == service["key"]
                    ],
                }
                for service in register["services"]
                if service["category"] == category["key"]
            ],
        }
        for category in register["categories"]
    ]


def banner(register: Register, *, language: str, notice: int, base: str) -> SafeString:
    return _render("consent/_banner.html", register, language=language, notice=notice, base=base)


def preferences(register: Register, *, language: str, notice: int, base: str) -> SafeString:
    return _render(
        "consent/_preferences.html", register, language=language, notice=notice, base=base
    )


def _render(template: str, register: Register, **more: Any) -> SafeString:
    texts = {key: inline(text) for key, text in register["banner"].items()}
    html = render_to_string(
        template,
        {
            "t": texts,
            "plain": {key: plain(text) for key, text in register["banner"].items()},
            "categories": category_rows(register),
            **more,
        },
    )
    return mark_safe(compact(html))  # noqa: S308  made of escaped parts


def policy(register: Register, *, language: str) -> SafeString:
    """The policy page's body, in the order of its blocks."""
    categories = {row["key"]: row for row in category_rows(register)}
    blocks = [
        {**row, "services": categories.get(row.get("category", ""), {}).get("services", [])}
        for row in register["policy"]
    ]
    html = render_to_string(
        "consent/_policy.html",
        {
            "language": language,
            "blocks": [_with_html(block) for block in blocks],
            "browsers": register["browsers"],
            "t": register["banner"],
            "notice": register["translation_notice"] if language != "fr" else "",
        },
    )
    return mark_safe(html)  # noqa: S308  made of escaped parts


def _with_html(block: dict[str, Any]) -> dict[str, Any]:
    return {
        **block,
        "html": inline(block.get("text", "")),
        "points": [inline(item) for item in block.get("items", [])],
    }


def policy_lines(register: Register) -> list[str]:
    """The policy as plain lines, for the difference between two versions."""
    lines: list[str] = []
    categories = {row["key"]: row for row in category_rows(register)}
    for block in register["policy"]:
        if block.get("text"):
            lines.append(plain(block["text"]))
        lines += [plain(item) for item in block.get("items", [])]
        if block["kind"] == "cookies":
            # A draft may name a category that is gone; the page shows none of it either.
            for service in categories.get(block.get("category", ""), {}).get("services", []):
                lines.append(service["heading"])
                lines += [
                    " — ".join(
                        (c["name"], plain(c["provenance"]), c["lifetime"], plain(c["purpose"]))
                    )
                    for c in service["cookies"]
                ]
        if block["kind"] == "browsers":
            lines += [f"{b['label']} {b['url']}".strip() for b in register["browsers"]]
    return lines
