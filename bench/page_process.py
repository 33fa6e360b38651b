"""One site in one process: asked for its front page as often as each line on stdin says.

Settings come from DJANGO_SETTINGS_MODULE; each answer is a line of JSON. CPU time of this process
alone is what other programs on the machine disturb least.
"""

import json
import sys
from collections.abc import Callable
from time import process_time
from typing import Any

import django
from django.core.handlers.wsgi import WSGIHandler
from django.core.signals import request_finished, request_started
from django.db import close_old_connections, connection
from django.test import RequestFactory

SHOWN_LOGS = "CRITICAL"


def page(handler: WSGIHandler, path: str, cookie: str) -> bytes:
    environ = RequestFactory(HTTP_HOST="127.0.0.1", HTTP_COOKIE=cookie).get(path).environ
    answer = handler(environ, _start)
    body = b"".join(answer)
    answer.close()
    return body


def _start(status: str, headers: list[tuple[str, str]]) -> None:
    if not status.startswith("200"):
        raise RuntimeError(f"The page answered {status}.")


def cpu_seconds(handler: WSGIHandler, path: str, cookie: str, times: int) -> float:
    requests = [
        RequestFactory(HTTP_HOST="127.0.0.1", HTTP_COOKIE=cookie).get(path).environ
        for _ in range(times)
    ]
    start = process_time()
    for environ in requests:
        answer = handler(environ, _start)
        for _ in answer:
            pass
        answer.close()
    return (process_time() - start) / times


def queries(handler: WSGIHandler, path: str, cookie: str) -> int:
    count = 0

    def counted(execute: Callable[..., Any], *args: Any) -> Any:
        nonlocal count
        count += 1
        return execute(*args)

    # The handler gives the connection back at the end of a request, not our wrapper.
    request_started.disconnect(close_old_connections)
    request_finished.disconnect(close_old_connections)
    with connection.execute_wrapper(counted):
        page(handler, path, cookie)
    request_started.connect(close_old_connections)
    request_finished.connect(close_old_connections)
    return count


def main() -> None:
    django.setup()
    handler = WSGIHandler()
    for line in sys.stdin:
        asked = json.loads(line)
        path, cookie = asked["path"], asked["cookie"]
        if asked["act"] == "cpu":
            answer: Any = cpu_seconds(handler, path, cookie, asked["times"])
        elif asked["act"] == "queries":
            answer = queries(handler, path, cookie)
        else:
            answer = page(handler, path, cookie).decode()
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
