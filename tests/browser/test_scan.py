"""`manage.py scan`: the site passes, and a page with an undeclared key does not."""

import json
import os
import subprocess
import sys

from playwright.sync_api import Browser

from consent.scan.browse import visit as scanned
from consent.scan.compare import problems
from tests.browser.site import Site
from tests.environment import ROOT


def test_scan_of_the_site_passes(site: Site) -> None:
    """As its user runs it: every state, nothing undeclared; Google is attempted when accepted."""
    address = f"http://127.0.0.1:{site.port}"
    run = subprocess.run(
        [sys.executable, "manage.py", "scan", f"{address}/", "--format", "json"],
        cwd=ROOT, env={**os.environ, **site.environment}, capture_output=True, text=True,
        timeout=120, check=False,
    )  # fmt: skip
    assert run.returncode == 0, run.stderr[-800:]
    visits = {row["state"]: row for row in json.loads(run.stdout)["visits"]}
    assert list(visits) == ["undecided", "refused", "accepted", "withdrawn"]
    assert visits["undecided"]["cookies"] == []
    assert any("googletagmanager" in url for url in visits["accepted"]["requests"])
    for state in ("undecided", "refused", "withdrawn"):
        assert not any("google" in url for url in visits[state]["requests"]), state


def test_scan_finds_a_planted_key_and_cookie(site: Site, chromium: Browser) -> None:
    from consent import snapshots

    snapshot = snapshots.current()
    assert snapshot is not None
    script = 'localStorage.setItem("planted", 1); document.cookie = "planted=1;path=/";'
    first = next(iter(scanned(chromium, f"{site.url}/", script=script)))
    found = " ".join(problems(snapshot.content, first))
    assert "localStorage:planted" in found
    assert "the cookie planted is not declared" in found
