"""The journal in a second PostgreSQL, for sites of several machines. It makes its own table."""

from collections.abc import Iterator
from dataclasses import astuple, fields

import psycopg
from psycopg.rows import class_row

from privacy.journal.entries import Draft, Entry, JournalError, chained, verified

_TABLE = """
CREATE TABLE IF NOT EXISTS erasure_journal (
    sequence bigint PRIMARY KEY, at timestamptz NOT NULL, batch uuid NOT NULL, run uuid NOT NULL,
    rule text NOT NULL, person uuid NOT NULL, created_at timestamptz NOT NULL, mac text NOT NULL,
    previous text NOT NULL UNIQUE, hash text NOT NULL UNIQUE);
CREATE OR REPLACE FUNCTION erasure_journal_forbid() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION 'the journal of erasures is append-only'; END $$;
CREATE OR REPLACE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON erasure_journal
    FOR EACH STATEMENT EXECUTE FUNCTION erasure_journal_forbid()"""
_NAMES = tuple(field.name for field in fields(Entry))
_COLUMNS = ", ".join(_NAMES)
_INSERT = (
    f"INSERT INTO erasure_journal ({_COLUMNS})"  # noqa: S608 (names of a class)
    f" VALUES ({', '.join(['%s'] * len(_NAMES))})"
)
_LAST = f"SELECT {_COLUMNS} FROM erasure_journal ORDER BY sequence DESC LIMIT 1"  # noqa: S608
_ALL = f"SELECT {_COLUMNS} FROM erasure_journal ORDER BY sequence"  # noqa: S608


class DatabaseJournal:
    """Each call has a connection of its own: it is used once for hundreds of people."""

    def __init__(self, url: str) -> None:
        self.url = url

    def append(self, drafts: list[Draft]) -> int:
        """Committed when it returns: the sequence number of the last entry."""
        try:
            with psycopg.connect(self.url, connect_timeout=10) as connection:
                connection.execute("SET LOCAL TimeZone TO 'UTC'")
                connection.execute("SET LOCAL synchronous_commit TO on")
                connection.execute("SELECT pg_advisory_xact_lock(1)")
                self._make(connection)
                entries = chained(drafts, after=self._last(connection))
                with connection.cursor() as cursor:
                    cursor.executemany(_INSERT, [astuple(entry) for entry in entries])
        except psycopg.Error as error:
            raise JournalError(
                "The second database with the journal of erasures cannot be written "
                f"({type(error).__name__}): nothing is erased until it can."
            ) from error
        return entries[-1].sequence

    def last(self) -> Entry | None:
        try:
            with psycopg.connect(self.url, connect_timeout=10) as connection:
                return self._last(connection) if self._there(connection) else None
        except psycopg.Error as error:
            raise self._unreadable(error) from error

    def read(self) -> Iterator[Entry]:
        """Every entry, oldest first. Raises JournalError where the chain is broken."""
        return verified(self._entries())

    def _entries(self) -> Iterator[Entry]:
        try:
            with psycopg.connect(self.url, connect_timeout=10) as connection:
                if not self._there(connection):
                    return
                with connection.cursor("journal", row_factory=class_row(Entry)) as cursor:
                    cursor.itersize = 2000
                    yield from cursor.execute(_ALL)
        except psycopg.Error as error:
            raise self._unreadable(error) from error

    def _there(self, connection: "psycopg.Connection[tuple[object, ...]]") -> bool:
        found = connection.execute("SELECT to_regclass('erasure_journal') IS NOT NULL").fetchone()
        return bool(found and found[0])

    def _make(self, connection: "psycopg.Connection[tuple[object, ...]]") -> None:
        if not self._there(connection):
            connection.execute(_TABLE)

    def _last(self, connection: "psycopg.Connection[tuple[object, ...]]") -> Entry | None:
        with connection.cursor(row_factory=class_row(Entry)) as cursor:
            return cursor.execute(_LAST).fetchone()

    def _unreadable(self, error: psycopg.Error) -> JournalError:
        return JournalError(
            "The second database with the journal of erasures cannot be read "
            f"({type(error).__name__})."
        )
