"""From the draft to what visitors see: publish a version of the register."""

import hashlib
from datetime import date, datetime
from typing import Any

import rfc8785
from django.db import connection, transaction

from consent import audit
from consent.audit import Actor
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


class DraftChanged(Exception):
    """What would be published is no longer what was looked at."""


def digest(value: Any) -> str:
    """SHA-256 (hex) of the RFC 8785 canonical JSON of `value`."""
    return hashlib.sha256(rfc8785.dumps(value)).hexdigest()


def version_digest(content: Register, in_force_on: date) -> str:
    """What names a version: its content and its date in force."""
    return digest({"content": content, "in_force_on": in_force_on.isoformat()})


def looked_at(source: Register, preset: str, last: int) -> str:
    """What names a draft that was looked at, when version `last` was the newest."""
    return digest({"source": source, "preset": preset, "after": last})


def one_at_a_time() -> None:
    """Until this transaction ends, no other one publishes."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('consent.publish'))")


def would_be(*, source: Register, preset: str, now: datetime) -> Publication:
    """The version that `publish` would make of `source` now; not kept, its notice neither."""
    content = apply_preset(source, preset)
    last = Publication.objects.select_related("notice").order_by("-number").first()
    same = last is not None and same_agreement(last.notice.content, agreement(content))
    newest = last.notice_id if last else 0
    day = local_day(now)
    return Publication(
        number=last.number + 1 if last else 1,
        notice_id=newest if same else newest + 1,
        preset=preset,
        published_at=now,
        in_force_on=day,
        source=source,
        content=content,
        sha256=version_digest(content, day),
    )


@transaction.atomic
def publish(
    *,
    now: datetime,
    preset: str,
    source: Register | None = None,
    in_force_on: date | None = None,
    by: Actor | None = None,
    expected: str | None = None,
) -> Publication | None:
    """Publish `source` (the draft rows when None) under `preset`; None when nothing changed.

    `by` is who does it (None: a command), `expected` what they looked at (`looked_at`).
    Raises RegisterDisagrees or DraftChanged, and then nothing is published.
    """
    one_at_a_time()
    if source is None:
        source = rows.dumped()
    if expected is not None:
        newest = Publication.objects.order_by("-number").values_list("number", flat=True).first()
        if expected != looked_at(source, preset, newest or 0):
            raise DraftChanged
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
    if last is not None or by is not None:  # the first load of an installation is no act
        _journal(publication, last, by=by, now=now)
    announce()
    return publication


def _journal(
    publication: Publication, last: Publication | None, *, by: Actor | None, now: datetime
) -> None:
    audit.record(
        by=by,
        act="register.published",
        now=now,
        target=f"version {publication.number}",
        details={
            "sha256": publication.sha256,
            "preset": publication.preset,
            "notice": publication.notice_id,
            "asks_again": last is None or last.notice_id != publication.notice_id,
        },
    )


@transaction.atomic
def discard(*, by: Actor, now: datetime, expected: str) -> None:
    """The draft rows back to what is published. Raises DraftChanged."""
    one_at_a_time()
    last = Publication.objects.order_by("-number").first()
    draft = rows.dumped()
    if last is None or expected != looked_at(draft, last.preset, last.number):
        raise DraftChanged
    rows.load(last.source)
    audit.record(
        by=by,
        act="draft.discarded",
        now=now,
        target=f"version {last.number}",
        details={"discarded_sha256": digest(draft)},
    )


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
