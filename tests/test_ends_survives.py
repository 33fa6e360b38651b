"""Ends are written once, whoever is killed and however many work at it (CP-01)."""

import os
import signal
import subprocess
import sys
import time

import psycopg
import pytest
from django.db import IntegrityError, connections

from consent import ends
from consent.models import Ended, EndsWritten
from tests import ledger
from tests.environment import ROOT
from tests.test_ends import LATER, MADE, events, write
from tests.test_sealing_survives import _parameters


def test_cp_01_the_owner_cannot_change_ends(own_database: str) -> None:
    ledger.fill(1, start=MADE)
    write()
    for statement in ("UPDATE consent_ended SET at = now()", "TRUNCATE consent_ended"):
        with (
            connections["owner"].cursor() as cursor,
            pytest.raises(IntegrityError, match="append-only"),
        ):
            cursor.execute(statement)


def test_cp_01_two_workers_at_once_write_one_end_each(own_database: str) -> None:
    ledger.fill(3, start=MADE)
    with psycopg.connect(**_parameters()) as other:
        other.execute("SELECT pg_advisory_xact_lock(hashtext(%s))", [ends.LOCK])
        assert write() == ends.Done(busy=True)
        assert not EndsWritten.objects.exists()
    assert write() == ends.Done(expired=2)


RUN = """
import sys, django
django.setup()
from datetime import datetime
from django.conf import settings
from django.db import connection
settings.DATABASES["default"]["NAME"] = connection.settings_dict["NAME"] = sys.argv[1]
from consent import ends
now = datetime.fromisoformat(sys.argv[2])
print("begins", flush=True)
ends.write(clock=lambda: now, batch=5)
"""


def test_cp_01_kill_9_of_the_job_loses_and_doubles_nothing(own_database: str) -> None:
    ledger.fill(3000, start=MADE)
    seen = [0]
    for pause in (0.05, 0.2):
        process = subprocess.Popen(
            [sys.executable, "-c", RUN, own_database, LATER.isoformat()],
            cwd=ROOT, env=os.environ, stdout=subprocess.PIPE,
        )  # fmt: skip
        assert process.stdout is not None
        assert process.stdout.readline() == b"begins\n"
        time.sleep(pause)
        process.send_signal(signal.SIGKILL)
        process.wait()
        process.stdout.close()
        seen.append(len(events("expired")))
        assert Ended.objects.count() == seen[-1]
    assert not EndsWritten.objects.exists()
    assert seen[-1] < 2000
    write()
    assert len(events("expired")) == len({r.previous for r in events("expired")}) == 2000
