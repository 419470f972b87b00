"""The files a manifest names, as the manifest layer asks for them: relative to its folder."""

from __future__ import annotations

import errno
import hashlib
import sys
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, cast

from imagepipe.errors import SetupError
from imagepipe.manifest.ports import Query
from imagepipe.model import Digest, ImageInput
from imagepipe.store.durable import make_folder


class Disk:
    """Reads below one folder. Standard input, `-`, is spooled so that it can be read twice.

    So is what a query answers: every reading then sees the same rows in the same order.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._digests: dict[tuple[str, int, int], tuple[Digest, int]] = {}
        self._stdin: Path | None = None
        self._answers: dict[str, Path] = {}

    def read(self, path: str) -> bytes:
        return self._at(path).read_bytes()

    def inside(self, path: str) -> bytes:
        """A file of the folder itself: no link, and none on the way to it."""
        found = self._folder
        for part in path.split("/"):
            found /= part
            if part in ("", ".", "..") or found.is_symlink():
                raise OSError(errno.ELOOP, f"{path} is a link, or leads out of the folder", path)
        if found.exists() and not found.is_file():
            raise OSError(errno.EISDIR, f"{path} is no file", path)
        return found.read_bytes()

    def open(self, path: str) -> BinaryIO:
        return self._at(path).open("rb")

    def digest(self, path: str) -> tuple[Digest, int]:
        """SHA-256 and size; remembered for as long as size and time of change stay the same."""
        found = self._at(path)
        state = found.stat()
        memo = (path, state.st_size, state.st_mtime_ns)
        if memo not in self._digests:
            with found.open("rb") as file:
                text = hashlib.file_digest(file, "sha256").hexdigest()
            self._digests[memo] = Digest(text), state.st_size
        return self._digests[memo]

    def glob(self, pattern: str) -> list[str]:
        """The files below the folder that match.

        Raises:
            ValueError: the pattern is absolute, or leads out of the folder.
        """
        if pattern.startswith(("/", "\\", "~")) or ".." in pattern or ":" in pattern[:2]:
            raise ValueError("the pattern leaves the folder")
        found = (path for path in self._folder.glob(pattern) if path.is_file())
        return sorted(path.relative_to(self._folder).as_posix() for path in found)

    def select(self, query: Query) -> BinaryIO:
        """The rows of a query, which is carried out once for as long as this lives.

        Raises:
            InputError: as the port says.
        """
        asked = repr(query)
        if asked not in self._answers:
            from imagepipe.app.databases import answer  # noqa: PLC0415 - late: rarely needed

            tables = {name: self._at(path) for name, path in query.tables.items()}
            database = None if query.database is None else self._at(query.database)
            with self._spool("query") as (path, spool):
                answer(query.sql, database, tables, spool)
            self._answers[asked] = path
        return self._answers[asked].open("rb")

    def load(self, image: ImageInput) -> bytes:
        """The bytes of a local picture, which must still be the ones that were planned with.

        Raises:
            SetupError: it cannot be read, or it changed since the plan was made.
        """
        try:
            data = self.read(image.source)
        except OSError as error:
            raise SetupError(f"cannot read {image.source}: {error.strerror}") from error
        if image.sha256 is not None and hashlib.sha256(data).hexdigest() != image.sha256:
            hint = "run again: the plan is then made from the picture as it is now"
            raise SetupError(f"{image.source} changed while the run was going on", hint=hint)
        return data

    def _at(self, path: str) -> Path:
        return self._spooled() if path == "-" else self._folder / path

    def _spooled(self) -> Path:
        if self._stdin is None:
            with self._spool("stdin") as (path, spool):
                while chunk := sys.stdin.buffer.read(1024 * 1024):
                    spool.write(chunk)
            self._stdin = path
        return self._stdin

    @contextmanager
    def _spool(self, what: str) -> Iterator[tuple[Path, BinaryIO]]:
        """A file to write what cannot be read twice to; it goes when this does."""
        import tempfile  # noqa: PLC0415 - late: few plans read from a pipe

        with tempfile.NamedTemporaryFile(prefix=f"imagepipe-{what}-", delete=False) as spool:
            path = Path(spool.name)
            weakref.finalize(self, path.unlink, missing_ok=True)
            yield path, cast("BinaryIO", spool)


def check_writable(folder: Path, what: str, way_out: str) -> None:
    """Make the folder if it is missing, durably, and write to it once: before money is spent.

    Args:
        folder: Where a run will write.
        what: What it will write there, for the message.
        way_out: The option that names another folder, or what else helps.

    Raises:
        SetupError: nothing can be written there.
    """
    import tempfile  # noqa: PLC0415 - late: a plan writes nothing

    try:
        make_folder(folder)
        with tempfile.TemporaryFile(dir=folder, prefix=".imagepipe-"):
            pass
    except OSError as error:
        hint = f"check its permissions and the free space, or {way_out}"
        message = f"cannot write {what} into {folder}: {error.strerror}"
        raise SetupError(message, hint=hint) from error
