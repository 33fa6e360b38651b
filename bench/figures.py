"""A figure, beside what it is measured against; the table and the file of a run."""

import json
import platform
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import Any


class BenchError(Exception):
    """A benchmark cannot run; the text is a sentence for the person."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One figure. `ratio` is value / reference; `target` says what it must be."""

    group: str
    name: str
    value: float
    unit: str
    reference: float | None = None
    against: str = ""
    target: str = ""
    passed: bool | None = None  # None: no target, for comparison only

    @property
    def ratio(self) -> float | None:
        return self.value / self.reference if self.reference else None


def at_most(
    group: str, name: str, value: float, limit: float, *, unit: str, against: str = "limit"
) -> Figure:
    """A figure with a fixed limit."""
    return Figure(
        group=group, name=name, value=value, unit=unit, reference=limit, against=against,
        target=f"≤ {number(limit)} {unit}".rstrip(), passed=value <= limit,
    )  # fmt: skip


def beside(
    group: str, name: str, value: float, reference: float, *, unit: str, against: str
) -> Figure:
    """A figure of a peer or of ours, for comparison only."""
    return Figure(
        group=group, name=name, value=value, unit=unit, reference=reference, against=against
    )


def percentile(values: list[float], share: float) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def spread(values: list[float]) -> float:
    """How far measurements of the same thing lie apart: median absolute deviation / median."""
    middle = median(values)
    return median(abs(value - middle) for value in values) / middle if middle else 0.0


def number(value: float | None) -> str:
    if value is None:
        return ""
    if value == int(value) or abs(value) >= 1000:
        return f"{value:,.0f}"
    return f"{value:.2f}"


HEADS = ("", "figure", "value", "against", "reference", "ratio", "target")


def cells(figure: Figure) -> tuple[str, ...]:
    mark = {True: "ok", False: "MISSED", None: ""}[figure.passed]
    value = f"{number(figure.value)} {figure.unit}".rstrip()
    reference = f"{number(figure.reference)} {figure.unit}".rstrip() if figure.against else ""
    ratio = "" if figure.ratio is None else f"{figure.ratio:.3f}"
    return mark, figure.name, value, figure.against, reference, ratio, figure.target


def table(figures: list[Figure]) -> str:
    """For a terminal."""
    rows = [HEADS, *(cells(figure) for figure in figures)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(HEADS))]
    lines = []
    group = ""
    for row, figure in zip(rows, [None, *figures], strict=True):
        if figure is not None and figure.group != group:
            group = figure.group
            lines.append(f"\n{group}")
        lines.append("  ".join(f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True)))
    return "\n".join(line.rstrip() for line in lines)


def markdown(figures: list[Figure]) -> str:
    lines: list[str] = []
    group = ""
    for figure in figures:
        if figure.group != group:
            group = figure.group
            lines += ["", f"### {group}", "", "| " + " | ".join(HEADS) + " |"]
            lines.append("|---|---|--:|---|--:|--:|---|")
        lines.append("| " + " | ".join(cells(figure)) + " |")
    return "\n".join(lines).strip()


def write(path: Path, figures: list[Figure], notes: dict[str, Any], *, seconds: float) -> None:
    """The machine-readable file."""
    rows = [{**asdict(figure), "ratio": figure.ratio} for figure in figures]
    content = {
        "measured_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "seconds": round(seconds),
        "machine": {"system": platform.system(), "processor": platform.machine(), **notes},
        "passed": all(figure.passed is not False for figure in figures),
        "figures": rows,
    }
    path.write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n", "utf-8")
