"""Violations of the policy: received in both formats, counted, without personal data."""

import json
from typing import Any

import pytest
from django.test import Client

from consent.models import CspReport

pytestmark = pytest.mark.django_db
URL = "/api/v1/csp-reports/"
OLD = {
    "csp-report": {
        "effective-directive": "script-src-elem",
        "blocked-uri": "https://evil.example/x.js?email=canary@example.test",
        "document-uri": "http://testserver/account/confirm/SECRET-TOKEN/?canary=1",
    }
}
NEW = [
    {
        "type": "csp-violation",
        "body": {
            "effectiveDirective": "connect-src",
            "blockedURL": "https://www.google-analytics.com/g/collect?cid=canary",
            "documentURL": "http://testserver/privacy/",
        },
    }
]


def report(body: Any, kind: str = "application/csp-report") -> Any:
    # From anywhere: the endpoint is exempt from the origin rule.
    stranger = Client(enforce_csrf_checks=True)
    data = body if isinstance(body, bytes) else json.dumps(body)
    return stranger.post(URL, data, content_type=kind)


def test_both_formats_are_counted() -> None:
    for _ in range(3):
        assert report(OLD).status_code == 204
    assert report(NEW, "application/reports+json").status_code == 204
    rows = {(r.directive, r.blocked): r.count for r in CspReport.objects.all()}
    assert rows == {
        ("script-src-elem", "https://evil.example"): 3,
        ("connect-src", "https://www.google-analytics.com"): 1,
    }


def test_no_token_no_query_is_kept() -> None:
    report(OLD)
    kept = str(list(CspReport.objects.values()))
    assert "SECRET" not in kept
    assert "canary" not in kept
    assert "account/confirm/<str:token>/" in kept or "token" in kept


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"[]", b"null", b"1", b'{"csp-report": 1}', b'[{"type": "csp-violation"}]',
     b'{"csp-report": {"effective-directive": "<script>"}}', b"\xff", b"[" * 60_000],
)  # fmt: skip
def test_bad_reports_are_dropped(body: bytes) -> None:
    assert report(body).status_code == 204
    assert not CspReport.objects.exists()


def test_a_flood_is_bounded() -> None:
    for number in range(70):
        report(
            {"csp-report": {"effective-directive": f"x-{number % 3 * 'a'}", "blocked-uri": "eval"}}
        )
    assert sum(row.count for row in CspReport.objects.all()) == 60
    assert report(NEW * 200, "application/reports+json").status_code == 204


def test_only_post() -> None:
    assert Client().get(URL).status_code == 405
