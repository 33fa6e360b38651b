"""Visit pages in a real browser, in each state of consent."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from time import time

from playwright.sync_api import Browser, BrowserContext, Error, Page, sync_playwright

from consent.scan.compare import Seen, SeenCookie

__all__ = ["Error", "NoBrowser", "chromium", "visit"]

ARGUMENTS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
]  # fmt: skip
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
SETTLE_MILLISECONDS = 1500
STORAGE = """async () => [
  ...Object.keys(localStorage).map((key) => "localStorage:" + key),
  ...Object.keys(sessionStorage).map((key) => "sessionStorage:" + key),
  ...(await indexedDB.databases()).map((row) => "IndexedDB:" + row.name),
  ...(self.caches ? await caches.keys() : []).map((key) => "CacheStorage:" + key),
  ...(navigator.serviceWorker ? await navigator.serviceWorker.getRegistrations() : [])
    .map((row) => "serviceWorker:" + row.scope),
]"""
# What the policy stopped was attempted all the same.
WATCH = """(() => {
  window.__stopped = [];
  document.addEventListener("securitypolicyviolation", (event) => {
    if (/^https?:/.test(event.blockedURI)) window.__stopped.push(event.blockedURI);
  });
})()"""


class NoBrowser(RuntimeError):
    """No Chromium was found."""


@contextmanager
def chromium() -> Iterator[Browser]:
    """A browser: $CHROMIUM, an installed one, or Playwright's own. Raises NoBrowser."""
    with sync_playwright() as playwright:
        candidates = [os.environ.get("CHROMIUM", ""), *NAMES, playwright.chromium.executable_path]
        found = next((path for name in candidates if (path := shutil.which(name))), None)
        if found is None:
            raise NoBrowser("No Chromium was found: install it, or set CHROMIUM to its path.")
        browser = playwright.chromium.launch(executable_path=found, args=ARGUMENTS)
        try:
            yield browser
        finally:
            browser.close()


def visit(browser: Browser, address: str, *, script: str = "") -> Iterator[Seen]:
    """The page at `address` in each state; only undecided where it asks for no consent.

    `script` runs before the page's own (tests plant a mistake with it).
    """
    for state in ("undecided", "refused", "accepted", "withdrawn"):
        context = browser.new_context()
        try:
            seen = _in_state(context, address, state, script)
        finally:
            context.close()
        if seen is None:
            return
        yield seen


def _in_state(context: BrowserContext, address: str, state: str, script: str) -> Seen | None:
    requests: list[str] = []
    context.add_init_script(WATCH)
    if script:
        context.add_init_script(script)
    page = context.new_page()
    page.goto(address, wait_until="load")
    if state != "undecided" and not _choose(page, state):
        return None
    # From here on: what this state does, not what led to it.
    context.on("request", lambda request: requests.append(request.url))
    page.goto(address, wait_until="load")
    page.mouse.wheel(0, 4000)
    page.wait_for_timeout(SETTLE_MILLISECONDS)
    requests += page.evaluate("window.__stopped ?? []")
    now = time()
    cookies = tuple(
        SeenCookie(
            cookie["name"],
            cookie["domain"],
            None if cookie["expires"] < 0 else round(cookie["expires"] - now),
        )
        for cookie in context.cookies()
    )
    return Seen(
        address=address,
        state=state,
        cookies=cookies,
        storage=tuple(page.evaluate(STORAGE)),
        requests=tuple(url for url in requests if url.startswith(("http:", "https:"))),
    )


def _choose(page: Page, state: str) -> bool:
    """Bring the page into `state` through its own controls; False when it has none."""
    if not page.evaluate("!!window.cookieConsent"):
        return False
    if state in {"accepted", "withdrawn"}:
        # The acceptance reloads the page.
        page.evaluate("window.cookieConsent.acceptAll().catch(() => {})")
        page.wait_for_timeout(SETTLE_MILLISECONDS)
        page.wait_for_load_state("load")
    if state != "accepted":
        page.evaluate("window.cookieConsent.refuseAll()")
        page.wait_for_timeout(SETTLE_MILLISECONDS)
    return True
