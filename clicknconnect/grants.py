"""What the application's role may do, table by table; deny by default."""

from django.apps import apps
from django.conf import settings
from django.core.management.base import CommandError
from django.db import DatabaseError, connections
from psycopg import sql

EVERYTHING: tuple[str, ...] = ("SELECT", "INSERT", "UPDATE", "DELETE")
READ_ONLY_TABLES: dict[str, tuple[str, ...]] = {"django_migrations": ("SELECT",)}


def application_role() -> tuple[str, str]:
    """(name, password) of the role in DATABASE_URL."""
    config = settings.DATABASES["default"]
    return str(config["USER"]), str(config["PASSWORD"])


def apply() -> list[str]:
    """Make the application's role and give it exactly its grants; what was done, as sentences."""
    owner = connections["owner"]
    role, password = application_role()
    done = []
    with owner.cursor() as cursor:
        cursor.execute("SELECT current_user, current_database()")
        current, database = cursor.fetchone()
        if role == current:
            raise CommandError(
                "DATABASE_URL and DATABASE_OWNER_URL name the same role. The application needs a "
                "role of its own, that owns nothing: name it in DATABASE_URL, with a password, and "
                "it is made."
            )
        cursor.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [role])
        if cursor.fetchone() is None:
            try:
                cursor.execute(
                    sql.SQL(
                        "CREATE ROLE {} LOGIN PASSWORD {} NOSUPERUSER NOCREATEDB NOCREATEROLE "
                        "NOBYPASSRLS NOINHERIT"
                    ).format(sql.Identifier(role), sql.Literal(password))
                )
            except DatabaseError as error:
                raise CommandError(
                    f"The role {role} of DATABASE_URL does not exist and the owner may not make "
                    f"it. Make it once: CREATE ROLE {role} LOGIN PASSWORD '…'."
                ) from error
            done.append(f"Made the application's role {role}.")
        name = sql.Identifier(role)
        cursor.execute(
            sql.SQL(
                "REVOKE CREATE ON SCHEMA public FROM PUBLIC; GRANT USAGE ON SCHEMA public TO {}"
            ).format(name)
        )
        cursor.execute(
            sql.SQL("GRANT CONNECT, TEMPORARY ON DATABASE {} TO {}").format(
                sql.Identifier(database), name
            )
        )
        granted = tables()
        cursor.execute(
            "SELECT c.relname, c.relispartition FROM pg_class c JOIN pg_namespace n"
            " ON n.oid = c.relnamespace WHERE n.nspname = 'public' AND c.relkind IN ('r', 'p')"
        )
        for table, is_partition in cursor.fetchall():
            target = sql.Identifier(table)
            cursor.execute(sql.SQL("REVOKE ALL ON {} FROM {}").format(target, name))
            # Rows of a partition go through its parent.
            privileges = () if is_partition else granted.get(table, ())
            if privileges:
                cursor.execute(
                    sql.SQL("GRANT {} ON {} TO {}").format(
                        sql.SQL(", ").join(map(sql.SQL, privileges)), target, name
                    )
                )
        cursor.execute(sql.SQL("GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO {}").format(name))
        cursor.execute(
            sql.SQL(
                # PostgreSQL lets everybody call a new function.
                "REVOKE ALL ON ALL FUNCTIONS IN SCHEMA public FROM PUBLIC;"
                " GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA public TO {0};"
                " REVOKE EXECUTE ON FUNCTION consent_guard(regclass) FROM {0}"
            ).format(name)
        )
    done.append(f"Granted {len(granted)} tables to {role}.")
    return done


def tables() -> dict[str, tuple[str, ...]]:
    """Table → privileges; a model says less with DATABASE_GRANTS."""
    found: dict[str, tuple[str, ...]] = dict(READ_ONLY_TABLES)
    for model in apps.get_models(include_auto_created=True):
        found[model._meta.db_table] = getattr(model, "DATABASE_GRANTS", EVERYTHING)
    return found
