"""What template authors write: {% load consent %} … (docs/gate.md)."""

from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit

from django import template
from django.template.context import RequestContext
from django.templatetags.static import static
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from consent import showings
from consent.enums import Status
from consent.gate import tag_settings
from consent.middleware import Consent, today
from consent.snapshots import Snapshot, View, base_path

register = template.Library()
NOTHING = mark_safe("")


class UndeclaredHost(template.TemplateSyntaxError):
    """A gated address whose host no service of the register names: the policy would block it."""


def _consent(context: RequestContext) -> Consent | None:
    request = context.get("request")
    return getattr(request, "consent", None)


def _view(consent: Consent) -> View | None:
    if consent.snapshot is None:
        return None
    return consent.snapshot.views[getattr(consent.request, "LANGUAGE_CODE", "fr")]


_heads: dict[tuple[Any, ...], SafeString] = {}


@register.simple_tag(takes_context=True)
def consent_head(context: RequestContext) -> SafeString:
    """In <head>, first: the script that shuts analytics, the module, and the banner's style."""
    consent = _consent(context)
    if consent is None or consent.snapshot is None:
        return NOTHING
    snapshot = consent.snapshot
    key = (
        id(snapshot),
        getattr(consent.request, "LANGUAGE_CODE", "fr"),
        consent.runs_analytics,
        consent.asks,
        consent.categories,
        consent.status,
        consent.request.is_secure(),
        today(),
    )
    head = _heads.get(key)
    if head is None:
        if len(_heads) > 256:
            _heads.clear()
        head = _heads[key] = _head(consent)
    return head


def _head(consent: Consent) -> SafeString:
    snapshot = consent.snapshot
    assert snapshot is not None
    settings = format_html(
        '<script src="{}" data-notice="{}" data-since="{}" data-tag="{}" data-all="{}"'
        ' data-cookie=";path=/;samesite=lax;max-age={}{}"{}{}{}{}></script>',
        static("consent/head.js"),
        snapshot.notice,
        f"{snapshot.period.since(today()):%Y%m%d}",
        snapshot.container,
        " ".join(snapshot.optional),
        snapshot.period.seconds,
        ";secure" if consent.request.is_secure() else "",
        mark_safe(" data-ga") if consent.runs_analytics else "",
        mark_safe("") if snapshot.analytics_on else mark_safe(' data-off="1"'),
        format_html(' data-on="{}"', " ".join(consent.categories)) if consent.categories else "",
        format_html(' data-status="{}"', consent.status.value)
        if consent.status in (Status.GPC, Status.EXPIRED)
        else "",
    )
    parts = [settings]
    if consent.asks:
        parts.append(format_html('<link rel="stylesheet" href="{}">', static("consent/banner.css")))
    parts.append(
        format_html('<script type="module" src="{}"></script>', static("consent/consent.js"))
    )
    if consent.asks:
        parts.append(
            format_html('<script type="module" src="{}"></script>', static("consent/banner.js"))
        )
    return SafeString("".join(parts))


@register.simple_tag(takes_context=True)
def consent_banner(context: RequestContext) -> SafeString:
    """The banner, only while the visitor is to be asked; a quiet line when the browser said no."""
    consent = _consent(context)
    view = _view(consent) if consent is not None else None
    if consent is None or view is None or consent.snapshot is None:
        return NOTHING
    asks, signalled = consent.asks, consent.status == Status.GPC
    if asks or signalled:
        showings.note(
            consent.request,
            day=today(),
            notice=consent.snapshot.notice,
            language=getattr(consent.request, "LANGUAGE_CODE", "fr"),
            gpc=signalled,
        )
    if asks:
        return view.banner
    if signalled:
        return format_html(
            '<aside data-consent-gpc class="consent-gpc" aria-label="Global Privacy Control">'
            "<p>{}</p></aside>",
            view.register["banner"]["gpc"],
        )
    return NOTHING


@register.simple_tag(takes_context=True)
def consent_manage(context: RequestContext, css: str = "") -> SafeString:
    """The control that opens the choices, on every page (CK-08); a link where scripts are off."""
    consent = _consent(context)
    view = _view(consent) if consent is not None else None
    language = getattr(context.get("request"), "LANGUAGE_CODE", "fr")
    label = view.register["banner"]["manage"] if view is not None else "Gérer mes cookies"
    return format_html(
        '<a data-consent-open href="{}privacy/cookies/"{}>{}</a>',
        base_path(language),
        format_html(' class="{}"', css) if css else "",
        label,
    )


def _check_host(consent: Consent, category: str, src: str, kind: str) -> None:
    """A gated address must be named by a service of its category in the register."""
    assert consent.snapshot is not None
    parts = urlsplit(src)
    if not parts.netloc:
        return
    origin = f"{parts.scheme}://{parts.netloc}"
    for service in consent.snapshot.content["services"]:
        if service["category"] == category and any(
            _matches(origin, host) for host in service["hosts"][kind]
        ):
            return
    raise UndeclaredHost(
        f"No service of the category {category!r} in the register names {origin} under {kind!r}."
    )


def _matches(origin: str, host: str) -> bool:
    if "://*." in host:
        scheme, _, suffix = host.partition("://*")
        return origin.startswith(f"{scheme}://") and origin.endswith(suffix)
    return origin == host


def _gate(consent: Consent) -> SafeString:
    """The module that opens gated content, once a page."""
    if getattr(consent.request, "_consent_gate", False):
        return NOTHING
    consent.request._consent_gate = True  # type: ignore[attr-defined]
    return format_html('<script type="module" src="{}"></script>', static("consent/gate.js"))


@register.simple_tag(takes_context=True)
def gated_script(context: RequestContext, category: str, *, src: str) -> SafeString:
    """A script that runs only while `category` is agreed to."""
    consent = _consent(context)
    if consent is None or consent.snapshot is None:
        return NOTHING
    _check_host(consent, category, src, "script")
    return format_html(
        '<script type="text/plain" data-consent-category="{}" data-src="{}"></script>{}',
        category,
        src,
        _gate(consent),
    )


@register.simple_tag(takes_context=True)
def gated_iframe(
    context: RequestContext, category: str, *, src: str, title: str, service: str = ""
) -> SafeString:
    """An embedded page behind a placeholder with a button until `category` is agreed to."""
    consent = _consent(context)
    view = _view(consent) if consent is not None else None
    if consent is None or view is None:
        return NOTHING
    _check_host(consent, category, src, "frame")
    texts = view.register["banner"]
    return format_html(
        '<div class="consent-placeholder" data-consent-placeholder>'
        '<p>{}</p><form action="{}privacy/cookies/">'
        "<button data-consent-open>{}</button></form></div>"
        '<iframe data-consent-category="{}" data-src="{}" title="{}" hidden'
        ' sandbox="allow-scripts allow-same-origin allow-presentation"></iframe>{}',
        texts["placeholder"].replace("%(service)s", service or title),
        base_path(consent.request.LANGUAGE_CODE),  # type: ignore[attr-defined]
        texts["placeholder_button"],
        category,
        src,
        title,
        _gate(consent),
    )


@register.simple_tag(takes_context=True)
def google_analytics(context: RequestContext) -> SafeString:
    """The Google tag, only where it may run (CK-17): nothing at all elsewhere."""
    consent = _consent(context)
    if consent is None or not consent.runs_analytics or consent.snapshot is None:
        return NOTHING
    return _tag(consent.snapshot)


@lru_cache(maxsize=4)
def _tag(snapshot: Snapshot) -> SafeString:
    values = tag_settings(snapshot.content, snapshot.container)
    return format_html(
        '<script src="{}" data-expires="{}" defer></script>',
        static("consent/analytics.js"),
        values["expires"],
    )


@register.filter
def pairs(mapping: dict[str, Any]) -> list[tuple[str, Any]]:
    """`mapping.items()`; in a template that would be the key "items" where there is one."""
    return list(mapping.items())
