"""An import is killed ten times, and ends as one that was not (issue 5 § 8)."""

import os
import random
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from procrastinate.contrib.django.models import ProcrastinateJob

from privacy.models import InboxMail, RequestEvent, RequestFile, RightsRequest
from privacy.requests import stored
from privacy.requests.timeline import first_broken, of
from tests import mails, uploads
from tests.browser.site import with_database
from tests.environment import ROOT
from tests.requests import filed

NOW = datetime(2026, 11, 24, 9, tzinfo=UTC)
MAILS = 240


def folder_of(place: Path, reference: str) -> Path:
    """Requests of many people with a file each; every tenth is an answer, every twentieth a
    machine's."""
    for number in range(MAILS):
        is_answer = number % 10 == 0
        raw = mails.mail(
            f"Lettre {number}",
            sender="ada@example.test" if is_answer else f"p{number}@example.test",
            subject=f"Re: [{reference}]" if is_answer else "Mes données",
            message_id=f"<{number}@example.test>",
            files=(("x.pdf", uploads.PDF, "application/pdf"),),
            **({"Auto_Submitted": "auto-replied"} if number % 20 == 5 else {}),
        )
        (place / f"{number:04}.eml").write_bytes(raw)
    return place


def test_killed_ten_times_nothing_is_lost_or_doubled(
    own_database: str, settings: Any, tmp_path: Path
) -> None:
    request = filed(now=NOW)
    place = folder_of(tmp_path, request.reference)
    environment = {
        **os.environ, "DJANGO_SETTINGS_MODULE": "clicknconnect.settings",
        "DATA_DIR": str(settings.DATA_DIR),
        "DATABASE_URL": with_database(os.environ["DATABASE_URL"], own_database),
        "DATABASE_OWNER_URL": with_database(os.environ["DATABASE_OWNER_URL"], own_database),
        "FIELD_ENCRYPTION_KEYS": ",".join(settings.FIELD_ENCRYPTION_KEYS),
    }  # fmt: skip

    def started() -> "subprocess.Popen[str]":
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.inbox_process", str(place)],
            cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        return process

    chance, seen = random.Random(5), set()
    for _kill in range(10):
        # Each begins with what the others took, and is killed somewhere in one of the next mails.
        most = InboxMail.objects.count() + chance.randint(1, MAILS // 20)
        process = started()
        while InboxMail.objects.count() < most and process.poll() is None:
            time.sleep(0.005)
        time.sleep(chance.uniform(0, 0.02))
        assert process.poll() is None
        process.kill()
        process.communicate()
        seen.add(InboxMail.objects.count())
    assert 0 < max(seen) < MAILS  # each was killed on its way
    process = started()
    process.communicate()
    assert process.returncode == 0

    machines = MAILS // 20
    answers = MAILS // 10
    requests = MAILS - machines - answers
    counted = {
        outcome: InboxMail.objects.filter(outcome=outcome).count()
        for outcome in ("request", "heard", "automatic")
    }
    assert counted == {"request": requests, "heard": answers, "automatic": machines}
    assert RightsRequest.objects.count() == requests + 1
    assert RightsRequest.objects.values("email").distinct().count() == requests + 1
    assert request.messages.count() == answers
    assert RequestFile.objects.count() == 2 * (requests + answers)
    assert RequestEvent.objects.filter(kind="imported").count() == requests
    assert first_broken(of(request)) is None
    letters = ProcrastinateJob.objects.filter(task_name="privacy.requests.jobs.acknowledge")
    assert letters.count() == requests + 1  # one for each, and for the one that was filed
    for row in RequestFile.objects.filter(kind="attachment"):
        assert stored.whole(row, folder=stored.FILES) == uploads.PDF
