"""A conformity rule as staff work it through: what it quotes, asks, and how it is mended."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from consent.conformity.published import Published


@dataclass(frozen=True)
class Concern:
    """`examine` gives the quoted words or values while the concern stands, else nothing.

    `rule` names its source. Live concerns look at the present; the others at a version only, so
    that the version which mended them can be named.
    """

    id: str
    level: str  # L1 law, L2 recommendation, L3 stale fact, watch
    title: Any
    rule: Any
    explanation: Any
    warning: Any
    strict: Any
    examine: Callable[[Published], tuple[str, ...]]
    is_live: bool = False
