"""What the front page of the admin shows: each application adds its own panels and lines.

A function decorated with `panel` gives a box of the page, one decorated with `to_do` the lines of
« À traiter »; each gets the request and the time, asks the permissions itself, and gives None, or
no line, to whom it is not for.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.http import HttpRequest


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    """A box: `template` is included with `panel`, this object, alone. Lower `order` comes first."""

    title: str
    template: str
    context: dict[str, Any]
    order: int = 50
    is_wide: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ToDo:
    """A line of « À traiter »: a sentence, where to go, and whether it can wait."""

    text: str
    url: str = ""
    is_urgent: bool = False


type MakePanel = Callable[[HttpRequest, datetime], Panel | None]
type MakeToDo = Callable[[HttpRequest, datetime], Iterable[ToDo]]


@dataclass
class Board:
    """All that was registered."""

    panels: list[MakePanel] = field(default_factory=list)
    to_dos: list[MakeToDo] = field(default_factory=list)


board = Board()


def panel(make: MakePanel) -> MakePanel:
    board.panels.append(make)
    return make


def to_do(make: MakeToDo) -> MakeToDo:
    board.to_dos.append(make)
    return make


def shown(request: HttpRequest, now: datetime) -> dict[str, Any]:
    """For the template: `to_do`, urgent lines first, and `panels` in their order."""
    lines = [line for make in board.to_dos for line in make(request, now)]
    panels = [made for make in board.panels if (made := make(request, now)) is not None]
    return {
        "to_do": sorted(lines, key=lambda line: not line.is_urgent),
        "panels": sorted(panels, key=lambda made: made.order),
    }
