"""Everything encrypted, written anew under the first of FIELD_ENCRYPTION_KEYS while the site runs.

Nothing says how far it came but the values themselves: whatever opens with the first key is done.
It can be stopped, repeated, and run twice at once.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from cryptography.fernet import Fernet, InvalidToken
from django.apps import apps
from django.conf import settings
from django.db import connection, models, transaction
from psycopg import sql

from privacy import restriction
from privacy.encryption import EncryptedField, cipher
from privacy.models import Authenticator
from privacy.models.authenticator import UnreadableSecret

BATCH = 500


@dataclass(kw_only=True)
class Tally:
    """Of one column. `locked`: in use at that moment; another run takes them."""

    label: str
    current: int = 0
    old: int = 0
    rotated: int = 0
    locked: int = 0
    unreadable: int = 0


def run(*, writes: bool, batch: int = BATCH) -> Iterator[Tally]:
    """A tally of each column, and of the second factors of staff. Without `writes` it only counts.

    Each batch is a transaction of its own; restricted people's values are rotated, too.
    """
    for model, field in columns():
        tally = Tally(label=f"{model._meta.label_lower}.{field.name}")
        last: Any = None
        while True:
            with transaction.atomic(), restriction.handling():
                rows = _read(model, field, last, batch)
                stale = _count(rows, tally)
                if writes and stale:
                    _write(model, field, stale, tally)
            if len(rows) < batch:
                break
            last = rows[-1][0]
        yield tally
    yield _authenticators(writes=writes)


def columns() -> "list[tuple[type[models.Model], models.Field[Any, Any]]]":
    """Every encrypted column of every installed model."""
    return [
        (model, field)
        for model in apps.get_models()
        if not model._meta.proxy
        for field in model._meta.concrete_fields
        if isinstance(field, EncryptedField)
    ]


def _names(model: type[models.Model], field: Any) -> dict[str, sql.Composable]:
    primary = model._meta.pk
    assert primary is not None
    return {
        "table": sql.Identifier(model._meta.db_table),
        "column": sql.Identifier(field.column),
        "key": sql.Identifier(str(primary.column)),
        "type": sql.SQL(str(primary.rel_db_type(connection))),
    }


def _read(model: Any, field: Any, last: Any, batch: int) -> list[tuple[Any, str]]:
    """The next keys with their tokens, as they lie in the table."""
    after = sql.SQL("") if last is None else sql.SQL("AND {key} > %(last)s")
    statement = sql.SQL(
        "SELECT {key}, {column} FROM {table} WHERE {column} <> '' {after}"
        " ORDER BY {key} LIMIT %(batch)s"
    )
    names = _names(model, field)
    return _execute(
        statement.format(**names, after=after.format(**names)), {"last": last, "batch": batch}
    )


def _count(rows: list[tuple[Any, str]], tally: Tally) -> list[tuple[Any, str]]:
    """Those that need an older key."""
    first = Fernet(settings.FIELD_ENCRYPTION_KEYS[0])
    stale = []
    for key, token in rows:
        if _opens(first, token):
            tally.current += 1
        elif _opens(cipher(), token):
            tally.old += 1
            stale.append((key, token))
        else:
            tally.unreadable += 1
    return stale


def _opens(opener: Any, token: str) -> bool:
    try:
        opener.decrypt(token)
    except InvalidToken:
        return False
    return True


def _write(model: Any, field: Any, stale: list[tuple[Any, str]], tally: Tally) -> None:
    """What somebody else has locked, or changed meanwhile, is theirs: it is not waited for."""
    names = _names(model, field)
    values = {
        "keys": [key for key, _token in stale],
        "old": [token for _key, token in stale],
        "new": [cipher().rotate(token).decode() for _key, token in stale],
    }
    statement = sql.SQL(
        "WITH free AS (SELECT {key} AS key FROM {table} WHERE {key} = ANY(%(keys)s::{type}[])"
        "              ORDER BY {key} FOR UPDATE SKIP LOCKED)"
        " UPDATE {table} t SET {column} = v.new"
        " FROM unnest(%(keys)s::{type}[], %(old)s::text[], %(new)s::text[]) AS v (key, old, new)"
        " WHERE t.{key} = v.key AND t.{column} = v.old AND v.key IN (SELECT key FROM free)"
        " RETURNING t.{key}"
    )
    done = len(_execute(statement.format(**names), values))
    tally.rotated += done
    tally.locked += len(stale) - done


def _execute(statement: sql.Composable, values: dict[str, Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return list(cursor.fetchall())


def _authenticators(*, writes: bool) -> Tally:
    """There are as many as colleagues."""
    tally = Tally(label="otp_totp.totpdevice.key")
    for key in list(Authenticator.objects.order_by("pk").values_list("pk", flat=True)):
        with transaction.atomic():
            found = Authenticator.objects.select_for_update(skip_locked=True).filter(pk=key).first()
            if found is None:
                tally.locked += 1
            elif found.is_current():
                tally.current += 1
            else:
                _seal_anew(found, tally, writes=writes)
    return tally


def _seal_anew(device: Authenticator, tally: Tally, *, writes: bool) -> None:
    try:
        secret = device.bin_key
    except UnreadableSecret:
        tally.unreadable += 1
        return
    tally.old += 1
    if writes:
        device.seal(secret)
        device.save(update_fields=["key"])
        tally.rotated += 1
