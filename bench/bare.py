"""What the consent endpoint is measured against: Django, no middleware, one view, one INSERT."""

import os
from datetime import UTC, datetime
from typing import Any

import django
from django.conf import settings
from django.core.handlers.wsgi import WSGIHandler
from django.db import connection
from django.http import HttpRequest, JsonResponse
from django.urls import path

if not settings.configured:
    import environ

    settings.configure(
        SECRET_KEY="bench",
        ALLOWED_HOSTS=["127.0.0.1"],
        ROOT_URLCONF=__name__,
        MIDDLEWARE=[],
        USE_TZ=True,
        DATABASES={
            "default": {
                **environ.Env().db_url_config(os.environ["BENCH_BARE_URL"]),
                "ENGINE": "django.db.backends.postgresql",
                "OPTIONS": {
                    "pool": {
                        "min_size": 1,
                        "max_size": int(os.environ["DATABASE_POOL_SIZE"]),
                        "timeout": 5,
                    }
                },
            }
        },
    )
    django.setup()

from consent.log.ids import uuid7

INSERT = "INSERT INTO bench_bare VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, NULL)"


def insert(request: HttpRequest) -> JsonResponse:
    now = datetime.now(UTC)
    key = uuid7(now)
    values: list[Any] = [
        key, now, "given", '["analytics"]', 1, 1, "f" * 64, "fr", "politique", "banner", False,
        now.date(), now.date(),
    ]  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(INSERT, values)
    return JsonResponse({"record": str(key)}, status=201)


urlpatterns = [path("insert/", insert)]
application = WSGIHandler()
