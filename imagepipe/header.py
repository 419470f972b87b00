"""What a picture is by its first bytes: format and sides. PNG, JPEG and WebP.

Only the header is read, however long the file is; whether the rest is whole is not asked here. A
JPEG may hold profiles and thumbnails before its frame: these segments are skipped, not read.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import BinaryIO

PNG = b"\x89PNG\r\n\x1a\n"
JPEG = b"\xff\xd8\xff"

_FRAMES = frozenset({*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC})
_ALONE = frozenset({0x01, *range(0xD0, 0xD8)})
_MOST_SEGMENTS = 1_000
"""A JPEG with more of them before its frame is none that a camera or a program wrote."""


@dataclass(frozen=True, slots=True)
class Header:
    """A format, and the sides in pixels; 0 where the header does not tell them."""

    media_type: str
    width: int = 0
    height: int = 0


def read_header(stream: BinaryIO) -> Header | None:
    """What a stream holds, from where it stands; None if it is no PNG, JPEG or WebP.

    Raises:
        OSError: it cannot be read.
    """
    start = stream.read(32)
    if start.startswith(PNG):
        sides = _u32(start[16:20]), _u32(start[20:24])
        return Header("image/png", *(sides if start[12:16] == b"IHDR" else (0, 0)))
    if start.startswith(JPEG):
        stream.seek(2 - len(start), 1)
        return Header("image/jpeg", *_jpeg_sides(stream))
    if start[:4] == b"RIFF" and start[8:12] == b"WEBP":
        return Header("image/webp", *(webp_sides(start[12:16], start[20:]) or (0, 0)))
    return None


def webp_sides(kind: bytes, head: bytes) -> tuple[int, int] | None:
    """Width and height by the first bytes of a chunk (RFC 9649; VP8: RFC 6386, section 9.1)."""
    match kind:
        case b"VP8 " if head[3:6] == b"\x9d\x01\x2a" and len(head) >= 10:
            return _le(head[6:8]) & 0x3FFF, _le(head[8:10]) & 0x3FFF
        case b"VP8L" if head[:1] == b"\x2f" and len(head) >= 5:
            bits = _le(head[1:5])
            return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
        case b"VP8X" if len(head) >= 10:
            return _le(head[4:7]) + 1, _le(head[7:10]) + 1
        case _:
            return None


def _jpeg_sides(stream: BinaryIO) -> tuple[int, int]:
    """From one segment to the next, up to the frame (ITU-T T.81, annex B)."""
    for _ in range(_MOST_SEGMENTS):
        marker = _marker(stream)
        if marker is None:
            return 0, 0
        if marker in _ALONE:
            continue
        length = _u16(stream.read(2))
        if length < 2:
            return 0, 0
        if marker in _FRAMES:
            frame = stream.read(5)
            return _u16(frame[3:5]), _u16(frame[1:3])
        stream.seek(length - 2, 1)
    return 0, 0


def _marker(stream: BinaryIO) -> int | None:
    """The next marker; any number of fill bytes may precede it."""
    byte = stream.read(1)
    if byte != b"\xff":
        return None
    while byte == b"\xff":
        byte = stream.read(1)
    return byte[0] if byte else None


def _u16(raw: bytes) -> int:
    return int.from_bytes(raw, "big") if len(raw) == 2 else 0


def _u32(raw: bytes) -> int:
    return int.from_bytes(raw, "big") if len(raw) == 4 else 0


def _le(raw: bytes) -> int:
    return int.from_bytes(raw, "little")
