"""Pictures and thumbnails by digest, from the store and the outputs: what is shown, and no more.

A path is never made of a request's words: digests are looked up among the pictures that are shown.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Mapping
from pathlib import Path

from imagepipe.report.copies import PICTURES, THUMBS, Source
from imagepipe.report.thumbnails import THUMBNAIL, smaller

MEDIA = {
    "png": "image/png",
    "jpg": "image/jpeg",
    "webp": "image/webp",
    "gif": "image/gif",
    "avif": "image/avif",
}
_MOST = 64 * 2**20
"""Bytes of thumbnails that are kept in memory."""


def original(sources: Mapping[str, Source], digest: str, extension: str) -> Path | None:
    """The file of a picture; None if it is not shown, or its bytes are gone."""
    source = sources.get(digest)
    if source is None or source.picture is None or extension not in MEDIA:
        return None
    return source.picture if source.picture.is_file() else None


class Thumbnails:
    """Drawn when they are first asked for, and kept for a while. Several threads may ask."""

    def __init__(self) -> None:
        self._drawn: OrderedDict[str, bytes] = OrderedDict()
        self._size = 0
        self._lock = threading.Lock()

    def of(self, sources: Mapping[str, Source], digest: str) -> bytes | None:
        """WebP of at most 400 pixels; None if the picture is not shown, or cannot be drawn."""
        with self._lock:
            if (known := self._drawn.get(digest)) is not None:
                self._drawn.move_to_end(digest)
                return known
        source = sources.get(digest)
        if source is None or source.picture is None:
            return None
        made = smaller(source.picture, THUMBNAIL)
        if made is not None:
            self._keep(digest, made)
        return made

    def _keep(self, digest: str, made: bytes) -> None:
        with self._lock:
            if digest not in self._drawn:
                self._size += len(made)
            self._drawn[digest] = made
            while self._size > _MOST:
                _, old = self._drawn.popitem(last=False)
                self._size -= len(old)


__all__ = ["MEDIA", "PICTURES", "THUMBS", "Thumbnails", "original"]
