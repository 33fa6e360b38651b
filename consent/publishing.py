"""From the draft to what visitors see: publish a version of the register."""

import hashlib
from datetime import date, datetime
from typing import Any

import rfc8785
from django.db import connection, transaction

from consent.material import agreement, same_agreement
from consent.models import Notice, Publication
from consent.periods import local_day
from consent.register import rows
from consent.register.check import disagreements
from consent.register.effective import apply_preset
from consent.register.file import Register, validate

CHANNEL = "consent_published"


class RegisterDisagrees(Exception):
    """The register contradicts itself or the code; `problems` are sentences."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__(" ".join(problems))
        self.problems = problems


def digest(value: Any) -> str:
    """SHA-256 (hex) of the RFC 8785 canonical JSON of `value`."""
    return hashlib.sha256(rfc8785.dumps(value)).hexdigest()


def version_digest(content: Register, in_force_on: date) -> str:
    """What names a version: its content and its date in force."""
    return digest({"content": content, "in_force_on": in_force_on.isoformat()})


@transaction.atomic
def publish(
    *,
    now: datetime,
    preset: str,
    source: Register | None = None,
    in_force_on: date | None = None,
) -> Publication | None:
    """Publish `source` (the draft rows when None) under `preset`; None when nothing changed.

    Raises RegisterDisagrees, and then nothing is published.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('consent.publish'))")
    if source is None:
        source = rows.dumped()
    validate(source)
    problems = disagreements(source)
    if problems:
        raise RegisterDisagrees(problems)
    content = apply_preset(source, preset)
    last = Publication.objects.select_related("notice").order_by("-number").first()
    if last is not None and last.content == content and last.preset == preset:
        return None
    day = in_force_on or local_day(now)
    publication = Publication.objects.create(
        number=last.number + 1 if last else 1,
        notice=_notice_for(content, last, now),
        preset=preset,
        published_at=now,
        in_force_on=day,
        source=source,
        content=content,
        sha256=version_digest(content, day),
    )
    announce()
    return publication


def _notice_for(content: Register, last: Publication | None, now: datetime) -> Notice:
    material = agreement(content)
    if last is not None and same_agreement(last.notice.content, material):
        return last.notice
    newest = Notice.objects.order_by("-number").first()
    return Notice.objects.create(
        number=newest.number + 1 if newest else 1,
        content=material,
        sha256=digest(material),
        created_at=now,
    )


def announce() -> None:
    """Tell every process, when this transaction commits, to read the publication again."""
    with connection.cursor() as cursor:
        cursor.execute(f"NOTIFY {CHANNEL}")
    from consent import snapshots

    transaction.on_commit(snapshots.refresh_if_used)
