"""The watch on everything that leaves for another host; elsewhere.py answers for Google.

What counts is the attempt: a request that the browser began, whether or not it was answered, and
one that the content security policy stopped (that is an accident prevented, not a consent asked).
"""

import re
from dataclasses import dataclass
from time import monotonic
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import BrowserContext, Request

GOOGLE = re.compile(
    r"https?://(?:"
    r"(?:[\w-]+\.)*(?:googletagmanager|google-analytics|googlesyndication)\.com"
    r"|(?:[\w-]+\.)*analytics\.google\.com"
    r"|(?:[\w-]+\.)*doubleclick\.net"
    r"|www\.google\.[a-z.]+/(?:ccm|pagead|ads)"
    r")(?:[/:?]|$)"
)
WATCH = """
addEventListener("securitypolicyviolation", (event) => {
  window.reportViolation?.({ directive: event.effectiveDirective, blocked: event.blockedURI });
}, true);
"""


@dataclass(frozen=True)
class Attempt:
    """One request for another host, at `at` seconds of the test's own clock."""

    url: str
    at: float
    how: str
    referer: str = ""

    @property
    def is_google(self) -> bool:
        return GOOGLE.match(self.url) is not None

    @property
    def is_tag(self) -> bool:
        return "/gtag/js" in self.url

    @property
    def is_hit(self) -> bool:
        return "/g/collect" in self.url


class Google:
    """What left one context for another host: `attempts`, and Google's among them."""

    def __init__(self, context: BrowserContext, own_host: str, *, has_scripts: bool = True) -> None:
        self._own_host = own_host
        self.attempts: list[Attempt] = []
        context.on("request", self._note)
        if has_scripts:
            context.expose_binding("reportViolation", self._note_violation)
            context.add_init_script(WATCH)

    @property
    def hits(self) -> list[Attempt]:
        return [attempt for attempt in self.attempts if attempt.is_hit]

    @property
    def tags(self) -> list[Attempt]:
        return [attempt for attempt in self.attempts if attempt.is_tag]

    def _is_foreign(self, url: str) -> bool:
        parts = urlsplit(url)
        return parts.scheme in {"http", "https", "ws", "wss"} and parts.netloc != self._own_host

    def _note(self, request: Request) -> None:
        if self._is_foreign(request.url):
            referer = request.headers.get("referer", "")
            self.attempts.append(Attempt(request.url, monotonic(), request.resource_type, referer))

    def _note_violation(self, source: dict[str, Any], violation: dict[str, str]) -> None:
        how = f"stopped by {violation['directive']}"
        self.attempts.append(Attempt(violation["blocked"], monotonic(), how))
