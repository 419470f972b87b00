"""A report as a folder: `index.html`, `report.json` and the pictures that they show.

A second report into the same folder makes only what is new, takes out what it does not show any
more, and writes nothing at all if it would show the same. A folder that has something else in it is
never written to.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

from imagepipe.errors import SetupError
from imagepipe.model import Json
from imagepipe.report.codec import Malformed, decode, encode
from imagepipe.report.copies import Placed, Source, is_ours, place, prune, put
from imagepipe.report.gallery import VERSION, Earlier, Entry, Gallery, Image
from imagepipe.report.page import page_html

DATA, PAGE = "report.json", "index.html"

Progress = Callable[[int, int], None]
"""Told after each picture: how many are in the folder, of how many."""

_AGAIN = "make that report anew"


def refuse_foreign(folder: Path) -> None:
    """Raises SetupError if the folder has something in it (hidden files aside) and is no report."""
    if folder.exists() and not folder.is_dir():
        raise SetupError(f"{folder} is a file", hint="name a folder for the report")
    if not folder.exists() or all(path.name.startswith(".") for path in folder.iterdir()):
        return
    if not str(_told(folder, "program")).startswith("imagepipe"):
        raise SetupError(
            f"{folder} has files in it that are no report", hint="name a new folder, or empty it"
        )


def read_gallery(folder: Path) -> Gallery:
    """The report in a folder.

    Raises:
        SetupError: there is none, or it is none that this program can read.
    """
    path = folder / DATA
    try:
        value = json.loads(path.read_bytes())
    except OSError as error:
        hint = "name folders that `imagepipe report` or `run --report` wrote"
        raise SetupError(f"cannot read {path}: {error.strerror}", hint=hint) from error
    except (ValueError, RecursionError) as error:
        raise SetupError(f"{path} is no JSON", hint=_AGAIN) from error
    version = value.get("version") if isinstance(value, dict) else None
    if isinstance(version, int) and version > VERSION:
        message = f"{path} was written by a newer imagepipe (version {version} of the format)"
        raise SetupError(message, hint="install the newer version, or make the report anew")
    try:
        gallery = decode(Gallery, value)
    except Malformed as error:
        raise SetupError(f"{path}: {error}", hint=_AGAIN) from error
    if not all(map(is_ours, _names(gallery))):
        raise SetupError(f"{path} names a file that is not a report's", hint=_AGAIN)
    return gallery


def images(gallery: Gallery) -> Iterator[Image]:
    """Every picture that a report shows, earlier ones among them."""
    for entry in gallery.pictures:
        if entry.image is not None:
            yield entry.image
        yield from (one.image for one in entry.earlier)


def write(
    gallery: Gallery,
    sources: Mapping[str, Source],
    folder: Path,
    *,
    previews: bool = False,
    progress: Progress = lambda _done, _total: None,
) -> Gallery:
    """Write a report, and return it with the names of its files.

    Args:
        gallery: What is shown.
        sources: By digest, where pictures are; what has none here is shown as missing.
        folder: A folder that is new, empty or a report.
        previews: Put pictures of at most 1,600 pixels in place of the originals.
        progress: Hears how far it is.

    Raises:
        SetupError: the folder is no report.
        OSError: something could not be written.
    """
    refuse_foreign(folder)
    folder.mkdir(parents=True, exist_ok=True)
    wanted = {image.digest: image for image in images(gallery)}
    placed: dict[str, Placed] = {}
    with ThreadPoolExecutor(min(8, os.cpu_count() or 1), "thumbnails") as pool:
        jobs = [
            (digest, pool.submit(place, image, sources.get(digest), folder, previews=previews))
            for digest, image in wanted.items()
        ]
        for digest, job in jobs:
            placed[digest] = job.result()
            progress(len(placed), len(wanted))
    shown = _with_files(gallery, placed)
    _write_texts(shown, folder)
    prune(folder, set(_names(shown)))
    return shown


def _with_files(gallery: Gallery, placed: Mapping[str, Placed]) -> Gallery:
    def filed(image: Image) -> Image:
        found = placed[image.digest]
        return replace(
            image,
            width=image.width or found.width,
            height=image.height or found.height,
            bytes=image.bytes or found.bytes,
            picture=found.picture,
            thumbnail=found.thumbnail,
        )

    def earlier(one: Earlier) -> Earlier:
        return replace(one, image=filed(one.image))

    def entry(one: Entry) -> Entry:
        image = filed(one.image) if one.image else None
        return replace(one, image=image, earlier=tuple(map(earlier, one.earlier)))

    return replace(gallery, pictures=tuple(map(entry, gallery.pictures)))


def _write_texts(gallery: Gallery, folder: Path) -> None:
    """The page comes last: it shows nothing that is not there yet."""
    before = _told(folder, "made_at")
    if isinstance(before, str) and _texts(replace(gallery, made_at=before)) == _there(folder):
        return
    for name, data in _texts(gallery).items():
        put(folder / name, data)


def _texts(gallery: Gallery) -> dict[str, bytes]:
    text = json.dumps(encode(gallery), ensure_ascii=False, indent=1)
    return {
        DATA: text.encode("utf-8", "replace") + b"\n",
        PAGE: page_html(gallery).encode("utf-8", "replace"),
    }


def _there(folder: Path) -> dict[str, bytes]:
    paths = {name: folder / name for name in (DATA, PAGE)}
    return {name: path.read_bytes() for name, path in paths.items() if path.is_file()}


def _told(folder: Path, field: str) -> Json:
    """What the report that is in the folder says in a field; None if there is none."""
    try:
        value = json.loads((folder / DATA).read_bytes())
    except (OSError, ValueError, RecursionError):
        return None
    return value.get(field) if isinstance(value, dict) else None


def _names(gallery: Gallery) -> Iterator[str]:
    for image in images(gallery):
        yield from (name for name in (image.picture, image.thumbnail) if name is not None)
