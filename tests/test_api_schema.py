"""The API against its own schema: whatever is sent, no 500 and no answer it does not know."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections
from hypothesis import HealthCheck, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from consent.api.documentation import _schema
from privacy import staff_tokens
from tests.requests import colleague, filed

pytestmark = [pytest.mark.django_db, pytest.mark.rule("DR-21")]
CHECKS = [
    not_a_server_error, status_code_conformance, content_type_conformance,
    response_headers_conformance, response_schema_conformance,
]  # fmt: skip
# Each of some twenty operations; the same ones in every run.
EXAMPLES = 12
ORIGIN = "http://testserver"


def operations() -> list[str]:
    return [
        f"{method.upper()} {path}"
        for path, methods in sorted(_schema()["paths"].items())
        for method in sorted(methods)
        if method in ("get", "post", "put", "patch", "delete")
    ]


@pytest.fixture(autouse=True)
def _one_connection() -> Iterator[None]:
    """As Django's own test client does: the test's transaction outlives each request."""
    ends = (request_started, request_finished)
    for signal in ends:
        signal.disconnect(close_old_connections)
    yield
    for signal in ends:
        signal.connect(close_old_connections)


@pytest.fixture(scope="module")
def api() -> Any:
    loaded = schemathesis.openapi.from_dict(_schema())
    loaded.app = get_wsgi_application()
    return loaded


@pytest.mark.parametrize("who", ["public", "staff"])
@pytest.mark.parametrize("operation", operations())
def test_dr_21_the_api_keeps_its_schema(api: Any, operation: str, who: str) -> None:
    method, path = operation.split(" ")
    headers = {"Origin": ORIGIN, "Host": "testserver"}
    if who == "staff":
        token = staff_tokens.make(account=colleague(), now=datetime.now(UTC))
        headers["Authorization"] = f"Bearer {token}"
    filed()

    @settings(
        max_examples=EXAMPLES, derandomize=True, database=None, deadline=None,
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(case=api[path][method].as_strategy())
    def tried(case: Any) -> None:
        case.call_and_validate(
            base_url=ORIGIN, headers={**(case.headers or {}), **headers}, checks=CHECKS
        )

    tried()
