"""What is verified when a web or worker process starts."""

import sys

from django.db import OperationalError, connection

from clicknconnect.logs import logger

UNSAFE_ROLE = """
SELECT r.rolsuper, r.rolbypassrls,
       EXISTS (SELECT 1 FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
               WHERE n.nspname = 'public' AND pg_has_role(r.oid, c.relowner, 'MEMBER'))
FROM pg_roles r WHERE r.rolname = current_user
"""


def role_dangers() -> list[str]:
    """What the application's role could do that it must not, as sentences; empty when safe."""
    with connection.cursor() as cursor:
        cursor.execute(UNSAFE_ROLE)
        superuser, bypass, owner = cursor.fetchone()
    return [
        sentence
        for danger, sentence in (
            (superuser, "The role in DATABASE_URL is a superuser."),
            (bypass, "The role in DATABASE_URL bypasses row-level security."),
            (owner, "The role in DATABASE_URL owns tables of the site."),
        )
        if danger
    ]


def verify() -> None:
    """Stop with a sentence when the database role could rewrite the proof of consent.

    A database that cannot be reached now is not an error of configuration: /readyz says it.
    """
    try:
        dangers = role_dangers()
    except OperationalError:
        logger.warning("database_unreachable_at_start")
        return
    finally:
        connection.close()
    if dangers:
        sys.exit(
            " ".join(dangers) + " Give the application a role of its own in DATABASE_URL, the "
            "owner's in DATABASE_OWNER_URL, and run `manage.py migrate`: it makes the grants."
        )
