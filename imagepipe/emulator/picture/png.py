"""PNG files written by hand: a constant one for benches, and drawn ones in half of Pillow's time.

Drawn pictures are smooth from row to row, so the filter Up for every row does as well as Pillow's
trial of all five, which is most of its time. Nothing here decides what is drawn.
"""

from __future__ import annotations

import hashlib
import struct
import zlib
from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL import Image

SOURCE_TYPE = "http://cv.iptc.org/newscodes/digitalsourcetype/algorithmicMedia"
"""IPTC: made by an algorithm, by no trained model."""

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_UP = b"\x02"


def png(picture: Image.Image, texts: Mapping[str, str]) -> bytes:
    """An RGB picture with texts as iTXt chunks (UTF-8, uncompressed)."""
    from PIL import Image, ImageChops  # noqa: PLC0415 - late: benches draw nothing

    width, height = picture.size
    above = Image.new("RGB", picture.size)
    above.paste(picture, (0, 1))
    change = memoryview(ImageChops.subtract_modulo(picture, above).tobytes())
    packer = zlib.compressobj(2)
    row = width * 3
    rows = b"".join(
        part for start in range(0, row * height, row) for part in (_UP, change[start : start + row])
    )
    data = packer.compress(rows) + packer.flush()
    head = _chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    marks = b"".join(
        _chunk(b"iTXt", key.encode("latin-1") + b"\0\0\0\0\0" + text.encode("utf-8", "replace"))
        for key, text in texts.items()
    )
    return _SIGNATURE + head + marks + _chunk(b"IDAT", data) + _chunk(b"IEND", b"")


def plain_png(provider: str, width: int, height: int, *, size: int) -> bytes:
    """A PNG of one colour (the provider's), `size` bytes long if that is enough for it."""
    colour = hashlib.sha256(provider.encode()).digest()[:3]
    row = b"\0" * (1 + (width + 7) // 8)
    head = _SIGNATURE + _chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 1, 3, 0, 0, 0))
    head += _chunk(b"PLTE", colour)
    head += _chunk(b"tEXt", b"DigitalSourceType\0" + SOURCE_TYPE.encode())
    tail = _chunk(b"IDAT", zlib.compress(row * height, 9)) + _chunk(b"IEND", b"")
    room = size - len(head) - len(tail) - 12
    # A private, ancillary, safe-to-copy chunk: readers pass over it.
    padding = _chunk(b"fiLl", hashlib.shake_256(colour).digest(room)) if room >= 0 else b""
    return head + padding + tail


def _chunk(kind: bytes, data: bytes) -> bytes:
    check = zlib.crc32(data, zlib.crc32(kind))
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", check)
