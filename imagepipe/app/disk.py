"""The files a manifest names, as the manifest layer asks for them: relative to its folder."""

from __future__ import annotations

import hashlib
import sys
import tempfile
from pathlib import Path
from typing import BinaryIO

from imagepipe.errors import SetupError
from imagepipe.model import Digest, ImageInput


class Disk:
    """Reads below one folder. Standard input, `-`, is spooled so that it can be read twice."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._digests: dict[tuple[str, int, int], tuple[Digest, int]] = {}
        self._stdin: Path | None = None

    def read(self, path: str) -> bytes:
        return self._at(path).read_bytes()

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
        found = self._folder.glob(pattern)
        return sorted(path.relative_to(self._folder).as_posix() for path in found)

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

    def close(self) -> None:
        if self._stdin is not None:
            self._stdin.unlink(missing_ok=True)

    def _at(self, path: str) -> Path:
        return self._spooled() if path == "-" else self._folder / path

    def _spooled(self) -> Path:
        if self._stdin is None:
            with tempfile.NamedTemporaryFile(prefix="imagepipe-stdin-", delete=False) as spool:
                while chunk := sys.stdin.buffer.read(1024 * 1024):
                    spool.write(chunk)
            self._stdin = Path(spool.name)
        return self._stdin


def check_writable(folder: Path) -> None:
    """Make the folder if it is missing, and write to it once: before anything is paid for.

    Raises:
        SetupError: nothing can be written there.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder, prefix=".imagepipe-"):
            pass
    except OSError as error:
        hint = "check its permissions and the free space, or name another with --out"
        message = f"cannot write pictures into {folder}: {error.strerror}"
        raise SetupError(message, hint=hint) from error
