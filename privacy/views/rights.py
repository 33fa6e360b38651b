"""What the rights are and how to use them: the policy's own words, its channels, the authority."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from clicknconnect.errors import error_page
from consent.middleware import public_page
from consent.render import inline


@require_safe
@public_page
def explained(request: HttpRequest) -> HttpResponse:
    snapshot = request.consent.snapshot  # type: ignore[attr-defined]
    if snapshot is None:
        return error_page(request, 503, retry_after=30)
    view = snapshot.views[request.LANGUAGE_CODE]  # type: ignore[attr-defined]
    blocks = view.register["policy"]
    start = next(i for i, block in enumerate(blocks) if block.get("anchor") == "droits")
    rights = next(block for block in blocks[start:] if block.get("items"))
    return render(request, "rights/explained.html", {"rights": map(inline, rights["items"])})
