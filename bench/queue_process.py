"""The queue's page, asked for by a member of staff in a process of its own; one line of JSON."""

import json
import os
from statistics import median
from time import perf_counter

import django

RUNS = 15
PAGE = "/admin/privacy/rightsrequest/"


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "clicknconnect.settings")
    django.setup()
    from django.conf import settings
    from django.db import connection
    from django.test import Client
    from django.test.utils import CaptureQueriesContext

    from privacy.models import User

    # The second factor is a matter of logging in, which is not measured.
    settings.DEMO = True
    settings.ALLOWED_HOSTS = ["*"]
    email = "bench@example.test"
    staff = User.objects.filter(email=email).first() or User.objects.create_superuser(email, "x")
    client = Client()
    client.force_login(staff)

    def visit() -> float:
        started = perf_counter()
        answer = client.get(PAGE, secure=True)
        seconds = perf_counter() - started
        if answer.status_code != 200:
            raise SystemExit(f"{PAGE} answers {answer.status_code}.")
        return seconds

    for _warm in range(3):
        visit()
    with CaptureQueriesContext(connection) as asked:
        visit()
    print(json.dumps({"queries": len(asked), "ms": 1000 * median(visit() for _run in range(RUNS))}))


if __name__ == "__main__":
    main()
