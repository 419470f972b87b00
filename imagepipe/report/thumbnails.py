"""Smaller copies of pictures for a page, as WebP. Bytes that cannot be drawn are told, not raised.

Decoding is what a damaged picture, or one of absurd size, would spoil.
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from pathlib import Path

from PIL import Image, ImageOps

from imagepipe.finish.inspect import MAX_PIXELS

THUMBNAIL = 400
"""Pixels of the longer side: twice what a tile of the grid shows, for fine screens."""

PREVIEW = 1600
"""Pixels of the longer side where previews stand in for the pictures themselves."""

_QUALITY, _EFFORT = 80, 2
_MOST_PROFILE = 4096
"""Bytes of a colour profile that a copy carries along; a larger one is dropped."""

_UNDRAWABLE = (OSError, ValueError, SyntaxError, Image.DecompressionBombError)
"""What Pillow raises for bytes that are no picture."""


@dataclass(frozen=True, slots=True)
class Size:
    width: int
    height: int


def size_of(path: Path) -> Size | None:
    """Its pixels, by its header; None if it is no picture that can be drawn."""
    try:
        with Image.open(path) as image:
            return Size(*image.size)
    except _UNDRAWABLE:
        return None


def smaller(path: Path, side: int) -> bytes | None:
    """The picture with a longer side of at most `side` pixels; None if it cannot be drawn."""
    try:
        with Image.open(path) as image:
            if image.width * image.height > MAX_PIXELS:
                return None
            profile = image.info.get("icc_profile")
            image.thumbnail((side, side), Image.Resampling.LANCZOS, reducing_gap=2.0)
            return _encoded(ImageOps.exif_transpose(image), profile)
    except _UNDRAWABLE:
        return None


def _encoded(image: Image.Image, profile: bytes | None) -> bytes:
    if image.mode.startswith("I"):  # 16 bits of grey, which a plain conversion would clip
        image = image.convert("I").point(lambda level: level / 256).convert("L")
    alpha = image.mode in ("RGBA", "LA", "PA") or "transparency" in image.info
    kept = profile if profile and len(profile) <= _MOST_PROFILE and image.mode != "CMYK" else b""
    buffer = io.BytesIO()
    flat = image.convert("RGBA" if alpha else "RGB")
    flat.save(buffer, "WEBP", quality=_QUALITY, method=_EFFORT, icc_profile=kept)
    return buffer.getvalue()
