"""Paths that stay inside the outputs' folder, are valid everywhere, and pass through no link.

A path here comes from a manifest or from a lock file that somebody else committed: both are input.
The manifest slugs its paths; this is the last check before a file is written or read.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from imagepipe.errors import StoreError

_DEVICES = frozenset(
    {"con", "prn", "aux", "nul", "conin$", "conout$", "clock$"}
    | {f"{name}{digit}" for name in ("com", "lpt") for digit in "0123456789¹²³"}
)
_FORBIDDEN = re.compile(r'[<>:"|?*\\\x00-\x1f\x7f]')
_HAS_DIRFD = os.open in os.supports_dir_fd and os.mkdir in os.supports_dir_fd


class Outside(StoreError):
    """A path that may not be used for an output."""


_NAME = "(?!(?i:con|prn|aux|nul|com|lpt|clock))[A-Za-z0-9_]{1,30}(?:[.-][A-Za-z0-9_]{1,30}){0,7}"
USUAL = f"{_NAME}(?:/{_NAME})*"
"""Paths as catalogues have them, which need no closer look: a lock may have a million."""
_USUAL = re.compile(USUAL)


def refusal(path: str) -> str | None:
    """Why a relative, `/`-separated path may not be used; None if it may."""
    return None if _USUAL.fullmatch(path) else _refusal(path)


def _refusal(path: str) -> str | None:
    if not path or path.startswith("/"):
        return "it is empty or absolute"
    for segment in path.split("/"):
        if segment in ("", ".", ".."):
            return f"it has a segment {segment!r}"
        if _FORBIDDEN.search(segment) or segment[-1] in " .":
            return f"{segment!r} is not a valid name on every system"
        if segment.partition(".")[0].rstrip().lower() in _DEVICES:
            return f"{segment!r} is the name of a device on Windows"
        if len(os.fsencode(segment)) > 255:
            return "a name in it is longer than 255 bytes"
    return None


def parts(path: str) -> list[str]:
    """The segments of a path that may be used.

    Raises:
        Outside: It may not.
    """
    if why := refusal(path):
        raise Outside(f"the output path {path!r} is refused: {why}", hint="change `path` there")
    return path.split("/")


@contextmanager
def folder_of(root: Path, path: str) -> Iterator[tuple[int | None, str, Path]]:
    """The folder that holds an output, made if need be, with no link on the way from the root.

    Yields:
        A descriptor of the folder to name files relative to, or None where the system has no such
        calls; the output's name in it; and the folder's path where there is no descriptor.

    Raises:
        Outside: A parent is a link, or no folder.
        OSError: It cannot be made.
    """
    *folders, last = parts(path)
    if not _HAS_DIRFD:
        root.mkdir(parents=True, exist_ok=True)
        yield None, last, _walked(root, folders)
        return
    descriptor = _opened(root)
    try:
        for name in folders:
            inner = _enter(descriptor, name, path)
            os.close(descriptor)
            descriptor = inner
        yield descriptor, last, root
    finally:
        os.close(descriptor)


def refuse_links(paths: Iterable[Path]) -> None:
    """What a program writes to must be what its name says, and lead nowhere else.

    Raises:
        Outside: One of them is a link.
    """
    for path in paths:
        if path.is_symlink():
            raise Outside(
                f"{path} is a link, and links are never written through",
                hint="put the file or folder itself there; a store elsewhere is named by --store",
            )


def _opened(root: Path) -> int:
    try:
        return os.open(root, os.O_RDONLY | os.O_DIRECTORY)
    except FileNotFoundError:
        root.mkdir(parents=True, exist_ok=True)
        return os.open(root, os.O_RDONLY | os.O_DIRECTORY)


def _enter(parent: int, name: str, path: str) -> int:
    flags = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW
    with suppress(FileNotFoundError, NotADirectoryError):
        return os.open(name, flags, dir_fd=parent)
    with suppress(FileExistsError):
        os.mkdir(name, dir_fd=parent)
    try:
        return os.open(name, flags, dir_fd=parent)
    except OSError as error:
        raise _in_the_way(path, name) from error


def _walked(root: Path, folders: list[str]) -> Path:
    """The same by looking first; a link made in between is not noticed there."""
    at = root
    for name in folders:
        at /= name
        at.mkdir(exist_ok=True)
        found = at.lstat()
        reparse = getattr(found, "st_file_attributes", 0) & 0x400  # a junction, on Windows
        if not stat.S_ISDIR(found.st_mode) or reparse:
            raise _in_the_way("/".join(folders), name)
    return at


def _in_the_way(path: str, name: str) -> Outside:
    return Outside(
        f"cannot write {path}: {name!r} on its way is a link or no folder",
        hint=f"remove {name!r} or choose another `path`; links are never written through",
    )
