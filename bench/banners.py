"""The other banners, on the same minimal page, in their default look with one optional category.

Each is set up as its documentation shows, and started as early as it allows.
"""

import gzip
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from bench import packages


@dataclass(frozen=True)
class Banner:
    name: str
    version: str
    head: str
    body: str
    text: str  # selector of the first words that the banner shows
    accept: str

    @property
    def title(self) -> str:
        return f"{self.name} {self.version}"

    def page(self, *, bare: bool = False) -> str:
        """The page; without the banner's own part when `bare`."""
        files = f"/{self.name}-{self.version}/package"
        head, body = ("", "") if bare else (self.head, self.body)
        return PAGE.format(head=head, body=body).replace("FILES", files)


PAGE = """<!doctype html>
<html lang="en">
<head>
  <meta charset="utf-8">
  <meta name="viewport" content="width=device-width, initial-scale=1">
  {head}
  <title>Page</title>
</head>
<body>
  <h1>Page</h1>
  <p>Some words.</p>
  {body}
</body>
</html>
"""
_WORDS = "We count visits with an analytics service, if you agree."
EMPTY = Banner("empty", "", '<script src="/empty.js"></script>', "", "h1", "")


def _banner(name: str, head: str, body: str, text: str, accept: str) -> Banner:
    return Banner(name, packages.BANNERS[name], head, body, text, accept)


BANNERS = (
    _banner(
        "vanilla-cookieconsent",
        '<link rel="stylesheet" href="FILES/dist/cookieconsent.css">',
        '<script src="FILES/dist/cookieconsent.umd.js"></script><script>CookieConsent.run({'
        # Its default shows nothing to a browser under test.
        "hideFromBots:false,"
        "categories:{necessary:{enabled:true,readOnly:true},analytics:{}},"
        'language:{default:"en",translations:{en:{consentModal:{title:"Your cookies",description:"'
        f'{_WORDS}",acceptAllBtn:"Accept all",acceptNecessaryBtn:"Reject all",'
        'showPreferencesBtn:"Preferences"},preferencesModal:{title:"Preferences",'
        'acceptAllBtn:"Accept all",acceptNecessaryBtn:"Reject all",savePreferencesBtn:"Save",'
        'sections:[{title:"Necessary",linkedCategory:"necessary"},{title:"Analytics",'
        'linkedCategory:"analytics"}]}}}}})</script>',
        "#cc-main .cm__title",
        "#cc-main .cm__btn[data-role=all]",
    ),
    _banner(
        "cookieconsent",
        '<link rel="stylesheet" href="FILES/build/cookieconsent.min.css">',
        '<script src="FILES/build/cookieconsent.min.js"></script><script>cookieconsent.initialise('
        '{type:"opt-in",palette:{popup:{background:"#000"},button:{background:"#f1d600"}},'
        f'content:{{message:"{_WORDS}"}}}})</script>',
        ".cc-message",
        ".cc-allow",
    ),
    _banner(
        "orejime",
        '<link rel="stylesheet" href="FILES/dist/orejime-standard.css">',
        '<script>window.orejimeConfig={privacyPolicyUrl:"/privacy",purposes:[{id:"analytics",'
        f'title:"Analytics",description:"{_WORDS}",cookies:["_ga"]}}]}}</script>'
        '<script src="FILES/dist/orejime-standard-en.js"></script>',
        ".orejime-Banner p",
        ".orejime-Banner .orejime-Button--save",
    ),
    _banner(
        "klaro",
        "",
        '<script>window.klaroConfig={version:1,lang:"en",services:[{name:"analytics",'
        'title:"Analytics",purposes:["analytics"],cookies:["_ga"]}]}</script>'
        '<script data-config="klaroConfig" src="FILES/dist/klaro.js"></script>',
        ".cookie-notice p",
        ".cookie-notice .cm-btn-success",
    ),
    _banner(
        "tarteaucitronjs",
        "",
        '<script src="FILES/tarteaucitron.min.js"></script><script>tarteaucitron.init({'
        'privacyUrl:"/privacy",bodyPosition:"top",orientation:"bottom",showIcon:false});'
        "tarteaucitron.services.counter={key:'counter',type:'analytic',name:'Counter',"
        "needConsent:true,cookies:['_ga'],js:function(){},fallback:function(){}};"
        '(tarteaucitron.job=tarteaucitron.job||[]).push("counter")</script>',
        "#tarteaucitronDisclaimerAlert",
        "#tarteaucitronPersonalize2",
    ),
)


def gzipped(content: bytes) -> int:
    return len(gzip.compress(content, 9, mtime=0))


def added_html(banner: Banner) -> int:
    return gzipped(banner.page().encode()) - gzipped(banner.page(bare=True).encode())


class _Handler(SimpleHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        return


@contextmanager
def served() -> Iterator[str]:
    """The peers' pages and files on a port of this machine; the address without its last slash."""
    folder = packages.banners()
    (folder / "empty.js").write_text("")
    for banner in (EMPTY, *BANNERS):
        (folder / f"{banner.name}.html").write_text(banner.page(), "utf-8")
    handler = partial(_Handler, directory=str(folder))
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def file_of(folder: Path, address: str) -> Path:
    return folder / address.partition("?")[0].split("/", 3)[3]
