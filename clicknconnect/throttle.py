"""Rate limits in PostgreSQL, without storing who asked in clear."""

import hashlib
import hmac
from datetime import datetime, timedelta

from django.conf import settings
from django.db import connection, models

_HIT = """
INSERT INTO clicknconnect_window (key, ends_at, hits) VALUES (%(key)s, %(ends)s, 1)
ON CONFLICT (key) DO UPDATE SET
    hits = CASE WHEN clicknconnect_window.ends_at <= %(now)s THEN 1
                ELSE clicknconnect_window.hits + 1 END,
    ends_at = CASE WHEN clicknconnect_window.ends_at <= %(now)s THEN excluded.ends_at
                   ELSE clicknconnect_window.ends_at END
RETURNING hits, ends_at
"""


class Window(models.Model):
    """Hits of one key (a keyed hash of an address or network) until `ends_at`."""

    key = models.BinaryField(primary_key=True, max_length=32)
    ends_at = models.DateTimeField(db_index=True)
    hits = models.PositiveIntegerField()

    class Meta:
        app_label = "clicknconnect"

    def __str__(self) -> str:
        return f"{self.hits} until {self.ends_at:%H:%M}"


def hit(scope: str, who: str, *, limit: int, period: timedelta, now: datetime) -> int:
    """Count one attempt of `who`; seconds to wait when over `limit` in `period`, else 0."""
    key = hmac.digest(
        hashlib.sha256(settings.SECRET_KEY.encode()).digest(), f"{scope}:{who}".encode(), "sha256"
    )
    with connection.cursor() as cursor:
        cursor.execute(_HIT, {"key": key, "now": now, "ends": now + period})
        hits, ends_at = cursor.fetchone()
    return max(1, int((ends_at - now).total_seconds())) if hits > limit else 0
