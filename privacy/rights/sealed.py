"""A file encrypted in pieces, written and read in a stream, whose end cannot be cut off.

After the mark come pieces of 64 KiB, each sealed with AES-256-GCM under a key that is only this
file's. Its nonce is its number (11 bytes) and whether it is the last (1 byte): a piece that is
missing, moved, or added after the last does not open (the STREAM construction of Hoang and others,
2015).
"""

import io
from collections.abc import Iterator
from typing import IO, Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

MARK = b"CNCARCH1"
PIECE = 1 << 16
_TAG = 16


class DamagedFile(Exception):
    """The file is not as it was written, or the key is another one's."""


def new_key() -> bytes:
    return AESGCM.generate_key(256)


def _nonce(number: int, *, last: bool) -> bytes:
    return number.to_bytes(11, "big") + bytes([last])


class Sealer(io.RawIOBase):
    """A file to write to, in front of `out`; only `finish` makes what was written readable."""

    def __init__(self, out: IO[bytes], *, key: bytes, about: bytes) -> None:
        self._out, self._cipher, self._about = out, AESGCM(key), about
        self._waiting = bytearray()
        self._number = 0
        out.write(MARK)

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self._waiting += data
        # The last piece is known as such only at the end: one always waits.
        while len(self._waiting) > PIECE:
            self._seal(bytes(self._waiting[:PIECE]), last=False)
            del self._waiting[:PIECE]
        return len(data)

    def finish(self) -> None:
        self._seal(bytes(self._waiting), last=True)
        self._waiting.clear()

    def _seal(self, piece: bytes, *, last: bool) -> None:
        nonce = _nonce(self._number, last=last)
        self._out.write(self._cipher.encrypt(nonce, piece, self._about))
        self._number += 1


def unsealed(file: IO[bytes], *, key: bytes, about: bytes) -> Iterator[bytes]:
    """The pieces in clear. Raises DamagedFile, before or after some of them."""
    if file.read(len(MARK)) != MARK:
        raise DamagedFile
    cipher, number = AESGCM(key), 0
    piece = file.read(PIECE + _TAG)
    while True:
        following = file.read(PIECE + _TAG)
        try:
            yield cipher.decrypt(_nonce(number, last=not following), piece, about)
        except InvalidTag as error:
            raise DamagedFile from error
        if not following:
            return
        piece, number = following, number + 1


def clear_size(size: int) -> int:
    """How many bytes are in a sealed file of `size` bytes."""
    sealed = size - len(MARK)
    return sealed - _TAG * -(-sealed // (PIECE + _TAG))
