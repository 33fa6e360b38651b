"""Pictures of both layers, taken by the worker's browser from what a revision kept (CP-04)."""

import base64
import hashlib
import os
import struct
import subprocess
import sys
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from tests.browser.site import Site
from tests.environment import ROOT

TAKE = """
import django
django.setup()
from datetime import UTC, datetime
from consent import pictures
pictures.take(now=datetime.now(UTC))
again = pictures.take(now=datetime.now(UTC))
print(again, len(pictures.missing()))
"""


@pytest.fixture(scope="module")
def taken(site: Site) -> dict[tuple[str, int], bytes]:
    """(layer, width) → PNG of the French revision; by a process of its own, as the worker does."""
    run = subprocess.run(
        [sys.executable, "-c", TAKE],
        env={**os.environ, **site.environment, "DJANGO_SETTINGS_MODULE": "clicknconnect.settings"},
        cwd=ROOT, capture_output=True, text=True, timeout=150, check=False,
    )  # fmt: skip
    assert run.returncode == 0, run.stderr[-800:]
    assert run.stdout.split() == ["0", "0"], "a second run takes nothing, and nothing is missing"
    rows = site.query(
        "SELECT p.layer, p.width, p.png, p.sha256 FROM consent_picture p"
        " JOIN consent_revision r ON r.sha256 = p.revision_id WHERE r.language = 'fr'"
    )
    assert all(hashlib.sha256(png).hexdigest() == sha256 for _, _, png, sha256 in rows)
    return {(layer, width): bytes(png) for layer, width, png, _ in rows}


def size(png: bytes) -> tuple[int, int]:
    assert png.startswith(b"\x89PNG")
    width, height = struct.unpack(">II", png[16:24])
    return width, height


def cut(browser: Browser, png: bytes, box: Any) -> bytes:
    """The part of a picture, drawn anew so that it can be compared byte for byte."""
    width, height = size(png)
    page = browser.new_page(viewport={"width": width, "height": height})
    try:
        source = base64.b64encode(png).decode()
        page.set_content(
            "<style>body{margin:0}img{display:block}</style>"
            f'<img src="data:image/png;base64,{source}">'
        )
        return page.screenshot(clip=box)
    finally:
        page.close()


def live(browser: Browser, site: Site, width: int, height: int) -> Page:
    page = browser.new_page(viewport={"width": width, "height": height}, color_scheme="light")
    page.goto(f"{site.url}/")
    return page


def inside(box: Any) -> Any:
    """Without the edge, where rounded corners show the page behind."""
    edge = 12
    return {
        "x": box["x"] + edge, "y": box["y"] + edge,
        "width": box["width"] - 2 * edge, "height": box["height"] - 2 * edge,
    }  # fmt: skip


def test_cp_04_every_language_layer_and_width_has_a_picture(site: Site, taken: Any) -> None:
    rows = site.query(
        "SELECT p.revision_id, r.language, p.layer, p.width FROM consent_picture p"
        " JOIN consent_revision r ON r.sha256 = p.revision_id"
    )
    assert {language for _, language, _, _ in rows} == {"fr", "nl", "de", "en"}
    # The site is shared: who came before may have published, and each revision has its own four.
    for revision in {row[0] for row in rows}:
        assert sorted(row[2:] for row in rows if row[0] == revision) == [
            ("banner", 390), ("banner", 1280), ("preferences", 390), ("preferences", 1280),
        ]  # fmt: skip


@pytest.mark.parametrize("width", [390, 1280])
def test_cp_04_the_banner_in_the_picture_is_the_banner_of_the_site(
    site: Site, chromium: Browser, taken: dict[tuple[str, int], bytes], width: int
) -> None:
    png = taken["banner", width]
    page = live(chromium, site, *size(png))
    try:
        box = page.locator("[data-consent-banner]").bounding_box()
        assert page.screenshot(clip=box) == cut(chromium, png, box)  # type: ignore[arg-type]
    finally:
        page.close()


@pytest.mark.parametrize("width", [390, 1280])
def test_cp_04_the_second_layer_in_the_picture_is_the_one_of_the_site(
    site: Site, chromium: Browser, taken: dict[tuple[str, int], bytes], width: int
) -> None:
    png = taken["preferences", width]
    page = live(chromium, site, *size(png))
    try:
        page.click("[data-consent-banner] [data-consent-action=customise]")
        dialog = page.locator("dialog.cp-dialog")
        dialog.wait_for()
        page.evaluate("document.activeElement.blur()")
        page.mouse.move(0, 0)
        assert dialog.evaluate("layer => layer.scrollHeight - layer.clientHeight") <= 0
        box = inside(dialog.bounding_box())
        assert page.screenshot(clip=box) == cut(chromium, png, box)
    finally:
        page.close()
