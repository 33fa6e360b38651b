"""The site's words come from the register with or without a banner."""

from types import SimpleNamespace
from typing import Any, cast

from django.http import HttpRequest

from clicknconnect import context
from consent import snapshots


def site(request: HttpRequest) -> dict[str, Any]:
    known = SimpleNamespace(
        consent=SimpleNamespace(snapshot=snapshots.current()),
        LANGUAGE_CODE=request.LANGUAGE_CODE,  # type: ignore[attr-defined]
    )
    return {**context.site(request), "facts": context.facts(cast(HttpRequest, known))}
