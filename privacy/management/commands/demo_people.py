"""The people of the demonstration, with the password that `make run` prints."""

from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.contrib.auth.models import Group
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.utils import timezone

from privacy import demo_data
from privacy.actions.space import subject_of
from privacy.groups import AGENTS, AUDITORS, MANAGERS, OFFICERS
from privacy.models import User


@dataclass(frozen=True, slots=True)
class Person:
    email: str
    name: str
    group: str = ""


PEOPLE = (
    Person("privacy@demo.test", "Paul Privé", MANAGERS),
    Person("privacy2@demo.test", "Pia Privé", MANAGERS),
    Person("dpo@demo.test", "Dora Pauwels", OFFICERS),
    Person("agent@demo.test", "Anna Gent", AGENTS),
    Person("auditor@demo.test", "Aude Itor", AUDITORS),
    Person("marie@demo.test", "Marie Dupont"),
)


class Command(BaseCommand):
    help = "Makes the people of the demonstration; again, it only sets right what has changed."

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.DEMO:
            raise CommandError("The people of the demonstration exist only where DEMO=1.")
        made = sum(_make(person, settings.DEMO_PASSWORD) for person in PEOPLE)
        self.stdout.write(f"{made} made, {len(PEOPLE) - made} there already.")
        held = demo_data.make(
            marie=User.objects.get(email="marie@demo.test"),
            staff=User.objects.get(email="privacy@demo.test"),
            now=timezone.now(),
        )
        self.stdout.write(f"Made what is held about {held} people.")


@transaction.atomic
def _make(person: Person, password: str) -> bool:
    """Whether `person` had to be made."""
    now = timezone.now()
    user, is_new = User.objects.get_or_create(
        email=person.email, defaults={"name": person.name, "terms_accepted_at": now}
    )
    user.is_active, user.is_staff, user.is_superuser = True, bool(person.group), False
    if is_new:
        # Whoever changed it since keeps theirs.
        user.set_password(password)
    user.save()
    user.groups.set(Group.objects.filter(name=person.group))
    subject_of(account=user, now=now)
    return is_new
