"""A visitor: a browser context of their own, with hands, eyes and a watch on their browser.

What a visitor does not find or see in time is an AssertionError that says so.
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import date, timedelta
from html import escape
from time import monotonic
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import (
    Browser,
    Cookie,
    Error,
    Locator,
    Page,
    Request,
    Response,
    Route,
)
from playwright.sync_api import (
    TimeoutError as TooLate,
)

from tests.browser.google import Google
from tests.browser.planting import Defect
from tests.browser.site import PARENT, PASSWORD, Answer, Question, Site

STATUS = "cookieconsent_status"
GOOGLE_COOKIES = {"_ga", "_ga_C7V9QNLBQD", "_gat"}
LOGIN_COOKIES = {"sessionid", "Csrf-token"}
TAG_ID = "G-C7V9QNLBQD"
HOP_HEADERS = {"content-length", "transfer-encoding", "connection", "keep-alive"}
STORAGE = """async () => ({
  local: Object.keys(localStorage), session: Object.keys(sessionStorage),
  databases: (await indexedDB.databases()).map((row) => row.name),
  caches: await caches.keys(),
  workers: (await navigator.serviceWorker.getRegistrations()).map((row) => row.scope),
})"""


class Visit:
    def __init__(
        self,
        site: Site,
        browser: Browser,
        *,
        defect: Defect | None = None,
        options: dict[str, Any] | None = None,
    ) -> None:
        self.site = site
        self.browser = browser
        self.defect = defect
        self.options = options or {}
        self.planted = 0
        self._others: list[Visit] = []
        self._unanswered: set[Request] = set()
        self.context = browser.new_context(base_url=site.url, locale="fr-BE", **self.options)
        self.context.set_default_timeout(6000)
        has_scripts = self.options.get("java_script_enabled", True)
        self.google = Google(self.context, site.host, has_scripts=has_scripts)
        if defect is not None and defect.script:
            self.context.add_init_script(f"{{ {defect.script} }}")
            self.planted += 1
        if defect is not None and defect.is_on_the_way:
            self.context.route(f"{site.url}/**", self._rewritten)
        self._watch_posts()
        self.page = self.context.new_page()

    def another(self, **options: Any) -> "Visit":
        """Another visitor of the same site: an empty jar, other options of the context."""
        other = Visit(
            self.site, self.browser, defect=self.defect, options={**self.options, **options}
        )
        self._others.append(other)
        return other

    def close(self) -> None:
        for other in self._others:
            other.close()
        # A refusal is recorded after it is in force: the next test counts records.
        deadline = monotonic() + 2
        while self._unanswered and monotonic() < deadline:
            self.wait(20)
        self.context.close()

    def _watch_posts(self) -> None:
        def begin(request: Request) -> None:
            if request.method != "GET":
                self._unanswered.add(request)

        def end(request: Request) -> None:
            self._unanswered.discard(request)

        self.context.on("request", begin)
        self.context.on("requestfinished", end)
        self.context.on("requestfailed", end)

    # Planted defects

    def was_planted(self) -> bool:
        """Whether the defect changed anything, for this visitor or another of the same check."""
        return self.planted > 0 or any(other.was_planted() for other in self._others)

    def _rewritten(self, route: Route) -> None:
        request = route.request
        headers = {
            name: value
            for name, value in request.headers.items()
            if name.lower() not in {"accept-encoding", "cookie", "host"}
        }
        jar = self.context.cookies(request.url)
        if jar:
            headers["cookie"] = "; ".join(f"{row['name']}={row['value']}" for row in jar)
        if request.method != "GET":
            headers.setdefault("origin", self.site.url)
        path = request.url.removeprefix(self.site.url)
        question = Question(path, request.method, headers, request.post_data_buffer)
        try:
            answer = self.ask(question)
        except OSError:
            route.abort("connectionreset")
            return
        if answer.status in {301, 302, 303} and answer.header("location"):
            # Playwright lets nobody look at where a redirection leads: go there by a page.
            goal = escape(answer.header("location"))
            page = f'<meta http-equiv="refresh" content="0;url={goal}">'
            answer = replace(answer, status=200, body=page.encode())
        kept: dict[str, str] = {}
        for name, value in answer.headers:
            key = name.lower()
            if key not in HOP_HEADERS:
                kept[key] = f"{kept[key]}\n{value}" if key in kept else value
        route.fulfill(status=answer.status, headers=kept, body=answer.body)

    def ask(self, question: Question) -> Answer:
        """The site's answer, without a browser, with whatever defect is planted."""
        if self.defect is not None and self.defect.ask is not None:
            spoiled = self.defect.ask(question)
            self.planted += spoiled != question
            question = spoiled
        answer = self.site.ask(question)
        if self.defect is not None and self.defect.answer is not None:
            spoiled_answer = self.defect.answer(question, answer)
            self.planted += spoiled_answer != answer
            answer = spoiled_answer
        return answer

    def get(self, path: str, *, cookie: str = "", **headers: str) -> Answer:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.ask(Question(path, headers={**named, **({"Cookie": cookie} if cookie else {})}))

    def site_policy(self, cookie: str) -> str:
        """The content security policy of the site itself, whatever defect is planted."""
        question = Question("/contact/", headers={"Cookie": cookie})
        return self.site.ask(question).header("content-security-policy")

    # Hands

    def goto(self, path: str = "/") -> Response:
        response = self.page.goto(path)
        assert response is not None
        self._land()
        return response

    def _land(self) -> None:
        """Where a defect is planted, redirections are pages of their own: wait for their goal."""
        if self.defect is not None and self.defect.is_on_the_way:
            hop = self.page.locator("meta[http-equiv=refresh]")
            self.until(lambda: hop.count() == 0, "a redirection leads nowhere")
            self.page.wait_for_load_state("domcontentloaded")

    def leave(self) -> int:
        """Go away from the site; how many attempts there were until then."""
        self.page.goto("about:blank")
        self.wait(60)
        return len(self.google.attempts)

    def walk(self, paths: Iterable[str]) -> Iterator[str]:
        """Open one page after the other; its scripts have run when it is yielded."""
        for path in paths:
            self.page.goto(path, wait_until="domcontentloaded")
            self._land()
            yield path

    def press(self, locator: Locator, *, clicks: int = 1) -> None:
        self.until(locator.is_visible, f"not there: {locator}", within=2.0)
        try:
            locator.click(click_count=clicks)
        except TooLate as error:
            raise AssertionError(f"cannot be pressed: {locator}") from error

    def button(self, action: str, page: Page | None = None) -> Locator:
        banner = (page or self.page).locator("[data-consent-banner]")
        return banner.locator(f"[data-consent-action='{action}']")

    def panel(self, page: Page | None = None) -> Locator:
        return (page or self.page).locator("[data-consent-preferences]")

    def accept(self) -> None:
        """Press « Tout accepter », and wait for the page that comes with it."""
        self.press(self.button("accept-all"))
        self.until(lambda: self.allows() and self.is_ready(), "the acceptance is not in force")
        self.until(lambda: not self.banner_is_shown(), "the banner stays")

    def accept_with_tag(self) -> None:
        """Accept on the front page, and wait until Google has set its cookies."""
        self.goto("/")
        self.accept()
        self.until(lambda: bool(self.google.hits), "the tag never ran")
        self.until(lambda: self.jar() >= GOOGLE_COOKIES, "no Google cookies")

    def refuse(self) -> None:
        self.press(self.button("refuse-all"))
        self.until(lambda: not self.banner_is_shown(), "the banner stays")
        self.until(lambda: STATUS in self.jar(), "the refusal is not kept")

    def open_choices(self, page: Page | None = None) -> None:
        page = page or self.page
        control = page.locator("footer [data-consent-open]")
        assert control.count(), "no control to manage cookies"
        self.press(control)
        self.until(self.panel(page).is_visible, "the choices do not open")

    def withdraw(self, page: Page | None = None) -> None:
        """« Gérer mes cookies », « Tout refuser »: two activations."""
        self.open_choices(page)
        self.press(self.panel(page).locator("[data-consent-action='refuse-all']"))
        self.until(lambda: not self.allows(page=page), "the withdrawal is not in force", within=1.0)

    def log_in(self, email: str = "marie@demo.test") -> None:
        self.goto("/account/login/")
        self.page.fill("main input[name=username]", email)
        self.page.fill("main input[name=password]", PASSWORD)
        self.press(self.page.locator("main form button"))
        self.until(lambda: "sessionid" in self.jar(), "the login did not work")
        self.until(lambda: "/login/" not in self.page.url, "the login leads nowhere")
        self.page.wait_for_load_state()

    def arrive(self, path: str) -> None:
        """Wait for the page at `path`."""
        self.until(lambda: urlsplit(self.page.url).path == path, f"not at {path}")
        self.page.wait_for_load_state("domcontentloaded")

    def wait(self, milliseconds: int) -> None:
        self.page.wait_for_timeout(milliseconds)

    def until(self, condition: Callable[[], Any], what: str, *, within: float = 4.0) -> None:
        """Wait until `condition` holds, at most `within` seconds; AssertionError says `what`."""
        deadline = monotonic() + within
        while True:
            # While a page is between two documents, nothing can be asked of it.
            with suppress(Error):
                if condition():
                    return
            if monotonic() > deadline:
                raise AssertionError(what)
            self.wait(25)

    # Eyes

    def evaluate(self, script: str, argument: Any = None, page: Page | None = None) -> Any:
        """Ask the page; once more when it made way for another one meanwhile."""
        page = page or self.page
        for _ in range(3):
            with suppress(Error):
                return page.evaluate(script, argument)
            page.wait_for_timeout(100)
        return page.evaluate(script, argument)

    def is_ready(self, page: Page | None = None) -> bool:
        script = "document.readyState === 'complete' && !!window.cookieConsent"
        return bool(self.evaluate(script, page=page))

    def allows(self, category: str = "analytics", page: Page | None = None) -> bool:
        script = "(category) => window.cookieConsent?.allows(category) ?? false"
        return bool(self.evaluate(script, category, page))

    def is_disabled(self, page: Page | None = None) -> bool:
        return bool(self.evaluate(f"window['ga-disable-{TAG_ID}'] === true", page=page))

    def banner_is_shown(self, page: Page | None = None) -> bool:
        return (page or self.page).locator("[data-consent-banner]").is_visible()

    def message(self, root: str = "[data-consent-banner]") -> str:
        return self.page.locator(f"{root} [data-consent-message]").inner_text()

    def storage(self) -> list[str]:
        """Names of everything kept in the browser besides cookies."""
        return [name for names in self.evaluate(STORAGE).values() for name in names]

    def cookies(self) -> list[Cookie]:
        return self.context.cookies()

    def jar(self) -> set[str]:
        return {cookie["name"] for cookie in self.cookies()}

    def value(self, name: str = STATUS) -> str:
        return next((row["value"] for row in self.cookies() if row["name"] == name), "")

    def put(self, value: str, *, name: str = STATUS, domain: str = "") -> None:
        """Put a cookie into the jar, as if it had always been there."""
        self.context.clear_cookies(name=name)
        where = {"domain": domain, "path": "/"} if domain else {"url": self.site.url}
        self.context.add_cookies([{"name": name, "value": value, **where}])

    def put_google_cookies(self, *names: str) -> None:
        for name in names or GOOGLE_COOKIES:
            self.put("GA1.1.1.1", name=name, domain=f".{PARENT}")

    def age(self, days: int) -> None:
        """Time travel: the choice in the jar was made `days` earlier."""
        parts = self.value().split(".")
        index = 2 if parts[0] == "r1" else 3
        day = parts[index]
        made = date(int(day[:4]), int(day[4:6]), int(day[6:])) - timedelta(days=days)
        parts[index] = f"{made:%Y%m%d}"
        self.put(".".join(parts))

    # What must hold

    def assert_silent(self) -> None:
        """Nothing left for another host, nothing even tried to."""
        assert self.google.attempts == []

    def records(self) -> list[str]:
        return self.site.events()
