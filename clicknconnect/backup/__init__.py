"""Backup and restore: database, files and the position of the erasure journal in one file.

`archive` is the file, `programs` are pg_dump and pg_restore, `create` and `restore` are the acts.
"""


class BackupError(Exception):
    """The backup cannot be made or restored; the text is a sentence for the person."""
