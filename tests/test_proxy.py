"""deploy/nginx: a real nginx with the files of the deployment, in front of a real web process.

Only addresses, ports and folders are replaced. What came from the cache is read in the access log.
"""

import gzip
import http.client
import json
import os
import re
import shutil
import ssl
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from clicknconnect.embedded import free_port
from tests.browser.site import HOST, Answer, Program, Site
from tests.conftest import copy_database, drop_database, make_template, use_database
from tests.environment import ROOT
from tests.test_compose import new_env

SOURCES = ROOT / "deploy/nginx"
GOOGLE = "https://www.googletagmanager.com"
PUBLIC = "/privacy/versions/"


def nginx_program() -> str:
    """The nginx that `make test` found or installed."""
    for name in (os.environ.get("NGINX"), "nginx", "/usr/sbin/nginx"):
        if name and (path := shutil.which(name)):
            return path
    raise AssertionError(
        "No nginx is here: run scripts/ensure_nginx, which installs one or says how."
    )


def certificate(folder: Path) -> None:
    folder.mkdir(parents=True)
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
         "-nodes", "-days", "1", "-subj", f"/CN={HOST}", "-keyout", folder / "privkey.pem",
         "-out", folder / "fullchain.pem"],
        check=True, capture_output=True,
    )  # fmt: skip


class Proxy:
    """nginx in `folder`, laid out there as it is on a server."""

    def __init__(self, folder: Path, *web_ports: int) -> None:
        self.folder = folder
        self.port, self.plain_port = free_port(), free_port()
        self._lines = 0
        self.host = f"{HOST}:{self.port}"
        replaced = {
            " /tmp/": f" {folder}/",  # first: the others bring such paths in
            "/etc/clicknconnect/": f"{folder}/etc/",
            "/var/lib/clicknconnect/": f"{folder}/lib/",
            "/var/cache/nginx/": f"{folder}/cache/",
            "/var/log/nginx/": f"{folder}/log/",
            "listen 443 ": f"listen 127.0.0.1:{self.port} ",
            "listen 80 ": f"listen 127.0.0.1:{self.plain_port} ",
            "server 127.0.0.1:8001;": f"server 127.0.0.1:{web_ports[0]};",
            "server 127.0.0.1:8002;": f"server 127.0.0.1:{web_ports[-1]};",
        }
        for name in ("etc/nginx/optional", "lib", "cache", "log"):
            (folder / name).mkdir(parents=True)
        certificate(folder / "etc/tls")
        found = set()
        for source in SOURCES.glob("*.conf"):
            text = source.read_text("utf-8")
            for old, new in replaced.items():
                if old in text:
                    found.add(old)
                text = text.replace(old, new)
            (folder / "etc/nginx" / source.name).write_text(text, "utf-8")
        assert found == set(replaced)
        (folder / "etc/nginx/here.server.conf").rename(folder / "etc/nginx/here.conf")
        (folder / "lib/public").mkdir()
        (folder / "lib/public/static").symlink_to(os.environ["STATIC_ROOT"])
        # The test may run as root; the workers then drop to nobody, who must reach the folders.
        self.settings = ["-p", str(folder), "-c", str(folder / "etc/nginx/nginx.conf")]
        if os.geteuid() == 0:
            self.settings += ["-g", "user root;"]

    def check(self) -> str:
        answer = subprocess.run(
            [nginx_program(), "-t", *self.settings], capture_output=True, text=True, check=False
        )
        return "" if answer.returncode == 0 else answer.stderr

    def start(self) -> None:
        self._program = Program(
            [nginx_program(), *self.settings], dict(os.environ), self.folder / "nginx.log"
        )
        deadline = time.monotonic() + 10
        while True:
            try:
                self.ask("/healthz")
                break
            except OSError:
                if time.monotonic() > deadline or not self._program.is_running:
                    self.stop()
                    raise AssertionError((self.folder / "nginx.log").read_text()) from None
                time.sleep(0.02)

    def stop(self) -> None:
        self._program.stop()

    def ask(
        self,
        path: str,
        *,
        method: str = "GET",
        body: bytes | None = None,
        host: str | None = None,
        logged: bool = True,
        **headers: str,
    ) -> Answer:
        """Returns once the answer is in the access log too, but for published files."""
        answer = self._ask(path, method, body, host or self.host, headers)
        self._lines += logged
        deadline = time.monotonic() + 5
        while len(self.log) < self._lines:
            assert time.monotonic() < deadline, "a request is not in the access log"
            time.sleep(0.002)
        return answer

    def _ask(
        self, path: str, method: str, body: bytes | None, host: str, headers: dict[str, str]
    ) -> Answer:
        context = ssl._create_unverified_context()
        connection = http.client.HTTPSConnection(
            "127.0.0.1", self.port, timeout=10, context=context
        )
        try:
            names = {name.replace("_", "-"): value for name, value in headers.items()}
            connection.request(method, path, body, {"Host": host, **names})
            answer = connection.getresponse()
            return Answer(answer.status, answer.getheaders(), answer.read())
        finally:
            connection.close()

    @property
    def log(self) -> list[str]:
        return (self.folder / "log/access.log").read_text().splitlines()

    def cached(self, path: str, **headers: str) -> tuple[str, Answer]:
        """What the cache did with a request (HIT, MISS, BYPASS, "-"), and the answer."""
        answer = self.ask(path, **headers)
        return self.log[-1].rpartition("cache=")[2], answer


@pytest.fixture(scope="module")
def site(
    django_db_setup: str, django_db_blocker: Any, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Site]:
    name = f"proxied_{os.getpid()}"
    with django_db_blocker.unblock():
        copy_database(make_template(), name)
        use_database(django_db_setup)
    site = Site(name, tmp_path_factory.mktemp("site"))
    yield site
    site.stop()
    drop_database(name)


@pytest.fixture(scope="module")
def proxy(site: Site, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxy]:
    proxy = Proxy(tmp_path_factory.mktemp("proxy"), site.port)
    secrets = {name: value for name, value in new_env().items() if "KEY" in name or "TOKEN" in name}
    site.environment |= secrets | {
        "DEMO": "0",
        "SITE_URL": f"https://{proxy.host}",
        "TRUSTED_PROXIES": "127.0.0.1",
        "ALLOWED_HOSTS": f"{HOST},other.localhost,127.0.0.1",
    }
    site.start_web()
    proxy.start()
    yield proxy
    proxy.stop()


@pytest.fixture(autouse=True)
def _empty_cache(proxy: Proxy) -> None:
    """nginx takes a file that is gone for a miss."""
    for path in (proxy.folder / "cache").rglob("*"):
        if path.is_file():
            path.unlink()


def same_origin(proxy: Proxy) -> dict[str, str]:
    return {"Origin": f"https://{proxy.host}", "Content_Type": "application/json"}


def accept(proxy: Proxy) -> str:
    """The cookie of a new acceptance, recorded through the proxy."""
    notice = json.loads(proxy.ask("/api/v1/consent/").body)["notice"]
    body = json.dumps({"categories": {"analytics": True}, "notice": notice, "source": "api"})
    answer = proxy.ask("/api/v1/consent/", method="POST", body=body.encode(), **same_origin(proxy))
    assert answer.status == 201, answer.text
    cookie = answer.set_cookies[0].partition(";")[0]
    assert "Secure" in answer.set_cookies[0]
    return cookie


def refusal(acceptance: str) -> str:
    notice, day = re.fullmatch(r".*a1\.(\d+)\.[a-z+]+\.(\d{8})\..*", acceptance).groups()  # type: ignore[union-attr]
    return f"cookieconsent_status=r1.{notice}.{day}"


def test_proxy_configuration_is_well_formed(tmp_path: Path) -> None:
    proxy = Proxy(tmp_path, 8001)
    assert proxy.check() == ""
    here = proxy.folder / "etc/nginx"
    (here / "here.compose.conf").rename(here / "here.conf")
    assert proxy.check() == ""


def test_proxy_keeps_a_public_page_for_visitors_of_one_kind(proxy: Proxy) -> None:
    first, page = proxy.cached(PUBLIC)
    second, again = proxy.cached(PUBLIC)
    assert (first, second) == ("MISS", "HIT")
    assert page.body == again.body
    assert "Cookie, Sec-GPC" in again.header("vary")
    assert "strict-transport-security" in {name.lower() for name, _ in again.headers}
    # Cookies of others change nothing, and are not handed on.
    assert proxy.cached(PUBLIC, Cookie="_ga=GA1.1.2.3; theme=dark")[0] == "HIT"
    # Old values of the same cookie, and nonsense, are "undecided" too.
    assert proxy.cached(PUBLIC, Cookie="cookieconsent_status=allow")[0] == "HIT"
    assert proxy.cached(PUBLIC, Cookie='cookieconsent_status="<script>"')[0] == "HIT"
    # Another language is another path.
    assert proxy.cached(f"/nl{PUBLIC}")[0] == "MISS"


def test_proxy_keys_on_choice_and_signal_and_host(proxy: Proxy) -> None:
    acceptance = accept(proxy)
    variants: list[dict[str, str]] = [
        {},
        {"Cookie": acceptance},
        {"Cookie": refusal(acceptance)},
        {"Sec_GPC": "1"},
        {"Sec_GPC": "1", "Cookie": acceptance},
        {"host": f"other.localhost:{proxy.port}"},
    ]
    assert [proxy.cached(PUBLIC, **variant)[0] for variant in variants] == ["MISS"] * 6
    assert [proxy.cached(PUBLIC, **variant)[0] for variant in variants] == ["HIT"] * 6
    # Only "1" is the signal.
    assert proxy.cached(PUBLIC, Sec_GPC="0")[0] == "HIT"
    assert "data-consent-banner" in proxy.ask(PUBLIC, Sec_GPC="0").text
    assert "data-consent-banner" not in proxy.ask(PUBLIC, Sec_GPC="1").text


def test_proxy_gives_nobody_the_page_of_an_acceptor(proxy: Proxy) -> None:
    acceptance, other = accept(proxy), accept(proxy)
    assert acceptance != other
    state, accepted = proxy.cached(PUBLIC, Cookie=acceptance)
    assert state == "MISS"
    assert GOOGLE in accepted.header("content-security-policy")
    assert acceptance.rpartition(".")[2] not in accepted.text
    # Two who accepted on one day share it; nobody else sees it.
    assert proxy.cached(PUBLIC, Cookie=other)[0] == "HIT"
    for headers in ({}, {"Cookie": refusal(acceptance)}, {"Sec_GPC": "1"}):
        state, page = proxy.cached(PUBLIC, **headers)
        assert state == "MISS"
        assert GOOGLE not in page.header("content-security-policy")
        assert "googletagmanager" not in page.text


@pytest.mark.parametrize(
    "cookie",
    [
        "cookieconsent_status=; {0}",
        "{1}; {0}",
        "{0}; {1}",
        "Cookieconsent_Status=x; {0}",
        "{0}; COOKIECONSENT_STATUS=r1.1.20260101",
        'x="; {0}; "',
    ],
)
def test_proxy_and_site_never_read_two_choices(proxy: Proxy, cookie: str) -> None:
    """Who sends a cookie twice cannot put the page of the one under the key of the other."""
    acceptance = accept(proxy)
    proxy.cached(PUBLIC, Cookie=cookie.format(acceptance, refusal(acceptance)))
    for headers in ({}, {"Cookie": refusal(acceptance)}, {"Cookie": "cookieconsent_status=x"}):
        page = proxy.ask(PUBLIC, **headers)
        assert GOOGLE not in page.header("content-security-policy")
        assert "googletagmanager" not in page.text


def test_proxy_does_not_keep_a_forged_acceptance(proxy: Proxy) -> None:
    acceptance = accept(proxy)
    forged = acceptance[:-8] + "AAAAAAAA"
    state, page = proxy.cached(PUBLIC, Cookie=forged)
    assert state == "MISS"
    assert GOOGLE not in page.header("content-security-policy")
    assert "no-store" in page.header("cache-control")
    # Whoever really accepted still gets their own page.
    state, page = proxy.cached(PUBLIC, Cookie=acceptance)
    assert state == "MISS"
    assert GOOGLE in page.header("content-security-policy")


@pytest.mark.parametrize("name", ["sessionid", "Csrf-token"])
def test_proxy_neither_keeps_nor_gives_pages_of_logged_in_people(proxy: Proxy, name: str) -> None:
    proxy.ask(PUBLIC)
    state, page = proxy.cached(PUBLIC, Cookie=f"a=b; {name}=stranger")
    assert state == "BYPASS"
    # The session is unknown: the site takes its cookies away, and that answer is not kept.
    assert any(cookie.startswith(f"{name}=") for cookie in page.set_cookies)
    state, page = proxy.cached(PUBLIC)
    assert state == "HIT"
    assert page.set_cookies == []


@pytest.mark.parametrize(
    "path", ["/api/v1/consent/", "/api/v1/consent/notice/", "/admin/login/", "/account/login/",
             "/nl/account/login/", "/healthz"],
)  # fmt: skip
def test_proxy_never_asks_the_cache_there(proxy: Proxy, path: str) -> None:
    assert [proxy.cached(path)[0] for _ in range(2)] == ["-", "-"]


@pytest.mark.parametrize("path", ["/privacy/cookies/", "/none/", f"{PUBLIC}?page=2"])
def test_proxy_keeps_nothing_else(proxy: Proxy, path: str) -> None:
    assert all(proxy.cached(path)[0] in {"MISS", "BYPASS"} for _ in range(2))
    assert not any(file.is_file() for file in (proxy.folder / "cache").rglob("*"))


def test_proxy_overwrites_what_a_visitor_says_of_themselves(proxy: Proxy, site: Site) -> None:
    """The figures are for this machine: a believed X-Forwarded-For would close or open them."""
    assert proxy.ask("/metrics", X_Forwarded_For="203.0.113.9").status == 200
    assert proxy.ask("/metrics", X_Forwarded_For="203.0.113.9, 203.0.113.8").status == 200
    # Past the proxy the site believes it: so the test can fail.
    from tests.browser.site import Question

    assert site.ask(Question("/metrics", headers={"X-Forwarded-For": "203.0.113.9"})).status == 404
    # And the site never takes https for http.
    assert proxy.ask("/", X_Forwarded_Proto="http").status == 200


def test_proxy_answers_a_body_that_is_too_large_with_the_sites_page(proxy: Proxy) -> None:
    large = b"x" * 65_537
    page = proxy.ask("/nl/contact/", method="POST", body=large, **same_origin(proxy))
    assert page.status == 413
    assert "data-consent-open" in page.text
    assert '<html lang="nl"' in page.text
    answer = proxy.ask("/api/v1/consent/", method="POST", body=large, **same_origin(proxy))
    assert answer.status == 413
    assert json.loads(answer.body)["code"] == "too_large"
    at_limit = proxy.ask("/api/v1/consent/", method="POST", body=large[:-1], **same_origin(proxy))
    assert at_limit.status == 400


def test_proxy_serves_published_files_compressed(proxy: Proxy) -> None:
    page = proxy.ask("/").text
    path = re.search(r"/static/consent/[a-z]+\.[0-9a-f]{8}\.css", page)[0]  # type: ignore[index]
    plain = proxy.ask(path, logged=False)
    packed = proxy.ask(path, logged=False, Accept_Encoding="gzip")
    assert plain.header("content-type") == "text/css; charset=utf-8"
    assert "immutable" in plain.header("cache-control")
    assert plain.header("x-content-type-options") == "nosniff"
    assert packed.header("content-encoding") == "gzip"
    assert gzip.decompress(packed.body) == plain.body
    assert len(packed.body) < len(plain.body)
    module = proxy.ask("/static/consent/consent.js", logged=False)
    assert module.header("content-type") == "text/javascript; charset=utf-8"
    assert "immutable" not in module.header("cache-control")
    assert proxy.ask("/static/none.js").status == 404
    assert proxy.ask("/static/../manage.py").status in {400, 404}


def test_proxy_compresses_public_pages_only(proxy: Proxy) -> None:
    assert proxy.ask(PUBLIC, Accept_Encoding="gzip").header("content-encoding") == "gzip"
    for path, headers in (
        (PUBLIC, {"Cookie": "sessionid=x"}),
        (f"{PUBLIC}?q=1", {}),
        ("/account/login/", {}),
    ):
        answer = proxy.ask(path, Accept_Encoding="gzip", **headers)
        assert answer.header("content-encoding") == "", path


def test_proxy_speaks_modern_tls_only(proxy: Proxy) -> None:
    for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
        context = ssl._create_unverified_context()
        context.minimum_version = context.maximum_version = version
        connection = http.client.HTTPSConnection("127.0.0.1", proxy.port, context=context)
        connection.connect()
        connection.close()
    old = subprocess.run(
        ["openssl", "s_client", "-connect", f"127.0.0.1:{proxy.port}", "-tls1_1",
         "-cipher", "DEFAULT@SECLEVEL=0"],
        input="", capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert old.returncode != 0
    connection = http.client.HTTPConnection("127.0.0.1", proxy.plain_port, timeout=5)
    connection.request("GET", "/contact/?a=b", headers={"Host": HOST})
    answer = connection.getresponse()
    assert (answer.status, answer.getheader("Location")) == (308, f"https://{HOST}/contact/?a=b")
    assert answer.getheader("Server") == "nginx"
    connection.close()


def test_proxy_writes_down_nobody(proxy: Proxy) -> None:
    # No page of the site, which has no database here.
    proxy.cached("/privacy/rights/confirm/secret-token/x/?email=marie@demo.test")
    line = proxy.log[-1]
    assert re.fullmatch(r"\S+ GET 404 \d+ [\d.]+ site=404 cache=\w+", line), line
    everything = "".join(p.read_text() for p in (proxy.folder / "log").iterdir())
    assert "127.0.0.1" not in everything
    assert "secret-token" not in everything
    assert "marie" not in everything


def test_proxy_goes_on_while_one_web_process_is_away(
    site: Site, proxy: Proxy, tmp_path: Path
) -> None:
    """How web processes start anew one by one: a request goes to the other one."""
    both = Proxy(tmp_path, free_port(), site.port)
    both.start()
    try:
        for _ in range(6):
            assert both.ask("/healthz", host=proxy.host).status == 200
            answer = both.ask("/api/v1/consent/", method="POST", body=b"{}", host=proxy.host,
                              **same_origin(proxy))  # fmt: skip
            assert answer.status == 400
    finally:
        both.stop()


def test_proxy_says_that_the_site_does_not_answer(tmp_path: Path) -> None:
    """Also to whoever posts; and the log of errors names nobody."""
    proxy = Proxy(tmp_path, free_port())
    proxy.start()
    try:
        for method in ("GET", "POST"):
            page = proxy.ask("/contact/", method=method)
            assert page.status == 503
            assert "momentanément indisponible" in page.text
            assert page.header("retry-after") == "30"
            assert page.header("server") == "nginx"
            answer = proxy.ask("/api/v1/consent/", method=method)
            assert (answer.status, json.loads(answer.body)["code"]) == (503, "unavailable")
        errors = (tmp_path / "log/error.log").read_text() + (tmp_path / "nginx.log").read_text()
        assert "127.0.0.1" not in errors
    finally:
        proxy.stop()
