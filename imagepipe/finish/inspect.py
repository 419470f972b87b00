"""Is this a whole picture? A look at its structure, without decoding it: PNG, JPEG and WebP.

Bytes are believed by what they are, never by a name or a header. A truncated download, an error
page or a picture of absurd size is refused with a sentence that says what came instead. What only
decoding could show (a flipped bit in JPEG data) is not seen here.
"""

from __future__ import annotations

from pathlib import Path

from imagepipe.finish import jpeg, png, webp
from imagepipe.model import Picture
from imagepipe.sniff import what_came

MAX_BYTES = 64 * 2**20
MAX_PIXELS = 50_000_000


def inspect(
    source: Path | bytes, *, max_bytes: int = MAX_BYTES, max_pixels: int = MAX_PIXELS
) -> Picture | str:
    """What the picture is, or a sentence on why it is none that can be used.

    Raises:
        OSError: The file cannot be read.
    """
    size = len(source) if isinstance(source, bytes) else source.stat().st_size
    if size > max_bytes:
        return f"{size / 2**20:.0f} MiB are more than the {max_bytes / 2**20:.0f} MiB allowed"
    data = source if isinstance(source, bytes) else source.read_bytes()
    found = _look(data)
    if isinstance(found, Picture) and found.width * found.height > max_pixels:
        return (
            f"{found.width} x {found.height} pixels are more than the "
            f"{max_pixels // 1_000_000} megapixels allowed"
        )
    return found


def _look(data: bytes) -> Picture | str:
    if data.startswith(png.SIGNATURE):
        return _picture("image/png", "png", png.walk(data))
    if data.startswith(jpeg.SIGNATURE):
        return _picture("image/jpeg", "jpg", jpeg.walk(data))
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return _picture("image/webp", "webp", webp.walk(data))
    return f"no picture (PNG, JPEG or WebP) but {what_came(data)}"


def _picture(media_type: str, extension: str, found: tuple[int, int] | str) -> Picture | str:
    match found:
        case str():
            return f"a damaged {extension.upper()}: {found}"
        case (width, height) if width > 0 and height > 0:
            return Picture(media_type, extension, width, height)
        case _:
            return f"a damaged {extension.upper()}: it has no width or no height"
