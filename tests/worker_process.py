"""`manage.py worker` with jobs for the tests: each second, failing, slow."""

import os
import time
from datetime import UTC, datetime

import django


def main() -> None:
    django.setup()
    from django.core.management import call_command
    from django.db import connection
    from procrastinate.contrib.django import app

    def write(what: str, number: int) -> None:
        with connection.cursor() as cursor:
            cursor.execute("INSERT INTO trace VALUES (%s, %s, %s)", [what, number, os.getpid()])

    @app.periodic(cron="* * * * * *")
    @app.task(name="tests.tick", queueing_lock="tests.tick")
    def tick(timestamp: int) -> None:
        write("tick", timestamp)

    @app.task(name="tests.slow")
    def slow(seconds: float) -> None:
        write("begun", int(datetime.now(UTC).timestamp()))
        time.sleep(seconds)
        write("ended", int(datetime.now(UTC).timestamp()))

    @app.task(name="tests.fail")
    def fail() -> None:
        raise ZeroDivisionError("canary@example.test")

    call_command("worker")


if __name__ == "__main__":
    main()
