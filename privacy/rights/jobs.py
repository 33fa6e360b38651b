"""Copies of people's data. Arguments name no person."""

from datetime import UTC, datetime

from procrastinate.contrib.django import app

from privacy.models.archive import Archive
from privacy.rights import archives


@app.task
def build_archive(archive: str) -> None:
    """Again from its beginning when a worker was killed; never two at a time (its lock)."""
    found = Archive.objects.select_related("person").filter(pk=archive).first()
    if found is not None:
        archives.build(found, now=datetime.now(UTC))


@app.periodic(cron="*/15 * * * *")
@app.task(queueing_lock="expire_archives")
def expire_archives(timestamp: int) -> None:
    archives.expire(now=datetime.fromtimestamp(timestamp, UTC))
