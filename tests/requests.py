"""Requests for tests."""

from datetime import UTC, datetime
from typing import Any

from django.contrib.auth.models import Group
from django.core import mail
from django.core.mail import EmailMessage
from django.db import connection
from procrastinate.contrib.django.models import ProcrastinateJob

from privacy.models import RightsRequest, User
from privacy.requests import filing, jobs

RECEIVED = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)


def filed(*, now: datetime = RECEIVED, account: User | None = None, **asked: Any) -> RightsRequest:
    values = {"rights": ("access",), "name": "Ada Canary", "email": "ada@example.test"}
    return filing.file(
        asked=filing.Asked(**{"language": "fr", **values, **asked}),  # type: ignore[arg-type]
        account=account,
        now=now,
    )


def colleague(email: str = "agent@example.test", *, group: str = "privacy managers") -> User:
    person = User.objects.create_user(email, "four-words-are-enough", is_staff=True)
    person.groups.add(Group.objects.get(name=group))
    return person


def queued(task: str) -> list[dict[str, Any]]:
    """The arguments of the jobs that wait for a worker."""
    waiting = ProcrastinateJob.objects.filter(task_name=task, status="todo").order_by("id")
    return [job.args for job in waiting]


def work() -> list[EmailMessage]:
    """Do the jobs about requests that wait, as a worker would; the letters."""
    mail.outbox.clear()
    for task in ("acknowledge", "send_message", "remind"):
        for args in queued(f"privacy.requests.jobs.{task}"):
            getattr(jobs, task)(**args)
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM procrastinate_jobs")
    return list(mail.outbox)
