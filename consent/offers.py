"""What other applications offer to do with a version as it is published.

`consent` knows none of them: each is registered by whoever offers it, and is a box on the screen.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from consent.audit import Actor
from consent.models import Publication


@dataclass(frozen=True, slots=True)
class Offer:
    """`do` is called in the publication's transaction and says what it did."""

    key: str
    label: Any
    do: Callable[[Publication, Actor, datetime], str]


offers: dict[str, Offer] = {}


def offer(made: Offer) -> None:
    offers[made.key] = made
