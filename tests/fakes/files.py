"""The `Files` port in memory, with a small manifest to vary."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Mapping
from fnmatch import fnmatch
from typing import BinaryIO

from imagepipe.app.shipped import spec_document
from imagepipe.document import shared_line
from imagepipe.errors import InputError, Problem
from imagepipe.manifest import Checked, Manifest, check, expand, load
from imagepipe.manifest.ports import Query
from imagepipe.model import Digest, Job

PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 16


class MemoryFiles:
    """Files by path. `reads` counts how often each was opened or read."""

    def __init__(self, files: Mapping[str, bytes | str]) -> None:
        self.files = {n: d.encode() if isinstance(d, str) else d for n, d in files.items()}
        self.reads: dict[str, int] = {}

    def read(self, path: str) -> bytes:
        self.reads[path] = self.reads.get(path, 0) + 1
        if path not in self.files:
            raise FileNotFoundError(2, "No such file", path)
        return self.files[path]

    def inside(self, path: str) -> bytes:
        return self.read(path)

    def open(self, path: str) -> BinaryIO:
        return io.BytesIO(self.read(path))

    def digest(self, path: str) -> tuple[Digest, int]:
        data = self.read(path)
        return Digest(hashlib.sha256(data).hexdigest()), len(data)

    def glob(self, pattern: str) -> list[str]:
        return sorted(path for path in self.files if fnmatch(path, pattern))

    def select(self, query: Query) -> BinaryIO:
        raise FileNotFoundError(2, "No database in memory", query.sql)


def loaded(text: str, **files: bytes | str) -> Manifest:
    """The manifest; `__` in a file's name stands for a dot, `products__csv`."""
    named = {name.replace("___", "/").replace("__", "."): data for name, data in files.items()}
    return load(text.encode(), "m.yaml", MemoryFiles(named), spec_document)


def checked(text: str, **files: bytes | str) -> Checked:
    return check(loaded(text, **files))


def jobs(text: str, **files: bytes | str) -> list[Job]:
    """The jobs of a sound manifest."""
    manifest = loaded(text, **files)
    found = check(manifest)
    assert found.problems == (), [problem.message for problem in found.problems]
    return list(expand(manifest))


def problems(text: str, **files: bytes | str) -> list[Problem]:
    """What load, or else check, finds wrong."""
    try:
        return list(checked(text, **files).problems)
    except InputError as error:
        return list(error.problems)


def shared(problem: Problem) -> str:
    """The line that says who shares a problem; empty if nobody does."""
    return "" if problem.shared is None else shared_line(problem.shared)


BASE = """\
version: 1
defaults: {provider: runcrate, model: black-forest-labs/FLUX.1-schnell, aspect_ratio: "1:1"}
products:
- {sku: MUG-1, name: mug, color: blue}
- {sku: CUP-1, name: cup, color: red}
"""
ONE = "version: 1\ndefaults: {provider: runcrate, model: black-forest-labs/FLUX.1-schnell}\n"
