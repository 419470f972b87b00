"""Files that runs wrote into the user's tree and were killed before they could enter.

No record names such a file, and yet it is no person's: taken for one, it would stay where another
picture is wanted. It is told by its bytes, which are a picture in the store, so that replacing it
loses nothing. A new picture is nobody's until its receipt is entered, in one commit with its
output. One that has a receipt already is announced before its file is written, for a person may
well put an old picture back by hand, and that is kept.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import TYPE_CHECKING

from imagepipe.model import Digest, Output
from imagepipe.store.blobs import Blobs
from imagepipe.store.outputs import Wish
from imagepipe.store.reader import Reader

if TYPE_CHECKING:
    from imagepipe.store.journal import Journal


def is_leftover(reader: Reader, blobs: Blobs, root: str, path: str, digest: Digest) -> bool:
    """Whether a file of these bytes at an output's path is what a run left unentered."""
    if not blobs.has(digest):
        return False
    return _announced(reader, root, path) == digest or not reader.has_picture(digest)


class Leftovers:
    """To be asked about many files: bytes are read only where a size leaves it open."""

    def __init__(self, reader: Reader | None, blobs: Blobs, root: str) -> None:
        self._reader = reader
        self._blobs = blobs
        self._root = root

    def has(self, path: str, size: int | None, digest: Callable[[], Digest | None]) -> bool:
        """Whether the file of this size at an output's path is one; `digest` reads it."""
        if self._reader is None or size is None:
            return False
        left = _announced(self._reader, self._root, path)
        announced = left is not None and self._blobs.has(left, size)
        if not announced and size not in self._nobodys.values():
            return False
        found = digest()
        return found is not None and (found in self._nobodys or (announced and found == left))

    @cached_property
    def _nobodys(self) -> dict[Digest, int]:
        """The pictures of the store that are not entered, with their sizes: few, if any."""
        if self._reader is None:
            return {}
        entered = self._reader.pictures()
        left = [digest for digest in self._blobs if digest not in entered]
        return {digest: size for digest in left if (size := self._blobs.size(digest)) is not None}


def announce(ledger: Journal, root: str, wish: Wish) -> None:
    """Say which picture of the store will be written; nothing is to be said of what is recorded.

    It must be durable before the file is there.
    """
    recorded = ledger.output(root, wish.path)
    if recorded is None or recorded.digest != wish.digest:
        row = Output(wish.path, "", wish.key, wish.blob, wish.digest, 0, 0)
        ledger.put_output(_root_of_announced(root), row)


def settle(ledger: Journal, root: str, path: str) -> None:
    """What was announced for a path is written by now, or will not be."""
    if _announced(ledger, root, path) is not None:
        ledger.drop_output(_root_of_announced(root), path)


def _announced(reader: Reader, root: str, path: str) -> Digest | None:
    found = reader.output(_root_of_announced(root), path)
    return found.digest if found is not None else None


def _root_of_announced(root: str) -> str:
    """Under a root of their own, these rows are no outputs to anybody else."""
    return f"to be written: {root}"
