"""Executes the plan whose key is given, in small batches; is killed by a test."""

import sys
from datetime import UTC, datetime

import django

django.setup()

from privacy.models import ErasurePlan  # noqa: E402
from privacy.plans import execute as deed  # noqa: E402
from privacy.plans.plan import execute  # noqa: E402

deed.BATCH = 10
plan = ErasurePlan.objects.get(pk=sys.argv[1])
sys.stdout.write("ready\n")
sys.stdout.flush()
execute(plan, now=datetime.now(UTC))
