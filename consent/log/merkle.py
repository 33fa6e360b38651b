"""Merkle trees as in RFC 6962 § 2.1 (SHA-256; a leaf and a node are hashed apart). Pure."""

from collections.abc import Iterable, Sequence
from hashlib import sha256

LEAF, NODE = b"\x00", b"\x01"
EMPTY = sha256(b"").digest()
# Leaves of a stream that are folded at once; a power of two.
CHUNK = 256


def leaf(payload: bytes) -> bytes:
    """The 32 bytes of a leaf."""
    return sha256(LEAF + payload).digest()


def node(left: bytes, right: bytes) -> bytes:
    return sha256(NODE + left + right).digest()


def _level_above(level: Sequence[bytes]) -> list[bytes]:
    """Pairs become nodes; a last one alone goes up as it is, which is RFC 6962's split."""
    above = [
        sha256(NODE + left + right).digest()
        for left, right in zip(level[::2], level[1::2], strict=False)
    ]
    if len(level) % 2:
        above.append(level[-1])
    return above


def root(leaves: Sequence[bytes]) -> bytes:
    """The root of these leaf hashes, in their order."""
    level = leaves
    while len(level) > 1:
        level = _level_above(level)
    return level[0] if level else EMPTY


def path(leaves: Sequence[bytes], position: int) -> list[bytes]:
    """The hashes that lead from leaf `position` (from 0) to the root, the lowest first."""
    if not 0 <= position < len(leaves):
        raise IndexError(f"There is no leaf {position} in {len(leaves)}.")
    found = []
    level = leaves
    while len(level) > 1:
        beside = position ^ 1
        if beside < len(level):
            found.append(level[beside])
        level = _level_above(level)
        position //= 2
    return found


def root_of_path(start: bytes, position: int, count: int, hashes: Iterable[bytes]) -> bytes | None:
    """The root that `hashes` lead to from the leaf hash `start` at `position` of `count` leaves.

    None when there are too few or too many hashes for that place (RFC 9162 § 2.1.3.2).
    """
    if not 0 <= position < count:
        return None
    rest = iter(hashes)
    current, width = start, count
    while width > 1:
        if position ^ 1 < width:
            beside = next(rest, None)
            if beside is None:
                return None
            current = node(beside, current) if position % 2 else node(current, beside)
        position //= 2
        width = (width + 1) // 2
    return current if next(rest, None) is None else None


class Growing:
    """The root of leaves that come one by one: memory for one chunk and one hash per level."""

    __slots__ = ("_chunk", "_peaks", "count")

    def __init__(self) -> None:
        self.count = 0
        self._chunk: list[bytes] = []
        # (leaves under it, hash) of whole subtrees, the largest first.
        self._peaks: list[tuple[int, bytes]] = []

    def add(self, leaf_hash: bytes) -> None:
        self.count += 1
        self._chunk.append(leaf_hash)
        if len(self._chunk) == CHUNK:
            size, top = CHUNK, root(self._chunk)
            self._chunk = []
            while self._peaks and self._peaks[-1][0] == size:
                top = node(self._peaks.pop()[1], top)
                size *= 2
            self._peaks.append((size, top))

    def root(self) -> bytes:
        tops = [top for _, top in self._peaks]
        if self._chunk:
            tops.append(root(self._chunk))
        if not tops:
            return EMPTY
        current = tops.pop()
        while tops:
            current = node(tops.pop(), current)
        return current
