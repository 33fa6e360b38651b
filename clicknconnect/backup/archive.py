"""The file of a backup: a ZIP, nothing compressed twice, with a manifest that names every byte.

database.dump   pg_dump's custom format
files/…         the folder of files, as it is
manifest.json   last: a file that was cut off has none
"""

import hashlib
import json
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path, PurePosixPath
from typing import IO, Any

from clicknconnect.backup import BackupError

# A reader refuses what is newer than it knows.
FORMAT = 1
APPLICATION = "clicknconnect"
DATABASE = "database.dump"
FILES = "files/"
MANIFEST = "manifest.json"
CHUNK = 1024 * 1024


@dataclass
class Manifest:
    """What a backup holds. Sizes in bytes, hashes SHA-256 in hex.

    `journal` is the position of the erasure journal when the snapshot was taken; None where there
    was no journal.
    """

    created_at: str
    version: str
    postgresql: int
    migrations: list[str]
    rows: dict[str, int]
    members: dict[str, dict[str, Any]] = field(default_factory=dict)
    journal: Any = None
    format: int = FORMAT
    application: str = APPLICATION


class Writer:
    """Puts members into a new file, hashing what passes."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._zip = zipfile.ZipFile(stream, "w", zipfile.ZIP_STORED)
        self.members: dict[str, dict[str, Any]] = {}

    def add(self, name: str, source: Iterator[bytes]) -> None:
        digest, size = hashlib.sha256(), 0
        with self._zip.open(name, "w", force_zip64=True) as member:
            for chunk in source:
                digest.update(chunk)
                size += len(chunk)
                member.write(chunk)
        self.members[name] = {"sha256": digest.hexdigest(), "bytes": size}

    def finish(self, manifest: Manifest) -> None:
        manifest.members = self.members
        self._zip.writestr(MANIFEST, json.dumps(asdict(manifest), indent=1, sort_keys=True))

    def close(self) -> None:
        self._zip.close()


class Reader:
    """A backup that was opened and whose manifest this release understands."""

    def __init__(self, path: Path, archive: zipfile.ZipFile) -> None:
        self.path = path
        self._zip = archive
        self.manifest = self._manifest()

    def _manifest(self) -> Manifest:
        try:
            stored = json.loads(self._zip.read(MANIFEST))
        except KeyError:
            raise BackupError(
                f"{self.path} has no manifest: it is no backup of this site."
            ) from None
        except (ValueError, zipfile.BadZipFile):
            raise BackupError(f"{self.path} is damaged: its manifest cannot be read.") from None
        if not isinstance(stored, dict) or stored.get("application") != APPLICATION:
            raise BackupError(f"{self.path} is a backup of something else.")
        if not isinstance(stored.get("format"), int) or stored["format"] > FORMAT:
            raise BackupError(
                f"{self.path} has format {stored.get('format')}; this release reads formats up to "
                f"{FORMAT}. Restore it with the release that made it ({stored.get('version')}), or "
                f"a newer one."
            )
        try:
            manifest = Manifest(**stored)
        except TypeError:
            raise BackupError(f"{self.path} has a manifest that is not complete.") from None
        if set(manifest.members) != {*self._zip.namelist()} - {MANIFEST}:
            raise BackupError(f"{self.path} does not hold what its manifest names.")
        for name in manifest.members:
            require_safe(name, self.path)
        return manifest

    def verify(self) -> None:
        """Read every byte once. Raises BackupError with the first member that is damaged."""
        for name, known in self.manifest.members.items():
            digest = hashlib.sha256()
            try:
                for chunk in self.chunks(name):
                    digest.update(chunk)
            except (zipfile.BadZipFile, OSError, EOFError):
                digest = hashlib.sha256(b"not readable")
            if digest.hexdigest() != known["sha256"]:
                raise BackupError(
                    f"{self.path} is damaged: {name} is not what was written. Nothing was restored."
                )

    def chunks(self, name: str) -> Iterator[bytes]:
        with self._zip.open(name) as member:
            yield from read_chunks(member.read)

    def files(self) -> list[str]:
        """The files' paths below the folder of files."""
        return [name.removeprefix(FILES) for name in self.manifest.members if name != DATABASE]


def read_chunks(read: Callable[[int], bytes]) -> Iterator[bytes]:
    while chunk := read(CHUNK):
        yield chunk


def require_safe(name: str, path: Path) -> None:
    """Raise for a member that would be written outside the folder of files."""
    if name == DATABASE:
        return
    parts = PurePosixPath(name).parts
    below = name.startswith(FILES) and str(PurePosixPath(name)) == name and ".." not in parts
    if not below or "\\" in name:
        raise BackupError(f"{path} names a file that lies outside the folder of files: {name!r}.")


@contextmanager
def opened(path: Path) -> Iterator[Reader]:
    """The backup in `path`. Raises BackupError for what is none, damaged or too new."""
    try:
        archive = zipfile.ZipFile(path)
    except FileNotFoundError:
        raise BackupError(f"There is no file {path}.") from None
    except zipfile.BadZipFile:
        raise BackupError(
            f"{path} is no backup, or was cut off: the list at its end is missing or damaged."
        ) from None
    except OSError as error:
        raise BackupError(f"{path} cannot be read: {error.strerror}.") from None
    with archive:
        yield Reader(path, archive)
