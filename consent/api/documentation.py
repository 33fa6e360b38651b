"""The schema of the API and a page that shows it, rendered on the server."""

from functools import cache
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe
from drf_spectacular.generators import SchemaGenerator


@cache
def _schema() -> dict[str, Any]:
    return SchemaGenerator().get_schema(request=None, public=True)  # type: ignore[no-untyped-call, no-any-return]


@require_safe
def schema(request: HttpRequest) -> HttpResponse:
    """OpenAPI 3 as JSON."""
    return JsonResponse(_schema())


@require_safe
def page(request: HttpRequest) -> HttpResponse:
    document = _schema()
    calls = [
        {"method": method.upper(), "path": path, **operation}
        for path, operations in document["paths"].items()
        for method, operation in operations.items()
    ]
    # A list: a template takes the property "items" of a shape for the method of its dictionary.
    shapes = [
        (name, {**shape, "parts": list(shape.get("properties", {}).items())})
        for name, shape in document.get("components", {}).get("schemas", {}).items()
    ]
    return render(request, "consent/api.html", {"calls": calls, "shapes": shapes})
