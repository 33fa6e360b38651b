"""The draft beside what is in force: what changed, what stops it, whom it asks again."""

from dataclasses import dataclass

from consent.difference import RowChange, line_changes, row_changes
from consent.enums import LANGUAGES
from consent.material import Reason, agreement, reasons
from consent.models import Publication
from consent.publishing import looked_at
from consent.register import rows
from consent.register.check import Problem, blocking
from consent.register.effective import apply_preset, with_facts
from consent.register.file import Register
from consent.render import policy_lines


@dataclass(frozen=True)
class Review:
    """`token` names all that was looked at; `lines` are the policy's, by language."""

    source: Register
    preset: str
    last: Publication | None
    token: str
    problems: list[Problem]
    changes: list[RowChange]
    lines: dict[str, list[tuple[str, str]]]
    reasons: list[Reason]
    differs_elsewhere: bool

    @property
    def changes_preset(self) -> bool:
        return self.last is not None and self.last.preset != self.preset

    @property
    def changes_something(self) -> bool:
        return self.last is None or bool(self.changes) or self.changes_preset

    @property
    def asks_again(self) -> bool:
        return self.last is None or bool(self.reasons)

    @property
    def may_be_published(self) -> bool:
        return self.changes_something and not self.problems


def review(*, preset: str, source: Register | None = None) -> Review:
    """`source` (the draft rows when None) as `preset` would publish it, beside what is in force."""
    source = rows.dumped() if source is None else source
    last = Publication.objects.select_related("notice").order_by("-number").first()
    content = apply_preset(source, preset)
    return Review(
        source=source,
        preset=preset,
        last=last,
        token=looked_at(source, preset, last.number if last else 0),
        problems=blocking(source),
        changes=row_changes(last.content, content) if last else [],
        lines={code: _lines(last.content, content, code) for code in LANGUAGES} if last else {},
        reasons=reasons(last.notice.content, agreement(content)) if last else [],
        differs_elsewhere=last is not None and source != last.source and content == last.content,
    )


def _lines(old: Register, new: Register, language: str) -> list[tuple[str, str]]:
    return line_changes(
        policy_lines(with_facts(old, language)), policy_lines(with_facts(new, language))
    )
