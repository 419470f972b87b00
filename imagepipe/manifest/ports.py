"""The files a manifest names, as a port: this layer opens nothing itself."""

from __future__ import annotations

from typing import BinaryIO, Protocol

from imagepipe.model import Digest


class Files(Protocol):
    """Reads below the manifest's folder; `-` is standard input, which can be read repeatedly.

    Every method raises OSError for what cannot be read.
    """

    def read(self, path: str) -> bytes: ...

    def open(self, path: str) -> BinaryIO: ...

    def digest(self, path: str) -> tuple[Digest, int]:
        """SHA-256 and size in bytes; the adapter remembers them."""
        ...

    def glob(self, pattern: str) -> list[str]: ...
