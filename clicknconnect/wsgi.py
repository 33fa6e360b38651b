"""The web process."""

import gc
import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "clicknconnect.settings")
django = get_wsgi_application()

from clicknconnect.startup import verify  # noqa: E402  after Django is set up
from consent.door import door  # noqa: E402

verify()
application = door(django)
# What was loaded stays for the life of the process: the collector need not look at it again.
gc.collect()
gc.freeze()
