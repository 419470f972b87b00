"""A picture's files in a report's folder, named by its digest: itself (or a preview), a thumbnail.

A name is given only to what is whole, so that what is there already need not be made again.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

from imagepipe.report.gallery import Image
from imagepipe.report.thumbnails import PREVIEW, THUMBNAIL, size_of, smaller

PICTURES, PREVIEWS, THUMBS = "pictures", "previews", "thumbs"

_NAME = re.compile(rf"({PICTURES}|{PREVIEWS}|{THUMBS})/[0-9a-f]{{2}}/[0-9a-f]{{62}}\.[a-z]{{3,4}}")
_TEMPORARY = ".tmp-"


@dataclass(frozen=True, slots=True)
class Source:
    """Where a picture's bytes lie, and its thumbnail if there is one already.

    `preview` says that these are not the picture's own bytes, but a preview that a report made.
    """

    picture: Path | None
    thumbnail: Path | None = None
    preview: bool = False


@dataclass(frozen=True, slots=True)
class Placed:
    """The files of one picture below the folder, None where there is none; its pixels and bytes."""

    picture: str | None = None
    thumbnail: str | None = None
    width: int | None = None
    height: int | None = None
    bytes: int | None = None


def is_ours(name: str) -> bool:
    """Whether a name below the folder is one of these files."""
    return _NAME.fullmatch(name) is not None


def place(image: Image, source: Source | None, folder: Path, *, previews: bool) -> Placed:
    """Put a picture and its thumbnail into the folder.

    Raises:
        OSError: it could not be written.
    """
    if source is None or source.picture is None or not source.picture.is_file():
        return Placed()
    original = source.picture
    thumbnail = name_of(THUMBS, image.digest, "webp")
    drawn = _made(folder / thumbnail, lambda: _thumbnail(original, source.thumbnail))
    picture = name_of(PREVIEWS, image.digest, "webp")
    if source.preview:
        _copied(original, folder / picture)
        return Placed(picture, thumbnail if drawn else None)
    if not (previews and drawn and _made(folder / picture, lambda: smaller(original, PREVIEW))):
        picture = name_of(PICTURES, image.digest, image.extension)
        _copied(original, folder / picture)
    size = size_of(original)
    return Placed(
        picture=picture,
        thumbnail=thumbnail if drawn else None,
        width=size.width if size else None,
        height=size.height if size else None,
        bytes=original.stat().st_size,
    )


def name_of(kind: str, digest: str, extension: str) -> str:
    return f"{kind}/{digest[:2]}/{digest[2:]}.{extension}"


def prune(folder: Path, wanted: set[str]) -> None:
    """Remove pictures that a report of this folder does not show any more."""
    for path in _files(folder):
        name = path.relative_to(folder).as_posix()
        if path.name.startswith(_TEMPORARY) or (is_ours(name) and name not in wanted):
            path.unlink(missing_ok=True)


def put(path: Path, data: bytes) -> None:
    """Write a file whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f"{_TEMPORARY}{uuid4().hex[:12]}")
    try:
        temporary.write_bytes(data)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def _thumbnail(original: Path, ready: Path | None) -> bytes | None:
    if ready is not None and ready.is_file():
        return ready.read_bytes()
    return smaller(original, THUMBNAIL)


def _made(path: Path, make: Callable[[], bytes | None]) -> bool:
    """Whether the file is there, or could be made."""
    if path.is_file():
        return True
    data = make()
    if data is None:
        return False
    put(path, data)
    return True


def _copied(source: Path, target: Path) -> None:
    if target.is_file():
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    temporary = target.with_name(f"{_TEMPORARY}{uuid4().hex[:12]}")
    try:
        shutil.copyfile(source, temporary)
        temporary.replace(target)
    finally:
        temporary.unlink(missing_ok=True)


def _files(folder: Path) -> Iterator[Path]:
    for kind in (PICTURES, PREVIEWS, THUMBS):
        yield from (path for path in (folder / kind).glob("*/*") if path.is_file())
