"""Chromium and a running site, for every test of this folder.

`site`      web and worker processes on their own copy of the database, one for each test process
`chromium`  the browser; each test gets a `context` (a visitor with an empty jar) and a `page` in it
`visit`     the visitor's hands and eyes: accept, refuse, withdraw, jar, what was sent to others
"""

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Playwright, sync_playwright

from tests.browser.elsewhere import Elsewhere
from tests.browser.site import Site
from tests.browser.visit import Visit
from tests.conftest import copy_database, drop_database, make_template, use_database

# Playwright's own list is replaced by this one. The first line spares each visitor two windows of
# the address bar's suggestions, half the cost of a visitor.
WITHOUT = (
    "WebUIOmniboxPopup,WebUIOmniboxFullPopup,WebUIOmniboxAimPopup,PreloadTopChromeWebUI,"
    "AcceptCHFrame,DestroyProfileOnBrowserClose,GlobalMediaControls,HttpsUpgrades,LensOverlay,"
    "MediaRouter,OptimizationHints,PaintHolding,ThirdPartyStoragePartitioning,Translate,"
    # Every host is on this machine; a page that was tampered with could not reach it.
    "LocalNetworkAccessChecks"
)
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--in-process-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-proxy-server",
    "--ignore-certificate-errors",
    f"--disable-features={WITHOUT}",
]
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.path.is_relative_to(HERE):
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def site(
    django_db_setup: str, django_db_blocker: Any, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Site]:
    name = f"site_{os.environ.get('PYTEST_XDIST_WORKER', 'main')}_{os.getpid()}"
    with django_db_blocker.unblock():
        copy_database(make_template(), name)
        use_database(django_db_setup)
    running = Site(name, tmp_path_factory.mktemp("site"))
    try:
        running.start()
        yield running
    finally:
        running.stop()
        drop_database(name)


# For the folder, not the session: Django's own tests may not run beside Playwright's event loop.
@pytest.fixture(scope="package")
def playwright(site: Site) -> Iterator[Playwright]:
    with sync_playwright() as running:
        yield running


def executable(playwright: Playwright) -> str:
    """The browser that `make test` found, an installed one, or Playwright's own."""
    candidates = [os.environ.get("CHROMIUM", ""), *NAMES, playwright.chromium.executable_path]
    found = next((path for name in candidates if (path := shutil.which(name))), None)
    if found is None:
        pytest.fail("These tests need a browser: install chromium, or set CHROMIUM to its path.")
    return found


@pytest.fixture(scope="session")
def elsewhere(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Elsewhere]:
    server = Elsewhere(tmp_path_factory.mktemp("elsewhere"))
    yield server
    server.stop()


@pytest.fixture(scope="package")
def launch(playwright: Playwright, elsewhere: Elsewhere) -> Callable[..., Browser]:
    """Start a browser for which every host is on this machine."""
    hosts = f"MAP *.localhost 127.0.0.1, MAP * {elsewhere.address}"

    def launch(**options: Any) -> Browser:
        return playwright.chromium.launch(
            executable_path=executable(playwright),
            args=[*ARGUMENTS, f"--host-resolver-rules={hosts}"],
            **options,
        )

    return launch


@pytest.fixture(scope="package")
def chromium(launch: Callable[..., Browser]) -> Iterator[Browser]:
    browser = launch()
    yield browser
    browser.close()


@pytest.fixture
def context_options() -> dict[str, Any]:
    """What a test may override: `extra_http_headers`, `java_script_enabled`, `viewport`."""
    return {}


@pytest.fixture
def visit(site: Site, chromium: Browser, context_options: dict[str, Any]) -> Iterator[Visit]:
    """A visitor whose browser asks nobody but the site; Google is a stand-in."""
    visit = Visit(site, chromium, options=context_options)
    yield visit
    visit.close()


@pytest.fixture
def context(visit: Visit) -> BrowserContext:
    return visit.context


@pytest.fixture
def page(visit: Visit) -> Page:
    return visit.page
