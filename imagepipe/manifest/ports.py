"""The files a manifest names, as a port: this layer opens nothing itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import BinaryIO, Protocol, Self

from imagepipe.model import Digest


@dataclass(frozen=True, slots=True)
class Query:
    """A SELECT over a database, over files by name, or over both. Paths are as for `Files`."""

    sql: str
    database: str | None = None
    tables: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of_file(cls, path: str) -> Self:
        """Everything in one file."""
        return cls("SELECT * FROM products", None, {"products": path})


class Files(Protocol):
    """Reads below the manifest's folder; `-` is standard input, which can be read repeatedly.

    Every method raises OSError for what cannot be read.
    """

    def read(self, path: str) -> bytes: ...

    def inside(self, path: str) -> bytes:
        """As `read`, of a file that lies in the folder itself and is reached through no link."""
        ...

    def open(self, path: str) -> BinaryIO: ...

    def digest(self, path: str) -> tuple[Digest, int]:
        """SHA-256 and size in bytes; the adapter remembers them."""
        ...

    def glob(self, pattern: str) -> list[str]: ...

    def select(self, query: Query) -> BinaryIO:
        """The rows as lines of JSON, every scalar a text; a query is carried out once.

        Raises:
            InputError: it is no SELECT, reaches for something else, or cannot be carried out.
        """
        ...


def start_of(files: Files, path: str) -> bytes:
    """The first 64 KiB of a file, which tell what it is.

    Raises:
        OSError: it cannot be read.
    """
    with files.open(path) as stream:
        return stream.read(64 * 1024)
