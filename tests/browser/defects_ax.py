"""The mistakes that the checks of accessibility must find."""

from tests.browser.planting import Defect, css, html, script, source

PALE = css("pale", ".cb p { color: #ccc !important; background: #fff !important; }")

AX: dict[str, list[Defect]] = {
    "ax_axe_pages": [html("image-without-words", r"<main", '<img src="/favicon.ico"><main')],
    "ax_axe_states": [html("field-without-label", r"<label class=\"cp-choice\">", "<span>")],
    "ax_axe_languages": [html("unknown-language", r"<html lang=\"\w+\"", '<html lang="zz9"')],
    "ax_01": [PALE],
    "ax_02": [
        html("not-reached", r"(data-consent-action=\"refuse-all\")", r'\1 tabindex="-1"'),
        source("no-dialog", "preferences.js", "panel.showModal()", "panel.show()"),
    ],
    "ax_03": [css("over-everything", ".cb { inset: 0 !important; height: 100vh; }")],
    "ax_04": [css("tiny", ".cb button { min-height: 0 !important; height: 16px; padding: 0; }")],
    "ax_05": [
        html("no-name", r' aria-labelledby="cb-t"', ""),
        html("silent", r'<p role="status" data-consent-message', "<p data-consent-message"),
        source("leaves-silently", "banner.js", "banner.replaceWith(message)", "banner.remove()"),
    ],
    "ax_06": [css("too-wide", ".cb form { width: 1600px; }")],
    "ax_07": [html("no-language", r"<html lang=\"\w+\"", "<html")],
    "ax_08": [
        html("no-autocomplete", r' autocomplete="current-password"', ' autocomplete="off"'),
        script(
            "no-paste",
            'document.addEventListener("paste", (event) => event.preventDefault(), true);',
        ),
    ],
    "ax_09": [
        source(
            "timed",
            "banner.js",
            "banner?.addEventListener",
            "setTimeout(() => banner.remove(), 9000);\nbanner?.addEventListener",
        )
    ],
    "ax_10": [css("pulse", "@keyframes p { to { opacity: 1 } } .cb button { animation: p 1s; }")],
    "ax_11": [html("ok", r"Tout accepter</button>", "OK</button>")],
}
