"""Make the tables and one optional group with one cookie; prints the Django version."""

import os

import django
from django.core.management import call_command

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "bench.django_peer.settings")
django.setup()
call_command("migrate", verbosity=0)

from cookie_consent.models import Cookie, CookieGroup  # noqa: E402  after Django is set up

group = CookieGroup.objects.create(varname="analytics", name="Analytics")
Cookie.objects.create(cookiegroup=group, name="_ga", path="/", domain="")
print(django.get_version())
