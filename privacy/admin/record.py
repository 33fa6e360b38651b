"""The record of processing in force, for staff: to read, to print, as a file."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.templatetags.static import static
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from consent.enums import LANGUAGES
from consent.forms.texts import LABELS
from privacy import register
from privacy.processing import ropa

TYPES = {"csv": "text/csv; charset=utf-8", "json": "application/json"}


@require_safe
def record(request: HttpRequest, screen: Any) -> HttpResponse:
    """`?language=` one of four, `?format=` csv or json for a file, print for the page alone."""
    if not screen.has_view_permission(request):
        raise PermissionDenied
    language = request.GET.get("language") or get_language() or "fr"
    language = language if language in LANGUAGES else "fr"
    wanted = request.GET.get("format", "")
    try:
        found = ropa.record(language=language)
    except register.NotPublished as error:
        return _page(request, screen, language, {"missing": str(error)})
    if wanted in TYPES:
        answer = HttpResponse(ropa.written(found, wanted), content_type=TYPES[wanted])
        name = f"{ropa.file_name(found)}.{wanted}"
        answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
        return answer
    if wanted == "print":
        return HttpResponse(ropa.page(found, stylesheet=static("site/record.css")))
    return _page(request, screen, language, {"record": found, "body": ropa.body(found)})


def _page(
    request: HttpRequest, screen: Any, language: str, context: dict[str, Any]
) -> HttpResponse:
    return TemplateResponse(
        request,
        "privacy_staff/record.html",
        {
            **screen.admin_site.each_context(request),
            "title": _("Registre des activités de traitement"),
            "opts": screen.opts,
            "chosen": language,
            "languages": [(code, LABELS[code]) for code in LANGUAGES],
            **context,
        },
    )
