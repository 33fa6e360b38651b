"""What could go wrong with the banner, one mistake at a time."""

import re
from dataclasses import replace
from datetime import date

from tests.browser.planting import (
    Defect,
    asked,
    cookies,
    css,
    header,
    html,
    in_head,
    is_page,
    script,
    sets_cookie,
    source,
    together,
    with_cookie,
)
from tests.browser.site import Answer, Question
from tests.browser.visit import STATUS

TAG = "https://www.googletagmanager.com/gtag/js?id=G-C7V9QNLBQD"
SNIPPET = f'<script async src="{TAG}"></script>'
OPEN_POLICY = f"script-src 'self' https://www.googletagmanager.com; connect-src 'self' {TAG[:31]}"
YEAR = "Max-Age=31536000; Path=/; SameSite=Lax"
STRANGERS_SESSION = sets_cookie("session-for-strangers", "sessionid=stranger; Path=/")
CONTROL = r"<a data-consent-open[^>]*>[^<]*</a>"
REFUSAL = r"<button name=\"action\" value=\"refuse-all\".*?</button>"
SWITCH = r'<input type="checkbox" checked>\g<0>'
BANNER = r"<section class=\"cb\".*?</section>"
KEEP_GA = """
const jar = Object.getOwnPropertyDescriptor(Document.prototype, "cookie");
Object.defineProperty(document, "cookie", {
  get: () => jar.get.call(document),
  set: (text) => /^_ga=;/.test(text) || jar.set.call(document, text),
});"""
DEAF = """
window.BroadcastChannel = class { postMessage() {} };
const repeat = window.setInterval;
window.setInterval = (what, wait, ...rest) => wait === 2000 ? 0 : repeat(what, wait, ...rest);"""


def sent_choice(question: Question) -> str:
    found = re.search(rf"{STATUS}=([^;]*)", "; ".join(question.headers.values()))
    return found[1] if found else ""


def without_choice(question: Question) -> Question:
    headers = {
        name: re.sub(rf"{STATUS}=[^;]*(; )?", "", value) if name.lower() == "cookie" else value
        for name, value in question.headers.items()
    }
    return replace(question, headers=headers)


def forgets_refusal(question: Question) -> Question:
    return without_choice(question) if sent_choice(question).startswith("r1.") else question


def forgets_old_refusal(question: Question) -> Question:
    found = re.fullmatch(r"r1\.\d+\.(\d{4})(\d\d)(\d\d)", sent_choice(question))
    if found is None:
        return question
    age = date.today() - date(int(found[1]), int(found[2]), int(found[3]))  # noqa: DTZ011
    return without_choice(question) if age.days > 180 else question


def believes_allow(question: Question, answer: Answer) -> Answer:
    if sent_choice(question) != "allow" or not is_page(answer):
        return answer
    return replace(answer, body=re.sub(BANNER, "", answer.text, flags=re.S).encode())


def hides_from_refusers(question: Question, answer: Answer) -> Answer:
    if not sent_choice(question).startswith("r1.") or not is_page(answer):
        return answer
    body = re.sub(r"<main.*?</main>", "<main>Acceptez pour lire.</main>", answer.text, flags=re.S)
    return replace(answer, body=body.encode())


def renews(question: Question, answer: Answer) -> Answer:
    value = sent_choice(question)
    if not value or not is_page(answer):
        return answer
    return with_cookie(answer, f"{STATUS}={value}; {YEAR}")


def honours_old_notice(question: Question, answer: Answer) -> Answer:
    parts = sent_choice(question).split(".")
    if parts[0] != "a1" or not is_page(answer):
        return answer
    body = re.sub(BANNER, "", answer.text, flags=re.S)
    body = re.sub(r'data-notice="\d+"', f'data-notice="{parts[1]}"', body)
    return replace(answer, body=body.encode())


def takes_terms_for_consent(question: Question, answer: Answer) -> Answer:
    if question.method != "POST" or not question.path.startswith("/account/register/"):
        return answer
    return with_cookie(answer, f"{STATUS}=a1.1.analytics.20260101.x; {YEAR}")


CK: dict[str, list[Defect]] = {
    "ck_01": [
        in_head("tag-on-every-page", SNIPPET, keeps_policy=False),
        in_head("tag-stopped-by-the-policy", SNIPPET),
        in_head("pixel", '<link rel="icon" href="https://tracker.example/p.gif">'),
        script("identifier-in-storage", "localStorage.setItem('visitor', '1');"),
        STRANGERS_SESSION,
    ],
    "ck_02": [
        script(
            "escape-accepts",
            "addEventListener('keydown', (e) => e.key === 'Escape' && cookieConsent.acceptAll());",
        ),
        script("scrolling-accepts", "addEventListener('wheel', () => cookieConsent.acceptAll());"),
        script(
            "a-minute-accepts",
            "onload = () => setTimeout(() => cookieConsent.acceptAll(), 30000);",
        ),
        Defect(name="old-allow-believed", answer=believes_allow),
    ],
    "ck_03": [
        html("no-refusal", REFUSAL, "", path="/"),
        css("refusal-out-of-sight", ".cb [value=refuse-all] { position: absolute; top: 200vh; }"),
        html(
            "customise-between",
            rf"({REFUSAL})\s*(<button.*?</button>)",
            r"\2\1",
            path="/",
        ),
    ],
    "ck_04": [
        css("smaller-refusal", ".cb [value=refuse-all] { font-size: 0.7rem; }"),
        css("vivid-acceptance", ".cb [value=accept-all] { background: #0a0; }"),
        css("vivid-under-the-mouse", ".cb [value=accept-all]:hover { background: #9f9; }"),
        css("wider-acceptance", ".cb [value=accept-all] { flex-grow: 9; }"),
        css("pale-both", ".cb button { color: #aaa; background: #fff; border-color: #000; }"),
        html("acceptance-focused", r"value=\"accept-all\"", 'value="accept-all" autofocus'),
    ],
    "ck_05": [html("ticked-beforehand", r"name=\"analytics\"", 'name="analytics" checked')],
    "ck_06": [
        css("wall", ".cb { inset: 0; }"),
        Defect(name="nothing-for-refusers", answer=hides_from_refusers),
        asked("refusers-asked-again", forgets_refusal),
    ],
    "ck_07": [
        html("google-not-named", r"Google Analytics ; Google y a accès", "une mesure", path="/"),
        html("no-link-to-the-policy", r"/privacy/#cookies", "#", path="/"),
        html("other-lifetime", r"2 ans", "13 mois", path="/privacy/cookies/"),
    ],
    "ck_08": [
        html("no-control-on-errors", CONTROL, "", path="/no-such-page/"),
        html("no-control-in-the-account", CONTROL, "", path="/account/"),
        source("no-refusal-in-the-panel", "preferences.js", "panel.append(heading, shut, form);",
               "form.querySelector('[value=refuse-all]').remove();panel.append(heading,shut,form);"),
    ],
    "ck_09": [
        together("ga-stays", script("in-page", KEEP_GA), cookies("in-answer", r"^_ga.*", "")),
        source("tag-not-told", "consent.js", 'window["ga-disable-G-" + page.tag] = true;', ""),
        script("second-tab-deaf", DEAF),
    ],
    "ck_10": [
        cookies("refuser-with-identifier", r"(=r1\.\d+\.\d{8})", r"\1.7f3a"),
        sets_cookie("second-cookie", f"seen=1; {YEAR}"),
    ],
    "ck_11": [
        cookies("shorter-refusal", r"(r1\..*)Max-Age=31536000", r"\1Max-Age=2592000"),
        asked("refusers-asked-after-six-months", forgets_old_refusal),
        source("no-end", "head.js", " && day >= page.since", ""),
    ],
    "ck_12": [Defect(name="renewed-by-each-visit", answer=renews)],
    "ck_13": [
        cookies("token-of-364-days", r"(Csrf-token=.*)Max-Age=31536000", r"\1Max-Age=31449600"),
        sets_cookie("undeclared-cookie", f"theme=dark; {YEAR}"),
    ],
    "ck_14": [
        STRANGERS_SESSION,
        sets_cookie("token-on-the-login-page", "Csrf-token=x; Path=/", path="/account/login/.*"),
        cookies("token-stays-after-logout", r"^Csrf-token=\"\".*", ""),
    ],
    "ck_15": [
        script("database", "indexedDB.open('visitor');"),
        in_head("pixel", '<link rel="icon" href="https://tracker.example/p.gif">'),
        html("decorated-links", r"href=\"/contact/\"", 'href="/contact/?_gl=1*x"'),
        script("beacon", "navigator.sendBeacon('https://tracker.example/b', '1');"),
    ],
    "ck_16": [Defect(name="old-notice-honoured", answer=honours_old_notice)],
    "ck_17": [
        header("google-always-in-the-policy", "Content-Security-Policy", OPEN_POLICY),
        header("one-page-for-all", "Vary", "Accept-Encoding"),
        header("cached-for-an-hour", "Cache-Control", "public, s-maxage=3600"),
        html("tag-for-everybody", r"</head>", f"{SNIPPET}</head>"),
    ],
    "ck_18": [
        html("banner-by-script-only", r"data-consent-banner", "data-consent-banner hidden"),
        html("form-to-nowhere", r"action=\"/privacy/cookies/\"", 'action="/nowhere/"'),
        html("pixel-without-script", r"<main", f'<noscript><img src="{TAG}"></noscript><main'),
        cookies("google-stays", r"^_ga.*", ""),
    ],
    "ck_19": [Defect(name="terms-taken-for-consent", answer=takes_terms_for_consent)],
    "ck_20": [
        html("necessary-can-be-switched", r"<p class=\"cp-on\">", SWITCH),
        html("not-said", r"(?i)toujours actifs", "recommandés"),
    ],
    "ck_21": [
        sets_cookie("language-cookie", "django_language=nl; Path=/", path="/nl/.*"),
        script("language-in-storage", "localStorage.setItem('lang', 'x');"),
    ],
}  # fmt: skip
