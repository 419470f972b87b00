"""A folder that exports keep: an index says which files are theirs, and no other is ever touched.

All is looked at before anything is written, and what is to be written is noted in the index first:
an export that was cut off knows its own files when it is started again.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Callable, Container, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias
from uuid import uuid4

from imagepipe.errors import SetupError
from imagepipe.model import Json

INDEX = ".imagepipe-export.json"
"""Paths with the digests of their bytes; under `writing`, while an export is at work, with all
digests that they may have.
"""

VERSION = 1

_Known: TypeAlias = Mapping[str, frozenset[str]]


@dataclass(frozen=True, slots=True)
class Copy:
    """A file that the folder is to hold: its path there, its bytes' digest, and where they lie."""

    path: str
    digest: str
    source: Path


class ExportFolder:
    """Read once, then brought up to date."""

    def __init__(self, folder: Path) -> None:
        """Read its index.

        Raises:
            SetupError: it has something in it, and no export made it; or its index cannot be read.
        """
        self.path = folder
        self._before = _index(folder)

    def take(self, wanted: Iterable[Copy]) -> int:
        """Bring these files there, and note them; how many had to be written.

        Raises:
            SetupError: something of a person's is where one of them belongs: nothing is written;
                or the bytes of one are not what they should be.
            OSError: it cannot be written.
        """
        copies = list(wanted)
        fresh = [one for one in copies if not self._holds(one.path, {one.digest})]
        for one in fresh:
            self._refuse_foreign(one.path)
        if fresh:
            self._note(fresh)
        for one in fresh:
            self._write(one)
        return len(fresh)

    def close(self, wanted: Iterable[Copy]) -> tuple[list[str], list[str]]:
        """Remove what earlier exports wrote besides: what went, and what was edited and stays."""
        now = {one.path: one.digest for one in sorted(wanted, key=lambda one: one.path)}
        removed, kept = [], []
        for path, digests in self._before.items():
            if path in now or not (self.path / path).is_file():
                continue
            if self._holds(path, digests):
                self._remove(self.path / path)
                removed.append(path)
            else:
                kept.append(path)
        is_noted = self._before == {path: {digest} for path, digest in now.items()}
        if not is_noted or not (self.path / INDEX).exists():
            self._write_index({**now}, {})
        return removed, kept

    def _holds(self, path: str, digests: Container[str]) -> bool:
        """Whether a file of the folder itself, and none behind a link, has one of these digests."""
        target = self.path / path
        if not target.is_file() or any(one.is_symlink() for one in (target, *self._above(target))):
            return False
        return digest_of(target) in digests

    def _above(self, target: Path) -> list[Path]:
        """The folders between the root and a file."""
        return [one for one in target.parents if self.path in one.parents]

    def _refuse_foreign(self, path: str) -> None:
        """Nothing that a person put or edited there is written over, nor what a link leads to."""
        target = self.path / path
        above = self._above(target)
        found = next((one for one in above if one.is_symlink() or one.is_file()), None)
        if found is None and os.path.lexists(target):
            found = None if self._holds(path, self._before.get(path, frozenset())) else target
        if found is not None:
            hint = "move it away, or name another folder"
            raise SetupError(f"{found} was edited, or is none that an export wrote", hint=hint)

    def _note(self, fresh: Iterable[Copy]) -> None:
        known = {path: set(digests) for path, digests in self._before.items()}
        for one in fresh:
            known.setdefault(one.path, set()).add(one.digest)
        self._write_index({}, {path: [*sorted(known[path])] for path in sorted(known)})

    def _write_index(self, pictures: dict[str, Json], writing: dict[str, Json]) -> None:
        told = {"version": VERSION, "pictures": pictures}
        told |= {"writing": writing} if writing else {}
        text = f"{json.dumps(told, indent=1, ensure_ascii=False)}\n"
        _written(self.path / INDEX, lambda path: path.write_text(text, encoding="utf-8"))

    def _write(self, one: Copy) -> None:
        def copy(path: Path) -> None:
            shutil.copyfile(one.source, path)
            if digest_of(path) != one.digest:
                message = f"{one.source} is damaged, or was changed just now"
                hint = "`imagepipe store verify --read-data` says what the store has"
                raise SetupError(message, hint=hint)

        _written(self.path / one.path, copy)

    def _remove(self, target: Path) -> None:
        target.unlink()
        for parent in self._above(target):
            with suppress(OSError):
                parent.rmdir()  # only an empty one goes


def digest_of(path: Path) -> str:
    """SHA-256 in hexadecimal.

    Raises:
        OSError: it cannot be read.
    """
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _index(folder: Path) -> _Known:
    """What earlier exports wrote into the folder, the last of which may have been cut off."""
    if folder.exists() and not folder.is_dir():
        raise SetupError(f"{folder} is a file", hint="name a folder for the pictures")
    path = folder / INDEX
    try:
        value = json.loads(path.read_bytes())
        whole = {name: [digest] for name, digest in value["pictures"].items()}
        found = {**whole, **value.get("writing", {})}
        return {_inside(name): frozenset(map(str, digests)) for name, digests in found.items()}
    except FileNotFoundError:
        if folder.exists() and any(not one.name.startswith(".") for one in folder.iterdir()):
            message = f"{folder} has files in it that no export wrote"
            raise SetupError(message, hint="name a new folder, or empty it") from None
        return {}
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        hint = "name a new folder, or empty this one"
        raise SetupError(f"{path} cannot be read", hint=hint) from error


def _inside(name: str) -> str:
    """A path of an index, which may have been edited: it must not lead out of the folder."""
    if name.startswith("/") or ":" in name or "\\" in name or ".." in name.split("/"):
        raise ValueError(name)
    return name


def _written(path: Path, write: Callable[[Path], object]) -> None:
    """Whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".tmp-{uuid4().hex[:12]}")
    try:
        write(temporary)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
