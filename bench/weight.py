"""(a) What the banner costs a visit: bytes, layout shift, first paint, time in scripts."""

import urllib.request
from statistics import median
from sys import executable
from typing import Any

from playwright.sync_api import Browser

from bench import banners, packages, page
from bench import browser as measured
from bench.banners import BANNERS, EMPTY, file_of, gzipped
from bench.figures import BenchError, Figure, at_most, beside
from bench.server import serving
from bench.site import STATIC_ROOT, Site

BYTES = "Bytes of the banner on a visit (gzip -9 of scripts, styles and added HTML)"
PAINT = "Painting the banner, processor 4× slower"
SCRIPTS = "Time in scripts, undecided visit, processor 4× slower"
MOST_UNDECIDED, MOST_DECIDED = 4_096, 1_536
MOST_SCRIPT_RATIO = 0.5
RUNS = 11
MINIMAL = "/minimal/"
GOOGLE_START = "consent/analytics"  # its name goes on with a hash
OURS = "ours"
OUR_TEXT = "[data-consent-banner] h2"
OUR_ACCEPT = "[data-consent-banner] [data-consent-action=accept-all]"
OUR_REFUSE = "[data-consent-banner] [data-consent-action=refuse-all]"


def cookie_header(state: Any) -> str:
    """Our own cookies of a visit, as a request sends them."""
    return "; ".join(f"{row['name']}={row['value']}" for row in state["cookies"])


def _html(site: Site, cookie: str) -> bytes:
    request = urllib.request.Request(f"{site.address}/", headers={"Cookie": cookie})
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(request, timeout=30) as answer:
        content: bytes = answer.read()
    return content


def _our_bytes(site: Site, without: page.Process, requests: list[str], cookie: str) -> int:
    """Of each of our files asked for, once, and of the HTML that a page without it lacks."""
    files = {url.partition("/static/")[2] for url in requests if "/static/consent/" in url}
    # Google's own start is no part of a banner, ours or a peer's: a figure of its own.
    ours = [name for name in files if not name.startswith(GOOGLE_START)]
    sizes = [gzipped((STATIC_ROOT / name).read_bytes()) for name in ours]
    html = gzipped(_html(site, cookie)) - gzipped(without.ask("page", cookie).encode())
    return sum(sizes) + html


def _our_weight(site: Site, browser: Browser) -> tuple[list[Figure], dict[str, str]]:
    """The figures, and the cookies of each kind of visit."""
    address = f"{site.address}/"
    undecided = measured.visit(browser, address)
    states = {
        "refused": measured.visit(browser, address, accept=OUR_REFUSE).state,
        "accepted": measured.visit(browser, address, accept=OUR_ACCEPT).state,
    }
    cookies = {"undecided": "", **{name: cookie_header(state) for name, state in states.items()}}
    if not all("cookieconsent_status" in cookies[name] for name in states):
        raise BenchError("A click on the banner set no cookie.")
    figures = []
    with page.process(site, page.WITHOUT) as without:
        size = _our_bytes(site, without, undecided.requests, "")
        name = "front page, undecided"
        figures.append(at_most(BYTES, name, size, MOST_UNDECIDED, unit="B"))
        for name, state in states.items():
            again = measured.visit(browser, address, state=state)
            size = _our_bytes(site, without, again.requests, cookies[name])
            figures.append(at_most(BYTES, f"front page, {name}", size, MOST_DECIDED, unit="B"))
    figures.append(
        Figure(
            group=BYTES, name="the start of Google Analytics, accepted, beside that", unit="B",
            value=gzipped((STATIC_ROOT / f"{GOOGLE_START}.js").read_bytes()),
        )
    )  # fmt: skip
    return figures, cookies


def _peers_weight(browser: Browser, address: str, ours: dict[str, float]) -> list[Figure]:
    folder = packages.banners()
    figures = []
    for banner in BANNERS:
        html = banners.added_html(banner)
        where = f"{address}/{banner.name}.html"
        first = measured.visit(browser, where, accept=banner.accept)
        again = measured.visit(browser, where, state=first.state)
        for kind, requests in (("undecided", first.requests), ("accepted", again.requests)):
            asked = {url for url in requests if "/package/" in url}
            size = html + sum(gzipped(file_of(folder, url).read_bytes()) for url in asked)
            figures.append(
                beside(BYTES, f"{banner.title}, {kind}", size, ours[kind], unit="B", against=OURS)
            )
    return figures


def _paints(browser: Browser, pages: dict[str, tuple[str, str]]) -> list[Figure]:
    """Medians, in rounds, each page in turn; the layout shift is the worst of ours."""
    found: dict[str, list[measured.Paint]] = {name: [] for name in pages}
    for _ in range(RUNS):
        for name, (address, text) in pages.items():
            found[name].append(measured.paint(browser, address, text))
    delay = median(one.delay for one in found[OURS])
    shift = max(one.shift for one in found[OURS])
    first = median(one.banner for one in found[OURS])
    name = "banner shown after first contentful paint, median"
    figures = [
        # Both times are of one frame, rounded apart.
        at_most(PAINT, name, delay, 1.0, unit="ms"),
        at_most(PAINT, "layout shift, worst run", shift, 0, unit=""),
        Figure(group=PAINT, name="banner shown, from navigation", value=first, unit="ms"),
    ]
    for name in pages:
        if name != OURS:
            shown = median(one.banner for one in found[name])
            late = median(one.delay for one in found[name])
            worst = max(one.shift for one in found[name])
            said = f"{name} ({late:.0f} ms after first paint; shift {worst:.4f})"
            figures.append(beside(PAINT, said, shown, first, unit="ms", against=OURS))
    return figures


def _scripts(browser: Browser, pages: dict[str, tuple[str, str]]) -> list[Figure]:
    found: dict[str, list[float]] = {name: [] for name in pages}
    for _ in range(RUNS):
        for name, (address, _text) in pages.items():
            found[name].append(measured.script_ms(browser, address))
    peers = {banner.title: median(found[banner.title]) for banner in BANNERS}
    best = min(peers, key=lambda name: peers[name])
    ours = median(found[OURS])
    ratio = median(a / b for a, b in zip(found[OURS], found[best], strict=True))
    return [
        Figure(
            group=SCRIPTS, name=OURS, value=ours, unit="ms", reference=ours / ratio,
            against=f"best peer: {best}", target=f"ratio ≤ {MOST_SCRIPT_RATIO:.2f}",
            passed=ratio <= MOST_SCRIPT_RATIO,
        ),
        *(beside(SCRIPTS, name, ms, ours, unit="ms", against=OURS) for name, ms in peers.items()),
        beside(
            SCRIPTS, "the page with an empty script", median(found["empty"]), ours, unit="ms",
            against=OURS,
        ),
    ]  # fmt: skip


def measure(site: Site) -> tuple[list[Figure], dict[str, str]]:
    environment = {**site.environment, "DJANGO_SETTINGS_MODULE": "bench.minimal.settings"}
    application = "clicknconnect.wsgi:application"
    with (
        serving(executable, application, site.port, environment, "/readyz"),
        banners.served() as address,
        measured.chromium() as browser,
    ):
        figures, cookies = _our_weight(site, browser)
        ours = {figure.name.rpartition(" ")[2]: figure.value for figure in figures}
        figures += _peers_weight(browser, address, ours)
        pages = {OURS: (f"{site.address}{MINIMAL}", OUR_TEXT)}
        pages |= {one.title: (f"{address}/{one.name}.html", one.text) for one in BANNERS}
        figures += _paints(browser, pages)
        figures += _scripts(browser, {**pages, "empty": (f"{address}/empty.html", EMPTY.text)})
    return figures, cookies
