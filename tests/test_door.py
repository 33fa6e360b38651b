"""The short way in gives what the long way gives, and takes only what is plain and right."""

import json
import re
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from io import BytesIO
from typing import Any

import pytest
from django.core.handlers.wsgi import WSGIHandler
from django.test import override_settings

from consent import answers, cookies
from consent.cookies import Choice
from consent.door import MOST_BYTES, door
from consent.keys import keys_for
from consent.log.ids import uuid7
from consent.models import IdempotencyKey, Record
from consent.periods import local_day

pytestmark = pytest.mark.usefixtures("own_database")
HOST = "www.localhost"
ACCEPT = {"notice": 1, "categories": {"analytics": True}, "source": "banner"}
REFUSE = {"notice": 1, "categories": {}, "source": "banner"}


def environ(body: bytes, **headers: str) -> dict[str, Any]:
    return {
        "REQUEST_METHOD": "POST",
        "PATH_INFO": "/api/v1/consent/",
        "SCRIPT_NAME": "",
        "QUERY_STRING": "",
        "SERVER_NAME": "localhost",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "192.0.2.7",
        "HTTP_HOST": HOST,
        "HTTP_ORIGIN": f"http://{HOST}",
        "wsgi.url_scheme": "http",
        "wsgi.input": BytesIO(body),
        "wsgi.errors": BytesIO(),
        "CONTENT_TYPE": "application/json",
        "CONTENT_LENGTH": str(len(body)),
        **headers,
    }


def call(application: Any, sent: dict[str, Any]) -> tuple[str, dict[str, list[str]], bytes]:
    """(status, headers by name, body)."""
    said: list[Any] = []
    parts: Iterable[bytes] = application(
        sent, lambda status, headers: said.extend((status, headers))
    )
    body = b"".join(parts)
    if close := getattr(parts, "close", None):
        close()
    headers: dict[str, list[str]] = {}
    for name, value in said[1]:
        headers.setdefault(name, []).append(value)
    return said[0], headers, body


def closed(sent: dict[str, Any], start_response: Any) -> list[bytes]:
    raise AssertionError("it went the long way")


def without_ids(answer: tuple[str, dict[str, list[str]], bytes]) -> Any:
    """What two answers to two equal visitors share: all but ids, signatures and the second."""
    status, headers, body = answer
    text = re.sub(r"[0-9a-f]{8}-[0-9a-f-]{27}", "<id>", body.decode())
    text = re.sub(r"key=[\w:-]+", "key=<key>", text)
    jar = [
        re.sub(
            r"expires=[^;]+ (\d\d):\d\d:\d\d GMT", r"expires=\1", re.sub(r"\.[\w-]{32};", ";", line)
        )
        for line in headers.pop("Set-Cookie", [])
    ]
    # The order of a cookie's attributes says nothing.
    return status, headers, text, [sorted(line.split("; ")) for line in jar]


def acceptance() -> str:
    """The cookie of a recorded acceptance of yesterday."""
    moment = datetime.now(UTC) - timedelta(days=1)
    choice = Choice(1, ("analytics",), local_day(moment), uuid7(moment))
    return cookies.serialise(choice, keys_for("cookie")[0])


PLAIN = [
    pytest.param(ACCEPT, {}, id="accept"),
    pytest.param(ACCEPT, {"HTTP_IDEMPOTENCY_KEY": "k" * 32}, id="accept-with-key"),
    pytest.param(REFUSE, {}, id="refuse"),
    pytest.param({"categories": {"analytics": False}}, {"HTTP_ACCEPT_LANGUAGE": "nl"}, id="api"),
    pytest.param(ACCEPT, {"HTTP_SEC_GPC": "1"}, id="accept-over-gpc"),
    pytest.param(REFUSE, {"HTTP_CONSENT_PREVIOUS": "acceptance"}, id="withdraw-by-script"),
    pytest.param(REFUSE, {"HTTP_COOKIE": "acceptance"}, id="withdraw"),
    pytest.param(ACCEPT, {"HTTP_COOKIE": "acceptance"}, id="accept-again"),
    pytest.param(ACCEPT, {"HTTP_COOKIE": "cookieconsent_status=allow"}, id="old-value"),
    pytest.param(REFUSE, {"HTTP_COOKIE": "cookieconsent_status=r1.1.20990101"}, id="future"),
    pytest.param(ACCEPT, {"HTTP_ACCEPT_LANGUAGE": "de-AT,en;q=0.5"}, id="german"),
]


def prepared(body: Any, headers: dict[str, str]) -> dict[str, Any]:
    cookie = acceptance()
    ready = dict(headers)
    if ready.get("HTTP_COOKIE") == "acceptance":
        ready["HTTP_COOKIE"] = f"{cookies.NAME}={cookie}"
    if ready.get("HTTP_CONSENT_PREVIOUS") == "acceptance":
        ready["HTTP_CONSENT_PREVIOUS"] = cookie
    return environ(json.dumps(body).encode(), **ready)


@pytest.mark.parametrize(("body", "headers"), PLAIN)
def test_both_ways_give_the_same_answer(body: Any, headers: dict[str, str]) -> None:
    short = call(door(closed), prepared(body, headers))
    IdempotencyKey.objects.all().delete()
    long = call(WSGIHandler(), prepared(body, headers))
    assert without_ids(short) == without_ids(long)
    assert short[0] == "201 Created"


@pytest.mark.parametrize(("body", "headers"), PLAIN)
def test_both_ways_write_the_same_record(body: Any, headers: dict[str, str]) -> None:
    written = []
    for application in (door(closed), WSGIHandler()):
        before = set(Record.objects.values_list("pk", flat=True))
        call(application, prepared(body, headers))
        IdempotencyKey.objects.all().delete()
        own = ("id", "recorded_at", "previous")
        new = Record.objects.exclude(pk__in=before).values()
        written.append([{k: v for k, v in row.items() if k not in own} for row in new])
    assert written[0] == written[1]


def test_ck_09_one_click_is_one_record_on_either_way() -> None:
    headers = {"HTTP_IDEMPOTENCY_KEY": "a" * 32}
    first = json.loads(call(door(closed), prepared(ACCEPT, headers))[2])
    again = json.loads(call(WSGIHandler(), prepared(ACCEPT, headers))[2])
    assert first["record"] == again["record"]
    assert Record.objects.count() == 1


def test_behind_a_proxy_with_tls_both_ways_agree() -> None:
    headers = {"HTTP_X_FORWARDED_PROTO": "https", "HTTP_ORIGIN": f"https://{HOST}"}
    with override_settings(
        SECURE_PROXY_SSL_HEADER=("HTTP_X_FORWARDED_PROTO", "https"), SECURE_SSL_REDIRECT=True,
        SECURE_HSTS_SECONDS=60, SECURE_HSTS_INCLUDE_SUBDOMAINS=True, SECURE_HSTS_PRELOAD=False,
    ):  # fmt: skip
        from consent.door import _headers

        _headers.cache_clear()
        short = call(door(closed), prepared(ACCEPT, headers))
        long = call(WSGIHandler(), prepared(ACCEPT, headers))
        _headers.cache_clear()
    assert "Secure" in short[1]["Set-Cookie"][0]
    assert without_ids(short) == without_ids(long)


NOT_PLAIN = [
    pytest.param({"HTTP_ORIGIN": "https://evil.example"}, None, 403, id="foreign-origin"),
    pytest.param({"HTTP_ORIGIN": "null"}, None, 403, id="no-origin"),
    pytest.param({"HTTP_HOST": "evil.example"}, None, 400, id="foreign-host"),
    pytest.param({"HTTP_HOST": ""}, None, 400, id="no-host"),
    pytest.param({}, b"{", 400, id="no-json"),
    pytest.param({}, b"[]", 400, id="no-object"),
    pytest.param({}, b'{"categories": {"ads": true}, "notice": 1}', 400, id="unknown-category"),
    pytest.param({}, b'{"categories": {"analytics": true}, "notice": 7}', 409, id="stale"),
    pytest.param({"CONTENT_LENGTH": "99999999"}, None, 413, id="huge"),
    pytest.param({"CONTENT_LENGTH": "x"}, None, 400, id="no-length"),
    pytest.param({"HTTP_COOKIE": "sessionid=abc"}, None, 201, id="session-cookie"),
    pytest.param({"HTTP_COOKIE": "_ga=GA1.1.1.1"}, None, 201, id="googles-cookie"),
]


@pytest.mark.parametrize(("headers", "body", "status"), NOT_PLAIN)
def test_what_is_not_plain_goes_the_long_way(
    headers: dict[str, str], body: bytes | None, status: int
) -> None:
    sent = environ(body or json.dumps(ACCEPT).encode())
    answer = call(door(WSGIHandler()), {**sent, **headers})
    assert answer[0].startswith(str(status))
    assert Record.objects.count() == (status == 201)


def test_a_large_body_is_read_by_the_long_way_alone() -> None:
    padded = json.dumps(ACCEPT).encode() + b" " * MOST_BYTES
    assert call(door(WSGIHandler()), environ(padded))[0] == "201 Created"
    assert Record.objects.count() == 1


def test_a_flood_is_429_and_a_refusal_in_it_still_holds() -> None:
    with override_settings(CONSENT_RATE_PER_MINUTE=1):
        answers.reset_limits()
        both = door(WSGIHandler())
        call(both, environ(json.dumps(ACCEPT).encode()))
        status, headers, _ = call(both, environ(json.dumps(ACCEPT).encode()))
        assert status.startswith("429")
        assert int(headers["Retry-After"][0]) > 0
        status, headers, _ = call(both, environ(json.dumps(REFUSE).encode()))
    assert status == "201 Created"
    assert f"{cookies.NAME}=r1.1." in headers["Set-Cookie"][0]
    assert Record.objects.count() == 1
