"""The draft as visitors would see it: staff only, nothing recorded, no choice possible.

Pages of their own, since nothing may be framed (X-Frame-Options). They carry no script; forms are
`method="dialog"`, which a page outside a dialog does not send, and the policy says form-action
'none' besides.
"""

from datetime import UTC, datetime

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation
from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from consent import gate, presets, snapshots
from consent.admin.publish import require_view
from consent.enums import LANGUAGES, Preset
from consent.forms.texts import LABELS
from consent.middleware import Consent
from consent.publishing import would_be
from consent.register import rows
from consent.snapshots import Snapshot

TEMPLATES = {
    "policy": "consent_staff/preview_policy.html",
    "banner": "consent_staff/preview_banner.html",
    "choices": "consent_staff/preview_choices.html",
}
_METHOD = 'method="post"'


@require_safe
def preview_view(request: HttpRequest, what: str, language: str) -> HttpResponse:
    require_view(request)
    preset = request.GET.get("preset") or presets.chosen()
    if what not in TEMPLATES or language not in LANGUAGES or preset not in Preset.values:
        raise Http404
    now = datetime.now(UTC)
    try:
        snapshot = snapshots.preview(would_be(source=rows.dumped(), preset=preset, now=now))
    except (KeyError, ValueError):
        # What the banner cannot do without is named on the screen that publishes.
        messages.error(request, _("L'aperçu est impossible : corrigez d'abord ce qui bloque."))
        return HttpResponseRedirect(reverse("admin:consent_publish"))
    response = HttpResponse(_rendered(request, what, language, snapshot))
    response.headers["X-Robots-Tag"] = "noindex, nofollow, noarchive"
    response.headers["Content-Security-Policy"] = _policy()
    response.headers["Content-Language"] = language
    return response


def _policy() -> str:
    policy = gate.security_policy({"services": [], "categories": []}, (), google=False)
    parts = policy.replace("form-action 'self'", "form-action 'none'").split("; ")
    # Without a report: a form that is not sent is no violation.
    return (
        "; ".join(part for part in parts if not part.startswith(("report-", "script-src")))
        + "; script-src 'none'"
    )


def _rendered(request: HttpRequest, what: str, language: str, snapshot: Snapshot) -> str:
    """The visitors' own templates, on the draft, for somebody who did not choose yet."""
    own = {name: getattr(request, name) for name in ("consent", "LANGUAGE_CODE")}
    staff_language = translation.get_language()
    view = snapshot.views[language]
    titles = {"policy": _("Page"), "banner": _("Bandeau"), "choices": _("Second niveau")}
    bar = {
        "what": what,
        "language": language,
        "preset": _("Préréglage : %(preset)s.") % {"preset": Preset(snapshot.preset).label},
        "links": [
            (label, _url(kind, language, snapshot), kind == what) for kind, label in titles.items()
        ],
        "languages": [
            (LABELS[code], _url(what, code, snapshot), code == language) for code in LANGUAGES
        ],
        "texts": {
            "preview": _("Aperçu du brouillon : rien n'est public, rien n'est enregistré."),
            "back": _("Retour à la publication"),
            "what": _("Ce qui est montré"),
            "language": _("Langue de l'aperçu"),
        },
        "staff_language": staff_language,
    }
    visitor = _visitor(request, snapshot)
    request.consent, request.LANGUAGE_CODE = visitor, language  # type: ignore[attr-defined]
    try:
        with translation.override(language):
            html = render_to_string(
                TEMPLATES[what],
                {
                    "bar": bar,
                    "version": snapshot,
                    "policy": view.policy,
                    "shown_banner": _inert(view.banner) if what == "banner" else "",
                    "form": _inert(view.preferences),
                    "texts": view.register["banner"],
                    "period_text": view.register["banner"]["period"].replace(
                        "%(lifetime)s", _lifetime(snapshot, language)
                    ),
                    "messages": (),
                },
                request,
            )
    finally:
        for name, value in own.items():
            setattr(request, name, value)
    return html


def _url(what: str, language: str, snapshot: Snapshot) -> str:
    address = reverse("admin:consent_preview", args=[what, language])
    return f"{address}?preset={snapshot.preset}"


def _visitor(request: HttpRequest, snapshot: Snapshot) -> Consent:
    """Somebody without a choice, whatever this browser holds."""
    consent = Consent(request, None, snapshot.in_force_on)
    consent.snapshot = snapshot
    consent.gpc = False
    return consent


def _inert(html: str) -> str:
    return mark_safe(html.replace(_METHOD, 'method="dialog"'))  # noqa: S308  rendered, escaped


def _lifetime(snapshot: Snapshot, language: str) -> str:
    row = next(
        row
        for row in snapshot.views[language].register["cookies"]
        if row["name"] == "cookieconsent_status"
    )
    return str(row["lifetime"])
