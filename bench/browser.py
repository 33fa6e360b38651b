"""What a real Chromium does on a visit: requests, paints, layout shifts, time in scripts."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from playwright.sync_api import Browser, BrowserContext, Page, Route, sync_playwright

from bench.figures import BenchError
from clicknconnect.embedded import PROJECT_ROOT

ARGUMENTS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
]  # fmt: skip
THROTTLING = 4
SETTLE_MS = 1_000
SCREEN = {"width": 390, "height": 844}

# Marks the banner's first words as the parser or a script adds them, before they are painted.
WATCH = """(() => {
  window.bench = {shift: 0, text: null, seen: null};
  new MutationObserver(() => {
    const text = document.querySelector(SELECTOR);
    if (text && !text.hasAttribute("elementtiming")) text.setAttribute("elementtiming", "banner");
  }).observe(document, {childList: true, subtree: true});
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) bench.shift += entry.value;
  }).observe({type: "layout-shift", buffered: true});
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) bench.text ??= entry.renderTime;
  }).observe({type: "element", buffered: true});
  const look = () => {
    const text = document.querySelector(SELECTOR);
    const options = {opacityProperty: true, visibilityProperty: true};
    if (text?.checkVisibility(options) && text.offsetHeight) bench.seen = performance.now();
    else requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
})()"""
READ = """() => ({...bench,
  paint: performance.getEntriesByName("first-contentful-paint")[0]?.startTime})"""


@dataclass(frozen=True)
class Visit:
    """A cold visit: the addresses asked for, and the cookies afterwards."""

    requests: list[str] = field(default_factory=list)
    state: Any = None


@dataclass(frozen=True)
class Paint:
    """In ms from the navigation's start; `shift` is the cumulative layout shift."""

    first: float
    banner: float
    shift: float

    @property
    def delay(self) -> float:
        return self.banner - self.first


def chromium_path() -> str:
    if os.environ.get("CHROMIUM"):
        return os.environ["CHROMIUM"]
    answer = subprocess.run(
        ["scripts/ensure_browser"], cwd=PROJECT_ROOT, capture_output=True, text=True, check=False
    )
    if answer.returncode != 0:
        raise BenchError(answer.stderr.strip().splitlines()[-1])
    return answer.stdout.strip()


@contextmanager
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium_path(), args=ARGUMENTS)
        try:
            yield browser
        finally:
            browser.close()


def _only_this_machine(route: Route) -> None:
    if route.request.url.startswith("http://127.0.0.1:"):
        route.continue_()
    else:
        route.abort()


@contextmanager
def _context(browser: Browser, state: Any = None) -> Iterator[BrowserContext]:
    context = browser.new_context(viewport=SCREEN, storage_state=state)  # type: ignore[arg-type]
    try:
        yield context
    finally:
        context.close()


def visit(browser: Browser, address: str, *, state: Any = None, accept: str = "") -> Visit:
    """Visit once; with `accept` click it then. Requests to other machines are counted, not sent."""
    with _context(browser, state) as context:
        context.route("**/*", _only_this_machine)
        page = context.new_page()
        requests: list[str] = []
        page.on("request", lambda request: requests.append(request.url))
        page.goto(address, wait_until="load")
        page.wait_for_timeout(SETTLE_MS)
        seen = list(requests)
        if accept:
            page.locator(accept).first.click()
            page.wait_for_timeout(SETTLE_MS)
        return Visit(seen, context.storage_state())


def paint(browser: Browser, address: str, text: str) -> Paint:
    with _context(browser) as context:
        context.add_init_script(WATCH.replace("SELECTOR", repr(text)))
        page = context.new_page()
        _throttle(page)
        page.goto(address, wait_until="load")
        page.wait_for_function("bench.seen", timeout=15_000)
        page.wait_for_timeout(SETTLE_MS)
        found = page.evaluate(READ)
        box = page.locator(text).first.bounding_box()
        if box is None or box["y"] >= SCREEN["height"]:
            raise BenchError(f"The banner of {address} was not painted.")
        # What fades in is not in Element Timing: then the frame before which it was visible.
        banner = found["seen"] if found["text"] is None else found["text"]
        return Paint(found["paint"], banner, found["shift"])


def _throttle(page: Page) -> Any:
    session = page.context.new_cdp_session(page)
    session.send("Emulation.setCPUThrottlingRate", {"rate": THROTTLING})
    return session


def script_ms(browser: Browser, address: str) -> float:
    """Time that the page's scripts ran, with a processor four times slower."""
    with _context(browser) as context:
        page = context.new_page()
        session = _throttle(page)
        session.send("Performance.enable", {"timeDomain": "threadTicks"})
        page.goto(address, wait_until="load")
        page.wait_for_timeout(SETTLE_MS)
        metrics = session.send("Performance.getMetrics")["metrics"]
        return 1000 * next(row["value"] for row in metrics if row["name"] == "ScriptDuration")
