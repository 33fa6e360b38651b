"""Imports the folder that is given, as the command does; is killed by a test."""

import sys

import django

django.setup()

from django.core.management import call_command  # noqa: E402

from privacy.management.commands import inbox  # noqa: E402, F401
from privacy.models import InboxMail  # noqa: E402

# Connected and loaded: what is killed is the import.
InboxMail.objects.exists()

sys.stdout.write("ready\n")
sys.stdout.flush()
call_command("inbox", "import", sys.argv[1])
