"""Logs hold no personal data: canaries are planted, then looked for."""

import json
import logging
import subprocess
import sys
from typing import Any

import pytest
from django.test import Client

from clicknconnect.logs import ConstantPart, frames

CANARIES = ("canary@example.test", "203.0.113.99", "S3cretToken", "Rue-du-Canari", "Zq9canary")


@pytest.mark.django_db
def test_requests_log_the_route_never_the_address(capfd: pytest.CaptureFixture[str]) -> None:
    client = Client(
        headers={"origin": "http://testserver", "x-forwarded-for": CANARIES[1]},
        raise_request_exception=False,
    )
    client.get(f"/?email={CANARIES[0]}")
    client.get(f"/no/{CANARIES[3]}/")
    client.get(f"/account/confirm/{CANARIES[2]}/")
    client.post("/account/login/", {"username": CANARIES[0], "password": CANARIES[4]})
    client.post("/api/v1/consent/", CANARIES[4], content_type="application/json")
    client.get("/", headers={"host": f"{CANARIES[3]}.example"})
    client.post("/privacy/cookies/", {"action": CANARIES[4]})
    err = capfd.readouterr().err
    assert err.count('"event": "request"') == 7
    for canary in CANARIES:
        assert canary not in err
    for line in err.splitlines():
        json.loads(line)


@pytest.mark.django_db
def test_a_crash_logs_its_lines_not_its_message(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from clicknconnect import views

    def fail(*args: Any, **kwargs: Any) -> Any:
        raise ValueError(f"cannot parse {CANARIES[0]}")

    monkeypatch.setattr(views, "render", fail)
    logging.getLogger().handlers[0].setFormatter(ConstantPart())
    response = Client(raise_request_exception=False).get("/")
    assert response.status_code == 500
    assert "data-consent-open" in response.content.decode()
    err = capfd.readouterr().err
    assert CANARIES[0] not in err


def test_frames_name_type_and_lines() -> None:
    try:
        try:
            raise KeyError(CANARIES[0])
        except KeyError as error:
            raise ValueError(CANARIES[1]) from error
    except ValueError as error:
        text = " ".join(frames(error))
    assert "ValueError" in text
    assert "KeyError" in text
    assert "test_logs.py" in text
    assert not any(canary in text for canary in CANARIES)


def test_a_librarys_arguments_are_not_logged() -> None:
    record = logging.LogRecord("lib", logging.ERROR, "f", 1, "failed for %s", (CANARIES[0],), None)
    line = json.loads(ConstantPart().format(record))
    assert line["event"] == "failed for %s"


def test_a_process_logs_json_lines() -> None:
    code = (
        "import django; django.setup(); import logging;"
        "logging.getLogger('x').warning('hello %s', 'canary@example.test')"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert json.loads(run.stderr.strip().splitlines()[-1])["event"] == "hello %s"
    assert "canary" not in run.stderr
