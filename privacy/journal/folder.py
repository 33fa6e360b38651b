"""The journal as a folder: one file a day, a line an entry, only ever appended to."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from privacy.journal.entries import (
    Draft,
    Entry,
    JournalError,
    chained,
    from_line,
    to_line,
    verified,
)

# More than one line; the last whole one is looked for in so much of a file's end.
TAIL = 8192


class FolderJournal:
    """Several processes may append: a lock in the folder makes one wait for the other."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def append(self, drafts: list[Draft]) -> int:
        """On disk when it returns: the sequence number of the last entry. Raises JournalError."""
        try:
            self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            with self._alone():
                before = self.last()
                entries = chained(drafts, after=before)
                # Never behind the newest file, whatever the clock says: files are read by name.
                newest = max((path.stem for path in self._files()), default="")
                day = max(f"{drafts[-1].at:%Y-%m-%d}", newest)
                self._write(self.folder / f"{day}.jsonl", "".join(map(to_line, entries)))
        except OSError as error:
            raise JournalError(
                f"The journal of erasures in {self.folder} cannot be written ({error.strerror}): "
                "nothing is erased until it can."
            ) from error
        return entries[-1].sequence

    def _write(self, path: Path, text: str) -> None:
        new = not path.exists()
        torn = not new and not _ends_a_line(path)
        handle = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            # A line that a crash cut short: its batch was not done. It stays, and is passed over.
            left = (("\n" if torn else "") + text).encode()
            while left:
                left = left[os.write(handle, left) :]
            os.fsync(handle)
        finally:
            os.close(handle)
        if new:
            folder = os.open(self.folder, os.O_RDONLY)
            try:
                os.fsync(folder)
            finally:
                os.close(folder)

    def last(self) -> Entry | None:
        for path in reversed(self._files()):
            with path.open("rb") as file:
                file.seek(max(0, path.stat().st_size - TAIL))
                for line in reversed(file.read().split(b"\n")):
                    try:
                        return from_line(line.decode())
                    except ValueError:
                        continue
        return None

    def read(self) -> Iterator[Entry]:
        """Every entry, oldest first. Raises JournalError where the chain is broken."""
        return verified(self._entries())

    def _entries(self) -> Iterator[Entry]:
        for path in self._files():
            with path.open("rb") as file:
                for line in file:
                    try:
                        yield from_line(line.decode())
                    except ValueError:  # cut short; whole lines that are missing break the chain
                        continue

    def _files(self) -> list[Path]:
        return sorted(self.folder.glob("????-??-??.jsonl"))

    @contextmanager
    def _alone(self) -> Iterator[None]:
        with (self.folder / "lock").open("a") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield


def _ends_a_line(path: Path) -> bool:
    size = path.stat().st_size
    if not size:
        return True
    with path.open("rb") as file:
        file.seek(size - 1)
        return file.read() == b"\n"
