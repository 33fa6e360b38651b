"""Every check with the mistakes that it must find: a check that cannot fail proves nothing."""

import re
from dataclasses import replace

from tests.browser.defects_ck import (
    CK,
    SNIPPET,
    STRANGERS_SESSION,
    TAG,
    YEAR,
    sent_choice,
    without_choice,
)
from tests.browser.planting import (
    Defect,
    asked,
    cookies,
    header,
    html,
    in_head,
    is_page,
    script,
    sets_cookie,
    source,
    together,
    with_header,
)
from tests.browser.site import Answer, Question

ADVANCED = f"""<script>
window.dataLayer = []; window.gtag = function () {{ dataLayer.push(arguments); }};
gtag("consent", "default", {{ analytics_storage: "denied" }}); gtag("config", "G-C7V9QNLBQD");
</script><script async src="{TAG}"></script>"""
HEAD_SCRIPT = r"<script src=\"/static/consent/head[^>]*>"


def without_head_script(question: Question, answer: Answer) -> Answer:
    if not re.match(r"/static/consent/head\.", question.path):
        return answer
    return replace(answer, body=b"document.currentScript.read = () => ({categories: []});")


def deaf_to_gpc(question: Question) -> Question:
    headers = {k: v for k, v in question.headers.items() if k.lower() != "sec-gpc"}
    return replace(question, headers=headers)


def gpc_for_ever(question: Question) -> Question:
    has_signal = any(name.lower() == "sec-gpc" for name in question.headers)
    return without_choice(question) if has_signal else question


def without_switch(question: Question, answer: Answer) -> Answer:
    """The kill switch changes nothing for who accepted."""
    if not is_page(answer) or not sent_choice(question).startswith("a1."):
        return answer
    body = answer.text.replace(" data-off", " data-ga", 1)
    if body == answer.text:
        return answer
    answer = with_header(answer, "content-security-policy", None)
    return replace(answer, body=body.replace("</head>", f"{ADVANCED}</head>").encode())


GA: dict[str, list[Defect]] = {
    "ga_01": [html("another-id", r"data-tag=\"\w+\"", 'data-tag="OTHER1"')],
    "ga_02": [
        in_head("preconnect", '<link rel="preconnect" href="https://www.googletagmanager.com">'),
        in_head("advanced-mode", ADVANCED, keeps_policy=False),
        header("hint-in-a-header", "Link", f"<{TAG}>; rel=preload"),
    ],
    "ga_03": [
        source("ads-granted", "analytics.js", 'ad_storage: "denied"', 'ad_storage: "granted"'),
        source("no-default", "analytics.js", '"consent", "default"', '"consent", "update"'),
        source(
            "signals", "analytics.js", "allow_google_signals: false", "allow_google_signals: true"
        ),
        source(
            "never-granted",
            "analytics.js",
            'analytics_storage: "granted"',
            'analytics_storage: "denied"',
        ),
        in_head("tag-first", SNIPPET.replace(" async", ""), keeps_policy=False),
    ],
    "ga_04": [
        Defect(name="no-head-script", answer=without_head_script),
        html("head-script-late", HEAD_SCRIPT, r"<script></script>\g<0>"),
        source("tag-not-told", "consent.js", 'window["ga-disable-G-" + page.tag] = true;', ""),
    ],
    "ga_05": [
        source("rolls", "analytics.js", "cookie_update: false", "cookie_update: true"),
        html("longer", r"data-expires=\"\d+\"", 'data-expires="94608000"'),
    ],
    "ga_06": [
        together(
            "old-cookies-stay",
            source("in-the-page", "consent.js", "_g(a|id|at|ac|cl)", "_g(a|at)"),
            cookies("by-the-answer", r"^_g(id|ac|cl).*", ""),
        ),
        together(
            "host-only-stays",
            source(
                "in-the-page", "consent.js", 'domain = ""; domain', 'domain = ";domain=x"; domain'
            ),
            cookies("by-the-answer", r"^_gat_host_only.*", ""),
        ),
        html("gat-not-declared", r"_gat", "_", path="/privacy/"),
    ],
    "ga_07": [
        html(
            "always-on",
            r"<label class=\"cp-choice\">.*?</label>",
            '<p class="cp-on">toujours actifs</p>',
            path="/privacy/cookies/",
        )
    ],
    "ga_08": [html("not-asked", r"analytics_property_retention_months", "x", path="/admin/.*")],
    "ga_09": [
        in_head("tag-in-the-account", SNIPPET, keeps_policy=False, path="/account/.*"),
        source(
            "whole-address",
            "analytics.js",
            "page_location: location.origin + location.pathname,",
            "",
        ),
        header("referrer", "Referrer-Policy", "unsafe-url"),
    ],
    "ga_10": [
        asked("signal-ignored", deaf_to_gpc),
        asked("signal-wins-over-a-choice", gpc_for_ever),
        html("not-said", r"data-consent-gpc", "hidden"),
    ],
    "ga_11": [Defect(name="switch-without-effect", answer=without_switch)],
}
JAR: dict[str, list[Defect]] = {
    "jar_undecided": [
        STRANGERS_SESSION,
        sets_cookie("on-one-page", "x=1; Path=/", path="/privacy/versions/1/"),
        sets_cookie("on-one-form", f"messages=x; {YEAR}", path="/account/login/", method="POST"),
    ],
    "jar_refused": [
        sets_cookie("on-one-page", "x=1; Path=/", path="/nl/privacy/versions/1/"),
        script("another-tracker", "document.cookie = 'tracker=1;path=/';"),
    ],
    "jar_accepted": [script("cookie-for-ads", "document.cookie = '_gcl_au=1;path=/';")],
    "jar_logged_in": [sets_cookie("third-cookie", "messages=x; Path=/", path="/account/")],
    "jar_after_logout": [cookies("token-stays", r"^Csrf-token=\"\".*", "")],
    "jar_after_session_ended": [cookies("session-stays", r"^sessionid=\"\".*", "")],
}
DEFECTS: dict[str, list[Defect]] = CK | GA | JAR
