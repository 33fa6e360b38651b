"""Charts as SVG paths: shapes alone, without a style, a script or a text in them.

They stretch with the page; colours come from the stylesheet (light and dark), words and figures
stand around them in HTML, where they keep their size. That is why no chart library draws them:
those put styles and scripts into the picture, which the content security policy refuses.
"""

from collections.abc import Sequence
from dataclasses import dataclass

STEP = 10  # width of one bar with its gap
HEIGHT = 100
_GAP = 2
_ROUND = (1, 2, 2.5, 5, 10)


@dataclass(frozen=True, slots=True)
class Chart:
    """`paths`: one `d` per series, in their order; `ceiling`: the value of the upper edge."""

    width: int
    height: int
    ceiling: int
    paths: tuple[str, ...]


def ceiling(most: float) -> int:
    """The next round number: 1, 2, 2.5 or 5 times a power of ten, and whole."""
    power = 1
    while True:
        for step in _ROUND:
            if step * power >= most and (step * power) % 1 == 0:
                return int(step * power)
        power *= 10


def stacked(columns: Sequence[Sequence[int]]) -> Chart:
    """Bars of several series, the first at the bottom; one column per day."""
    top = ceiling(max((sum(column) for column in columns), default=0))
    series = max((len(column) for column in columns), default=0)
    paths: list[list[str]] = [[] for _ in range(series)]
    for number, column in enumerate(columns):
        below = 0
        for index, value in enumerate(column):
            if value:
                low, high = _y(below, top), _y(below + value, top)
                paths[index].append(
                    f"M{number * STEP + _GAP / 2:g} {low:g}V{high:g}h{STEP - _GAP}V{low:g}z"
                )
            below += value
    return Chart(_width(columns), HEIGHT, top, tuple("".join(path) for path in paths))


def line(values: Sequence[float | None], *, top: int) -> Chart:
    """A line through the middles of the days; a day without a value interrupts it.

    A day between two without a value is a short dash, or it would not be seen.
    """
    parts = []
    for number, value in enumerate(values):
        if value is None:
            continue
        x, y = number * STEP + STEP / 2, _y(value, top)
        if number and values[number - 1] is not None:
            parts.append(f"L{x:g} {y:g}")
        else:
            parts.append(f"M{x - 1:g} {y:g}h1")
    return Chart(_width(values), HEIGHT, top, ("".join(parts),))


def _width(columns: Sequence[object]) -> int:
    return max(1, len(columns)) * STEP


def _y(value: float, top: int) -> float:
    return round(HEIGHT - HEIGHT * value / top, 2)
