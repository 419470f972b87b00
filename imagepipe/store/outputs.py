"""Files in the user's tree, made from blobs. Replaceable, never the only copy, and the user's own.

A file that a person edited is kept and reported. A file that is right already is not touched, so
that its time stays. Nothing is written through a link or outside the root.
"""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, TypeAlias

from imagepipe.model import Digest, Key, Output
from imagepipe.store.confine import folder_of, parts
from imagepipe.store.durable import owner_of, temporary_name, write_all


@dataclass(frozen=True, slots=True)
class Wish:
    """A file that should be there: `path` has its extension, `digest` is that of its bytes.

    `blob` is the picture it was made from, which is the same unless it was processed.
    """

    path: str
    spot: str
    key: Key
    blob: Digest
    digest: Digest


@dataclass(frozen=True, slots=True)
class Written:
    """The file was made or replaced."""

    output: Output


@dataclass(frozen=True, slots=True)
class Unchanged:
    """The file was right already and was not touched."""

    output: Output


@dataclass(frozen=True, slots=True)
class Kept:
    """Something else is there, which is not ours to replace: `reason` says what.

    `digest` is that of its bytes, if it is a file.
    """

    path: str
    reason: str
    digest: Digest | None = None


Outcome: TypeAlias = Written | Unchanged | Kept


class Outputs:
    """The folder that a manifest's outputs go to."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def write(
        self,
        wish: Wish,
        source: Path | bytes,
        run: str,
        *,
        recorded: Output | None = None,
        trusted: Collection[Digest] = (),
        force: bool = False,
    ) -> Outcome:
        """Make the file, unless it is right already or somebody else's.

        Args:
            wish: What should be there.
            source: Its bytes, or a file in the store that has them.
            run: Names the temporary file.
            recorded: What a run wrote there last, as the ledger says.
            trusted: Digests that a run wrote there, as the lock file or the bytes themselves say.
            force: Replace what is there, whatever it is (but a folder).

        Raises:
            Outside: The path may not be used.
            OSError: The file cannot be written; what was there is still there.
        """
        with folder_of(self._root, wish.path) as (folder, name, at):
            found = _status(name, folder, at)
            if found is not None:
                kept = self._keep(wish, found, recorded, trusted, force=force)
                if kept is not None:
                    return kept
            return Written(_output(wish, _copy(source, name, run, folder, at)))

    def look(self, path: str) -> tuple[Digest, int, int] | None:
        """Digest, size and mtime_ns of the regular file at a path; None if there is none."""
        found = _regular(self._root / path) if not _through_link(self._root, path) else None
        if found is None:
            return None
        with (self._root / path).open("rb") as file:
            return _digest(file), found.st_size, found.st_mtime_ns

    def untouched(self, recorded: Output) -> bool:
        """Whether a recorded file is as it was left, by size and time; its bytes are not read."""
        try:
            found = os.lstat(f"{self._root}/{recorded.path}")  # no Path: asked for every output
        except OSError:
            return False
        return _same(found, recorded) and stat.S_ISREG(found.st_mode)

    def are_untouched(
        self, paths: Iterable[str], sizes: Iterable[int], times: Iterable[int]
    ) -> bool:
        """Whether all these files have the sizes (bytes) and times of change (ns) that are given.

        One look a file: a listing would be quicker where many lie in one folder, slower where
        each product has its own, and would not see that a picture was edited in place.
        """
        look, root = os.lstat, f"{self._root}/"
        try:
            for path, size, time in zip(paths, sizes, times, strict=True):
                found = look(root + path)
                if found.st_mtime_ns != time or found.st_size != size:
                    return False
                if not stat.S_ISREG(found.st_mode):
                    return False
        except (OSError, ValueError):
            return False
        return True

    def is_blocked(self, path: str) -> bool:
        """Whether something that is no regular file has a path: it is never replaced."""
        try:
            return not stat.S_ISREG(os.lstat(f"{self._root}/{path}").st_mode)
        except OSError:
            return False

    def size(self, path: str) -> int | None:
        """Bytes of the regular file at a path; None if there is none."""
        found = _regular(self._root / path)
        return None if found is None else found.st_size

    def remove(self, recorded: Output) -> bool:
        """Remove a file that a run wrote, if nobody edited it; says whether it is gone."""
        found = self.look(recorded.path)
        if found is None:
            return True
        if found[0] != recorded.digest:
            return False
        (self._root / recorded.path).unlink(missing_ok=True)
        return True

    def clean(self, is_over: Callable[[str], bool]) -> int:
        """Remove the half-written copies of runs that are over; says how many. Follows no link."""
        found = 0
        for folder, _, names in os.walk(self._root):
            for name in names:
                owner = owner_of(name)
                if owner is not None and is_over(owner):
                    Path(folder, name).unlink(missing_ok=True)
                    found += 1
        return found

    def _keep(
        self,
        wish: Wish,
        found: os.stat_result,
        recorded: Output | None,
        trusted: Collection[Digest],
        *,
        force: bool,
    ) -> Unchanged | Kept | None:
        """Why the file that is there stays; None if it may be replaced."""
        if stat.S_ISDIR(found.st_mode):
            return Kept(wish.path, "a folder of that name is there")
        if not stat.S_ISREG(found.st_mode):
            what = "a link" if stat.S_ISLNK(found.st_mode) else "no regular file"
            return None if force else Kept(wish.path, f"what is there is {what}")
        if recorded is not None and _same(found, recorded):
            digest = recorded.digest
        else:
            with (self._root / wish.path).open("rb") as file:
                digest = _digest(file)
        if digest == wish.digest:
            return Unchanged(_output(wish, found))
        ours = {*trusted, *((recorded.digest,) if recorded else ())}
        if force or digest in ours:
            return None
        reason = "it was edited" if ours else "it was not made by a run"
        return Kept(wish.path, reason, digest)


def root_name(root: Path, store: Path) -> str:
    """How the ledger calls an outputs' root: relative to the store, so that both can be moved."""
    try:
        return Path(os.path.relpath(root.resolve(), store.resolve())).as_posix()
    except ValueError:  # another drive, on Windows
        return root.resolve().as_posix()


def _copy(
    source: Path | bytes, name: str, run: str, folder: int | None, at: Path
) -> os.stat_result:
    """Write beside the target, then rename: the file is never seen half written.

    The copy is synced, for the ledger will call the file right by its size and time alone.
    """
    temporary = temporary_name(run)
    place = temporary if folder is not None else str(at / temporary)
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
    descriptor = os.open(place, flags, 0o666, dir_fd=folder)
    try:
        try:
            for chunk in _chunks(source):
                write_all(descriptor, chunk)
            os.fsync(descriptor)
            found = os.fstat(descriptor)
        finally:
            os.close(descriptor)
        final = name if folder is not None else str(at / name)
        os.replace(place, final, src_dir_fd=folder, dst_dir_fd=folder)
    except BaseException:
        with suppress(OSError):
            os.unlink(place, dir_fd=folder)
        raise
    return found


def _chunks(source: Path | bytes) -> Iterator[bytes]:
    if isinstance(source, bytes):
        yield source
        return
    with source.open("rb", buffering=0) as file:
        while chunk := file.read(2**20):
            yield chunk


def _status(name: str, folder: int | None, at: Path) -> os.stat_result | None:
    try:
        if folder is None:
            return (at / name).lstat()
        return os.stat(name, dir_fd=folder, follow_symlinks=False)
    except FileNotFoundError:
        return None


def _regular(path: Path) -> os.stat_result | None:
    try:
        found = path.lstat()
    except OSError:
        return None
    return found if stat.S_ISREG(found.st_mode) else None


def _through_link(root: Path, path: str) -> bool:
    """Whether a folder on the way to a path is a link."""
    *folders, _ = parts(path)
    at = root
    for name in folders:
        at /= name
        if at.is_symlink():
            return True
    return False


def _digest(file: BinaryIO) -> Digest:
    return Digest(hashlib.file_digest(file, "sha256").hexdigest())  # type: ignore[arg-type]  # any open file


def _same(found: os.stat_result, recorded: Output) -> bool:
    return (found.st_size, found.st_mtime_ns) == (recorded.size, recorded.mtime_ns)


def _output(wish: Wish, found: os.stat_result) -> Output:
    return Output(
        path=wish.path,
        spot=wish.spot,
        key=wish.key,
        blob=wish.blob,
        digest=wish.digest,
        size=found.st_size,
        mtime_ns=found.st_mtime_ns,
    )
