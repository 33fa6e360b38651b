"""(c) The front page with consent, beside the same page without it."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from statistics import median
from typing import Any

from bench.figures import BenchError, Figure, at_most, spread
from bench.site import Site
from clicknconnect.embedded import PROJECT_ROOT

GROUP = "A page with consent beside the same page without"
PATH = "/"
ROUNDS = 61
TIMES = 30
MOST = 1.05
WITHOUT = "bench.without.settings"


@dataclass(frozen=True)
class Process:
    """Asks a `bench.page_process`."""

    process: subprocess.Popen[str]

    def ask(self, act: str, cookie: str = "", times: int = 0) -> Any:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        question = {"act": act, "path": PATH, "cookie": cookie, "times": times}
        self.process.stdin.write(json.dumps(question) + "\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        if not line:
            raise BenchError("A page could not be measured; run `python -m bench.page_process`.")
        return json.loads(line)


@contextmanager
def process(site: Site, settings: str) -> Iterator[Process]:
    environment = {**site.environment, "DJANGO_SETTINGS_MODULE": settings, "CONSENT_FOLLOW": "0"}
    started = subprocess.Popen(
        [sys.executable, "-m", "bench.page_process"],
        cwd=PROJECT_ROOT, env={**environment, "LOG_LEVEL": "INFO"}, text=True,
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        yield Process(started)
    finally:
        assert started.stdin is not None
        started.stdin.close()
        try:
            started.wait(timeout=10)
        except subprocess.TimeoutExpired:
            started.kill()
            started.wait()


@contextmanager
def both(site: Site) -> Iterator[tuple[Process, Process]]:
    with ExitStack() as stack:
        with_consent = stack.enter_context(
            process(site, site.environment["DJANGO_SETTINGS_MODULE"])
        )
        yield with_consent, stack.enter_context(process(site, WITHOUT))


def cpu_ratio(ours: Process, bare: Process, cookie: str) -> tuple[float, float, float, float]:
    """(ours, without, ratio, spread): ms of CPU a page, in rounds, in turn."""
    for one in (ours, bare):
        one.ask("cpu", cookie, TIMES)
    pairs = []
    for turn in range(ROUNDS):
        first = (ours, bare) if turn % 2 else (bare, ours)
        taken = {id(one): one.ask("cpu", cookie, TIMES) * 1000 for one in first}
        pairs.append((taken[id(ours)], taken[id(bare)]))
    ratios = [a / b for a, b in pairs]
    return median(a for a, _ in pairs), median(b for _, b in pairs), median(ratios), spread(ratios)


def measure(site: Site, cookies: dict[str, str]) -> list[Figure]:
    """`cookies` by the name of the visit that sends them."""
    figures = []
    with both(site) as (ours, bare):
        for name, cookie in cookies.items():
            mine, without, ratio, noise = cpu_ratio(ours, bare, cookie)
            figures.append(
                Figure(
                    group=GROUP,
                    name=f"CPU a page, {name} (± {noise:.1%})",
                    value=mine,
                    unit="ms",
                    reference=mine / ratio,
                    against=f"without consent ({without:.2f} ms)",
                    target=f"ratio ≤ {MOST:.2f}",
                    passed=ratio <= MOST,
                )  # fmt: skip
            )
        for name, cookie in cookies.items():
            more = ours.ask("queries", cookie) - bare.ask("queries", cookie)
            figures.append(at_most(GROUP, f"queries more, {name}", more, 0, unit=""))
    return figures
