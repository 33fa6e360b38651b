"""Tools to plant a defect in what the site sends: only on its way to one visitor's browser."""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace

from tests.browser.site import Answer, Question
from tests.environment import ROOT

type Ask = Callable[[Question], Question]
type Change = Callable[[Question, Answer], Answer]


@dataclass(frozen=True, kw_only=True)
class Defect:
    """`ask` spoils what the server is asked, `answer` what it says, `script` what runs first."""

    name: str
    ask: Ask | None = None
    answer: Change | None = None
    script: str = ""

    def __str__(self) -> str:
        return self.name

    @property
    def is_on_the_way(self) -> bool:
        return self.ask is not None or self.answer is not None


def is_page(answer: Answer) -> bool:
    return answer.header("content-type").startswith("text/html")


def with_header(answer: Answer, name: str, value: str | None) -> Answer:
    """`name` replaced by `value`; removed when that is None."""
    kept = [(key, old) for key, old in answer.headers if key.lower() != name.lower()]
    return replace(answer, headers=kept if value is None else [*kept, (name, value)])


def with_cookie(answer: Answer, cookie: str) -> Answer:
    return replace(answer, headers=[*answer.headers, ("Set-Cookie", cookie)])


def html(name: str, pattern: str, by: str, *, path: str = ".*") -> Defect:
    """Every match of `pattern` in pages under `path` becomes `by`."""

    def change(question: Question, answer: Answer) -> Answer:
        if not is_page(answer) or not re.fullmatch(path, question.path):
            return answer
        body = re.sub(pattern, by, answer.text, flags=re.DOTALL)
        return answer if body == answer.text else replace(answer, body=body.encode())

    return Defect(name=name, answer=change)


def in_head(name: str, markup: str, *, keeps_policy: bool = True, path: str = ".*") -> Defect:
    """Markup pasted into the head of each page, with or without the content security policy."""

    def change(question: Question, answer: Answer) -> Answer:
        if not is_page(answer) or not re.fullmatch(path, question.path):
            return answer
        if not keeps_policy:
            answer = with_header(answer, "content-security-policy", None)
        return replace(answer, body=answer.body.replace(b"<head>", b"<head>" + markup.encode(), 1))

    return Defect(name=name, answer=change)


def css(name: str, rules: str) -> Defect:
    """Rules added to the banner's stylesheet."""

    def change(question: Question, answer: Answer) -> Answer:
        if not question.path.startswith("/static/consent/banner."):
            return answer
        return replace(answer, body=answer.body + rules.encode())

    return Defect(name=name, answer=change)


def source(name: str, file: str, old: str, new: str) -> Defect:
    """The script `file` as it is written, not minified, with `old` become `new`."""

    def change(question: Question, answer: Answer) -> Answer:
        stem = file.removesuffix(".js")
        if not re.fullmatch(rf"/static/consent/{stem}(\.\w+)?\.js", question.path):
            return answer
        text = (ROOT / "static/consent" / file).read_text("utf-8")
        if old not in text:
            raise LookupError(f"{file} no longer holds what this defect changes: {old}")
        return replace(answer, body=text.replace(old, new).encode())

    return Defect(name=name, answer=change)


def header(name: str, field: str, value: str | None, *, path: str = ".*") -> Defect:
    def change(question: Question, answer: Answer) -> Answer:
        if not is_page(answer) or not re.fullmatch(path, question.path):
            return answer
        return with_header(answer, field, value)

    return Defect(name=name, answer=change)


def sets_cookie(name: str, cookie: str, *, path: str = ".*", method: str = "GET") -> Defect:
    """A cookie that comes with each page under `path`."""

    def change(question: Question, answer: Answer) -> Answer:
        if question.method != method or not re.fullmatch(path, question.path):
            return answer
        return with_cookie(answer, cookie) if is_page(answer) else answer

    return Defect(name=name, answer=change)


def cookies(name: str, pattern: str, by: str) -> Defect:
    """Every match of `pattern` in what Set-Cookie says becomes `by`; empty ones are not sent."""

    def change(question: Question, answer: Answer) -> Answer:
        headers = []
        for key, value in answer.headers:
            new = re.sub(pattern, by, value) if key.lower() == "set-cookie" else value
            if new:
                headers.append((key, new))
        return answer if headers == answer.headers else replace(answer, headers=headers)

    return Defect(name=name, answer=change)


def script(name: str, code: str) -> Defect:
    """Code that runs before anything else on every page."""
    return Defect(name=name, script=code)


def asked(name: str, ask: Ask) -> Defect:
    return Defect(name=name, ask=ask)


def together(name: str, *parts: Defect) -> Defect:
    """Several mistakes that only together do harm: the site takes cookies away in two places."""

    def change(question: Question, answer: Answer) -> Answer:
        for part in parts:
            if part.answer is not None:
                answer = part.answer(question, answer)
        return answer

    return Defect(name=name, answer=change, script="".join(part.script for part in parts))
