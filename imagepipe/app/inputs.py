"""The files of a manifest, with a list of what was read: what a plan rests on.

Whatever planning reads comes through here, be it products, included texts, specs or pictures. The
digest of a file is taken before it is read for the first time, and once more when the list is
asked for: a file that changed meanwhile is on no list.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from hashlib import blake2b
from typing import BinaryIO

from imagepipe.manifest import Files
from imagepipe.manifest.ports import Query
from imagepipe.model import Digest


class Inputs:
    """The `Files` of a manifest, listed."""

    def __init__(self, files: Files) -> None:
        self._files = files
        self._read: dict[str, str] = {}
        self._is_listable = True

    def read(self, path: str) -> bytes:
        self._note(path)
        return self._files.read(path)

    def inside(self, path: str) -> bytes:
        self._note(path)
        return self._files.inside(path)

    def open(self, path: str) -> BinaryIO:
        self._note(path)
        return self._files.open(path)

    def digest(self, path: str) -> tuple[Digest, int]:
        self._note(path)
        return self._files.digest(path)

    def glob(self, pattern: str) -> list[str]:
        found = self._files.glob(pattern)
        self._read[f"{_GLOB}{pattern}"] = _of_names(found)
        return found

    def select(self, query: Query) -> BinaryIO:
        """The rows of a query. What was read for it is known only if it is a whole file."""
        paths = [*query.tables.values()]
        if [query] == [Query.of_file(path) for path in paths]:
            self._note(paths[0])
        else:
            self._is_listable = False
        return self._files.select(query)

    def listed(self) -> Mapping[str, str] | None:
        """What was read so far, with its digest.

        None if some of it has changed since, or nobody knows what it was.
        """
        unchanged = self._is_listable and all(
            self._now(name) == digest for name, digest in self._read.items()
        )
        return dict(self._read) if unchanged else None

    def are_still(self, listed: Mapping[str, object]) -> bool:
        """Whether all that an earlier list names is as it says; it is on the next list, too."""
        for name, digest in listed.items():
            if self._now(name) != digest:
                return False
            self._read.setdefault(name, str(digest))
        return True

    def changed(self, listed: Mapping[str, object]) -> list[str]:
        """What an earlier list names that is not as it says any more."""
        found = (name for name, digest in listed.items() if self._now(name) != digest)
        return [name.removeprefix(_GLOB) for name in found]

    def _note(self, path: str) -> None:
        if path not in self._read:
            self._read[path] = self._now(path)

    def _now(self, name: str) -> str:
        if name.startswith(_GLOB):
            return _of_names(self._files.glob(name.removeprefix(_GLOB)))
        try:
            return self._files.digest(name)[0]
        except OSError:
            return ""  # it is not there, or cannot be read


_GLOB = "glob:"


def _of_names(names: list[str]) -> str:
    return blake2b(json.dumps(names).encode(), digest_size=16).hexdigest()
