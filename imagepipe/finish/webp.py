"""The chunks of a WebP. (RFC 9649; VP8: RFC 6386, section 9.1.)"""

from __future__ import annotations

from imagepipe.header import webp_sides

_CUT = "it is cut off"


def walk(data: bytes) -> tuple[int, int] | str:
    """Width and height, or what is wrong. Bytes after the RIFF chunk are tolerated."""
    end = 8 + int.from_bytes(data[4:8], "little")
    if end > len(data):
        return _CUT
    sizes: dict[bytes, tuple[int, int]] = {}
    at = 12
    while at < end:
        kind, length = data[at : at + 4], int.from_bytes(data[at + 4 : at + 8], "little")
        body = at + 8
        if body + length > end:
            return f"a chunk {kind!r} is longer than the file"
        if kind not in sizes and (size := _size(kind, data[body : body + min(length, 64)])):
            sizes[kind] = size
        at = body + length + length % 2
    return _whole(sizes)


def _whole(sizes: dict[bytes, tuple[int, int]]) -> tuple[int, int] | str:
    """The canvas counts, but a canvas without a picture on it is none."""
    drawn = sizes.get(b"VP8 ") or sizes.get(b"VP8L") or sizes.get(b"ANMF")
    if drawn is None:
        return "it has no picture data"
    return sizes.get(b"VP8X", drawn)


def _size(kind: bytes, head: bytes) -> tuple[int, int] | None:
    if kind == b"ANMF" and len(head) >= 16:
        return _u(head[6:9]) + 1, _u(head[9:12]) + 1
    return webp_sides(kind, head)


def _u(raw: bytes) -> int:
    return int.from_bytes(raw, "little")
