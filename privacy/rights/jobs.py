"""Copies of people's data. Arguments name no person."""

from datetime import UTC, datetime

from django.db import transaction
from procrastinate.contrib.django import app

from privacy import restriction
from privacy.models.archive import Archive
from privacy.rights import archives
from privacy.rights.review import NotLookedAt


@app.task
def build_archive(archive: str) -> None:
    """Again from its beginning when a worker was killed; never two at a time (its lock)."""
    from privacy.requests import copies, jobs

    now = datetime.now(UTC)
    with transaction.atomic(), restriction.seeing():
        found = Archive.objects.select_related("person").filter(pk=archive).first()
    if found is None:
        return
    if found.request_id is None:
        archives.build(found, now=now)
        return
    try:
        archives.build(found, now=now, ready=lambda made: copies.announce(made, now=now))
    except NotLookedAt:
        jobs.remind.defer(request=str(found.request_id), why="texts")


@app.periodic(cron="*/15 * * * *")
@app.task(queueing_lock="expire_archives")
def expire_archives(timestamp: int) -> None:
    from privacy.requests import copies

    now = datetime.fromtimestamp(timestamp, UTC)
    copies.expire(now=now)
    archives.expire(now=now)
