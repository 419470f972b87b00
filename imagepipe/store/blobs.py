"""Pictures by their SHA-256, written once: `blobs/ab/cdef...`. A blob is the copy that counts.

A blob appears whole or not at all, and is on the disk before its name is. It is made from bytes, or
from a temporary file that a download wrote. Temporaries carry the id of their run, so that those of
dead runs can be told from those of live ones.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

from imagepipe.errors import StoreError
from imagepipe.model import Digest
from imagepipe.store.confine import refuse_links
from imagepipe.store.durable import (
    make_folder,
    owner_of,
    sync_file,
    sync_folder,
    temporary_name,
    write_new,
)

_SHA256 = re.compile(r"[0-9a-f]{64}")


class Blobs:
    """The folder of blobs. Any number of processes may use it at once."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._made = False

    def path(self, digest: Digest) -> Path:
        """Where a blob is, or would be.

        Raises:
            ValueError: That is no SHA-256.
        """
        _refuse_other(digest)
        return self._root / digest[:2] / digest[2:]

    def has(self, digest: Digest, size: int | None = None) -> bool:
        """Whether a blob is there, with this many bytes if given. Its bytes are not read."""
        found = self.size(digest)
        return found is not None and size in (None, found)

    def size(self, digest: Digest) -> int | None:
        """Bytes of a blob; None if it is not there."""
        try:
            return self.path(digest).stat().st_size
        except OSError:
            return None

    def intact(self, digest: Digest) -> bool:
        """Whether a blob is there and its bytes are the ones that its name promises."""
        try:
            return digest_of(self.path(digest))[0] == digest
        except OSError:
            return False

    def read(self, digest: Digest) -> bytes:
        """A blob's bytes, checked.

        Raises:
            StoreError: It is missing or damaged.
        """
        try:
            data = self.path(digest).read_bytes()
        except OSError as error:
            raise StoreError(
                f"the picture {digest[:12]} is missing from the store ({error.strerror})",
                hint="restore the store folder from a backup",
            ) from error
        if hashlib.sha256(data).hexdigest() != digest:
            raise StoreError(
                f"the picture {digest[:12]} in the store is damaged",
                hint="restore the store folder from a backup",
            )
        return data

    def temporary(self, run: str) -> Path:
        """A fresh name, on the blobs' own file system, for a download to write to."""
        return Path(self._temporary(run))

    def _temporary(self, run: str) -> str:
        """No Path: asked for every picture."""
        if not self._made:
            make_folder(self._root)
            self._made = True
        return f"{self._root}/{temporary_name(run)}"

    def put(self, data: bytes, run: str, *, digest: Digest | None = None) -> tuple[Digest, int]:
        """Store bytes durably. May be called again; a damaged blob of that name is mended.

        Args:
            data: The picture.
            run: Names the temporary file.
            digest: Its SHA-256 if that is known; else it is computed here.

        Raises:
            OSError: It could not be written; nothing is left behind.
        """
        temporary = self._temporary(run)
        try:
            write_new(temporary, data)
            digest = digest or Digest(hashlib.sha256(data).hexdigest())
            return self._name(temporary, digest), len(data)
        except BaseException:
            with suppress(FileNotFoundError):
                os.unlink(temporary)  # noqa: PTH108 - no Path: made for every picture
            raise

    def adopt(
        self, temporary: Path, *, digest: Digest | None = None, size: int | None = None
    ) -> tuple[Digest, int]:
        """Make a blob of a finished download, which is moved.

        Args:
            temporary: What `temporary()` named, closed.
            digest: Its SHA-256 if the writer computed it on the way; else it is computed here.
            size: The number of bytes that the writer wrote.

        Raises:
            StoreError: The file has another size than was written: it was cut off.
            OSError: It could not be made durable.
        """
        try:
            found = temporary.stat().st_size
            if size is not None and found != size:
                raise StoreError(
                    f"{size} bytes were written to {temporary.name} and {found} are there",
                    hint="check the disk's free space and health, then run again",
                )
            sync_file(temporary)
            return self._name(str(temporary), digest or digest_of(temporary)[0]), found
        finally:
            temporary.unlink(missing_ok=True)

    def clean(self, is_over: Callable[[str], bool]) -> int:
        """Remove the temporaries of runs that are over; says how many."""
        stale = [path for path in _entries(self._root) if _is_stale(path, is_over)]
        for path in stale:
            path.unlink(missing_ok=True)
        return len(stale)

    def __iter__(self) -> Iterator[Digest]:
        """All blobs, by name; their bytes are not read."""
        for folder in _entries(self._root):
            if folder.is_dir() and len(folder.name) == 2:
                for path in _entries(folder):
                    if _SHA256.fullmatch(name := folder.name + path.name):
                        yield Digest(name)

    def _name(self, temporary: str, digest: Digest) -> Digest:
        """Rename is atomic and the content is the name's: who comes second changes nothing."""
        _refuse_other(digest)
        folder = f"{self._root}/{digest[:2]}"
        target = f"{folder}/{digest[2:]}"
        if os.path.islink(folder):  # noqa: PTH114 - no Path: asked for every picture
            refuse_links((Path(folder),))
        try:
            os.replace(temporary, target)  # noqa: PTH105 - likewise
        except FileNotFoundError:  # the first of its folder
            make_folder(Path(folder))
            os.replace(temporary, target)  # noqa: PTH105 - likewise
        except PermissionError:  # Windows: somebody is reading the very same bytes
            if not self.intact(digest):
                raise
            os.unlink(temporary)  # noqa: PTH108 - likewise
        sync_folder(folder)
        return digest


def _refuse_other(digest: str) -> None:
    if not _SHA256.fullmatch(digest):
        raise ValueError(f"{digest!r} is no SHA-256 in lower-case hex")


def digest_of(path: Path) -> tuple[Digest, int]:
    """A file's SHA-256 and size, in one pass.

    Raises:
        OSError: It cannot be read.
    """
    with path.open("rb") as file:
        found = hashlib.file_digest(file, "sha256")
        return Digest(found.hexdigest()), file.tell()


def _entries(folder: Path) -> list[Path]:
    try:
        return sorted(folder.iterdir())
    except OSError:
        return []


def _is_stale(path: Path, is_over: Callable[[str], bool]) -> bool:
    owner = owner_of(path.name)
    return owner is not None and is_over(owner)
