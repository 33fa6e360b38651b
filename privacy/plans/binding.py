"""A cursor whose statements the server keeps prepared, for those that run once a batch.

Django's own cursor writes parameters into the text: hundreds of keys, parsed and planned again by
each of dozens of statements.
"""

from collections.abc import Iterable
from typing import Any

from django.db import connection
from django.db.backends.utils import CursorWrapper


def cursor() -> CursorWrapper:
    """To be closed by its user (`with`); errors, logging and wrappers are Django's own."""
    from django.db.backends.postgresql.base import ServerBindingCursor

    connection.ensure_connection()
    bare: Any = ServerBindingCursor(connection.connection)  # type: ignore[call-arg]
    make = connection.make_debug_cursor if connection.queries_logged else connection.make_cursor
    return make(bare)


def array(keys: Iterable[Any]) -> str:
    """Keys (UUIDs, numbers) as PostgreSQL writes an array: one parameter, whatever their number."""
    return "{" + ",".join(map(str, keys)) + "}"
