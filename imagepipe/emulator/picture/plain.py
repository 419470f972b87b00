"""One small constant picture per size, made without Pillow: for benches.

A whole and valid PNG of the asked pixels, padded to a number of bytes, so that transfers weigh
what the bench says.
"""

from __future__ import annotations

import hashlib
import struct
import zlib

from imagepipe.emulator.picture.marks import SOURCE_TYPE

_SIGNATURE = b"\x89PNG\r\n\x1a\n"


def plain_png(provider: str, width: int, height: int, *, size: int) -> bytes:
    """A PNG of one colour (the provider's), `size` bytes long if that is enough for it."""
    colour = hashlib.sha256(provider.encode()).digest()[:3]
    row = b"\x00" + b"\x00" * ((width + 7) // 8)
    head = _SIGNATURE + _chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 1, 3, 0, 0, 0))
    head += _chunk(b"PLTE", colour)
    head += _chunk(b"tEXt", b"DigitalSourceType\x00" + SOURCE_TYPE.encode())
    pixels = zlib.compressobj(9)
    data = b"".join(pixels.compress(row) for _ in range(height)) + pixels.flush()
    tail = _chunk(b"IDAT", data) + _chunk(b"IEND", b"")
    room = size - len(head) - len(tail) - 12
    # A private, ancillary, safe-to-copy chunk: readers pass over it.
    padding = _chunk(b"fiLl", hashlib.shake_256(colour).digest(room)) if room >= 0 else b""
    return head + padding + tail


def _chunk(kind: bytes, data: bytes) -> bytes:
    check = zlib.crc32(kind + data)
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", check)
